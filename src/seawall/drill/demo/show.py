"""The show: twenty signals, what goes wrong with each, and how each must end.

The first of each venue is a founding incident, told to the letter; the others that have a fault are taken from the
incidents that cost most, one kind each. Eight have none: a house that only survives storms is no house. Sizes and stops
are small and plain, so that every figure can be checked by hand.

A fault is a line in the box's own words (`venuesim.faults`), without account and symbol: the same line is put in force
twice, once for our account and once for the account of the report's bot, at the instant at which that signal is sent.
Whatever counts (the first create, three stops) is counted for each of them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from seawall.model.ids import Side, VenueName
from seawall.model.times import MILLISECOND, SECOND, Duration

STOP_PERCENT = Decimal(3)
"""How far away each stop is. Prices stand still during the show, so no stop fires."""
STAGGER: Duration = 250 * MILLISECOND
"""From one signal of a venue to its next: all ten are in flight long before the first incident is over."""


class End(StrEnum):
    """The two ends that the promise knows."""

    PROTECTED = "PROTECTED"
    FLAT = "FLAT"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One fault. `lasts` counts from the signal; `whole_account` where the call that it bends names no symbol."""

    line: Mapping[str, object]
    lasts: Duration | None = None
    whole_account: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One signal of the show. `fault` names what goes wrong and `story` tells it, both empty if nothing does.

    `share` is how much of the quantity is open at the end; `price` where the symbol stands at first, if not where the
    box has it; `alone`: in a sub-account of its own, for a fault that bends reads of the whole account.
    """

    venue: VenueName
    symbol: str
    side: Side
    quantity: Decimal
    fault: str = ""
    story: str = ""
    troubles: tuple[Trouble, ...] = ()
    must: End = End.PROTECTED
    share: Decimal = Decimal(1)
    price: Decimal | None = None
    alone: bool = False

    @property
    def id(self) -> str:
        """The signal's id, as "binance-velvet"."""
        return f"{self.venue.value}-{self.symbol.removesuffix('USDT').lower()}"

    @property
    def told(self) -> str:
        """What goes wrong, in full; empty if nothing does."""
        return f"{self.fault}: {self.story}" if self.fault else ""

    @property
    def account(self) -> str:
        """The account of ours that it is sent to; the bot's has the same name with "report-" before it."""
        return self.id if self.alone else self.venue.value

    @property
    def expected(self) -> Decimal:
        """The quantity that must be open at the end."""
        return self.quantity * self.share if self.must is End.PROTECTED else Decimal(0)


def bot_account(account: str) -> str:
    """The account of the report's bot that stands beside one of ours."""
    return f"report-{account}"


_BINANCE, _BYBIT = VenueName.BINANCE, VenueName.BYBIT
_BUY, _SELL = Side.BUY, Side.SELL


def _create(fault: str, **more: object) -> Trouble:
    """A fault that strikes the first order sent."""
    return Trouble({"fault": fault, "call": "order.create", "nth": 1, **more})


_VELVET = Scene(
    _BINANCE,
    "VELVETUSDT",
    _SELL,
    Decimal(27),
    fault="the report's first incident",
    story="the stream tells of the fill before the reply, then positions read empty for 12 s",
    troubles=(
        _create("delay", where="reply", ms=450),
        Trouble({"fault": "empty_read", "call": "positions.get"}, lasts=12 * SECOND, whole_account=True),
    ),
    price=Decimal("0.21824"),
    alone=True,
)
_BABYDOGE = Scene(
    _BYBIT,
    "1000000BABYDOGEUSDT",
    _BUY,
    Decimal(4300),
    fault="the report's second incident",
    story="the reply carries an id and nothing else, and the order cannot be read for 6 s",
    troubles=(
        Trouble({"fault": "empty_read", "call": "order.get"}, lasts=6 * SECOND),
        Trouble({"fault": "empty_read", "call": "order.history"}, lasts=6 * SECOND),
    ),
)

