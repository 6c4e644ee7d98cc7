"""Commands that look: they read the journal's file, so they work while the service is down as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from heapq import merge
from itertools import count
from typing import Annotated, Any

from cyclopts import Parameter

from seawall.cli.common import NO_OPTIONS, Common, amount, chosen, console, instant, print_json, print_table, span
from seawall.cli.figures import figures, opinions
from seawall.cli.halt import told_halt
from seawall.history.positions import Origin
from seawall.history.receipt import Receipt, State
from seawall.history.words import sentence
from seawall.model.events import Recorded
from seawall.model.ids import Account, SignalId
from seawall.model.times import Instant
from seawall.service.clock import UtcClock
from seawall.service.halt import Halts
from seawall.service.problems import ConfigError, Exit, ServiceError
from seawall.service.reader import JournalReader
from seawall.service.views import OpenPosition, SignalView, event_row, open_positions, signal_view
from seawall.service.why import why_it_stands

_LOOK_AGAIN = 0.2
"""Seconds between two looks at the file while following."""
_UNPROVEN = ("open", "closing", "flat_told")
"""The states of a position record in which neither end of the promise is proven."""
_NEW_ACCOUNTS = 20
"""Looks between two looks for accounts that were not there before: asking for them reads the whole index."""


class UnknownSignalError(ServiceError):
    """The journal has no such signal."""

    code = Exit.USAGE


def show(signal_id: str, *, full: bool = False, common: Common = NO_OPTIONS) -> int:
    """A signal's story: every source's word, and when it was said.

    Parameters
    ----------
    signal_id
        The signal's id.
    full
        Show every field of every event.
    """
    view = _found(common, signal_id)
    if common.json:
        print_json(view)
        return Exit.OK
    console().print(_headline(view.receipt), markup=False)
    rows = []
    for moment in view.timeline:
        fields = "\n".join(f"{name} = {text}" for name, text in moment.data) if full else ""
        rows.append((f"+{span(moment.since_start)}", moment.source, moment.text + (f"\n{fields}" if fields else "")))
    print_table(("when", "who", "what"), rows, right=("when",))
    return Exit.OK


def why(signal_id: str, *, common: Common = NO_OPTIONS) -> int:
    """Where a signal stands and why, in a paragraph.

    Parameters
    ----------
    signal_id
        The signal's id.
    """
    with common.journal() as journal:
        told = why_it_stands(journal.read_signal(SignalId(signal_id)), UtcClock()())
    if told is None:
        raise UnknownSignalError(f"no signal {signal_id!r} was ever recorded here")
    if common.json:
        print_json({"id": signal_id, "state": told.state, "why": told.text})
    else:
        console().print(told.text, markup=False)
    return Exit.OK


def receipt(signal_id: str, *, common: Common = NO_OPTIONS) -> int:
    """What became of a signal, in figures.

    Parameters
    ----------
    signal_id
        The signal's id.
    """
    told = _found(common, signal_id).receipt
    if common.json:
        print_json(told)
    else:
        print_table(("", ""), [row for row in figures(told) if row[1] not in ("", "-")])
    return Exit.OK


def positions(*, common: Common = NO_OPTIONS) -> int:
    """What is open, and what everyone says about it."""
    now = UtcClock()()
    settings = common.settings()
    halts = Halts(settings.folder).all(tuple(account.name for account in settings.accounts))
    with common.journal() as journal:
        found = open_positions(journal, now)
    if common.json:
        halted = {halt.scope or "all": halt.reason for halt in halts}
        print_json({"positions": found} | ({"halted": halted} if halted else {}))
    else:
        for halt in halts:
            console().print(told_halt(halt, now), markup=False)
        if not found:
            console().print("nothing is open")
    for one in found if not common.json else ():
        console().print(_position(one), markup=False)
    return Exit.UNPROTECTED if any(one.record.state in _UNPROVEN for one in found) else Exit.OK


def events(
    *,
    follow: Annotated[bool, Parameter(name=("--follow", "-f"), negative="")] = False,
    account: str = "",
    last: Annotated[int, Parameter(name=("--last", "-n"))] = 20,
    common: Common = NO_OPTIONS,
) -> int:
    """The journal's events, oldest first.

    Parameters
    ----------
    follow
        Go on as events come, until interrupted.
    account
        Of this account alone.
    last
        How many of each account's past to begin with.
    """
    if last < 0:
        raise ConfigError(f"--last: expected 0 or more, came {last}")
    with common.journal() as journal:
        try:
            for name, recorded in _events(journal, account, last, follow=follow):
                _print_event(name, recorded, as_json=common.json)
        except KeyboardInterrupt:
            return Exit.OK
    return Exit.OK


def _found(common: Common, signal_id: str) -> SignalView:
    """The view of a signal. Raises UnknownSignalError."""
    with common.journal() as journal:
        view = signal_view(journal, SignalId(signal_id))
    if view is None:
        raise UnknownSignalError(f"no signal {signal_id!r} was ever recorded here")
    return view


def _headline(told: Receipt) -> str:
    side = f"{told.side.value} " if told.side else ""
    reason = f" ({told.reason})" if told.reason else ""
    return f"{told.signal_id}: {told.state.value.upper()}{reason}; {side}{told.symbol} on {told.account}"


def _position(one: OpenPosition) -> str:
    """Two lines: what stands, and who says how much of it."""
    record, told = one.record, one.opinions
    is_armed = told is not None and told.signals == (record.signal_id,) and told.state is State.ARMED
    open_ = "ARMED" if is_armed else "UNPROTECTED"
    state = open_ if record.state == "open" else record.state.upper().replace("_", " ")
    left = record.quantity if told is None else abs(told.ours.amount)
    origin = " (adopted)" if told is not None and told.origin is Origin.ADOPTED else ""
    said = ", ".join(opinions(told)) if told is not None else "only the record speaks of it"
    return (
        f"{record.symbol} on {record.account}: {state}, {record.side.value} {amount(left)}, "
        f"stop {amount(record.trigger)}, signal {record.signal_id}{origin}\n"
        f"  {said}"
    )


def _events(journal: JournalReader, account: str, last: int, *, follow: bool) -> Iterator[tuple[Account, Recorded]]:
    """The last events of each account in the order of their time, then, if they are followed, whatever comes."""
    names = chosen(journal, account)
    places = {name: max(0, journal.last_seq(name) - last) for name in names}
    yield from _new(journal, places)
    for look in count(1) if follow else ():
        time.sleep(_LOOK_AGAIN)
        if not account and look % _NEW_ACCOUNTS == 0:
            places = dict.fromkeys(journal.accounts(), 0) | places
        yield from _new(journal, places)


def _new(journal: JournalReader, places: dict[Account, int]) -> Iterator[tuple[Account, Recorded]]:
    """What has come after `places`, which move on."""
    streams = [[(name, recorded) for recorded in journal.everything(name, seq)] for name, seq in places.items()]
    for name, recorded in merge(*streams, key=lambda one: (one[1].at, one[0], one[1].seq)):
        places[name] = recorded.seq
        yield name, recorded


def _print_event(account: Account, recorded: Recorded, *, as_json: bool) -> None:
    row: dict[str, Any] = event_row(account, recorded)
    if as_json:
        print_json(row)
        return
    at: Instant = recorded.at
    about = " ".join(filter(None, (row["signal_id"], row["symbol"])))
    line = f"{instant(at)} {account}:{recorded.seq} {row['event_type']} {about}: {sentence(recorded.event)}"
    console().print(line, markup=False, soft_wrap=True)
