"""How plans were drawn at first: the worlds of mayhem that taught something then are drawn so for ever."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Literal

from seawall.drill.lengths import Length
from seawall.drill.page import Ask, Clock, FaultLine, JournalLine, Kill, Page
from seawall.drill.plans import Plan
from seawall.model.ids import Side, VenueName
from seawall.model.times import MILLISECOND, SECOND, Duration
from venuesim.switches import SWITCHES

Line = dict[str, object]
_LIGHT = ("delay", "request_lost", "reply_lost", "status", "half_body")
_CALLS = (
    "order.create",
    "order.get",
    "positions.get",
    "stop.create",
    "stop.get",
    "stops.open",
    "time.get",
    "fills.get",
)
_READS = ("order.get", "order.history", "positions.get", "stop.get", "stops.open", "fills.get")
_TOPICS = ("stream.order", "stream.fill", "stream.position", "stream.stop", "stream.*")
_SWITCHED = tuple(name for name, answers in SWITCHES.items() if "." in name and "<number>" not in answers)
_REPEATS_WITHIN_MAX_NAKED = 3
_KEPT = ("binance.unrouted_stream", "bybit.link_id_scope", "bybit.second_full_stop")


def draw(venue: VenueName, seed: int) -> Plan:
    """The plan of a seed on a venue; the same for ever."""
    chance = random.Random(f"{venue}/{seed}")
    faults: list[Line] = []
    spares = True
    for _ in range(chance.choice((1, 1, 2, 2, 3, 4))):
        line, harmless = chance.choice(_KINDS)(chance, venue)
        faults.append(line)
        spares = spares and harmless
    kills = tuple(_kills(chance)) if _one_in(chance, 4) else ()
    skew = chance.choice((-2_500, -700, 300, 2_000, 60_000)) * MILLISECOND if _one_in(chance, 8) else 0
    journal = (_journal(chance),) if _one_in(chance, 8) else ()
    side, percent = chance.choice((Side.BUY, Side.SELL)), _one_in(chance, 2)
    page = Page(
        title=f"The first plan of seed {seed} on {venue}",
        switches=_switches(chance, venue),
        signal=Ask(side="buy" if side is Side.BUY else "sell", stop_is="percent" if percent else "price"),
        order_entry="rest" if _one_in(random.Random(f"{venue}/{seed}/road"), 2) else "auto",
        clock=Clock(ahead=Length(skew)),
        fault=tuple(FaultLine(line=line) for line in faults),
        kill=tuple(Kill(at=Length(at), pause=Length(pause)) for at, pause in kills),
        journal=journal,
    )
    return Plan(venue, seed, page, spares)


def _one_in(chance: random.Random, n: int) -> bool:
    return chance.randrange(n) == 0


def _switches(chance: random.Random, venue: VenueName) -> dict[str, str]:
    names = [name for name in _SWITCHED if name.startswith(f"{venue}.") and name not in _KEPT]
    return {name: chance.choice(SWITCHES[name]) for name in names}


def _kills(chance: random.Random) -> Iterator[tuple[Duration, Duration]]:
    """(when, how long until the next process), once, or again while the next one recovers."""
    at = chance.choice((chance.randrange(1, 120), chance.randrange(1, 3_000))) * MILLISECOND
    pause = chance.choice((10 * MILLISECOND, SECOND, 20 * SECOND))
    yield at, pause
    if _one_in(chance, 3):
        yield at + pause + chance.randrange(1, 200) * MILLISECOND, chance.choice((10 * MILLISECOND, SECOND))


def _journal(chance: random.Random) -> JournalLine:
    at = chance.choice((0, 10, 15, 40, 200)) * MILLISECOND
    lasts = chance.choice((30, 900, 6_000)) * MILLISECOND
    does: Literal["stall", "full"] = chance.choice(("stall", "full"))
    return JournalLine(does=does, at=Length(at), lasts=Length(lasts))


def _light(chance: random.Random, _venue: VenueName) -> tuple[Line, bool]:
    """One call delayed, lost either way, or answered with a 5xx, with and without effect."""
    line: Line = {"fault": chance.choice(_LIGHT), "call": chance.choice(_CALLS), "nth": chance.choice((1, 1, 2))}
    match line["fault"]:
        case "delay":
            line |= {"ms": chance.choice((50, 400, 1500, 4000)), "where": chance.choice(("request", "engine", "reply"))}
        case "request_lost" | "reply_lost":
            line |= {"mode": chance.choice(("reset", "hang")), "times": chance.choice((1, 1, 2))}
        case "status":
            line |= {"status": chance.choice((500, 502, 503, 504)), "effect": _one_in(chance, 2), "text": "<html>"}
        case _:
            line |= {"cut": chance.choice((1, 20, 80))}
    return line, line["call"] != "stop.create"


def _code(chance: random.Random, venue: VenueName) -> tuple[Line, bool]:
    """A venue's own code on the entry or the stop."""
    acts, reads = _CODES[venue]
    call = chance.choice(("order.create", "order.create", "stop.create", "order.get", "positions.get"))
    code = chance.choice(acts if call.endswith("create") else reads)
    with_effect = code in (-1007, -1001, 10000, 10016) and _one_in(chance, 2)
    return {"fault": "status", "call": call, "nth": 1, "code": code, "text": "drill", "effect": with_effect}, True


