"""What an owner asked of an open position, and what became of it: parts closed, the stop moved, the ladder.

A move ends when a stop was seen live at its trigger, or the venue refused it and the old one stays. Until then it is
pending, and nothing is taken away: so the naked time of a move is expected to be 0, and is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.history.exits import Exit, ExitKind
from seawall.history.facts import History, every, signal_of
from seawall.history.naked import Naked
from seawall.model.acts import Outcome
from seawall.model.amounts import ZERO, plain
from seawall.model.events import (
    ActConcluded,
    CancelIntended,
    CloseAccepted,
    Event,
    FlatSeen,
    LadderAccepted,
    OrderReported,
    Recorded,
    ReduceAccepted,
    ReduceEnded,
    RollbackBegan,
    SignalResolved,
    StopConfirmed,
    StopIntended,
    StopMoveAccepted,
    StopMoveRefused,
    TakeProfitIntended,
)
from seawall.model.ids import Leg
from seawall.model.reports import OrderStatus
from seawall.model.signal import TakeProfit
from seawall.model.times import MINUTE, SECOND, Duration, Instant

_HOME = CloseAccepted | RollbackBegan | FlatSeen | SignalResolved
"""With these the position is on its way home, or there: what was asked of it before is over."""
_TAKEN_AWAY = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REJECTED)


class Fate(StrEnum):
    """What became of a wish."""

    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"
    """Another wish of its kind, or the way home, came before it was done."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was to be closed. `took` is how long it was until it was, in our clock."""

    quantity: Decimal
    keep: Decimal
    detail: str
    at: Instant
    fate: Fate
    took: Duration | None


@dataclass(frozen=True, slots=True)
class Move:
    """A stop that was to move from `before` to `trigger`. `naked` is how long nothing covered while it did, in the
    venue's clock.
    """

    before: Decimal
    trigger: Decimal
    detail: str
    at: Instant
    fate: Fate
    took: Duration | None
    naked: Duration


@dataclass(frozen=True, slots=True)
class RungView:
    """A take-profit of the ladder in force. `price` is where its order was placed, else where it is asked to be, None
    for a percent that is not placed yet; `filled` is what its orders have taken.
    """

    rung: int
    share: Decimal
    percent: Decimal | None
    price: Decimal | None
    quantity: Decimal | None
    filled: Decimal
    is_placed: bool
    """Whether its order stands, or has filled."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that was asked, in order. `pending` says what is not done yet, in words."""

    parts: tuple[Part, ...] = ()
    moves: tuple[Move, ...] = ()
    ladder: tuple[RungView, ...] = ()
    pending: tuple[str, ...] = ()


def asked(history: History, exits: Sequence[Exit], naked: Naked | None) -> Asked:
    """What was asked of a signal's position."""
    parts = tuple(_part(one, rest) for one, rest in _after(history, ReduceAccepted))
    moves = tuple(_move(one, rest, naked) for one, rest in _after(history, StopMoveAccepted))
    ladder = _ladder(history, exits)
    return Asked(parts, moves, ladder, _pending(history, parts, moves, ladder))


def _after(history: History, kind: type[Event]) -> list[tuple[Recorded, History]]:
    """Each event of a kind, and what was recorded after it until the next of its kind, that one included."""
    places = [place for place, recorded in enumerate(history) if isinstance(recorded.event, kind)]
    ends = [*(place + 1 for place in places[1:]), len(history)]
    return [(history[place], history[place + 1 : end]) for place, end in zip(places, ends, strict=False)]


# ---- parts and moves


def _part(told: Recorded, rest: History) -> Part:
    event = told.event
    assert isinstance(event, ReduceAccepted)
    ended = next((one for one in rest if isinstance(one.event, ReduceEnded | ReduceAccepted | _HOME)), None)
    fate = Fate.PENDING if ended is None else Fate.DONE if isinstance(ended.event, ReduceEnded) else Fate.OVERTAKEN
    took = ended.at - told.at if ended is not None and fate is Fate.DONE else None
    return Part(event.quantity, event.keep, event.detail, event.at, fate, took)


def _move(told: Recorded, rest: History, naked: Naked | None) -> Move:
    event = told.event
    assert isinstance(event, StopMoveAccepted)
    ended = next((one for one in rest if _ends_move(one.event, event)), None)
    fate = Fate.PENDING if ended is None else _fate_of_move(ended.event)
    took = ended.at - told.at if ended is not None and fate in (Fate.DONE, Fate.REFUSED) else None
    between = _naked_between(naked, told.at, _settled_at(told, rest, ended))
    return Move(event.before, event.trigger, event.detail, event.at, fate, took, between)


def _ends_move(event: Event, move: StopMoveAccepted) -> bool:
    if isinstance(event, StopConfirmed):
        return event.trigger == move.trigger
    return isinstance(event, StopMoveRefused | StopMoveAccepted | _HOME)


