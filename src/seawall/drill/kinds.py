"""The kinds of trouble that a plan is drawn from: together they are the whole vocabulary of the box.

Each kind draws its lines, and says whether it *spares* the position: whether the venue would still have taken a stop
within `max_naked`, so that a close of ours would be needless.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from seawall.drill.codes import CODES, EARLY, FINAL, OPEN, SLOW, Code
from seawall.drill.lengths import Length
from seawall.drill.page import FaultLine
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, SECOND, Duration

Lines = tuple[FaultLine, ...]
Drawn = tuple[Lines, bool]
Kind = Callable[[random.Random, VenueName], Drawn]

READS = ("order.get", "order.history", "positions.get", "stop.get", "stops.open", "orders.open", "fills.get")
CALLS = ("order.create", "stop.create", "time.get", "listenkey.create", "modes.get", "price.get", "wallet.get", *READS)
TOPICS = ("stream.order", "stream.fill", "stream.position", "stream.stop", "stream.*")
STOP = "stop.create"
REPEATS_WITHIN_MAX_NAKED = 3
"""A stop that is refused so often is still placed long before `max_naked` (rule 12: 0, 50, 100, 200, 250 ms)."""
LIE_IN = 10
"""Of so many refusals one is a lie: the venue has acted all the same."""


def one_in(chance: random.Random, n: int) -> bool:
    """One time in `n`."""
    return chance.randrange(n) == 0


def line(*, after: Duration | None = None, until: Duration | None = None, **words: Any) -> FaultLine:
    """A line in the box's words; `after` and `until` count from the signal."""
    return FaultLine(
        line=words,
        after=None if after is None else Length(after),
        until=None if until is None else Length(until),
    )


def _some(chance: random.Random) -> dict[str, int]:
    """Which of the matching calls: the first, a later one, or several in a row."""
    return chance.choice(({"nth": 1}, {"nth": 1}, {"nth": 2}, {"nth": 3}, {"times": 2}, {"times": 3}))


def delayed(chance: random.Random, _venue: VenueName) -> Drawn:
    """A request held up before the venue, in its engine, or on its way back."""
    call = chance.choice(CALLS)
    ms, where = chance.choice((50, 400, 1_500, 4_000, 6_000)), chance.choice(("request", "engine", "reply"))
    return (line(fault="delay", call=call, ms=ms, where=where, **_some(chance)),), call != STOP


def lost(chance: random.Random, _venue: VenueName) -> Drawn:
    """A request or its reply lost, by a reset or in silence; half a body."""
    call, kind = chance.choice(CALLS), chance.choice(("request_lost", "reply_lost", "half_body"))
    own: dict[str, Any] = {"cut": chance.choice((1, 20, 80))}
    if kind != "half_body":
        own = {"mode": chance.choice(("reset", "hang"))}
    return (line(fault=kind, call=call, **own, **_some(chance)),), call != STOP


def twice(chance: random.Random, _venue: VenueName) -> Drawn:
    """The network delivers a request twice. An entry would fill twice, since its id is free again once it has filled
    (binance.md 4.1; bybit.md 3.3 leaves it open): nobody can bear that, and a page of its own tells it.
    """
    call = chance.choice((STOP, "stop.cancel", "order.cancel", "leverage.set", "order.get"))
    return (line(fault="request_twice", call=call, ms=chance.choice((0, 5, 300)), nth=1),), True


def coded(chance: random.Random, venue: VenueName) -> Drawn:
    """One of the codes that the venue book gives a call, with and without effect where its outcome is open. A refusal
    may lie; one that the book lists as not executed only about a stop, since another entry may follow it.
    """
    call = chance.choice(("order.create", STOP, *CODES[venue]))
    code = chance.choice(CODES[venue][call])
    effect = code.kind == OPEN and one_in(chance, 2)
    if (code.kind == FINAL and call == "order.create") or (code.kind in (FINAL, EARLY) and call == STOP):
        effect = one_in(chance, LIE_IN)
    return (refusal(code, call, effect=effect, **_some(chance)),), code.kind != SLOW and not code.passed


def refusal(code: Code, call: str, *, effect: bool, **counted: int) -> FaultLine:
    """A venue's word as a line."""
    words: dict[str, Any] = {"fault": "status", "call": call, "text": code.text, **counted}
    words |= {name: value for name, value in (("code", code.code), ("status", code.status)) if value is not None}
    return line(**words, effect=effect) if effect else line(**words)


def refused_stop(chance: random.Random, venue: VenueName) -> Drawn:
    """The stop is refused, for a while or for good."""
    codes = [code for code in CODES[venue][STOP] if code.kind == FINAL and code.code is not None]
    code, times = chance.choice(codes), chance.choice((1, 3, 60))
    refused = line(fault="stop_refused", call=STOP, times=times, code=code.code, text=code.text)
    return (refused,), times <= REPEATS_WITHIN_MAX_NAKED and not code.passed


