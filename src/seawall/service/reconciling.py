"""What our record, the stream and the venue say about each position, where they differ, and what a service would do.

Nothing is done here. The rules are the keeper's own (`engine.strays`, design, rule 20): what is ours is protected, what
our orders explain is taken up, an order of ours goes only where that costs no protection, and what is foreign is told
of and left. A stop is never removed because the journal does not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seawall.audit.examine import POSITIONS, STOPS
from seawall.audit.slots import covered, name_of
from seawall.audit.snapshot import Slot, Snapshot
from seawall.engine import strays
from seawall.engine.settings import NakedForeign
from seawall.history.facts import History, entry_names
from seawall.model.amounts import ZERO, plain
from seawall.model.ids import SignalId, Symbol, digest, is_ours, parse_client_id
from seawall.model.inputs import ReadAnswered
from seawall.model.queries import AskOrders
from seawall.model.reports import OrderReport, StopReport
from seawall.model.times import Bounds, Instant
from seawall.service.asking import ask_once
from seawall.service.auditor import Audited, audit
from seawall.service.settings import AccountSettings
from seawall.service.views import OpenPosition
from seawall.venues.pace import Budget


class Deed(StrEnum):
    """What a service does about a slot."""

    NOTHING = "nothing"
    PROTECT = "protect"
    ADOPT = "adopt"
    REMOVE = "remove"
    SETTLE = "settle"
    TELL = "tell"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Step:
    """One deed, about what, and why."""

    deed: Deed
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """A position that the record has open, and whose names answer for it: those of the signal, and of an adopted one
    those of the signal before it, whose orders made the position.
    """

    open: OpenPosition
    digests: tuple[str, ...]

    @property
    def symbol(self) -> Symbol:
        """Where it is open."""
        return self.open.record.symbol

    @property
    def signal_id(self) -> SignalId:
        """The signal that holds it."""
        return self.open.record.signal_id

    def answers(self, name: str) -> bool:
        """Whether a name is one of this signal's."""
        parts = parse_client_id(name)
        return parts is not None and parts.signal in self.digests


def held_in(one: OpenPosition, history: History) -> Held:
    """An open position with its signal's `history`."""
    names = (parse_client_id(name) for name in entry_names(history))
    made = dict.fromkeys([digest(one.record.signal_id), *(name.signal for name in names if name is not None)])
    return Held(one, tuple(made))


