"""The refusals of Bybit v5, with the words the wire carries.

A business error is HTTP 200 with a ``retCode`` that is not zero and ``result: {}`` (bybit.md 1.2). 10001 is a catch-all
whose text alone tells what is meant (bybit.md 3.8), so the texts here are the venue's, with the scaled integers and the
``??LastPrice`` of the real ones (3.5, 6.4). The codes' meanings are those of the table in 3.8.

``Denial`` is an exception because a denial ends a request wherever it is noticed; it never leaves this package: the
dialect turns it into a reply. What the book refuses comes as its own ``Refusal`` and is translated by ``denial_of``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from venuesim.dialects.bybit.jsonwire import envelope, json_reply, trimmed
from venuesim.facts import Reason
from venuesim.wire import Reply

if TYPE_CHECKING:
    from venuesim.dialects.bybit.jsonwire import HttpHeaders
    from venuesim.facts import Refusal

TEXTS: Final[dict[int, str]] = {
    429: "System level frequency protection",
    10000: "Server Timeout",
    10001: "params error: {0}",
    10002: "invalid request, please check your server timestamp or recv_window param. "
    "req_timestamp[{0}],server_timestamp[{1}],recv_window[{2}]",
    10003: "API key is invalid.",
    10004: "error sign! origin_string[{0}]",
    10005: "Permission denied, please check your API key permissions.",
    10006: "Too many visits!",
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    10014: "Invalid duplicate request.",
    10016: "Server error.",
    10019: "Restarting, please try again later.",
    10404: "op type is not found",
    10429: "System level frequency protection",
    20001: "Repeat auth",
    20006: "Duplicated reqId",
    34040: "not modified",
    110001: "order not exists or too late to cancel",
    110003: "price is invalid",
    110004: "Insufficient wallet balance",
    110007: "ab not enough for new order",
    110008: "Order has been completed or cancelled.",
    110009: "The number of stop orders exceeds the maximum limit allowed",
    110010: "The order has been cancelled",
    110012: "Insufficient available balance",
    110013: "Cannot set leverage due to risk limit level",
    110017: "current position is zero, cannot fix reduce-only order qty",
    110020: "Not allowed to have more than 500 active orders",
    110024: "You have an existing position, so position mode cannot be switched",
    110025: "Position mode is not modified",
    110026: "Cross/isolated margin mode is not modified",
    110028: "You have existing open orders, so position mode cannot be switched",
    110029: "Hedge mode is not supported for this symbol",
    110043: "leverage not modified",
    110061: "Number of TP/SL orders exceeds the upper limit",
    110072: "OrderLinkedID is duplicate",
    110074: "This contract is not live",
    110079: "The order is processing and can not be operated, please try again later",
    110090: "Order placement failed as your position may exceed the max limit. Please lower your leverage to increase "
    "the max. position limit",
    110094: "Order does not meet minimum order value {0}USDT",
    110118: "Unable to obtain the price of the market order due to low liquidity",
    3400045: "Set margin mode failed",
}
"""Code to text; ``{0}`` and so on are filled by the one who denies. Quoted wire texts: 10002, 10004, 10006, 34040,
110001, 110003, 110007, 110017, 110043, 110072, 110094 (bybit.md 1.1, 1.3, 1.6, 2.2, 3.3, 3.4, 3.8). The others are the
meanings of the same tables, put as the venue would."""

TOO_LARGE: Final = "The number of contracts exceeds maximum limit allowed: too large"
TOO_SMALL: Final = "The number of contracts exceeds minimum limit allowed"
ZERO_POSITION: Final = "can not set tp/sl/ts for zero position"
WRONG_INDEX: Final = "position idx not match position mode"
LINK_TOO_LONG: Final = "order link id is longer than 45"
RULE_NOT_SATISFIED: Final = "Reduce-only rule not satisfied"
TOO_LATE_TO_REPLACE: Final = "order not exists or too late to replace"
UNSUPPORTED_SYMBOL: Final = "Not supported symbols"
ILLEGAL_CATEGORY: Final = "Illegal category"
BAD_DIRECTION: Final = "TriggerDirection invalid"

_BTC_SCALE: Final = 4
_USUAL_SCALE: Final = 8


class Denial(Exception):  # noqa: N818 (it names what the venue does, not a fault of the program)
    """The venue says no: ``code`` and ``message`` as on the wire; ``ext`` is ``retExtInfo``, ``status`` the HTTP one."""

    def __init__(self, code: int, *words: str, message: str | None = None, result: object = None) -> None:
        self.code = code
        self.message = TEXTS[code].format(*words) if message is None else message
        self.result: object = {} if result is None else result
        super().__init__(f"{code} {self.message}")


def parameter(message: str) -> Denial:
    """The catch-all 10001 with this text."""
    return Denial(10001, message=message)


def denial_reply(denial: Denial, now: int, headers: HttpHeaders = ()) -> Reply:
    """The denial as a reply sent at ``now`` µs (bybit.md 1.2)."""
    return json_reply(envelope(now, denial.result, denial.code, denial.message), headers)


def code_denial(code: int, message: str | None = None) -> Denial:
    """A denial for a code alone, for faults that name no more than the number; an unknown number needs its text."""
    known = TEXTS.get(code, "")
    return Denial(code, message=message if message is not None else known.split("{", maxsplit=1)[0].strip())


def scaled(price: Decimal, symbol: str) -> str:
    """A price as the integer the refusal texts quote: x1e4 for BTCUSDT, x1e8 for the others (bybit.md 3.5)."""
    scale = _BTC_SCALE if symbol == "BTCUSDT" else _USUAL_SCALE
    return format((price * 10**scale).quantize(Decimal(1)), "f")


def denial_of(refusal: Refusal, *, symbol: str, on: str) -> Denial:
    """The wire's words for what the book refused; ``on`` is the last part of the path (``create``, ``amend``,
    ``trading-stop``, ``set-leverage``), since one reason has different codes on different calls (bybit.md 3.8).
    """
    if refusal.reason is Reason.REDUCE_ONLY_FLAT and _amount(refusal.facts.get("got", 0)):
        return Denial(110017, message=RULE_NOT_SATISFIED)
    special = _BY_CALL.get((on, refusal.reason))
    if special is not None:
        return Denial(special[0], message=special[1])
    if refusal.reason in _QUOTING:
        return _quoting(refusal, symbol, on)
    code, message = _PLAIN[refusal.reason]
    return Denial(code, message=message)


_BY_CALL: Final[dict[tuple[str, Reason], tuple[int, str]]] = {
    ("amend", Reason.ORDER_UNKNOWN): (110001, TOO_LATE_TO_REPLACE),
    ("amend", Reason.STOP_UNKNOWN): (110001, TOO_LATE_TO_REPLACE),
    ("set-leverage", Reason.NOT_MODIFIED): (110043, TEXTS[110043]),
}

_PLAIN: Final[dict[Reason, tuple[int, str]]] = {
    Reason.UNKNOWN_SYMBOL: (10001, UNSUPPORTED_SYMBOL),
    Reason.SYMBOL_NOT_TRADING: (110074, TEXTS[110074]),
    Reason.QUANTITY_TOO_SMALL: (10001, TOO_SMALL),
    Reason.QUANTITY_TOO_LARGE: (10001, TOO_LARGE),
    Reason.QUANTITY_STEP: (10001, "Qty invalid"),
    Reason.PRICE_TICK: (110003, TEXTS[110003]),
    Reason.PRICE_RANGE: (110003, TEXTS[110003]),
    Reason.NO_LIQUIDITY: (110118, TEXTS[110118]),
    Reason.MARGIN_SHORT: (110007, TEXTS[110007]),
    Reason.REDUCE_ONLY_FLAT: (110017, TEXTS[110017]),
    Reason.REDUCE_ONLY_TOO_LARGE: (110017, RULE_NOT_SATISFIED),
    Reason.REDUCE_ONLY_BLOCKED: (110017, RULE_NOT_SATISFIED),
    Reason.REDUCE_ONLY_CONFLICT: (110017, RULE_NOT_SATISFIED),
    Reason.DUPLICATE_CLIENT_ID: (110072, TEXTS[110072]),
    Reason.ORDER_UNKNOWN: (110001, TEXTS[110001]),
    Reason.STOP_UNKNOWN: (110001, TEXTS[110001]),
    Reason.NO_POSITION: (10001, ZERO_POSITION),
    Reason.STOP_EXISTS: (34040, TEXTS[34040]),
    Reason.TOO_MANY_STOPS: (110009, TEXTS[110009]),
    Reason.TOO_MANY_ORDERS: (110020, TEXTS[110020]),
    Reason.LEVERAGE_TOO_HIGH: (110013, TEXTS[110013]),
    Reason.NOT_MODIFIED: (34040, TEXTS[34040]),
    Reason.HEDGE_MODE: (10001, WRONG_INDEX),
}

_QUOTING: Final = (Reason.NOTIONAL_TOO_SMALL, Reason.RISK_LIMIT, Reason.WOULD_TRIGGER, Reason.STOP_WRONG_SIDE)


def _quoting(refusal: Refusal, symbol: str, on: str) -> Denial:
    facts = refusal.facts
    if refusal.reason is Reason.NOTIONAL_TOO_SMALL:
        return Denial(110094, trimmed(_amount(facts.get("limit", 5))))
    if refusal.reason is Reason.RISK_LIMIT:
        return Denial(110090)
    trigger, base = _amount(facts["trigger"]), _amount(facts["base"])
    suffix = price_suffix(str(facts["trigger_by"]))
    if refusal.reason is Reason.WOULD_TRIGGER:
        return wrong_trigger(trigger <= base, trigger, base, suffix)
    is_long, loss = str(facts["side"]) == "BUY", str(facts.get("purpose", "stop")) == "stop"
    if "limit" in facts:
        return beyond_liquidation(symbol, trigger, _amount(facts["limit"]), base, suffix, is_long=is_long)
    short, long = ("sl", "StopLoss") if loss else ("tp", "TakeProfit")
    return wrong_side(short if on == "create" else long, symbol, trigger, base, suffix, is_long=is_long, loss=loss)


def _amount(value: str | Decimal | int) -> Decimal:
    return Decimal(value)


def price_suffix(trigger_by: str) -> str:
    """The tail of a refusal text that names the trigger's source: ``??LastPrice`` or ``??MarkPrice`` (bybit.md 3.5)."""
    return "??MarkPrice" if trigger_by.upper().startswith("MARK") else "??LastPrice"