def bad_read(chance: random.Random, _venue: VenueName) -> Drawn:
    """Reads that lag, lie empty, stand still, take turns, leave a symbol out, or give an order another end."""
    kinds = ("read_lag", "empty_read", "stale_read", "replicas_disagree", "symbol_omitted", "wrong_status")
    kind, call = chance.choice(kinds), chance.choice(READS)
    own: dict[str, Any] = {"times": chance.choice((1, 3, 8))}
    if kind in ("read_lag", "replicas_disagree"):
        own["ms"] = chance.choice((500, 2_000, 9_000))
    if kind == "wrong_status":
        call = chance.choice(("order.get", "order.history"))
        own = {"times": chance.choice((1, 2)), "ended": chance.choice(("CANCELED", "EXPIRED", "REJECTED"))}
    return (line(fault=kind, call=call, **own),), True


_PATHS: Mapping[VenueName, Mapping[str, tuple[str, ...]]] = {
    VenueName.BINANCE: {
        "order.create": ("status", "executedQty", "avgPrice", "orderId", "side", "clientOrderId"),
        "order.get": ("status", "executedQty", "avgPrice", "side", "updateTime", "clientOrderId"),
        "positions.get": ("*.positionAmt", "*.entryPrice", "*.updateTime", "*.symbol", "*"),
        "stops.open": ("*.algoStatus", "*.triggerPrice", "*.clientAlgoId", "*.closePosition", "*"),
        STOP: ("algoId", "algoStatus", "clientAlgoId"),
        "stream.order": ("o.X", "o.z", "o.ap", "o.l", "o.L", "o.S", "o.c", "T"),
        "stream.fill": ("l", "L", "S", "c", "t"),
        "fills.get": ("*.price", "*.qty", "*.orderId", "*"),
        "stream.position": ("a.P.*.pa", "a.P.*.s", "a.P", "a", "T"),
        "stream.stop": ("o.X", "o.caid", "o.tp"),
    },
    VenueName.BYBIT: {
        "order.create": ("result.orderId", "result.orderLinkId", "result", "retCode", "retMsg"),
        "order.get": (
            "result.list.*.orderStatus",
            "result.list.*.cumExecQty",
            "result.list.*.avgPrice",
            "result.list.*.side",
            "result.list",
        ),
        "positions.get": ("result.list.*.size", "result.list.*.side", "result.list.*.stopLoss", "result.list"),
        "stops.open": ("result.list.*.orderStatus", "result.list.*.triggerPrice", "result.list", "result"),
        STOP: ("retCode", "result", "retMsg"),
        "stream.order": (
            "data.*.orderStatus",
            "data.*.cumExecQty",
            "data.*.avgPrice",
            "data.*.orderLinkId",
            "data.*.side",
        ),
        "stream.position": ("data.*.size", "data.*.side", "data.*.stopLoss", "data.*.seq", "data"),
        "stream.fill": ("data.*.execQty", "data.*.execPrice", "data.*.orderLinkId", "data.*.execId", "data.*.side"),
    },
}


def garbled(chance: random.Random, venue: VenueName) -> Drawn:
    """A field of a reply or a frame that is missing, empty, zero, or of another type."""
    call = chance.choice(tuple(_PATHS[venue]))
    words: dict[str, Any] = {"fault": "stream_edit" if call.startswith("stream") else "reply_edit", "call": call}
    words |= {"path": chance.choice(_PATHS[venue][call]), "times": chance.choice((1, 1, 3))}
    value: Any = chance.choice((None, "", "0", True, []))
    return (line(**words) if value is None else line(**words, value=value),), True


def streamed(chance: random.Random, _venue: VenueName) -> Drawn:
    """The stream drops, repeats, reorders within and across topics, comes late, or is silent with the socket open."""
    kind = chance.choice(("stream_drop", "stream_duplicate", "stream_reorder", "stream_delay", "stream_silence"))
    own: dict[str, Any] = {"times": chance.choice((1, 2, 20))}
    if kind != "stream_drop":
        own["ms"] = chance.choice((20, 300, 5_000, 30_000))
    return (line(fault=kind, call=chance.choice(TOPICS), **own),), True


def disconnected(chance: random.Random, venue: VenueName) -> Drawn:
    """The connection ends at an event, goes half open or mute; all are hung up, the key lapses. Nothing is replayed."""
    kind = chance.choice(("stream_cut", "stream_half_open", "stream_mute", "streams_cut", "key_expired"))
    if kind in ("streams_cut", "key_expired"):
        if venue is VenueName.BYBIT:
            kind = "streams_cut"
        call = chance.choice(("order.create", "order.get", "positions.get"))
        return (line(fault=kind, call=call, nth=1, ms=chance.choice((0, 4, 30, 300, 3_000))),), True
    return (line(fault=kind, call=chance.choice(TOPICS), nth=chance.choice((1, 2, 3))),), True


def late_snapshot(chance: random.Random, _venue: VenueName) -> Drawn:
    """The connection is cut at an event, and what is read to close the gap is older than the cut."""
    cut = line(fault="stream_cut", call=chance.choice(TOPICS), nth=chance.choice((1, 2)))
    ms = chance.choice((2_000, 9_000))
    return (cut, *(line(fault="read_lag", call=call, ms=ms, times=3) for call in ("positions.get", "stops.open"))), True


