"""Write docs/walk.md anew: the VELVET signal through the house, room by room, with what a run really said.

The run is the deterministic world's (`seawall.drill.world`): the product's desk, codecs and connection against the box,
in one thread, under virtual time. So the page is the same on every machine, and `tests/demo/test_walk.py` fails when it
is out of date. Nothing on the page is written by hand but the sentences at the head of each room (`walk_words.py`).

    python -m tools.walk            write docs/walk.md and docs/walk.svg
    python -m tools.walk --check    end with code 1 if they are out of date
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from enum import Enum, Flag
from pathlib import Path
from textwrap import wrap

from seawall.drill.house import House
from seawall.drill.world import World
from seawall.history.receipt import receipt
from seawall.history.timeline import data_of
from seawall.history.waterfall import waterfall
from seawall.history.words import milliseconds
from seawall.intake.canonical import parse
from seawall.intake.problem import Problem
from seawall.journal.encoding import encode
from seawall.journal.port import JournalError
from seawall.model import inputs as inp
from seawall.model.amounts import ZERO, plain
from seawall.model.events import PositionProtected, Recorded, event_type
from seawall.model.ids import SignalId, Symbol, VenueName
from seawall.model.queries import AskMark
from seawall.model.signal import Signal
from seawall.model.times import SECOND, Duration, Instant
from seawall.model.work import Ask, Do, Work
from seawall.sagas.phase import Finding, Phase
from seawall.sagas.table import row_for
from seawall.venues import venue as machine
from seawall.venues.exchange import Transmit
from tools.walk_words import HEAD, ROOMS, TAIL

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURE = ROOT / "docs" / "walk.md", ROOT / "docs" / "walk.svg"
SYMBOL = Symbol("VELVETUSDT")
SIGNAL = SignalId("velvet-1")
PRICE = Decimal("0.21824")
BODY = (
    b'{"id": "velvet-1", "symbol": "VELVETUSDT", "action": "open", "side": "sell",\n'
    b' "size": {"base": "27"}, "stop": {"pct": "3"}}'
)
REPLY_LATE_BY, POSITIONS_EMPTY_FOR = 450, 12 * SECOND
_WIDE = 114
_SIGNATURE = re.compile(r"signature=[0-9a-f]+")
_INSTANT = re.compile(r"\b1795\d{12}\b")
"""An instant of the world, in microseconds (`seawall.drill.world.START`)."""
_HEARD = ("order_reported", "fill_reported", "position_reported", "stop_reported", "act_concluded")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that passed, at an instant of the world: what it is called, and the thing itself."""

    at: Instant
    kind: str
    what: object


class Watched(World):
    """The world, and someone who writes down what passes between its rooms."""

    def __init__(self) -> None:
        super().__init__(VenueName.BINANCE, symbols=[SYMBOL, "BTCUSDT"], trade_socket=False)
        self.notes: list[Note] = []
        self._judged: dict[tuple[Phase, Finding], int] = {}

    def _note(self, kind: str, what: object) -> None:
        self.notes.append(Note(self.now, kind, what))

    def _step(self, house: House, items: tuple[inp.Input, ...]) -> None:  # type: ignore[override]
        for item in items:
            self._note("input", item)
        super()._step(house, items)

    def _append(self, house: House, work: Work) -> None:
        for saga in self.sagas():
            for pair, count in saga.visited.items():
                if count > self._judged.get(pair, 0):
                    self._note("judged", pair)
            self._judged = dict(saga.visited)
        for place, event in enumerate(work.appends):
            self._note("event", (work.first_seq + place, event))
        for thing in (*work.acts, *work.queries):
            self._note("act" if isinstance(thing, Do) else "query", thing)
        for answer in work.answers:
            self._note("answer", answer)
        super()._append(house, work)

    def _committed(self, house: House, answer: int | JournalError) -> None:
        self._note("durable", answer)
        super()._committed(house, answer)

    def _carry_out(self, house: House, effect: machine.Effect) -> None:
        if isinstance(effect, Transmit):
            self._note("request", effect.request)
        super()._carry_out(house, effect)

    def _machine(self, house: House, event: machine.VenueEvent) -> None:
        if isinstance(event, machine.Replied):
            self._note("reply", event.reply)
        elif isinstance(event, machine.Framed):
            self._note("frame", event.text)
        super()._machine(house, event)


