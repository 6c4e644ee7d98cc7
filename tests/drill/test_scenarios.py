"""Every page that ships holds, reads back as it was written, and means something."""

from __future__ import annotations

import pytest

from seawall.drill.command import DEFAULT_SEED
from seawall.drill.loader import load, venues_of
from seawall.drill.pages import shipped
from seawall.drill.plans import draw
from seawall.drill.printer import text_of
from seawall.drill.scenario import play
from seawall.drill.trial import attempt
from seawall.model.ids import VenueName

PAGES = shipped()
RUNS = [(name, venue) for name, page in PAGES.items() for venue in venues_of(page)]
THE_FIFTEEN = (
    ("velvet-stream-first",),
    ("babydoge-half-a-second", "order-unseen-6s", "order-unseen-30s", "order-never-seen"),
    ("wrong-side-rollback",),
    ("create-502-executed", "create-reset-executed", "create-hangs-executed"),
    ("source-order-throws", "source-positions-throws", "source-stream-dead", "source-positions-stale-zero"),
    ("stop-passed-binance", "stop-refused-side-bybit"),
    ("stop-reply-lost", "stop-reply-hangs", "not-modified-lies"),
    ("close-times-out", "close-partial"),
    ("reads-at-every-step",),
    ("killed-before-the-order", "killed-after-the-order", "killed-before-the-stop", "killed-after-the-stop"),
    ("same-signal-twice",),
    ("stop-and-close-together",),
    ("stop-moved-502",),
    ("cut-at-the-fill", "cut-after-entry"),
    ("old-stop-in-the-book", "stop-outlives-position"),
)


@pytest.mark.parametrize(("name", "venue"), RUNS, ids=[f"{name} on {venue}" for name, venue in RUNS])
def test_a_page_holds(name: str, venue: VenueName) -> None:
    """What a page asks for at the end is so, and the promise is kept, on each of its venues."""
    outcome = play(PAGES[name], venue, DEFAULT_SEED)
    assert [str(breach) for breach in outcome.breaches] == []


def test_the_fifteen_incidents_worth_most_have_their_pages() -> None:
    """Each row of the list of incidents worth most is told by at least one page, and there are sixty at least."""
    assert len(THE_FIFTEEN) == 15
    assert [name for row in THE_FIFTEEN for name in row if name not in PAGES] == []
    assert len(PAGES) >= 60


@pytest.mark.parametrize("name", PAGES)
def test_a_page_reads_back_as_it_is_written(name: str) -> None:
    """Printing a page and loading it gives the same page."""
    assert load(text_of(PAGES[name])) == PAGES[name]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_its_story(name: str) -> None:
    """Each page says in prose what it is about, and has a title of its own."""
    page = PAGES[name]
    assert page.title
    assert len(page.story) > 30
    assert [other for other, known in PAGES.items() if known.title == page.title] == [name]


@pytest.mark.parametrize("venue", list(VenueName))
def test_a_seeds_plan_is_a_page_like_any_other(venue: VenueName) -> None:
    """What a seed drew, printed and read back, gives the very run of the storm."""
    for seed in range(12):
        plan = draw(venue, seed)
        stormed, page = attempt(plan), load(text_of(plan.page))
        played = play(page, venue, seed)
        assert (played.end, played.reason, played.naked_us) == (stormed.end, stormed.reason, stormed.naked_us)
        assert len(played.history) == stormed.events


def test_what_was_drawn_once_is_drawn_for_ever() -> None:
    """A seed's plan does not change with the machine or the day."""
    assert draw(VenueName.BYBIT, 17).kinds == ("request_lost", "delay")
    assert [kill.at for kill in draw(VenueName.BYBIT, 17).page.kill] == [1_757_000]
    assert draw(VenueName.BINANCE, 3) == draw(VenueName.BINANCE, 3)
