"""What is wrong with an account as a whole: its key, its modes, its margin, its clock, its names, its caps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from seawall.audit.findings import EVERY, Finding, Kind
from seawall.audit.slots import TAKES_PROFIT, name_of
from seawall.audit.snapshot import Slot, Snapshot
from seawall.model.amounts import plain
from seawall.model.ids import Name, Symbol, VenueName, parse_client_id
from seawall.model.reports import ModesReport, OrderReport, StopReport
from seawall.model.times import HOUR, MILLISECOND, SECOND, Duration

FAR_OFF: Duration = SECOND // 2
"""Half of what the venues admit for a clock that is ahead (binance.md 1.2, bybit.md 1.1)."""
SOON: Duration = 14 * 24 * HOUR
"""Time enough to make a key anew: judgement."""
THIN = Decimal("0.1")
"""The part of the equity that should be free while something is open: judgement."""
FULL = Decimal("0.9")
"""From this part of a cap on it is close: the last tenth is for what protects."""
ALGO_CAP = 200
"""Binance: conditional orders over all symbols, error -4045 (binance.md 1.5)."""
CONDITIONAL_CAP, ACTIVE_CAP = 10, 500
"""Bybit, by symbol: conditional orders (110009) and active orders (110020); bybit.md 1.3."""
STOP_CAP = 20
"""Bybit, by symbol: stops and take-profits in Partial mode (110061; bybit.md 1.3)."""


def judge_account(snapshot: Snapshot) -> Iterator[Finding]:
    """All that is wrong beside the slots."""
    for one in snapshot.unread:
        yield Finding(Kind.UNREAD, f"{one.what}: {one.why}")
    if snapshot.modes is not None:
        yield from _modes(snapshot, snapshot.modes)
    if snapshot.offset is not None and abs(snapshot.offset) > FAR_OFF:
        ahead = "behind" if snapshot.offset > 0 else "ahead of"
        yield Finding(Kind.CLOCK_OFF, f"ours is {abs(snapshot.offset) // MILLISECOND} ms {ahead} the venue's")
    yield from _margin(snapshot)
    yield from _names(snapshot)
    yield from _caps(snapshot)


def _modes(snapshot: Snapshot, modes: ModesReport) -> Iterator[Finding]:
    if modes.hedge:
        yield Finding(Kind.HEDGE_MODE, "a symbol may be long and short at once; each side is judged by itself")
    if modes.may_withdraw:
        yield Finding(Kind.KEY_MAY_WITHDRAW, "the key may withdraw or transfer")
    if modes.ip_bound is False:
        yield Finding(Kind.KEY_NOT_BOUND, "the key works from any address")
    left = modes.expires_at - snapshot.now
    if modes.expires_at and left < SOON:
        said = f"the key ends in {max(left, 0) // (24 * HOUR)} days" if left > 0 else "the key has ended"
        yield Finding(Kind.KEY_EXPIRES, said)
    if modes.multi_assets:
        yield Finding(Kind.MULTI_ASSETS, "margin of several assets")


def _margin(snapshot: Snapshot) -> Iterator[Finding]:
    held = [slot for slot in snapshot.slots() if slot.amount]
    crossed = _symbols(slot for slot in held if _is_isolated(snapshot, slot) is False)
    apart = _symbols(slot for slot in held if _is_isolated(snapshot, slot))
    if crossed:
        yield Finding(Kind.CROSS_MARGIN, f"in cross margin: {', '.join(crossed)}")
        if apart:
            yield Finding(Kind.MIXED_MARGIN, f"isolated: {', '.join(apart)}; not: {', '.join(crossed)}")
    wallet = snapshot.wallet
    if held and wallet is not None and wallet.available < THIN * wallet.equity:
        yield Finding(Kind.THIN_MARGIN, f"{plain(wallet.available)} of {plain(wallet.equity)} is free")


def _symbols(slots: Iterable[Slot]) -> list[Symbol]:
    """Each symbol once, though in hedge mode it is two slots."""
    return list(dict.fromkeys(slot.symbol for slot in slots))


def _is_isolated(snapshot: Snapshot, slot: Slot) -> bool | None:
    """By the symbol's own mode where it has one, else by the account's."""
    if slot.leverage is not None and slot.leverage.isolated is not None:
        return slot.leverage.isolated
    return snapshot.modes.isolated if snapshot.modes is not None else None


# ---- names


def _names(snapshot: Snapshot) -> Iterator[Finding]:
    """Orders under the `sw` prefix: ours where nothing is open, and those of other installations."""
    standing = [
        (slot, order, name)
        for slot in snapshot.slots()
        for order in _standing(slot)
        if (name := _name(order)) is not None
    ]
    for slot, order, name in standing:
        if name.installation != snapshot.installation:
            said = f"{name_of(order)} is of the installation {name.installation}"
            yield Finding(Kind.OTHER_INSTALLATION, said, order.symbol, name_of(order))
        elif not slot.amount:
            yield Finding(Kind.LEFTOVER, f"{name_of(order)} is of ours", order.symbol, name_of(order))
    found = sorted({name.installation for _, _, name in standing})
    if len(found) > 1:
        yield Finding(Kind.SEVERAL_INSTALLATIONS, f"orders of {', '.join(found)} stand side by side")


def _standing(slot: Slot) -> tuple[StopReport | OrderReport, ...]:
    open_orders = tuple(order for order in slot.orders if not order.status.is_terminal)
    return (*slot.stops, *open_orders)


def _name(order: StopReport | OrderReport) -> Name | None:
    """The parts of its name, or of the entry's that it was attached to, if they have our form."""
    return parse_client_id(order.client_id or order.parent)


# ---- caps


def _caps(snapshot: Snapshot) -> Iterator[Finding]:
    if snapshot.venue is VenueName.BINANCE:
        taking = [order for order in snapshot.orders if order.reason.startswith(TAKES_PROFIT)]
        yield from _cap(len(snapshot.stops) + len(taking), ALGO_CAP, "conditional orders")
        return
    for symbol in _symbols(snapshot.slots()):
        stops = [stop for stop in snapshot.stops if stop.symbol == symbol]
        plain_stops = [stop for stop in stops if stop.client_id]
        yield from _cap(len(plain_stops), CONDITIONAL_CAP, "conditional orders", symbol)
        yield from _cap(len(stops) - len(plain_stops), STOP_CAP, "stops and take-profits", symbol)
        orders = [order for order in snapshot.orders if order.symbol == symbol]
        yield from _cap(len(orders), ACTIVE_CAP, "open orders", symbol)


def _cap(count: int, cap: int, what: str, symbol: Symbol = EVERY) -> Iterator[Finding]:
    if count >= FULL * cap:
        yield Finding(Kind.NEAR_ORDER_CAP, f"{count} of at most {cap} {what}", symbol)