@dataclass(frozen=True, slots=True)
class Walk:
    """The finished run: what was noted since the signal came, and the signal's own history."""

    world: Watched
    signal: Signal
    notes: list[Note]
    history: list[Recorded]

    def since(self, at: Instant) -> str:
        """An instant as the time since the signal came."""
        passed = at - self.signal.received_at
        return f"{'+' if passed >= 0 else ''}{milliseconds(passed)}"

    def fold(self, text: str) -> list[str]:
        """Text in lines, with each instant as the time since the signal came."""
        relative = _INSTANT.sub(lambda found: self.since(int(found[0])).replace(" ", "\N{NO-BREAK SPACE}"), text)
        lines = wrap(relative, _WIDE - 4, break_long_words=False, break_on_hyphens=False)
        return [f"    {line}".replace("\N{NO-BREAK SPACE}", " ") for line in lines]

    def until_recorded(self) -> list[Note]:
        """What passed before the first events were durable."""
        return self.notes[: self.notes.index(self.of("durable")[0])]

    def of(self, kind: str, fits: Callable[[object], bool] = lambda _: True) -> list[Note]:
        """The notes of a kind that fit, in order."""
        return [note for note in self.notes if note.kind == kind and fits(note.what)]


def walk() -> Walk:
    """Runs the incident: the reply comes late, the positions read empty, the stream speaks first."""
    world = Watched()
    world.box.set_price(SYMBOL, world.now, mark=PRICE, last=PRICE)
    world.start()
    world.run(lambda: world.house is not None and world.house.desk.ready)
    world.run(most=SECOND)
    until = world.now - world.box.start + POSITIONS_EMPTY_FOR
    world.fault(fault="delay", call="order.create", where="reply", ms=REPLY_LATE_BY, nth=1)
    world.fault(fault="empty_read", call="positions.get", until=until)
    signal = parse(BODY, world.now, {world.account: VenueName.BINANCE}, {world.account: (SYMBOL,)})
    assert not isinstance(signal, Problem)
    began = len(world.notes)
    world.give(inp.SignalReceived(world.now, signal))
    world.run(most=POSITIONS_EMPTY_FOR + 3 * SECOND)
    history = [row for row in world.recorded() if row.event.signal_id == SIGNAL]
    assert any(isinstance(row.event, PositionProtected) for row in history)
    return Walk(world, signal, world.notes[began:], history)


# ---- how a thing is printed


def shown(run: Walk, thing: object) -> list[str]:
    """A value as lines: a record by its fields, what is empty left out."""
    return [type(thing).__name__, *run.fold(", ".join(f"{field} {text}" for field, text in _fields(thing) if text))]


