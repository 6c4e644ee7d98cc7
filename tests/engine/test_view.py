"""What the desk knows of its account: how fresh, whose, and for how long the venue was mute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.engine.view import AccountView
from seawall.model import inputs as inp
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId, Symbol, VenueId
from seawall.model.queries import AskMark, AskOpenOrders, AskPositions, AskStops, AskWallet, Query
from seawall.model.reports import LeverageReport, ModesReport, OrderStatus, Source, StopStatus, WalletReport
from seawall.model.times import SECOND
from tests.sagas.builders import (
    BOUNDS,
    INSTALLATION,
    INSTRUMENT,
    SYMBOL,
    D,
    fill,
    mark,
    ms,
    order,
    position,
    stop,
    told,
)

OTHER = Symbol("BTCUSDT")
OURS = ClientId("swabcd-0123456789-etkxp2x01")


def view() -> AccountView:
    """An empty view."""
    return AccountView(INSTALLATION, BOUNDS)


def read(
    known: AccountView, after: float, query: Query, *reports: object, began: float | None = None, **more: Any
) -> None:
    """A complete answer enters the view."""
    since = ms(after - 20 if began is None else began)
    known.hear(inp.ReadAnswered(query, since, ms(after), told(*reports)._replace(**more)))


def stream(known: AccountView, after: float, *reports: object) -> None:
    """The stream tells."""
    known.hear(inp.StreamReported(ms(after), told(*reports)))


def test_everything_told_is_kept_by_symbol() -> None:
    """Instruments, marks, leverages, modes, wallet and clock, whoever told them."""
    known = view()
    modes, wallet, lever = (
        ModesReport(hedge=False, may_trade=True),
        WalletReport(D(9), D(8)),
        LeverageReport(SYMBOL, D(5)),
    )
    read(
        known,
        0,
        AskWallet(),
        wallets=(wallet,),
        modes=(modes,),
        leverages=(lever,),
        marks=(mark(),),
        instruments=(INSTRUMENT,),
    )
    clock = inp.ClockReport(ms(0), 5, 1)
    known.hear(clock)
    known.hear(inp.Woken(ms(1)))
    assert (known.wallet, known.modes, known.clock) == (wallet, modes, clock)
    assert (known.leverages[SYMBOL], known.marks[SYMBOL], known.instruments[SYMBOL]) == (lever, mark(), INSTRUMENT)


# ---- fresh


@pytest.mark.parametrize(
    ("what", "query"),
    [("positions", AskPositions), ("orders", AskOpenOrders), ("stops", AskStops)],
)
def test_a_read_is_fresh_for_its_bound_without_a_stream(what: str, query: Any) -> None:
    """Of the symbol, or of all; at the bound it serves, a microsecond later not."""
    for symbol in (SYMBOL, None):
        known = view()
        assert not known.is_fresh(what, SYMBOL, ms(0))
        read(known, 20, query(symbol))
        border = ms(0) + BOUNDS.mark_fresh
        assert known.is_fresh(what, SYMBOL, border)
        assert not known.is_fresh(what, SYMBOL, border + 1)
    known = view()
    read(known, 20, query(OTHER))
    assert not known.is_fresh(what, SYMBOL, ms(20))


def test_under_a_stream_that_was_open_before_the_read_and_proved_itself_it_stays_fresh() -> None:
    """A change would have been heard; while it is unproven, and after it is lost, the read ages."""
    known = view()
    known.hear(inp.StreamChanged(ms(0), proven=False, is_open=True))
    read(known, 20, AskPositions(), began=0)
    assert not known.is_fresh("positions", SYMBOL, ms(3_600_000))
    known.hear(inp.StreamChanged(ms(50), proven=True, since=ms(50)))
    assert known.is_fresh("positions", SYMBOL, ms(3_600_000))
    known.hear(inp.StreamChanged(ms(100), proven=False))
    assert not known.is_fresh("positions", SYMBOL, ms(3_600_000))
    known.hear(inp.StreamChanged(ms(150), proven=False, is_open=True))
    known.hear(inp.StreamChanged(ms(200), proven=True, since=ms(200)))
    assert not known.is_fresh("positions", SYMBOL, ms(3_600_000))


def test_a_failed_read_makes_nothing_fresh_and_still_tells_what_came() -> None:
    """Some of its pages came: presence counts, completeness does not."""
    known = view()
    known.hear(inp.ReadFailed(AskPositions(), ms(0), ms(20), "page 2 lost", told(position(5, 0, told=0))))
    assert not known.is_fresh("positions", SYMBOL, ms(20))
    assert known.position(SYMBOL, ms(20)).amount == 5


@pytest.mark.parametrize("what", ["orders", "stops"])
def test_news_of_a_foreign_order_makes_its_book_stale(what: str) -> None:
    """What was read of that book is out of date, and what is read at once may lag behind the news; ours changes nothing."""
    known = view()
    known.hear(inp.StreamChanged(ms(0), proven=False, is_open=True))
    known.hear(inp.StreamChanged(ms(0), proven=True, since=ms(0)))
    for query in (AskOpenOrders(), AskStops(), AskOpenOrders(SYMBOL)):
        read(known, 20, query)
    ours = order(OURS) if what == "orders" else stop(OURS)
    theirs = order(ClientId("web_1"), OrderStatus.OPEN) if what == "orders" else stop("web_1")
    child = order(ClientId(""), parent=OURS)
    stream(known, 100, ours, child)
    assert known.is_fresh(what, SYMBOL, ms(100))
    stream(known, 110, theirs)
    assert not known.is_fresh(what, SYMBOL, ms(110))
    for began, is_fresh in ((200, False), (10_109, False), (10_110, True)):
        for query in (AskOpenOrders(), AskStops()):
            read(known, began + 20, query, began=began)
        assert known.is_fresh(what, SYMBOL, ms(began + 20)) is is_fresh
    stream(known, 20_000, theirs)
    read(known, 20_040, AskOpenOrders() if what == "orders" else AskStops(), theirs, began=20_020)
    assert known.is_fresh(what, SYMBOL, ms(20_040))


# ---- position


def test_a_slot_that_no_complete_list_shows_is_flat() -> None:
    """Flat, as of now, by the reads."""
    flat = view().position(SYMBOL, ms(9))
    assert (flat.amount, flat.at, flat.source) == (D(0), ms(9), Source.POSITIONS)


def test_a_complete_list_without_the_symbol_forgets_its_position() -> None:
    """If it was told more than a read's lag before the read began; and one symbol's read forgets no other."""
    known = view()
    stream(known, 100, position(5, 100, told=100, source=Source.STREAM))
    border = 100 + BOUNDS.read_lag / 1_000
    read(known, 20_000, AskPositions(OTHER), began=border + 1)
    read(known, 20_000, AskPositions(), began=border)
    assert known.position(SYMBOL, ms(20_000)).amount == 5
    read(known, 20_000, AskPositions(), began=border + 0.001)
    assert known.position(SYMBOL, ms(20_000)).amount == 0


def test_an_older_word_does_not_replace_a_newer_position() -> None:
    """By sequence, then by the venue's time; an equal one does."""
    known = view()
    stream(known, 100, position(5, 100, told=100, source=Source.STREAM))
    stream(known, 110, position(0, 110, told=99, source=Source.STREAM))
    assert known.position(SYMBOL, ms(110)).amount == 5
    stream(known, 120, position(3, 120, told=100, source=Source.STREAM))
    assert known.position(SYMBOL, ms(120)).amount == 3
    stream(known, 130, position(7, 130, told=50, source=Source.STREAM, seq=2))
    assert known.position(SYMBOL, ms(130)).amount == 7