def _fate_of_move(event: Event) -> Fate:
    if isinstance(event, StopConfirmed):
        return Fate.DONE
    return Fate.REFUSED if isinstance(event, StopMoveRefused) else Fate.OVERTAKEN


def _settled_at(told: Recorded, rest: History, ended: Recorded | None) -> Instant:
    """When the last step of a move was over: the old stop is taken away, and the last one placed, only after the new
    one was seen (design, rule 15). What comes a minute after the step before it is another story.
    """
    steps: list[Instant] = [told.at if ended is None else ended.at]
    for one in rest:
        if isinstance(one.event, _HOME | StopMoveAccepted) or one.at - steps[-1] > MINUTE:
            break
        if isinstance(one.event, StopIntended | StopConfirmed) or _is_of_cancelled_stop(one.event):
            steps.append(max(one.at, steps[-1]))
    return steps[-1]


def _is_of_cancelled_stop(event: Event) -> bool:
    if isinstance(event, CancelIntended):
        return event.is_stop
    return isinstance(event, ActConcluded) and event.leg in (Leg.CANCEL, Leg.STOP)


def _naked_between(naked: Naked | None, since: Instant, until: Instant) -> Duration:
    """The naked time between two instants of ours; a venue's clock may differ from it by a second (binance.md 1.2)."""
    windows = naked.windows[1:] if naked is not None else ()
    beside = (window for window in windows if window.start <= until + SECOND)
    lengths: list[Duration] = [one.length(until) for one in beside if one.end is None or one.end >= since - SECOND]
    return sum(lengths)


# ---- the ladder


def _ladder(history: History, exits: Sequence[Exit]) -> tuple[RungView, ...]:
    """The rungs in force: those that were asked for last."""
    rungs, since = _in_force(history)
    placed = {event.rung: event for event in every(history[since:], TakeProfitIntended)}
    names = {str(event.client_id): event.rung for event in every(history[since:], TakeProfitIntended)}
    standing = _placed(history[since:])
    taken = [ZERO] * len(rungs)
    for one in exits:
        number = names.get(one.name, -1)
        if one.kind is ExitKind.TAKE_PROFIT and 0 <= number < len(rungs):
            taken[number] += one.quantity
    return tuple(
        RungView(
            rung=number,
            share=rung.share,
            percent=rung.percent,
            price=placed[number].price if number in placed else rung.price,
            quantity=placed[number].quantity if number in placed else None,
            filled=taken[number],
            is_placed=number in placed and placed[number].client_id in standing,
        )
        for number, rung in enumerate(rungs)
    )


def _in_force(history: History) -> tuple[tuple[TakeProfit, ...], int]:
    """The ladder, and the place in the history from which on its orders are."""
    laid = [(place, one.event) for place, one in enumerate(history) if isinstance(one.event, LadderAccepted)]
    if laid:
        place, event = laid[-1]
        return event.rungs, place
    signal = signal_of(history)
    return (signal.take_profit if signal is not None else None) or (), 0


def _placed(history: History) -> set[str]:
    """The names of the take-profits that the venue has taken: by its answer, or by any word of the order, since an
    answer can be lost. One that has ended otherwise than by filling stands no more.
    """
    found: set[str] = set()
    for recorded in history:
        match recorded.event:
            case ActConcluded(leg=Leg.TAKE_PROFIT, outcome=Outcome.ACKNOWLEDGED, client_id=name):
                found.add(name)
            case OrderReported(report=report) if not report.status.is_terminal or report.status is OrderStatus.FILLED:
                found.add(report.client_id)
            case _:
                continue
    ended = {one.report.client_id for one in every(history, OrderReported) if one.report.status in _TAKEN_AWAY}
    return found - ended


# ---- in words


def _pending(
    history: History, parts: Sequence[Part], moves: Sequence[Move], ladder: Sequence[RungView]
) -> tuple[str, ...]:
    """What was asked and is not done; nothing once the position is on its way home."""
    if any(isinstance(one.event, _HOME) for one in history):
        return ()
    said = [f"{plain(part.quantity)} are being closed" for part in parts if part.fate is Fate.PENDING]
    said += [f"the stop is moving to {plain(move.trigger)}" for move in moves if move.fate is Fate.PENDING]
    if ladder and not any(rung.is_placed for rung in ladder):
        said.append(f"{len(ladder)} take-profits are to be placed")
    former = _standing_before(history)
    return (*said, f"{former} former take-profits are to be taken away") if former else tuple(said)


def _standing_before(history: History) -> int:
    """How many orders of an earlier ladder may stand yet: none has been told to have ended."""
    _, since = _in_force(history)
    laid = [event.client_id for event in every(history[:since], TakeProfitIntended)]
    ended = {event.report.client_id for event in every(history, OrderReported) if event.report.status.is_terminal}
    refused = {
        event.client_id
        for event in every(history, ActConcluded)
        if event.outcome in (Outcome.REFUSED, Outcome.NOT_SENT)
    }
    return sum(name not in ended and name not in refused for name in laid)