@dataclass(frozen=True, slots=True)
class Compared:
    """One symbol: what the record has, if a signal of ours is open; what the venue shows now; and what follows. `naked`
    is None where the stops that would tell could not be read.
    """

    symbol: Symbol
    held: tuple[Held, ...]
    slot: Slot
    agree: bool
    naked: bool | None
    steps: tuple[Step, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Reconciled:
    """An account's look, and its symbols compared; none where its positions could not be read."""

    look: Audited
    slots: tuple[Compared, ...]

    @property
    def is_compared(self) -> bool:
        """Whether the venue told its positions at all."""
        return self.look.reached and POSITIONS not in _unread(self.look.snapshot)


async def reconcile(
    account: AccountSettings,
    installation: str,
    held: Sequence[Held],
    bounds: Bounds,
    now: Callable[[], Instant],
    budget: Budget,
) -> Reconciled:
    """Reads the account, and for what no signal answers for the orders of the last days; then compares. `budget`: that
    of the address, as for `audit`.
    """
    look = await audit(account, installation, bounds, now, budget)
    open_slots = [slot for slot in look.snapshot.slots() if slot.amount and slot.hedge_side is None]
    unanswered = [slot.symbol for slot in open_slots if not _of(held, slot.symbol)]
    since = look.snapshot.now - bounds.look_back
    queries = [AskOrders(symbol, since) for symbol in unanswered]
    heard = await ask_once(account, queries, bounds, now, budget) if queries else ()
    read = [one for one in heard if isinstance(one, ReadAnswered)]
    orders = {one.query.symbol: one.told.orders for one in read if isinstance(one.query, AskOrders)}
    return Reconciled(look, compare(look.snapshot, held, orders, account.naked_foreign))


def compare(
    snapshot: Snapshot,
    held: Sequence[Held],
    orders: Mapping[Symbol, tuple[OrderReport, ...]],
    naked_foreign: NakedForeign,
) -> tuple[Compared, ...]:
    """Every symbol on which something stands, by the venue's word or by ours. `orders`: of those nobody answers for.
    Nothing where the positions could not be read: what the venue did not tell is not what it does not have.
    """
    unread = _unread(snapshot)
    if POSITIONS in unread:
        return ()
    stops_known = STOPS not in unread
    shown = {slot.symbol: slot for slot in snapshot.slots() if slot.hedge_side is None}
    symbols = sorted({*shown, *(one.symbol for one in held)})
    found = []
    for symbol in symbols:
        slot = shown.get(symbol) or Slot(symbol, None, (), (), None, None, None)
        ours = _of(held, symbol)
        naked = _is_naked(slot, stops_known=stops_known)
        steps = (
            tuple(_of_ours(slot, ours, naked=naked))
            if ours
            else tuple(_of_nobodys(slot, orders.get(symbol), snapshot.installation, naked_foreign, naked=naked))
        )
        cleaning = tuple(_leftovers(slot, ours, snapshot.installation))
        found.append(Compared(symbol, ours, slot, _agree(slot, ours), naked, (*steps, *cleaning)))
    hedged = (slot for slot in snapshot.slots() if slot.hedge_side is not None)
    return (*found, *(_hedged(slot, stops_known=stops_known) for slot in hedged))


def _unread(snapshot: Snapshot) -> list[str]:
    return [one.what for one in snapshot.unread]


def _hedged(slot: Slot, *, stops_known: bool) -> Compared:
    """One side of a symbol in hedge mode, which no signal of ours can have made."""
    step = Step(Deed.LEAVE, "the account is in hedge mode, in which nothing is done")
    return Compared(slot.symbol, (), slot, not slot.amount, _is_naked(slot, stops_known=stops_known), (step,))


def _is_naked(slot: Slot, *, stops_known: bool) -> bool | None:
    """Whether nothing covers what is open; None where the stops could not be read and no other word tells."""
    if not slot.amount or covered(slot) or (slot.position and slot.position.stop_loss):
        return False
    return True if stops_known else None


def _of(held: Sequence[Held], symbol: Symbol) -> tuple[Held, ...]:
    return tuple(one for one in held if one.symbol == symbol)


def _agree(slot: Slot, ours: tuple[Held, ...]) -> bool:
    """Whether the record's amount is the one that the venue shows."""
    recorded = sum((one.open.opinions.ours.amount for one in ours[:1] if one.open.opinions is not None), ZERO)
    return recorded == slot.amount


# ---- what follows


def _of_ours(slot: Slot, ours: tuple[Held, ...], *, naked: bool | None) -> Iterator[Step]:
    """A slot that a signal of ours holds."""
    names = ", ".join(one.signal_id for one in ours)
    if not slot.amount:
        yield Step(Deed.SETTLE, f"{names} is open in the record, and the venue shows nothing: proven, then FLAT")
    elif naked is None:
        yield Step(
            Deed.LEAVE, f"whether {names} is covered could not be read; it is read again, and protected if need be"
        )
    elif naked:
        yield Step(Deed.PROTECT, f"{names} stands without a stop: it is placed, or the position is closed")
    elif not _agree(slot, ours):
        yield Step(Deed.LEAVE, f"another hand has changed the position of {names}; its stop still covers, and stays")


def _of_nobodys(
    slot: Slot,
    orders: tuple[OrderReport, ...] | None,
    installation: str,
    naked_foreign: NakedForeign,
    *,
    naked: bool | None,
) -> Iterator[Step]:
    """A position that no signal of the record answers for."""
    if slot.position is None or not slot.amount:
        return
    if orders is None:
        yield Step(Deed.LEAVE, "whose it is could not be read; nothing is done until it was")
        return
    claim = strays.claim(slot.position, orders, slot.stops, installation) if installation else None
    if claim is not None:
        yield Step(Deed.ADOPT, f"{plain(claim.quantity)} is ours: {claim.detail}; it is taken up under a stop")
    elif naked and naked_foreign is NakedForeign.PROTECT:
        yield Step(Deed.ADOPT, "it is not ours and naked: guarded, as naked_foreign = protect says")
    elif naked and naked_foreign is NakedForeign.ALERT:
        yield Step(Deed.TELL, "it is not ours and naked: told of, and left")
    else:
        yield Step(Deed.LEAVE, "it is not ours")


def _leftovers(slot: Slot, ours: tuple[Held, ...], installation: str) -> Iterator[Step]:
    """Orders and stops: those under our prefix that no signal answers for, and those of others."""
    standing: tuple[StopReport | OrderReport, ...] = (*slot.stops, *slot.orders)
    for order in standing:
        name = order.client_id or order.parent
        if not installation or not is_ours(name, installation):
            if not slot.amount or ours:
                yield Step(Deed.LEAVE, f"{name_of(order)} is not ours")
        elif not any(one.answers(name) for one in ours):
            yield _of_orphan(slot, ours, order)


def _of_orphan(slot: Slot, ours: tuple[Held, ...], order: StopReport | OrderReport) -> Step:
    name = order.client_id or order.parent or order.venue_id
    if not slot.amount and not ours:
        return Step(Deed.REMOVE, f"{name} is ours and its slot is flat: removed once a second read says so too")
    others = [stop for stop in slot.stops if any(one.answers(_full(stop)) for one in ours)]
    if others:
        return Step(Deed.REMOVE, f"{name} is ours and another live stop of ours covers: removed while that one is seen")
    return Step(Deed.LEAVE, f"{name} is ours and may be all that covers: it stays")


def _full(stop: StopReport) -> str:
    return stop.client_id or stop.parent