def _fields(thing: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    assert is_dataclass(thing)
    for field in fields(thing):
        value = getattr(thing, field.name)
        if is_dataclass(value):
            yield from _fields(value, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}", _text(value)


def _text(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Flag):
        return " ".join(str(one.name) for one in value)
    return str(value.value if isinstance(value, Enum) else value)


def block(lines: list[str], language: str = "text") -> list[str]:
    """A block of code."""
    return [f"```{language}", *lines, "```", ""]


def pretty(body: bytes | str) -> list[str]:
    """JSON, folded."""
    text = json.dumps(json.loads(body))
    return wrap(text, _WIDE, break_long_words=False, break_on_hyphens=False)


def of_symbol(text: object) -> bool:
    """Whether a frame is about our symbol and an account."""
    return str(SYMBOL) in str(text) and "markPriceUpdate" not in str(text)


# ---- the rooms


def intake(run: Walk) -> list[str]:
    """Bytes in, a signal out."""
    return [*block(BODY.decode().splitlines(), "json"), *block(shown(run, run.signal))]


def desk(run: Walk) -> list[str]:
    """The step that the signal made."""
    notes = run.until_recorded()
    lines = [line for note in notes if note.kind == "event" for line in _event(run, note)]
    left = sum(note.kind in ("act", "answer") for note in notes)
    return block([*lines, f"acts and answers that left with this step: {left or 'none'}"])


def _event(run: Walk, note: Note) -> list[str]:
    assert isinstance(note.what, tuple)
    seq, event = note.what
    data = run.fold(", ".join(f"{name} {text}" for name, text in data_of(event)))
    return [f"{run.since(note.at)}  {seq}  {event_type(type(event))}", *data]


def journal(run: Walk) -> list[str]:
    """The rows, as they are stored."""
    lines = []
    durable = run.of("durable")[0]
    for recorded in run.history[:2]:
        row = encode(run.world.account, run.world.venue, recorded.seq, recorded.epoch, recorded.at, recorded.event)
        lines += [f"{row.account} | {row.seq} | {row.created_at} | {row.event_type} | {row.order_id or '-'}"]
        lines += [f"    {line}" for line in pretty(row.event_data)]
    return block([*lines, f"durable up to {durable.what}"])


def gate(run: Walk) -> list[str]:
    """What the record let go."""
    act, answer = run.of("act")[0], run.of("answer")[0]
    assert isinstance(act.what, Do)
    asked = [f"answer to the sender, {run.since(answer.at)}", *shown(run, answer.what)[1:]]
    sent = [f"act, urgency {act.what.urgency.name}, {run.since(act.at)}", *_indented(shown(run, act.what.act))]
    return block([*asked, *sent])


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def codec(run: Walk) -> list[str]:
    """The act as bytes."""
    return block(_request(run, run.of("request", _is_call("POST", "/fapi/v1/order"))[0]))


def _is_call(method: str, path: str) -> Callable[[object], bool]:
    def fits(request: object) -> bool:
        return (getattr(request, "method", ""), getattr(request, "target", "").split("?")[0]) == (method, path)

    return fits


def _request(run: Walk, note: Note) -> list[str]:
    method, target = getattr(note.what, "method", ""), getattr(note.what, "target", "")
    path, _, query = _SIGNATURE.sub("signature=...", target).partition("?")
    lines = wrap(query.replace("&", " & "), _WIDE - 4, break_long_words=False, break_on_hyphens=False)
    return [f"{run.since(note.at)}  {method} {path}", *_indented(lines)]


def box(run: Walk) -> list[str]:
    """What the venue did, in its own book."""
    lines = []
    for fact in run.world.box.history.facts:
        if fact.mark.at >= run.signal.received_at and type(fact).__name__ in ("OrderAccepted", "OrderFilled"):
            state = getattr(fact, "order", None)
            assert state is not None
            what = f"{state.side} {plain(state.quantity)} {state.symbol}, {state.status}, filled {plain(state.filled)}"
            lines.append(f"{run.since(fact.mark.at)}  {type(fact).__name__}: {what}")
    return block(lines)


def stream(run: Walk) -> list[str]:
    """The frames, as they came."""
    lines: list[str] = []
    frames = run.of("frame", of_symbol)
    first, whole = frames[0], next(note for note in frames if '"FILLED"' in str(note.what))
    for note in (first, whole):
        lines += [run.since(note.at), *_indented(pretty(str(note.what)))]
    return block([*lines, f"frames about the order and the position, in all: {len(frames)}"])


def evidence(run: Walk) -> list[str]:
    """What of it was new, as it was recorded, up to the end."""
    notes = run.of("event", lambda what: event_type(type(what[1])) in _HEARD)  # type: ignore[index]
    return block([line for note in notes if note.at < _end(run) for line in _event(run, note)])


def _end(run: Walk) -> Instant:
    return next(row.at for row in run.history if isinstance(row.event, PositionProtected))


def judgement(run: Walk) -> list[str]:
    """Every pair of phase and finding that the run came by, with its row of the table."""
    lines = ["| when | phase | finding | leads to | duties | why |", "|---|---|---|---|---|---|"]
    for note in run.of("judged"):
        assert isinstance(note.what, tuple)
        phase, finding = note.what
        row = row_for(phase, finding)
        cells = (run.since(note.at), phase.name, finding.name, row.to.name, _text(row.duties), row.why)
        line = f"| {' | '.join(cells)} |"
        if not any(line.split("|")[2:] == earlier.split("|")[2:] for earlier in lines):
            lines.append(line)
    return [*lines, ""]


def decisions(run: Walk) -> list[str]:
    """What was decided between the entry's intention and the end."""
    notes = run.of("event", lambda what: event_type(type(what[1])) not in _HEARD)  # type: ignore[index]
    sent = run.of("durable")[0].at
    return block([line for note in notes if sent < note.at < _end(run) for line in _event(run, note)])


def stop(run: Walk) -> list[str]:
    """The stop: the act, the bytes, the venue's answer."""
    note = run.of("act", lambda do: type(getattr(do, "act", None)).__name__ == "PlaceStop")[0]
    assert isinstance(note.what, Do)
    sent = run.of("request", _is_call("POST", "/fapi/v1/algoOrder"))[0]
    reply = next(one for one in run.of("reply") if b"algoId" in one.what.body)  # type: ignore[attr-defined]
    body = getattr(reply.what, "body", b"")
    act = [f"act, urgency {note.what.urgency.name}, {run.since(note.at)}", *_indented(shown(run, note.what.act))]
    return block([*act, *_request(run, sent), f"{run.since(reply.at)}  200", *_indented(pretty(body))])


def protected(run: Walk) -> list[str]:
    """The stop seen live, and the end."""
    return block([line for note in run.of("event") if note.at == _end(run) for line in _event(run, note)])


def afterwards(run: Walk) -> list[str]:
    """What came later, and how little it changed."""
    later = [note for note in run.of("event") if note.at > _end(run)]
    lines = [line for note in later for line in _event(run, note)]
    asked = [(note.at, note.what.query) for note in run.of("query") if isinstance(note.what, Ask)]
    names = [f"{run.since(at)} {type(query).__name__}" for at, query in asked if not isinstance(query, AskMark)]
    return block([*lines, f"asked, from the signal on, but for marks: {', '.join(names)}"])


def verdict(run: Walk) -> list[str]:
    """The receipt and the judge, side by side."""
    told, found = receipt(run.history), run.world.box.judge(run.world.now)
    assert told is not None
    assert told.naked is not None
    episode, standing = found.episodes[0], found.positions[0]
    ours = (told.state.value.upper(), told.quantity, told.average or ZERO, told.live or ZERO, told.naked.total)
    theirs = ("COVERED" if standing.covered else "NAKED", abs(standing.quantity), standing.entry_price)
    theirs_too = (episode.stops[0].trigger, episode.naked_us)
    beside = f"entries {len(episode.entries)}, orphans {len(found.orphans)}"
    return block([f"journal  {_figures(*ours)}", f"judge    {_figures(*theirs, *theirs_too)}; {beside}"])


def _figures(end: str, quantity: Decimal, price: Decimal, stop_at: Decimal, naked: Duration) -> str:
    return f"{end}, {plain(quantity)} at {plain(price)}, stop at {plain(stop_at)}, naked {milliseconds(naked)}"


_PRINTERS: dict[str, Callable[[Walk], list[str]]] = {
    "Intake": intake,
    "Desk": desk,
    "Journal": journal,
    "Gate": gate,
    "Codec": codec,
    "The venue": box,
    "Stream": stream,
    "Evidence": evidence,
    "Judgement and table": judgement,
    "Decisions": decisions,
    "The stop": stop,
    "PROTECTED": protected,
    "What came afterwards": afterwards,
    "Two witnesses": verdict,
}


def page(run: Walk) -> str:
    """The whole page."""
    parts = [HEAD]
    for place, (room, words) in enumerate(ROOMS.items(), 1):
        parts += [f"## {place}. {room}", "", words, "", *_PRINTERS[room](run)]
    return "\n".join([*parts, TAIL]).rstrip() + "\n"


def files() -> dict[Path, str]:
    """What the files must hold."""
    run = walk()
    return {PAGE: page(run), PICTURE: waterfall(run.history) + "\n"}


def main(arguments: list[str]) -> int:
    """Writes or checks the files."""
    made = files()
    stale = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {'out of date' if '--check' in arguments else 'written'}")
        if "--check" not in arguments:
            path.write_text(made[path], encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
