"""The three opinions about a position, side by side, with their ages."""

from __future__ import annotations

from decimal import Decimal

from seawall.history.positions import Opinion, Origin, opinions
from seawall.history.receipt import State
from seawall.model.events import Recorded
from seawall.model.ids import ClientId, Side, Symbol
from seawall.model.reports import Source
from seawall.model.times import MILLISECOND, SECOND
from tests.history.stories import CLOSE, Story, adopted, ours, rolled_back, rung_name, taken, velvet, venue

D = Decimal


def _account(*stories: Story) -> list[Recorded]:
    """The histories of several signals as one account's, in the order of time."""
    told = sorted((recorded for story in stories for recorded in story.recorded()), key=lambda recorded: recorded.at)
    return [Recorded(seq, one.epoch, one.at, one.event) for seq, one in enumerate(told, 1)]


def test_three_opinions_with_their_ages() -> None:
    """Ours adds up our orders, the stream's and the query's are their last words; each says how old it is."""
    story = velvet().position(500, 42, "-27", Source.POSITIONS)
    (view,) = opinions(story.recorded(), ours(1_500))
    assert (view.symbol, view.signals, view.state, view.trigger) == (
        "VELVETUSDT",
        ("velvet-1",),
        State.PROTECTED,
        D("0.206"),
    )
    assert view.ours == Opinion(D(-27), ours(180), 0, 1_320 * MILLISECOND)
    assert view.stream == Opinion(D(-27), ours(150), venue(42), 1_350 * MILLISECOND)
    assert view.read == Opinion(D(-27), ours(500), venue(42), SECOND)
    assert view.agree


def test_a_source_that_has_not_spoken_has_no_opinion() -> None:
    """Silence is not zero."""
    (view,) = opinions(velvet().recorded(), ours(200))
    assert view.read is None
    assert view.agree


def test_a_disagreement_is_seen() -> None:
    """A query that says flat while we hold 27 disagrees, and nothing here decides who is right."""
    (view,) = opinions(velvet().position(500, 0, "0").recorded(), ours(600))
    assert (view.agree, view.ours.amount, view.read and view.read.amount) == (False, D(-27), D(0))


def test_what_our_closes_took_is_subtracted() -> None:
    """A close that filled in part leaves the rest."""
    story = velvet().rollback(900).close_intended(900)
    story.fill(950, 940, "7", "t9", client_id=CLOSE, side=Side.BUY)
    (view,) = opinions(story.recorded(), ours(960))
    assert (view.ours.amount, view.state) == (D(-20), State.CLOSING)


def test_a_flat_symbol_is_not_shown() -> None:
    """What is over, and flat by everyone's word, is no position."""
    assert opinions(rolled_back().recorded(), ours(99_000)) == ()
    assert opinions([], ours(0)) == ()


def test_an_amount_that_outlives_its_signal_is_shown() -> None:
    """A source that still shows an amount after our end keeps the symbol in view, without a signal."""
    (view,) = opinions(rolled_back().position(99_000, 98_000, "-3").recorded(), ours(99_100))
    assert view.origin is Origin.FOREIGN
    assert (view.signals, view.state, view.ours.amount, view.agree) == ((), None, D(0), False)


def test_symbols_are_listed_in_order_each_with_its_own() -> None:
    """Two symbols of an account do not mix; a long one counts above zero."""
    doge = Story("doge-1", Symbol("1000000BABYDOGEUSDT"), Side.BUY).accepted().intended().entry_filled(90, 40, "5")
    views = opinions(_account(velvet(), doge), ours(500))
    assert [(view.symbol, view.ours.amount) for view in views] == [
        ("1000000BABYDOGEUSDT", D(5)),
        ("VELVETUSDT", D(-27)),
    ]


def test_an_accepted_signal_without_an_entry_holds_nothing() -> None:
    """Before the intention ours is zero, and the signal is in view."""
    (view,) = opinions(Story().accepted().recorded(), ours(5))
    assert (view.ours.amount, view.state, view.trigger) == (D(0), State.ACCEPTED, None)


def test_a_foreign_name_does_not_count_as_ours() -> None:
    """A fill under somebody else's name changes nobody's opinion but the sources'."""
    story = velvet().fill(500, 490, "5", "t8", client_id=ClientId("web_123"))
    (view,) = opinions(story.recorded(), ours(600))
    assert view.ours.amount == D(-27)


def test_an_adopted_position_is_one_of_ours() -> None:
    """It says where it came from, and what it holds by our own word."""
    (view,) = opinions(adopted().recorded(), ours(500))
    assert (view.origin, view.ours.amount, view.trigger) == (Origin.ADOPTED, D(-27), D("0.206"))
    (own,) = opinions(velvet().recorded(), ours(500))
    assert own.origin is Origin.SIGNAL


def test_take_profits_and_other_hands_are_subtracted() -> None:
    """Whatever has left, by whoever took it, is held no more."""
    story = velvet().ladder(200).rung_laid(210, 0, "0.196", "13").exit(900, rung_name(0), "13", "0.196", "t8")
    (view,) = opinions(story.exit(950, "web-1", "4", "0.19", "o1").recorded(), ours(960))
    assert view.ours.amount == D(-10)
    assert opinions(taken().recorded(), ours(99_000)) == ()
