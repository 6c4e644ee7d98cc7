"""Events to record: one signal's way from acceptance to flat, and any event at all for hypothesis."""

from __future__ import annotations

import types
import typing
from dataclasses import fields
from decimal import Decimal
from enum import Enum

from hypothesis import strategies as st

from seawall.journal.port import Dated
from seawall.model.events import (
    ACCOUNT_WIDE,
    EVERY_SYMBOL,
    EndReason,
    EntryEnded,
    EntryFilled,
    EntryIntended,
    Event,
    FlatSeen,
    FlatVerified,
    PositionProtected,
    RollbackBegan,
    SignalAccepted,
    SourceFailing,
    StopConfirmed,
    StreamProven,
)
from seawall.model.ids import Account, ClientId, Side, SignalId, Symbol
from seawall.model.reports import OrderStatus, Source
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import SECOND

ALPHA, BETA = Account("alpha"), Account("beta")
VENUES = {ALPHA: "binance", BETA: "bybit"}
START = 1_795_448_052_000_000
VELVET = Symbol("VELVETUSDT")
ENTRY = ClientId("swaaaa-0123456789-etkxp2x01")
STOP = ClientId("swaaaa-0123456789-stkxp2x01")


def signal(signal_id: str = "velvet-1", account: Account = ALPHA, **changes: object) -> Signal:
    """The VELVET signal: sell 27 with a stop 3 % away."""
    told: dict[str, object] = {
        "id": SignalId(signal_id),
        "account": account,
        "symbol": VELVET,
        "action": Action.OPEN,
        "made_at": START,
        "received_at": START + 5,
        "side": Side.SELL,
        "size": Size(SizeUnit.BASE, Decimal(27)),
        "stop": Stop(percent=Decimal(3)),
    }
    return Signal(**{**told, **changes})  # type: ignore[arg-type]


def accepted(signal_id: str = "velvet-1", account: Account = ALPHA) -> SignalAccepted:
    """The acceptance of `signal`."""
    return SignalAccepted(SignalId(signal_id), VELVET, signal(signal_id, account))


def intended(signal_id: str = "velvet-1") -> EntryIntended:
    """The intention of its entry."""
    return EntryIntended(
        signal_id=SignalId(signal_id),
        symbol=VELVET,
        client_id=ENTRY,
        n=1,
        side=Side.SELL,
        quantity=Decimal(27),
        reference=Decimal("0.2000"),
        trigger=Decimal("0.2060"),
        trigger_by=TriggerBy.MARK,
        trigger_is_final=False,
        baseline=Decimal(0),
        baseline_at=START,
        intended_at=START + 10,
        since=START,
        not_after=START + 2 * SECOND,
    )


def opening(signal_id: str = "velvet-1", account: Account = ALPHA) -> list[Event]:
    """From acceptance to protected."""
    sid = SignalId(signal_id)
    return [
        accepted(signal_id, account),
        intended(signal_id),
        EntryFilled(sid, VELVET, Decimal(20), Source.STREAM, START + 350, START + 400),
        EntryEnded(sid, VELVET, ENTRY, OrderStatus.FILLED, Decimal(27), Decimal("0.1999")),
        StopConfirmed(sid, VELVET, STOP, Decimal("0.2059"), Source.STOPS, START + 700, START + 800),
        PositionProtected(sid, VELVET, Decimal(27), Decimal("0.1999"), Decimal("0.2059"), START + 800),
    ]


def way_home(signal_id: str = "velvet-1") -> list[Event]:
    """From the beginning of a rollback to the verified end."""
    sid = SignalId(signal_id)
    return [
        RollbackBegan(sid, VELVET, EndReason.NAKED_TOO_LONG, "no stop within 5 s", START + 900),
        FlatSeen(sid, VELVET, EndReason.NAKED_TOO_LONG, START + 1000),
        FlatVerified(sid, VELVET, EndReason.NAKED_TOO_LONG, START + 1100),
    ]


def proven() -> StreamProven:
    """The smallest event there is."""
    return StreamProven(ACCOUNT_WIDE, EVERY_SYMBOL)


def poison() -> SourceFailing:
    """An event that no text file can hold: half of a surrogate pair, as a broken reply may carry it."""
    return SourceFailing(ACCOUNT_WIDE, EVERY_SYMBOL, "stream", "\ud800")


def dated(*events: Event, at: int = START) -> list[Dated]:
    """The events, one microsecond apart."""
    return [(at + place, event) for place, event in enumerate(events)]


def anything(kind: object) -> st.SearchStrategy[object]:
    """Any value of a type of the vocabulary: its dataclasses, enumerations, amounts, instants and texts."""
    if isinstance(kind, typing.NewType):
        return anything(kind.__supertype__)
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return st.one_of(*(anything(choice) for choice in typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        return st.lists(anything(typing.get_args(kind)[0]), max_size=3).map(tuple)
    if kind is Decimal:
        return st.decimals(allow_nan=False, allow_infinity=False)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{field.name: anything(hints[field.name]) for field in fields(kind)})
    return _PLAIN[kind]


_PLAIN: dict[object, st.SearchStrategy[object]] = {
    str: st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    int: st.integers(-(2**62), 2**62),
    bool: st.booleans(),
    type(None): st.none(),
}
