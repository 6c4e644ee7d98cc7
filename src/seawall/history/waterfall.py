"""A signal's way as a picture: one lane for each part of the work and each source that spoke, time from left to right.

Bars are acts under way, dots are words of a source (with a thin line back to the venue's own time: the line is the
lag), diamonds are proofs. The naked window stands in red across all lanes. The picture ends at the end of the opening
(PROTECTED with its take-profits laid, or FLAT); what came later, each move of the stop first, is said in lines below.

Two clocks share one axis. A venue's time is drawn as the venue told it, moved only where that would put an effect
before its cause (heard before it happened, or filled before it was intended).
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.history import svg
from seawall.history.cover import first_fill_at
from seawall.history.facts import History, entry_fills, entry_names, every, first, last, signal_of
from seawall.history.receipt import Receipt, receipt, sources
from seawall.history.words import milliseconds, sentence, source_of
from seawall.model.amounts import plain
from seawall.model.events import (
    ActConcluded,
    CancelIntended,
    CloseIntended,
    EntryIntended,
    Event,
    FillReported,
    FlatSeen,
    FlatVerified,
    OrderReported,
    PositionProtected,
    PositionReported,
    StopConfirmed,
    StopIntended,
    StopReported,
    TakeProfitIntended,
)
from seawall.model.ids import ClientId, Leg
from seawall.model.times import SECOND, Duration, Instant

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _FOOT = 9600, 1250, 300, 760, 270, 700
_LEGS = ((Leg.ENTRY, "entry"), (Leg.STOP, "stop"), (Leg.TAKE_PROFIT, "take-profit"), (Leg.CLOSE, "close"))
_INTENTS = EntryIntended | StopIntended | TakeProfitIntended | CloseIntended | CancelIntended
_REPORTS = OrderReported | FillReported | PositionReported | StopReported
_FEWEST_TICKS = 4
_MOST_MOVES = 5
_LINE = 170
_LABEL = 900
"""Room for the name of a proof, in tenths."""


def waterfall(history: History) -> str:
    """The picture of a signal's history as one SVG element. Raises ValueError for a history without its signal."""
    told = receipt(history)
    if told is None:
        raise ValueError("history: expected the events of one signal from its acceptance on, came none of it")
    scene = _Scene.of(history)
    names = _lanes(history)
    shapes = [*_frame(scene, names, told), *_red(scene, told, len(names))]
    for place, name in enumerate(names):
        shapes += _lane(scene, history, name, _TOP + place * _ROW + _ROW // 2)
    height = _TOP + len(names) * _ROW + _FOOT + _LINE * len(_moves(told))
    shapes += _foot(scene, history, told, _TOP + len(names) * _ROW)
    return svg.picture(_WIDTH, height, _title(told), shapes)


@dataclass(frozen=True, slots=True)
class _Scene:
    """The axis: from the signal's arrival to the end of the opening; and by how much a venue's time is moved."""

    start: Instant
    end: Instant
    shift: Duration

    @classmethod
    def of(cls, history: History) -> _Scene:
        signal = signal_of(history)
        start = signal.received_at if signal is not None else history[0].at
        ends = [recorded.at for recorded in history if isinstance(recorded.event, PositionProtected | FlatSeen)]
        end = _laid(history, ends[0]) if ends else history[-1].at
        return cls(start, max(end, start + 1_000) + max(1_000, (end - start) // 16), _shift(history))

    def x(self, at: Instant) -> svg.Tenths:
        """Where an instant of ours lies, kept inside the picture."""
        inside = min(max(at, self.start), self.end)
        return _LEFT + (inside - self.start) * (_WIDTH - _LEFT - _RIGHT) // (self.end - self.start)

    def venue_x(self, at: Instant) -> svg.Tenths:
        """Where an instant of the venue's lies."""
        return self.x(at + self.shift)

    def shows(self, at: Instant) -> bool:
        """Whether an instant of ours is within the picture."""
        return at <= self.end


def _laid(history: History, end: Instant) -> Instant:
    """The end of the opening with the take-profits that were laid at once, each a moment after the one before."""
    for recorded in history:
        laying = isinstance(recorded.event, TakeProfitIntended) or (
            isinstance(recorded.event, ActConcluded) and recorded.event.leg is Leg.TAKE_PROFIT
        )
        if laying and end <= recorded.at <= end + SECOND:
            end = recorded.at
    return end


def _shift(history: History) -> Duration:
    """By how much to move the venue's clock so that nothing is heard before it happened, nor filled unintended."""
    reports = [recorded.event.report for recorded in history if isinstance(recorded.event, _REPORTS)]
    latest = min((report.at - report.venue_at for report in reports if report.venue_at), default=0)
    intent, (filled_at, _) = first(history, EntryIntended), first_fill_at(history)
    earliest = intent.intended_at - filled_at if intent is not None and filled_at else latest
    return min(max(0, earliest), latest)


def _lanes(history: History) -> list[str]:
    """The lanes of this history, from top to bottom."""
    legs = [name for leg, name in _LEGS if _intents(history, leg)]
    fills = ["fills"] if entry_fills(history) else []
    return [*legs[:1], *fills, *legs[1:], *(f"said: {source}" for source in sources(history)), "end"]


def _intents(history: History, leg: Leg) -> list[tuple[Instant, Event, ClientId]]:
    """When, what, and under which name something was intended on a leg."""
    kinds: dict[Leg, type[Event]] = {
        Leg.ENTRY: EntryIntended,
        Leg.STOP: StopIntended,
        Leg.TAKE_PROFIT: TakeProfitIntended,
        Leg.CLOSE: CloseIntended,
    }
    return [
        (recorded.at, recorded.event, recorded.event.client_id)
        for recorded in history
        if isinstance(recorded.event, _INTENTS) and isinstance(recorded.event, kinds[leg])
    ]


def _lane(scene: _Scene, history: History, name: str, y: svg.Tenths) -> list[str]:
    """What stands in a lane."""
    if name == "fills":
        return _fill_marks(scene, history, y)
    if name == "end":
        return _proofs(scene, history, PositionProtected, y) + _proofs(scene, history, FlatSeen, y)
    if name.startswith("said: "):
        return _words_of(scene, history, name.removeprefix("said: "), y)
    leg = next(leg for leg, title in _LEGS if title == name)
    return _bars(scene, history, leg, y) + (_proofs(scene, history, StopConfirmed, y) if leg is Leg.STOP else [])


def _bars(scene: _Scene, history: History, leg: Leg, y: svg.Tenths) -> list[str]:
    """One bar for each act of a leg: from its intention to what became of it; an attached stop went with the entry."""
    shapes = []
    for at, event, name in _intents(history, leg):
        attached = isinstance(event, StopIntended) and event.attached
        sent_as = entry_names(history) if attached else (name,)
        answered = [told for told in every(history, ActConcluded) if told.client_id in sent_as and told.at >= at]
        end = answered[0].at if answered else scene.end
        note = f"{sentence(event)}{'; ' + sentence(answered[0]) if answered else '; no answer'}"
        if scene.shows(at):
            shapes.append(svg.box(scene.x(at), y - 45, max(20, scene.x(end) - scene.x(at)), 90, "act", note))
    return shapes


def _fill_marks(scene: _Scene, history: History, y: svg.Tenths) -> list[str]:
    """One mark for each trade of the entry, in the venue's time."""
    return [
        svg.dot(scene.venue_x(fill.venue_at), y, "fill", f"{plain(fill.quantity)} at {plain(fill.price)}", 50)
        for fill in entry_fills(history)
        if scene.shows(fill.venue_at + scene.shift)
    ]


def _words_of(scene: _Scene, history: History, source: str, y: svg.Tenths) -> list[str]:
    """The words of one source: when each was heard, with a line back to when the venue says it was so."""
    shapes = []
    for recorded in history:
        event = recorded.event
        if isinstance(event, _REPORTS) and source_of(event) == source and scene.shows(event.report.at):
            heard = scene.x(event.report.at)
            if event.report.venue_at:
                shapes.append(svg.line(scene.venue_x(event.report.venue_at), y, heard, y, "said"))
            shapes.append(svg.dot(heard, y, "said", sentence(event)))
    return shapes


def _proofs(scene: _Scene, history: History, kind: type[Event], y: svg.Tenths) -> list[str]:
    """A diamond where something was proven, with its name beside it."""
    shapes = []
    names: dict[type[Event], str] = {StopConfirmed: "live", PositionProtected: "PROTECTED", FlatSeen: "FLAT"}
    for recorded in history:
        if isinstance(recorded.event, kind) and scene.shows(recorded.at):
            x = scene.x(recorded.at)
            shapes.append(svg.diamond(x, y, "good", sentence(recorded.event)))
            beside = (x + 100, "start") if x < _WIDTH - _RIGHT - _LABEL else (x - 100, "end")
            shapes.append(svg.text(beside[0], y + 40, names[kind], "good", beside[1]))
    return shapes


def _red(scene: _Scene, told: Receipt, lanes: int) -> list[str]:
    """The naked window of the opening, across all lanes, with its length; later ones are told below."""
    if told.naked is None:
        return []
    window = told.naked.windows[0]
    left, right = (
        scene.venue_x(window.start),
        scene.venue_x(window.end) if window.end is not None else scene.x(scene.end),
    )
    height = lanes * _ROW
    said = "still naked" if window.end is None else f"naked {_length(window.length(), at_most=window.at_most)}"
    return [
        svg.box(left, _TOP, max(10, right - left), height, "naked", f"{said}, in the venue's clock", corner=0),
        svg.line(left, _TOP, left, _TOP + height, "edge"),
        svg.text(left + 40, _TOP - 30, said, "bad"),
    ]


def _length(duration: Duration, *, at_most: bool) -> str:
    return f"{'at most ' if at_most else ''}{milliseconds(duration)}"


def _frame(scene: _Scene, names: list[str], told: Receipt) -> list[str]:
    """Heading, grid and the names of the lanes."""
    bottom = _TOP + len(names) * _ROW
    shapes = [svg.text(200, 320, _title(told), "head")]
    for tick in _ticks(scene.end - scene.start):
        x = scene.x(scene.start + tick)
        shapes.append(svg.line(x, _TOP, x, bottom, "grid"))
        shapes.append(svg.text(x, bottom + 170, f"{tick // 1_000} ms", "faint", "middle"))
    for place, name in enumerate(names):
        y = _TOP + place * _ROW
        shapes.append(svg.line(200, y, _WIDTH - 200, y, "grid"))
        shapes.append(svg.text(200, y + _ROW // 2 + 40, name))
    return [*shapes, svg.line(200, bottom, _WIDTH - 200, bottom, "grid")]


def _ticks(span: Duration) -> list[Duration]:
    """Round milliseconds within a span: the widest step of 1, 2 or 5 times a power of ten that gives enough of them."""
    steps = [factor * 10**power * 1_000 for power in range(9) for factor in (1, 2, 5)]
    step = max((step for step in steps if span // step >= _FEWEST_TICKS), default=steps[0])
    return list(range(0, span + 1, step))


def _foot(scene: _Scene, history: History, told: Receipt, top: svg.Tenths) -> list[str]:
    """What the picture does not show: what came after its right edge, and what the colours mean."""
    later = [recorded for recorded in history if recorded.at > scene.end]
    legend = "bars: acts under way; dots: a source's word when heard, its line begins at the venue's time; red: naked"
    shapes = [svg.text(200, top + 390, legend, "faint")]
    words = []
    if told.naked is not None and len(told.naked.windows) > 1:
        words.append(f"naked again later; in all {_length(told.naked.total, at_most=told.naked.at_most)}")
    if later:
        end = last(later, FlatVerified) or last(later, FlatSeen) or later[-1].event
        words.append(f"later, until {milliseconds(later[-1].at - scene.start)}: {sentence(end)}")
    lines = [*_moves(told), *(["; ".join(words)] if words else [])]
    return [*shapes, *(svg.text(200, top + 560 + place * _LINE, line, "faint") for place, line in enumerate(lines))]


def _moves(told: Receipt) -> list[str]:
    """One line for each of the last moves of the stop: how long it took, and how long nothing covered meanwhile."""
    return [
        f"the stop moved from {plain(move.before)} to {plain(move.trigger)}: {move.fate.value}"
        f"{f' in {milliseconds(move.took)}' if move.took is not None else ''}, naked {milliseconds(move.naked)}"
        for move in told.asked.moves[-_MOST_MOVES:]
    ]


def _title(told: Receipt) -> str:
    """As "velvet-1: sell 27 VELVETUSDT, PROTECTED"."""
    what = f"{told.side.value} {plain(told.quantity or told.intended)} " if told.side is not None else "close "
    reason = f" ({told.reason})" if told.reason else ""
    return f"{told.signal_id}: {what}{told.symbol}, {told.state.value.upper().replace('_', ' ')}{reason}"
