"""Each kind of finding from the smallest snapshot that has it, and none from an account in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from seawall.audit.examine import examine, worst
from seawall.audit.findings import ADVICE, Kind, Severity
from seawall.audit.snapshot import Snapshot, Unread
from seawall.model.ids import Account, ClientId, Leg, Side, SignalId, Symbol, VenueId, VenueName, client_id
from seawall.model.instrument import Instrument
from seawall.model.reports import (
    LeverageReport,
    MarkReport,
    ModesReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
    WalletReport,
)
from seawall.model.signal import TriggerBy
from seawall.model.times import HOUR, SECOND

SOL, ADA = Symbol("SOLUSDT"), Symbol("ADAUSDT")
NOW = 1_763_900_000_000_000
ZERO = Decimal(0)


def position(amount: str = "10", **more: Any) -> PositionReport:
    """A position in SOLUSDT."""
    return PositionReport(SOL, Decimal(amount), Source.POSITIONS, NOW, NOW, **more)


def stop(trigger: str = "90", symbol: Symbol = SOL, **more: Any) -> StopReport:
    """A live stop that sells the whole position."""
    given: dict[str, Any] = {"side": Side.SELL, "trigger": Decimal(trigger), "trigger_by": TriggerBy.MARK} | more
    name = ClientId(given.pop("name", "freqtrade_1"))
    return StopReport(symbol, name, given.pop("status", StopStatus.LIVE), Source.STOPS, NOW, **given)


def order(symbol: Symbol = SOL, **more: Any) -> OrderReport:
    """A limit order that rests."""
    given: dict[str, Any] = {"side": Side.SELL, "quantity": Decimal(1), "reduce_only": True} | more
    return OrderReport(symbol, ClientId("hbot_1"), OrderStatus.OPEN, Source.ORDER, NOW, venue_id=VenueId("7"), **given)


def rules(*, trading: bool = True) -> Instrument:
    """The rules of SOLUSDT."""
    return Instrument(SOL, Decimal("0.01"), Decimal("0.1"), ZERO, ZERO, ZERO, Decimal(75), trading)


IN_ORDER = Snapshot(
    Account("main"),
    VenueName.BYBIT,
    NOW,
    installation="here",
    offset=0,
    modes=ModesReport(hedge=False, may_trade=False, may_withdraw=False, isolated=True, ip_bound=True),
    wallet=WalletReport(Decimal(1_000), Decimal(900)),
    positions=(position(liquidation=Decimal(50)),),
    stops=(stop(),),
    leverages=(LeverageReport(SOL, Decimal(5)),),
    marks=(MarkReport(SOL, Decimal(100), Decimal(100), NOW),),
    instruments=(rules(),),
)
assert IN_ORDER.modes is not None
MODES = IN_ORDER.modes


def sw(installation: str) -> str:
    """A name of a Seawall's."""
    return client_id(installation, SignalId("s"), Leg.STOP, 1_763_000_000, 0)


CASES: Mapping[Kind, dict[str, Any]] = {
    Kind.NAKED_POSITION: {"stops": ()},
    Kind.PARTLY_COVERED: {"stops": (stop(quantity=Decimal(4)),)},
    Kind.STOP_TRIGGER_PASSED: {"stops": (stop("101"),)},
    Kind.STOP_STUCK: {"stops": (stop(status=StopStatus.TRIGGERING, venue_at=NOW - 3 * SECOND),)},
    Kind.STOP_WRONG_SIDE: {"stops": (stop(), stop("110", side=Side.BUY, name="b"))},
    Kind.STOP_BEYOND_LIQUIDATION: {"stops": (stop("49"),)},
    Kind.STOP_TOO_SMALL: {"stops": (stop(quantity=Decimal(4)),)},
    Kind.STOP_MAY_FLIP: {"stops": (stop(quantity=Decimal(11), reduce_only=False),)},
    Kind.STOP_MAY_NOT_FILL: {"stops": (stop(reason="STOP"),)},
    Kind.STOP_UNSEEN: {"positions": (position(stop_loss=Decimal(90)),), "stops": ()},
    Kind.DUPLICATE_STOPS: {"stops": (stop(), stop("91", quantity=Decimal(1), name="b"))},
    Kind.ORPHAN_STOP: {"stops": (stop(), stop(symbol=ADA))},
    Kind.ORPHAN_REDUCE_ONLY: {"orders": (order(ADA),)},
    Kind.REDUCE_ONLY_WRONG_SIDE: {"orders": (order(side=Side.BUY),)},
    Kind.RESTING_ENTRY: {"orders": (order(ADA, reduce_only=False),)},
    Kind.WAITING_ENTRY: {"stops": (stop(), stop(symbol=ADA, reduce_only=False, quantity=Decimal(1)))},
    Kind.LEFTOVER: {"stops": (stop(), stop(symbol=ADA, name=sw("here")))},
    Kind.OTHER_INSTALLATION: {"stops": (stop(name=sw("else")),)},
    Kind.SEVERAL_INSTALLATIONS: {"stops": (stop(name=sw("here")), stop(symbol=ADA, name=sw("else")))},
    Kind.LIQUIDATION_NEAR: {"positions": (position(liquidation=Decimal(96)),)},
    Kind.HIGH_LEVERAGE: {"leverages": (LeverageReport(SOL, Decimal(50)),)},
    Kind.CROSS_MARGIN: {"leverages": (LeverageReport(SOL, Decimal(5), isolated=False),)},
    Kind.MIXED_MARGIN: {
        "positions": (position(), replace(position(), symbol=ADA)),
        "leverages": (LeverageReport(SOL, Decimal(5), isolated=False),),
    },
    Kind.MULTI_ASSETS: {"modes": replace(MODES, multi_assets=True)},
    Kind.THIN_MARGIN: {"wallet": WalletReport(Decimal(1_000), Decimal(99))},
    Kind.NOT_TRADING: {"instruments": (rules(trading=False),)},
    Kind.HEDGE_MODE: {"modes": replace(MODES, hedge=True)},
    Kind.KEY_MAY_WITHDRAW: {"modes": replace(MODES, may_withdraw=True)},
    Kind.KEY_NOT_BOUND: {"modes": replace(MODES, ip_bound=False)},
    Kind.KEY_EXPIRES: {"modes": replace(MODES, expires_at=NOW + 13 * 24 * HOUR)},
    Kind.CLOCK_OFF: {"offset": -SECOND},
    Kind.NEAR_ORDER_CAP: {"orders": tuple(order(side=Side.SELL, venue_at=n) for n in range(450))},
    Kind.UNREAD: {"unread": (Unread("wallet", "no answer within 8 s"),)},
}