def partial(chance: random.Random, _venue: VenueName) -> Drawn:
    """The entry fills in parts, or only in part, or meets an empty or thin book."""
    call = "order.create"
    if one_in(chance, 4):
        levels = chance.choice((0, 1, 2))
        return (line(fault="book_depth", call=call, nth=1, levels=levels, notional=chance.choice((20, 200))),), True
    if one_in(chance, 2):
        return (line(fault="partial_fill", call=call, nth=1, fraction="0.4"),), True
    gap = chance.choice((5, 80, 700))
    return (line(fault="partial_fill", call=call, nth=1, parts=["0.3", "0.3", "0.4"], gap_ms=gap),), True


def moved_market(chance: random.Random, _venue: VenueName) -> Drawn:
    """The market jumps past the stop or near it, or one price alone wicks; a stop that fires sticks or is rejected."""
    call = chance.choice(("order.create", STOP, "positions.get"))
    words: dict[str, Any] = {"fault": "price_jump", "pct": chance.choice(("-7", "-2", "2", "7"))}
    which, ms = chance.choice(("both", "both", "mark", "last")), chance.choice((0, 4, 30, 300, 3_000))
    jump = line(**words, price=which, call=call, nth=1, ms=ms)
    if not one_in(chance, 3):
        return (jump,), False
    stuck = line(fault=chance.choice(("stop_stuck", "stop_rejected")), call="order.create", nth=1)
    return (stuck, line(**words | {"pct": chance.choice(("-7", "7"))}, call="order.create", nth=1, ms=ms)), False


def changed_rules(chance: random.Random, venue: VenueName) -> Drawn:
    """Between signal and stop the filters, the symbol's state, the position mode or the balance change."""
    call = chance.choice(("account.get", "order.create", STOP))
    bybit = venue is VenueName.BYBIT
    words: dict[str, Any] = chance.choice(
        (
            {
                "fault": "filters_changed",
                "tick": chance.choice(("0.0000005", "0.00002") if bybit else ("0.001", "0.00002")),
            },
            {"fault": "filters_changed", "state": "PreLaunch" if bybit else "SETTLING"},
            {"fault": "mode_flipped"},
            {"fault": "balance_changed", "amount": chance.choice(("-99990", "50"))},
        )
    )
    # Without its money an account may be liquidated behind the best of stops.
    spares = "tick" not in words and "state" not in words and words.get("amount") != "-99990"
    return (line(**words, call=call, nth=1),), spares


def other_hand(chance: random.Random, _venue: VenueName) -> Drawn:
    """The owner moves the stop, the venue ends it, another hand trades on the symbol, the position is liquidated."""
    at = chance.choice((0, 12, 40, 400, 3_000, 9_000))
    kinds = ("stop_moved", "stop_moved", "stop_vanishes", "stop_vanishes", "hand_trade", "liquidation", "adl")
    kind = chance.choice(kinds)
    words: dict[str, Any] = {"fault": kind, "call": "order.create", "nth": 1, "ms": at}
    if kind == "stop_moved":
        words["pct"] = chance.choice(("-1", "1", "-3"))
    if kind == "hand_trade":
        words |= {"side": chance.choice(("BUY", "SELL")), "quantity": chance.choice((10, 100))}
    return (line(**words),), kind not in ("hand_trade", "liquidation", "adl")


def out_of_service(chance: random.Random, _venue: VenueName) -> Drawn:
    """Maintenance: every call refused and every connection turned away for a while."""
    begins = chance.choice((0, 15, 30, 300, 5_000)) * MILLISECOND
    ends = begins + chance.choice((100 * MILLISECOND, SECOND, 8 * SECOND, 15 * SECOND))
    closed = line(fault="maintenance", after=begins, until=ends)
    return (closed, line(fault="streams_cut", after=begins)), ends - begins <= SECOND


def prices_unreadable(chance: random.Random) -> FaultLine:
    """No price can be read for a long time: every read of one is refused, reset or not answered."""
    words: dict[str, Any] = chance.choice(
        (
            {"fault": "status", "status": 503, "text": "Service Unavailable"},
            {"fault": "request_lost", "mode": "reset"},
            {"fault": "request_lost", "mode": "hang"},
        )
    )
    begins = chance.choice((0, 0, 40, 3_000)) * MILLISECOND
    return line(**words, call="price.get", after=begins)


KINDS: tuple[tuple[Kind, int], ...] = (
    (delayed, 2),
    (lost, 3),
    (twice, 1),
    (coded, 4),
    (refused_stop, 2),
    (bad_read, 4),
    (garbled, 2),
    (streamed, 3),
    (disconnected, 2),
    (late_snapshot, 1),
    (partial, 2),
    (moved_market, 3),
    (changed_rules, 1),
    (other_hand, 2),
    (out_of_service, 1),
)
"""Every kind with its weight; but for unreadable prices, which came later and are drawn after all else."""
