"""The bytes of Bybit v5 as types: the envelope, the rows of lists, the frames of the stream.

Every field that the venue may leave out has a default, and every number may be a string, an integer or one of the five
spellings of nothing: `""`, `"0"` (or `"0.00"`), `"UNKNOWN"`, `"None"`, a missing key (bybit.md 1.2). They differ by
endpoint and year, so they are read in one place, by `amount`, `stated` and `instant`, and mean the same everywhere:
nothing and zero are one thing on this venue, but for the stop of a position, where a missing key is no word at all (see
`rows`). A number written as a JSON fraction is not in the dialect and is refused rather than rounded through binary
floating point.

The REST rows and the stream's rows of an order, an execution or a position are the same types; the few fields that
only one of them has (`avgPrice` there, `entryPrice` here) stand side by side.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, field

from seawall.model.amounts import ZERO
from seawall.model.times import MILLISECOND, Instant

T = TypeVar("T")

Text = str | None
Scalar = str | int | None
"""A number, an instant or nothing, as the wire spells it."""

WIDEST: Final = 60
"""Digits before or after the point beyond which a number is taken for garbage; no price or quantity comes near."""

_NOTHING: Final = (None, "", "UNKNOWN", "None")


class Garbled(Exception):  # noqa: N818 (it names what the venue sent, not a fault of the program)
    """Bytes that are not in the venue's dialect; the text says where and how they differ. Never leaves this package."""


def read(kind: type[T], data: bytes | str | Raw) -> T:
    """The JSON in `data` as a `kind`; Garbled for half a body, HTML, or a field of another type."""
    try:
        found: T = _decoder(kind).decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbled(f"{kind.__name__}: {error}") from error
    return found


_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}
"""A decoder is made once for each kind; making one costs more than using it."""


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind)
    return decoder


def amount(value: Scalar) -> Decimal:
    """The number in a field, ZERO for every spelling of nothing; Garbled if it is no finite number."""
    if value in _NOTHING:
        return ZERO
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise Garbled(f"expected a number, came {value!r}") from error
    if not number.is_finite() or abs(number.adjusted()) > WIDEST:
        raise Garbled(f"expected a finite number of at most {WIDEST} digits, came {value!r}")
    return number


def stated(value: Scalar) -> Decimal | None:
    """A price or a quantity, None for every spelling of nothing; so are zero, and what lies below it."""
    number = amount(value)
    return number if number > ZERO else None


def given(value: Scalar) -> Decimal | None:
    """The number in a field whose zero says something: None only where there is no number."""
    return None if value in _NOTHING else amount(value)


def whole(value: Scalar) -> int:
    """The integer in a field, 0 for every spelling of nothing; Garbled if it is none."""
    number = amount(value)
    if number != number.to_integral_value():
        raise Garbled(f"expected a whole number, came {value!r}")
    return int(number)


def instant(value: Scalar) -> Instant:
    """The instant in a field of venue milliseconds, in microseconds; 0 for every spelling of nothing."""
    return whole(value) * MILLISECOND


class Row(msgspec.Struct, frozen=True, rename="camel"):
    """Unknown fields are ignored: the venue adds some every few months (bybit.md 1.4, 1.6)."""


# ---- REST


class Envelope(Row, frozen=True):
    """What every reply wears (bybit.md 1.2). `time` is missing in some.

    `retMsg` of a success has four spellings, so only `retCode` is looked at; it has been seen as text ("0", incident
    I25), so both are read.
    """

    ret_code: int | str
    ret_msg: Text = None
    result: Raw = Raw(b"null")
    time: Scalar = None

    @property
    def code(self) -> int:
        """The return code as a number; Garbled if it is none."""
        return whole(self.ret_code)


class Placed(Row, frozen=True):
    """The result of order/create and order/cancel: two ids and nothing else (bybit.md 0 fact 1)."""

    order_id: Text = None
    order_link_id: Text = None


class OrderRow(Row, frozen=True):
    """An order, a conditional order or a stop child (bybit.md 1.5, 3.5).

    `leavesQty` is left out on purpose: of a closed order it is "0", "0.000" or "" whatever was filled (bybit.md 1.2).
    """

    symbol: Text = None
    order_id: Text = None
    order_link_id: Text = None
    order_status: Text = None
    position_idx: Scalar = None
    side: Text = None
    qty: Scalar = None
    cum_exec_qty: Scalar = None
    avg_price: Scalar = None
    reduce_only: bool | None = None
    close_on_trigger: bool | None = None
    stop_order_type: Text = None
    tpsl_mode: Text = None
    trigger_price: Scalar = None
    trigger_by: Text = None
    trigger_direction: Scalar = None
    parent_order_link_id: Text = None
    cancel_type: Text = None
    reject_reason: Text = None
    create_type: Text = None
    created_time: Scalar = None
    updated_time: Scalar = None
    category: Text = None