# ---- foreign


def test_what_is_not_ours_is_named_from_both_books() -> None:
    """By name or id; ours by prefix, by parent, by an id or trigger that a saga answers for; ended ones are no more."""
    known = view()
    read(
        known,
        20,
        AskOpenOrders(),
        order(OURS, OrderStatus.OPEN),
        order(ClientId("web_1"), OrderStatus.OPEN),
        order(ClientId(""), OrderStatus.OPEN, venue_id=VenueId("771")),
        order(ClientId(""), OrderStatus.OPEN, venue_id=VenueId("772")),
        order(ClientId("web_9"), OrderStatus.CANCELLED),
    )
    read(
        known,
        20,
        AskStops(),
        stop(OURS),
        stop("", parent=OURS, venue_id=VenueId("1")),
        stop("", trigger=D("0.19"), venue_id=VenueId("2")),
        stop("", trigger=D("0.15"), venue_id=VenueId("3")),
        stop("web_2", StopStatus.TRIGGERING),
        stop("web_3", StopStatus.CANCELLED),
        order(ClientId("web_4"), OrderStatus.OPEN),
    )
    orders, stops = known.foreign(SYMBOL, ["772", "0.19"])
    assert orders == ("web_1", "771", "web_4")
    assert stops == ("3", "web_2")
    assert known.foreign(OTHER, []) == ((), ())


