"""The venue's JSON, read into types: rows of replies and events of the stream, as far as the house needs their fields.

Every field may be missing: what the book promises and a reply does not have is told as missing by `rows`, never
guessed and never an exception. Decimals arrive as strings, in the leverage brackets as numbers (binance.md 1.4), and
"nothing" as "" or null or by absence; an `Amount` is all of these. A number is never a binary float on its way. Keys
that are not named here are ignored, since the venue adds some every few months.

Bytes that are no such JSON at all (HTML, half a body, a wrong type) raise `Garbled`; such JSON that lacks what an
answer must have raises `Incomplete`. Neither leaves this package. The events of the stream stand in `news`.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T")

Text = str | None
Number = Annotated[int, msgspec.Meta(ge=0, lt=10**14)] | None
"""Venue milliseconds; none of them lies beyond the year 5000."""
Id = int | str | None

WIDEST: Final = 60
"""Digits before or after the point beyond which a number is taken for garbage; no price or quantity comes near."""


class Garbled(Exception):  # noqa: N818 (it names what the venue sent, not a fault of the program)
    """The bytes are not the JSON that the venue's book promises; the text says where and how they differ."""


class Incomplete(Exception):  # noqa: N818 (it names what the answer is, not a fault of the program)
    """JSON in order, but no complete answer; the text says what was expected and what came."""


class Amount:
    """A decimal as the wire spells it; `value` is None for every spelling of nothing."""

    __slots__ = ("value",)

    def __init__(self, value: Decimal | None = None) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Amount({self.value})"

    @property
    def positive(self) -> Decimal | None:
        """The value if it is above zero: prices, where 0 is another spelling of nothing."""
        return self.value if self.value is not None and self.value > 0 else None


NOTHING: Final = Amount()


class Row(Struct, frozen=True, rename="camel"):
    """Base of what replies hold, whose keys are written in camel case."""


class Failure(Row, frozen=True):
    """`{"code", "msg"}`: a business error, or a confirmation with the code 200 (binance.md 1.4, 4.2)."""

    code: Id = None
    msg: Text = None


class OrderRow(Row, frozen=True):
    """The reply of POST and DELETE order, and the row of the reads, which alone have avgPrice (binance.md 1.6, 1.7)."""

    symbol: Text = None
    client_order_id: Text = None
    order_id: Id = None
    status: Text = None
    side: Text = None
    orig_qty: Amount = NOTHING
    executed_qty: Amount = NOTHING
    avg_price: Amount = NOTHING
    reduce_only: bool | None = None
    position_side: Text = None
    update_time: Number = None


class TradeRow(Row, frozen=True):
    """A row of userTrades (binance.md 1.4)."""

    id: Id = None
    order_id: Id = None
    symbol: Text = None
    side: Text = None
    price: Amount = NOTHING
    qty: Amount = NOTHING
    commission: Amount = NOTHING
    commission_asset: Text = None
    realized_pnl: Amount = NOTHING
    time: Number = None


class PositionRow(Row, frozen=True):
    """A row of positionRisk, version 2 (binance.md 1.8)."""

    symbol: Text = None
    position_amt: Amount = NOTHING
    position_side: Text = None
    entry_price: Amount = NOTHING
    liquidation_price: Amount = NOTHING
    mark_price: Amount = NOTHING
    update_time: Number = None


class AlgoRow(Row, frozen=True):
    """A stop of the algo service (binance.md 1.9); `actual_order_id` is "" until it has triggered."""

    symbol: Text = None
    client_algo_id: Text = None
    algo_id: Id = None
    algo_status: Text = None
    order_type: Text = None
    side: Text = None
    trigger_price: Amount = NOTHING
    working_type: Text = None
    close_position: bool | None = None
    reduce_only: bool | None = None
    quantity: Amount = NOTHING
    position_side: Text = None
    actual_order_id: Id = None
    update_time: Number = None


class CancelledAlgo(Row, frozen=True):
    """The reply of DELETE algoOrder, whose code is the text "200" (binance.md 1.9)."""

    algo_id: Id = None
    client_algo_id: Text = None
    code: Id = None