SHOW: tuple[Scene, ...] = (
    _VELVET,
    Scene(
        _BINANCE,
        "SKLUSDT",
        _BUY,
        Decimal(1500),
        fault="create reply lost",
        story="the order fills, and the connection is reset before its reply",
        troubles=(_create("reply_lost", mode="reset"),),
        alone=True,
    ),
    Scene(
        _BINANCE,
        "TOWNSUSDT",
        _SELL,
        Decimal(1200),
        fault="-1007, yet executed",
        story='"execution status unknown", says the venue of an order that it fills',
        troubles=(
            _create(
                "status",
                code=-1007,
                text="Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
                effect=True,
            ),
        ),
    ),
    Scene(
        _BINANCE,
        "APTUSDT",
        _BUY,
        Decimal("6.5"),
        fault="stop refused twice (-4509)",
        story="there is no position yet, says the venue, though there is one",
        troubles=(
            Trouble(
                {
                    "fault": "stop_refused",
                    "times": 2,
                    "code": -4509,
                    "text": "Time in Force (TIF) GTE can only be used with open positions.",
                }
            ),
        ),
    ),
    Scene(
        _BINANCE,
        "DOTUSDT",
        _SELL,
        Decimal(5),
        fault="stop refused for good (-2021)",
        story="the market is past its price, says the venue, each time",
        troubles=(Trouble({"fault": "stop_refused", "code": -2021, "text": "Order would immediately trigger."}),),
        must=End.FLAT,
    ),
    Scene(
        _BINANCE,
        "XRPUSDT",
        _SELL,
        Decimal(20),
        fault="partial fill, 40 %",
        story="the rest expires",
        troubles=(_create("partial_fill", fraction="0.4"),),
        share=Decimal("0.4"),
    ),
    Scene(_BINANCE, "BTCUSDT", _BUY, Decimal("0.001")),
    Scene(_BINANCE, "ETHUSDT", _SELL, Decimal("0.02")),
    Scene(_BINANCE, "SOLUSDT", _BUY, Decimal("0.2")),
    Scene(
        _BINANCE,
        "SUIUSDT",
        _BUY,
        Decimal(10),
        fault="stream drops at the fill",
        story="nothing that it missed is told again",
        troubles=(Trouble({"fault": "stream_cut", "call": "stream.order", "nth": 1}),),
    ),
    _BABYDOGE,
    Scene(
        _BYBIT,
        "HNTUSDT",
        _BUY,
        Decimal(16),
        fault="entry refused for its stop (10001)",
        story="the venue finds the stop on the wrong side of the market, so nothing opens",
        troubles=(
            _create(
                "status",
                code=10001,
                text="StopLoss:156700000 set for Buy position should lower than base_price:155000000??LastPrice",
            ),
        ),
        must=End.FLAT,
    ),
    Scene(
        _BYBIT,
        "GIGAUSDT",
        _BUY,
        Decimal(1500),
        fault="create reply lost",
        story="the order fills, and the connection is reset before its reply",
        troubles=(_create("reply_lost", mode="reset"),),
        alone=True,
    ),
    Scene(
        _BYBIT,
        "PRCLUSDT",
        _SELL,
        Decimal(400),
        fault="stream falls silent",
        story="not a word about this symbol for 20 s, and the socket stays open",
        troubles=(Trouble({"fault": "stream_silence", "call": "stream.*", "ms": 20_000}),),
    ),
    Scene(
        _BYBIT,
        "BLASTUSDT",
        _SELL,
        Decimal(10_000),
        fault="partial fill, half",
        story="the rest is cancelled",
        troubles=(_create("partial_fill", fraction="0.5"),),
        share=Decimal("0.5"),
    ),
    Scene(
        _BYBIT,
        "1000NEIROCTOUSDT",
        _BUY,
        Decimal(31),
        fault="stream doubled, out of order",
        story="each frame comes twice, or behind what should follow it",
        troubles=(
            Trouble({"fault": "stream_duplicate", "call": "stream.*", "ms": 40}),
            Trouble({"fault": "stream_reorder", "call": "stream.*", "ms": 30}),
        ),
    ),
    Scene(_BYBIT, "BTCUSDT", _SELL, Decimal("0.002")),
    Scene(_BYBIT, "ETHUSDT", _BUY, Decimal("0.02")),
    Scene(_BYBIT, "SOLUSDT", _SELL, Decimal("0.2")),
    Scene(_BYBIT, "AVAXUSDT", _BUY, Decimal(3)),
)
