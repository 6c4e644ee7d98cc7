"""A page that cannot be read is answered with the line, what was expected, what came, and the nearest word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from seawall.drill.lengths import read, written
from seawall.drill.loader import PageError, load, venues_of
from seawall.drill.scenario import play

MUST = '\n[must]\nend = "protected"\n'
DOC = Path(__file__).parents[2] / "docs" / "scenarios.md"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('title = "x"\n', r"must: expected a table that says how it must end"),
        ('title = "x"\n[[kil]]\nat = "1 s"' + MUST, r"the page: .*got 'kil'; the nearest is 'kill'"),
        ('title = "x"\n[[kill]]\nat = "1 s"\npaus = "1 s"' + MUST, r"kill 1: .*'paus'; the nearest is 'pause'"),
        ('title = "x"\n[[kill]]\nat = 5' + MUST, r"kill 1 at: expected a time with its unit.*got 5"),
        ('title = "x"\n[[kill]]\npause = "1 s"' + MUST, r"kill 1: expected exactly one of at and call"),
        ('title = "x"\n[[fault]]\nfault = "reply_lots"' + MUST, r"fault 1: .*the nearest is 'reply_lost'"),
        (
            'title = "x"\n[[fault]]\nfault = "delay"\ncal = "order.get"' + MUST,
            r"fault 1: .*cal: the nearest is 'call'",
        ),
        ('title = "x"\n[signal]\nsid = "buy"' + MUST, r"\[signal\]: .*'sid'; the nearest is 'side'"),
        ('title = "x"\n[signal]\nside = "long"' + MUST, r"signal side: .*'long'"),
        ('title = "x"\n[switches]\nlagg = "none"' + MUST, r"switches: .*lagg.*nearest is lag"),
        ('title = "x"\n[must]\nend = "safe"\n', r"must .*end 1: .*'safe'"),
        ('title = "x"\n[must]\nend = "flat"\ntold = "stop_confirm"\n', r"got 'stop_confirm'; the nearest is"),
        ('title = "x"\n[[hand]]\nat = "1 s"\ndoes = "trade"' + MUST, r"hand 1: trade: expected quantity"),
        ("title = ", r"expected TOML"),
    ],
)
def test_a_bad_page_is_answered_clearly(text: str, said: str) -> None:
    """Each mistake is named with its place and what was expected there."""
    with pytest.raises(PageError) as caught:
        load(text)
    assert re.search(said, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    ("text", "length"), [("300 ms", 300_000), ("2.5 s", 2_500_000), ("-1 min", -60_000_000), ("7 us", 7)]
)
def test_times_are_read_with_their_unit(text: str, length: int) -> None:
    """A time is a figure and a unit, and is written back as the same time."""
    assert read(text) == length
    assert read(written(length)) == length


def test_what_differs_between_venues_is_said_once() -> None:
    """A demand for one venue stands over the common one there, and nowhere else."""
    page = load('title = "x"\n[must]\nend = "protected"\nentries = 1\n[must.bybit]\nend = "flat"\n')
    assert page.must["binance"].end == ("protected",)
    assert (page.must["bybit"].end, page.must["bybit"].entries) == (("flat",), 1)


def _examples() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", DOC.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("text", _examples())
def test_the_examples_of_the_documentation_hold(text: str) -> None:
    """Every page that docs/scenarios.md shows can be read, and holds."""
    page = load(text)
    for venue in venues_of(page):
        assert [str(breach) for breach in play(page, venue, 1).breaches] == []


def test_the_documentation_shows_examples() -> None:
    """There is something for the test above to run."""
    assert len(_examples()) >= 5