class LeverageRow(Row, frozen=True):
    """The reply of POST leverage, and a row of symbolConfig (binance.md 1.4)."""

    symbol: Text = None
    leverage: Amount = NOTHING
    margin_type: Text = None


class Mark(Row, frozen=True):
    """premiumIndex (binance.md 1.4)."""

    symbol: Text = None
    mark_price: Amount = NOTHING


class Price(Row, frozen=True):
    """ticker/price (binance.md 1.4)."""

    symbol: Text = None
    price: Amount = NOTHING


class Mode(Row, frozen=True):
    """positionSide/dual (binance.md 1.4)."""

    dual_side_position: bool | None = None


class Config(Row, frozen=True):
    """accountConfig (binance.md 1.4)."""

    can_trade: bool | None = None
    dual_side_position: bool | None = None
    multi_assets_margin: bool | None = None


class Balance(Row, frozen=True):
    """A row of balance (binance.md 1.4); the alias is the account's own id."""

    account_alias: Text = None


class Totals(Row, frozen=True):
    """The sums of account, version 3 (binance.md 1.4)."""

    total_margin_balance: Amount = NOTHING
    available_balance: Amount = NOTHING


class Filter(Row, frozen=True):
    """A filter of exchangeInfo, the fields of all kinds side by side (binance.md 1.5)."""

    filter_type: Text = None
    tick_size: Amount = NOTHING
    step_size: Amount = NOTHING
    min_qty: Amount = NOTHING
    max_qty: Amount = NOTHING
    notional: Amount = NOTHING
    multiplier_up: Amount = NOTHING
    multiplier_down: Amount = NOTHING


class Contract(Row, frozen=True):
    """A symbol of exchangeInfo (binance.md 1.5)."""

    symbol: Text = None
    status: Text = None
    contract_type: Text = None
    filters: tuple[Filter, ...] = ()


class ExchangeInfo(Row, frozen=True):
    """exchangeInfo; its serverTime is one to ignore (binance.md 1.2)."""

    symbols: tuple[Contract, ...] | None = None


class Bracket(Row, frozen=True):
    """One risk tier; plain numbers, not strings (binance.md 1.4)."""

    initial_leverage: Amount = NOTHING
    notional_floor: Amount = NOTHING
    maint_margin_ratio: Amount = NOTHING


class Brackets(Row, frozen=True):
    """The risk tiers of a symbol."""

    symbol: Text = None
    brackets: tuple[Bracket, ...] = ()


class Time(Row, frozen=True):
    """GET time (binance.md 1.2)."""

    server_time: Number = None


class ListenKey(Row, frozen=True):
    """POST and PUT listenKey (binance.md 1.4)."""

    listen_key: Text = None


def read(kind: type[T], body: bytes | str | msgspec.Raw) -> T:
    """`body` as `kind`; raises `Garbled` with the place of the first difference."""
    try:
        found: T = _decoder(kind).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Garbled(f"garbled: {error}") from error
    return found


_DECODERS: Final[dict[Any, msgspec.json.Decoder[Any]]] = {}
"""A decoder is made once for each kind; making one costs far more than using it."""


def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        decoder = _DECODERS[kind] = msgspec.json.Decoder(kind, dec_hook=_spelled, float_hook=Decimal)
    return decoder


def _spelled(kind: type[Any], spelling: object) -> Amount:
    """The hook for the one type of ours, `Amount`; a ValueError becomes msgspec's error with the field's path."""
    if spelling is None or spelling == "":
        return NOTHING
    if isinstance(spelling, bool) or not isinstance(spelling, str | int | Decimal):
        raise TypeError(f"expected a decimal, came {type(spelling).__name__}")
    try:
        value = Decimal(spelling)
    except InvalidOperation as error:
        raise ValueError(f"expected a decimal, came {str(spelling)[:WIDEST]!r}") from error
    if not value.is_finite() or abs(value.adjusted()) > WIDEST:
        raise ValueError(f"expected a decimal of at most {WIDEST} digits, came {str(spelling)[:WIDEST]!r}")
    return Amount(value)
