"""What a flattening came to, for a person who must decide what to do next, and for programs."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.model.ids import Account, Symbol
from seawall.model.times import Instant


@dataclass(frozen=True, slots=True)
class SlotReport:
    """One slot. Amounts in base currency, signed as positions are; None where no read ever told.

    `closed` is what the venue told of our closes; `proof` who showed it flat; `foreign` what is not ours and was left
    alone; `left` what bears our name and still stands.
    """

    symbol: Symbol
    is_flat: bool
    was: str | None
    amount: str | None
    closed: str
    closes: tuple[str, ...]
    proof: tuple[str, ...]
    cancelled: tuple[str, ...]
    foreign: tuple[str, ...]
    left: tuple[str, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class AccountReport:
    """One account. `is_reached`: the venue has shown its positions; `untouched`: those without a name of ours;
    `unread`: those of which the orders that would tell whose they are could not be read.
    """

    account: Account
    is_reached: bool
    is_done: bool
    slots: tuple[SlotReport, ...]
    untouched: tuple[str, ...]
    unread: tuple[str, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class Said:
    """A line of progress."""

    at: Instant
    symbol: Symbol
    text: str


def lines(report: AccountReport) -> tuple[str, ...]:
    """An account's report in lines for a person."""
    if not report.is_reached:
        return (f"{report.account}: NOT REACHED ({report.trouble or 'no answer'}); nothing is known of it",)
    slots = tuple(line for slot in report.slots for line in _slot_lines(report.account, slot))
    left = tuple(f"{report.account}: {one} bears no name of ours and was left alone" for one in report.untouched)
    left += tuple(
        f"{report.account}: {one} stands, and was left alone: whose it is could not be read" for one in report.unread
    )
    trouble = (f"{report.account}: {report.trouble}",) if report.trouble else ()
    return (*slots, *left, *trouble, *_in_all(report))


def _in_all(report: AccountReport) -> tuple[str, ...]:
    """What the lines about the slots leave open: that there is none, or that the account was not read to the end."""
    if report.is_done:
        return () if report.slots else (f"{report.account}: nothing of ours stands there",)
    if report.unread or not all(slot.is_flat for slot in report.slots):
        return ()
    return (f"{report.account}: NOT DONE, it was not read once more after all that may have been on its way",)


def _slot_lines(account: Account, slot: SlotReport) -> tuple[str, ...]:
    head = f"{account} {slot.symbol}: "
    if slot.is_flat:
        first = f"{head}FLAT, shown by {' and '.join(slot.proof)}; {_done(slot)}"
    else:
        first = f"{head}NOT PROVEN FLAT, the last read shows {slot.amount or 'nothing'}; {_done(slot)}"
    more = [f"trouble: {slot.trouble}"] if slot.trouble else []
    more += [f"removed {', '.join(slot.cancelled)}"] if slot.cancelled else []
    more += [f"still stands: {', '.join(slot.left)}"] if slot.left else []
    more += [f"not ours, left alone: {', '.join(slot.foreign)}"] if slot.foreign else []
    return (first, *(f"  {one}" for one in more))


def _done(slot: SlotReport) -> str:
    if not slot.closes:
        return "nothing had to be closed" if slot.is_flat else "no close has left"
    return f"it was {slot.was}, closed {slot.closed} under {', '.join(slot.closes)}"