def wrong_side(
    label: str, symbol: str, trigger: Decimal, base: Decimal, suffix: str, *, is_long: bool, loss: bool = True
) -> Denial:
    """10001 for a stop on the wrong side of the price: ``label`` is ``sl``/``tp`` on create, ``StopLoss``/``TakeProfit``
    on trading-stop (bybit.md 3.5); the word after "should" comes without "be", as on the wire.
    """
    side, word = ("Buy", "lower" if loss else "greater") if is_long else ("Sell", "greater" if loss else "lower")
    than = "" if label in ("sl", "tp") and word == "greater" else " than"
    return parameter(
        f"{label}:{scaled(trigger, symbol)} set for {side} position should {word}{than} "
        f"base_price:{scaled(base, symbol)}{suffix}"
    )


def beyond_liquidation(
    symbol: str, trigger: Decimal, liquidation: Decimal, base: Decimal, suffix: str, *, is_long: bool
) -> Denial:
    """10001 for a stop that the liquidation would come before (bybit.md 3.5 "should be between ...")."""
    return parameter(
        f"StopLoss:{scaled(trigger, symbol)} set for {'Buy' if is_long else 'Sell'} position should be between "
        f"liq_price:{scaled(liquidation, symbol)} and base_price:{scaled(base, symbol)}{suffix}"
    )


def wrong_trigger(rising: bool, trigger: Decimal, current: Decimal, suffix: str) -> Denial:  # noqa: FBT001 (an arrow)
    """110092 or 110093: the market is beyond a conditional's trigger already (bybit.md 3.8)."""
    code, word, sign = (110092, "Rising", "<=") if rising else (110093, "Falling", ">=")
    return Denial(
        code,
        message=f"expect {word}, but trigger_price[{trimmed(trigger)}] {sign} current[{trimmed(current)}]{suffix}",
    )