def test_a_read_of_one_symbol_replaces_that_symbol_only() -> None:
    """And a read of all replaces all."""
    known = view()
    elsewhere = replace(order(ClientId("web_2"), OrderStatus.OPEN), symbol=OTHER)
    read(known, 20, AskOpenOrders(), order(ClientId("web_1"), OrderStatus.OPEN), elsewhere)
    read(known, 40, AskOpenOrders(SYMBOL))
    assert known.foreign(SYMBOL, [])[0] == ()
    assert known.foreign(OTHER, [])[0] == ("web_2",)
    read(known, 60, AskOpenOrders())
    assert known.foreign(OTHER, [])[0] == ()


def test_another_installations_names_are_strangers() -> None:
    """Names of our form and another installation's prefix, in either book; people's own names are not."""
    known = view()
    read(known, 20, AskOpenOrders(), order(ClientId("swzzzz-0123456789-etkxp2x01"), OrderStatus.OPEN))
    read(known, 20, AskStops(), stop("swyyyy-0123456789-stkxp2x02"), stop("web_1"), stop(OURS))
    assert known.strangers() == ("swzzzz-0123456789-etkxp2x01", "swyyyy-0123456789-stkxp2x02")


def test_a_stop_is_of_the_installation_whose_entry_brought_it() -> None:
    """Bybit's children have no name of their own: the entry's is what tells whose they are."""
    known, theirs = view(), ClientId("swzzzz-0123456789-etkxp2x01")
    read(known, 20, AskStops(), replace(stop(""), parent=theirs), replace(stop(""), parent=OURS))
    assert known.strangers() == (theirs,)


# ---- mute


def act(after: float, outcome: Outcome, reason: Reason = Reason.NONE, retry_after: int = 0) -> inp.ActAnswered:
    """The answer to an act, or its lack."""
    return inp.ActAnswered(OURS, SYMBOL, outcome, ms(after), ms(after), reason, retry_after=retry_after)


def test_the_venue_is_mute_from_the_request_without_a_reply_to_the_next_answer() -> None:
    """Or from its last answer, if that came later. Spans add up; a refusal is an answer; what was not sent is none."""
    known = view()
    assert known.mute(ms(50)) == 0
    known.hear(act(100, Outcome.UNKNOWN))
    known.hear(act(200, Outcome.NOT_SENT))
    known.hear(inp.ReadFailed(AskOpenOrders(), ms(90), ms(300), "timeout"))
    assert known.mute(ms(400)) == ms(400) - ms(100)
    known.hear(act(500, Outcome.REFUSED, Reason.FUNDS))
    assert known.mute(ms(9_000)) == 400_000
    read(known, 5_000, AskPositions())
    known.hear(inp.ReadFailed(AskOpenOrders(), ms(4_000), ms(9_000), "timeout"))
    read(known, 9_200, AskPositions())
    assert known.mute(ms(20_000)) == 400_000 + 4_200_000
    known.hear(inp.ReadFailed(AskOpenOrders(), ms(20_000), ms(25_000), "timeout"))
    assert known.mute(ms(25_000)) == 4_600_000 + 5_000_000