class ExecutionRow(Row, frozen=True):
    """One execution; funding comes as one too, told apart by `execType` (bybit.md 1.5)."""

    symbol: Text = None
    order_id: Text = None
    order_link_id: Text = None
    side: Text = None
    exec_id: Text = None
    exec_price: Scalar = None
    exec_qty: Scalar = None
    exec_fee: Scalar = None
    exec_type: Text = None
    exec_pnl: Scalar = None
    exec_time: Scalar = None
    seq: Scalar = None
    category: Text = None


class PositionRow(Row, frozen=True):
    """One position; `size` is never negative, `side` is "" (or "None") when flat (bybit.md 1.2, 1.6)."""

    symbol: Text = None
    position_idx: Scalar = None
    side: Text = None
    size: Scalar = None
    avg_price: Scalar = None
    entry_price: Scalar = None
    stop_loss: Scalar = None
    liq_price: Scalar = None
    mark_price: Scalar = None
    leverage: Scalar = None
    updated_time: Scalar = None
    seq: Scalar = None
    category: Text = None


class OrderPage(Row, frozen=True):
    """One page of order/realtime or order/history."""

    rows: tuple[OrderRow, ...] = field(name="list")
    next_page_cursor: Text = None


class ExecutionPage(Row, frozen=True):
    """One page of execution/list."""

    rows: tuple[ExecutionRow, ...] = field(name="list")
    next_page_cursor: Text = None


class PositionPage(Row, frozen=True):
    """One page of position/list."""

    rows: tuple[PositionRow, ...] = field(name="list")
    next_page_cursor: Text = None


class LeverageFilter(Row, frozen=True):
    """Part of an instrument (bybit.md 1.4)."""

    max_leverage: Scalar = None


class PriceFilter(Row, frozen=True):
    """Part of an instrument. `priceScale` beside it is not the number of the tick's decimals (instruments.md 2)."""

    tick_size: Scalar = None


class LotSizeFilter(Row, frozen=True):
    """Part of an instrument; a market order may carry less than a limit order (bybit.md 1.4)."""

    min_order_qty: Scalar = None
    max_order_qty: Scalar = None
    max_mkt_order_qty: Scalar = None
    qty_step: Scalar = None
    min_notional_value: Scalar = None


class InstrumentRow(Row, frozen=True):
    """The rules of one contract (bybit.md 1.4)."""

    symbol: str
    contract_type: str = ""
    status: str = ""
    settle_coin: str = ""
    leverage_filter: LeverageFilter = LeverageFilter()
    price_filter: PriceFilter = PriceFilter()
    lot_size_filter: LotSizeFilter = LotSizeFilter()


class InstrumentPage(Row, frozen=True):
    """One page of market/instruments-info."""

    rows: tuple[InstrumentRow, ...] = field(name="list")
    next_page_cursor: Text = None


class TickerRow(Row, frozen=True):
    """The prices of one symbol (bybit.md 1.4)."""

    symbol: Text = None
    mark_price: Scalar = None
    last_price: Scalar = None


class TickerPage(Row, frozen=True):
    """The result of market/tickers."""

    rows: tuple[TickerRow, ...] = field(name="list")


class CoinRow(Row, frozen=True):
    """One coin of the unified wallet (bybit.md 1.7)."""

    coin: str = ""
    equity: Scalar = None
    total_order_margin: Scalar = field(name="totalOrderIM", default=None)
    total_position_margin: Scalar = field(name="totalPositionIM", default=None)


class WalletRow(Row, frozen=True):
    """The unified wallet. Account-wide sums are empty in isolated margin (bybit.md 1.7, incident I85)."""

    total_available_balance: Scalar = None
    coin: tuple[CoinRow, ...] = ()


class WalletPage(Row, frozen=True):
    """The result of account/wallet-balance."""

    rows: tuple[WalletRow, ...] = field(name="list")


class KeyInfo(Row, frozen=True):
    """What the key is and may do: user/query-api (bybit.md 1.7)."""

    read_only: Scalar = None
    permissions: dict[str, tuple[str, ...] | None] | None = None
    ips: tuple[str, ...] | None = None
    uta: Scalar = None
    user_id: Scalar = field(name="userID", default=None)
    expired_at: Text = None


class AccountInfo(Row, frozen=True):
    """The account's margin mode: account/info (bybit.md 1.7)."""

    margin_mode: str = ""


class Clock(Row, frozen=True):
    """The result of market/time; nanoseconds since the epoch as a string (bybit.md 1.4)."""

    time_nano: Scalar = None


# ---- the stream


class Echo(Row, frozen=True):
    """The request that older answers on the stream carry back (bybit.md 2.1)."""

    op: str = ""


class Frame(msgspec.Struct, frozen=True):
    """One frame of the private stream: an answer (`op`, `success`) or news (`topic`, `data`); bybit.md 2.1."""

    topic: str = ""
    op: str = ""
    success: bool | None = None
    ret_msg: Text = None
    request: Echo | None = None
    data: Raw = Raw(b"null")