def kinds(**changes: Any) -> list[Kind]:
    """The kinds that an account has once something about it is changed."""
    return [one.kind for one in examine(replace(IN_ORDER, **changes))]


def test_an_account_in_order_has_none() -> None:
    """A covered position in isolated margin under a bound key: nothing to say."""
    assert examine(IN_ORDER) == ()
    assert worst(()) is None


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_each_kind_is_found(kind: Kind) -> None:
    """The smallest change that makes the fault makes the finding."""
    assert kind in kinds(**CASES[kind])


@pytest.mark.parametrize("kind", list(Kind), ids=str)
def test_the_same_on_a_short(kind: Kind) -> None:
    """Mirrored, the same is found: no sign is taken for granted."""
    changed = replace(IN_ORDER, **CASES[kind])
    assert kind in [one.kind for one in examine(mirrored(changed))]


def mirrored(snapshot: Snapshot) -> Snapshot:
    """The same account on the other side of the market, which stands at 100."""

    def turned(price: Decimal | None) -> Decimal | None:
        return price and 200 - price

    def other(side: Side | None) -> Side | None:
        return side and side.opposite

    return replace(
        snapshot,
        positions=tuple(
            replace(one, amount=-one.amount, liquidation=turned(one.liquidation), stop_loss=turned(one.stop_loss))
            for one in snapshot.positions
        ),
        stops=tuple(replace(one, side=other(one.side), trigger=turned(one.trigger)) for one in snapshot.stops),
        orders=tuple(replace(one, side=other(one.side)) for one in snapshot.orders),
    )


def test_a_take_profit_covers_nothing() -> None:
    """Binance lists take-profits beside stops, and they are told as orders; a position with nothing else is naked."""
    taking = order(side=Side.SELL, reduce_only=True, reason="TAKE_PROFIT_MARKET")
    assert kinds(stops=(), orders=(taking,)) == [Kind.NAKED_POSITION]


@pytest.mark.parametrize("status", [one for one in StopStatus if one is not StopStatus.LIVE], ids=str)
def test_only_a_live_stop_covers(status: StopStatus) -> None:
    """A stop on its way, ended or refused is none."""
    assert Kind.NAKED_POSITION in kinds(stops=(stop(status=status, venue_at=NOW),))


def test_a_row_that_shows_a_stop_does_not_hide_that_its_child_was_passed() -> None:
    """Bybit's position row goes on showing the trigger: the child that no longer covers is listed, and it is naked."""
    shown = (position(stop_loss=Decimal(101)),)
    passed = kinds(positions=shown, stops=(stop("101"),))
    assert passed == [Kind.NAKED_POSITION, Kind.STOP_TRIGGER_PASSED]
    stuck = stop("101", status=StopStatus.TRIGGERING, venue_at=NOW - 3 * SECOND)
    assert kinds(positions=shown, stops=(stuck,)) == [Kind.NAKED_POSITION, Kind.STOP_STUCK]
    assert kinds(positions=shown, stops=()) == [Kind.STOP_UNSEEN]


def test_two_stops_that_cover_together_are_in_order() -> None:
    """Six and four are ten: neither too small nor one too many."""
    assert kinds(stops=(stop(quantity=Decimal(6)), stop(quantity=Decimal(4), name="b"))) == []


def test_a_stop_on_the_last_price_is_judged_by_it() -> None:
    """Mark and last stand apart: the price that the stop watches is the one that counts."""
    apart = (MarkReport(SOL, Decimal(89), Decimal(100), NOW),)
    assert kinds(marks=apart, stops=(stop(trigger_by=TriggerBy.LAST),)) == []
    assert Kind.STOP_TRIGGER_PASSED in kinds(marks=apart)


def test_what_could_not_be_read_is_not_judged() -> None:
    """Without the positions nothing is an orphan; without the stops nothing is naked; either is itself a finding."""
    assert kinds(positions=(), unread=(Unread("positions", "hedge mode"),)) == [Kind.UNREAD]
    assert kinds(stops=(), unread=(Unread("stops", "a further page"),)) == [Kind.UNREAD]


def test_the_worst_come_first() -> None:
    """Whoever reads only the first line reads the one that matters most."""
    told = examine(replace(IN_ORDER, stops=(), orders=(order(ADA, reduce_only=False),), offset=SECOND))
    assert [one.severity for one in told] == [Severity.NAKED, Severity.WARNING, Severity.NOTE]


def test_the_page_lists_every_kind_with_its_severity() -> None:
    """docs/audit.md has a row for each kind, with the severity and the advice that the program gives."""
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    rows = [f"| `{kind.value}` | {severity.name.lower()} |" for kind, (severity, _) in ADVICE.items()]
    assert [row for row in rows if row not in page] == []
    assert set(ADVICE) == set(Kind)