def test_a_public_read_says_nothing_of_whether_the_venue_answers_us() -> None:
    """Prices that cannot be read begin no silence, and prices that are read end none (rule 13: a signed request)."""
    known = view()
    known.hear(inp.ReadFailed(AskMark(), ms(100), ms(5_100), "timeout"))
    assert known.mute(ms(6_000)) == 0
    known.hear(act(7_000, Outcome.UNKNOWN))
    read(known, 8_000, AskMark())
    assert known.mute(ms(9_000)) == ms(9_000) - ms(7_000)


def test_a_refused_read_is_an_answer_too() -> None:
    """The venue said no, but it spoke (rule 13)."""
    known = view()
    known.hear(act(100, Outcome.UNKNOWN))
    known.hear(inp.ReadFailed(AskPositions(), ms(90), ms(300), "-2013", venue_answered=True))
    assert known.mute(ms(1_000)) == 200_000


def test_a_limit_is_no_answer_and_binds_as_long_as_it_says() -> None:
    """429 with a wait of a second: reads that succeed meanwhile do not start the clock again."""
    known = view()
    known.hear(act(100, Outcome.REFUSED, Reason.LIMIT, SECOND))
    read(known, 500, AskPositions())
    assert known.mute(ms(600)) == 500_000
    read(known, 1_100, AskPositions())
    assert known.mute(ms(9_000)) == SECOND


def test_fills_tell_the_view_nothing() -> None:
    """They are a signal's affair."""
    known = view()
    stream(known, 100, fill("web_1"))
    assert known == view()


def test_an_answer_that_no_book_lists_is_an_answer_all_the_same() -> None:
    """HTTP 400 with a code that nobody knows leaves an act Unknown, and the venue is not mute: the naked clock runs on."""
    known = view()
    known.hear(replace(act(100, Outcome.UNKNOWN), code="-4131", venue_answered=True))
    assert known.mute(ms(1_000)) == 0


def test_acts_that_fail_while_reads_are_answered_are_no_silence() -> None:
    """An act without an answer makes the venue mute once nothing was answered for as long as a reply may take."""
    known = view()
    read(known, 100, AskPositions())
    known.hear(act(200, Outcome.UNKNOWN))
    assert known.mute(ms(1_000)) == 0
    known.hear(act(200 + 5_000, Outcome.UNKNOWN))
    assert known.mute(ms(6_000)) > 0


def test_time_in_which_we_stood_still_is_silence_too() -> None:
    """A machine that slept is no venue that was asked; a silence that is counted already is not counted twice."""
    known = view()
    known.slept(40 * SECOND, ms(0))
    assert known.mute(ms(0)) == 40 * SECOND
    known.hear(act(100, Outcome.UNKNOWN))
    known.slept(40 * SECOND, ms(100))
    assert known.mute(ms(100)) == 40 * SECOND


def test_a_request_that_was_under_way_while_we_stood_still_is_no_second_silence() -> None:
    """Sent before the machine slept and lost in its sleep, it makes the venue mute from the waking on."""
    known = view()
    known.slept(40 * SECOND, ms(40_000))
    known.hear(act(0, Outcome.UNKNOWN))
    assert known.mute(ms(40_200)) == 40_200_000


def test_a_venue_that_forbids_is_mute_until_it_permits() -> None:
    """A ban that met a read binds the acts as well: what was answered meanwhile had left before it."""
    known = view()
    known.hear(inp.Forbidden(ms(100), ms(10_100), "403"))
    known.hear(act(200, Outcome.REFUSED, Reason.FUNDS))
    assert known.mute(ms(10_100)) == 10 * SECOND
    known.hear(act(10_200, Outcome.REFUSED, Reason.FUNDS))
    assert known.mute(ms(60_000)) == 10_100_000