_CODES = {
    VenueName.BINANCE: ((-1007, -1001, -1008, -1021, -1015), (-1007, -1001, -1021)),
    VenueName.BYBIT: ((10000, 10016, 10006, 10002), (10000, 10016, 10002)),
}


def _read(chance: random.Random, _venue: VenueName) -> tuple[Line, bool]:
    """Reads that lag, lie empty, or stand still for a while."""
    kind = chance.choice(("read_lag", "empty_read", "stale_read"))
    line: Line = {"fault": kind, "call": chance.choice(_READS), "times": chance.choice((1, 3, 8))}
    if kind == "read_lag":
        line["ms"] = chance.choice((500, 2_000, 9_000))
    return line, True


def _stream(chance: random.Random, _venue: VenueName) -> tuple[Line, bool]:
    """The stream drops, repeats, reorders, delays, falls silent or is cut."""
    kind = chance.choice(("stream_drop", "stream_duplicate", "stream_reorder", "stream_delay", "stream_silence"))
    line: Line = {"fault": kind, "call": chance.choice(_TOPICS), "times": chance.choice((1, 2, 20))}
    if kind != "stream_drop":
        line["ms"] = chance.choice((20, 300, 5_000, 30_000))
    return line, True


def _cut(chance: random.Random, _venue: VenueName) -> tuple[Line, bool]:
    """The connection ends right at an event."""
    return {"fault": "stream_cut", "call": chance.choice(_TOPICS), "nth": chance.choice((1, 2, 3))}, True


def _partial(chance: random.Random, _venue: VenueName) -> tuple[Line, bool]:
    """The entry fills in parts, or only in part."""
    if _one_in(chance, 2):
        return {"fault": "partial_fill", "call": "order.create", "nth": 1, "fraction": "0.4"}, True
    gap = chance.choice((5, 80, 700))
    return {
        "fault": "partial_fill",
        "call": "order.create",
        "nth": 1,
        "parts": ["0.3", "0.3", "0.4"],
        "gap_ms": gap,
    }, True


def _world(chance: random.Random, _venue: VenueName) -> tuple[Line, bool]:
    """The market moves, or the venue loses or jams the stop."""
    kind = chance.choice(("price_jump", "stop_vanishes", "stop_stuck", "streams_cut"))
    call = chance.choice(("order.create", "stop.create")) if kind != "stop_vanishes" else "order.create"
    line: Line = {"fault": kind, "call": call, "nth": 1}
    if kind != "stop_stuck":
        line["ms"] = chance.choice((0, 4, 30, 300, 3_000))
    if kind == "price_jump":
        line |= {"pct": chance.choice(("-7", "-2", "2", "7")), "price": chance.choice(("both", "mark", "last"))}
    return line, kind in ("stop_vanishes", "streams_cut")


def _refused_stop(chance: random.Random, venue: VenueName) -> tuple[Line, bool]:
    """The stop is refused, for a while or for good."""
    texts: dict[VenueName, tuple[tuple[int, str], ...]] = {
        VenueName.BINANCE: ((-4509, "GTE order needs a position"), (-2021, "Order would immediately trigger.")),
        VenueName.BYBIT: ((10001, "can not set tp/sl/ts for zero position"), (34040, "not modified")),
    }
    code, text = chance.choice(texts[venue])
    times = chance.choice((1, 3, 60))
    would_trigger = "trigger" in text
    line: Line = {"fault": "stop_refused", "call": "stop.create", "times": times, "code": code, "text": text}
    return line, times <= _REPEATS_WITHIN_MAX_NAKED and not would_trigger


_KINDS: tuple[Callable[[random.Random, VenueName], tuple[Line, bool]], ...] = (
    _light,
    _light,
    _code,
    _read,
    _read,
    _stream,
    _stream,
    _cut,
    _partial,
    _refused_stop,
    _world,
)
