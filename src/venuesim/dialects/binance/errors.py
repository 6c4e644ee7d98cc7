"""The refusals of Binance USD-M, with the words the wire carries.

A business error is HTTP 400 with ``{"code": int, "msg": str}`` (binance.md 4.2); keys and permissions answer 401, limits
answer 429 and then 418. A client must judge by (call, code, text), since one code carries several meanings, so the text
here is the venue's, with its own misspellings and its own false claims ("less than 36" where 36 is accepted, 4.1).

``Denial`` is an exception because it ends a request wherever it is noticed; it never leaves this package: the
dialect turns it into a reply. The book's own ``Refusal`` names a reason without a code; ``denial_of`` gives it one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from venuesim.dialects.binance.jsonwire import encode, text
from venuesim.facts import Instrument, Reason, Refusal
from venuesim.wire import Headers, Reply

JSON_HEADERS: Final = (("content-type", "application/json"),)

TEXTS: Final[dict[int, str]] = {
    -1000: "An unknown error occured while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1002: "You are not authorized to execute this request.",
    -1003: "Too many requests; current limit of IP({0}) is {1} requests per minute. "
    "Please use the websocket for live updates to avoid polling the API.",
    -1006: "An unexpected response was received from the message bus. Execution status unknown.",
    -1007: "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    -1008: "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. "
    "Please try again.",
    -1014: "Unsupported order combination.",
    -1015: "Too many new orders; current limit is {0} orders per {1}.",
    -1016: "This service is no longer available.",
    -1020: "This operation is not supported.",
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -1023: "Start time is greater than end time.",
    -1100: "Illegal characters found in parameter '{0}'; legal range is '{1}'.",
    -1102: "Mandatory parameter '{0}' was not sent, was empty/null, or malformed.",
    -1104: "Not all sent parameters were read; read '{0}' parameter(s) but was sent '{1}'.",
    -1105: "Parameter '{0}' was empty.",
    -1106: "Parameter '{0}' sent when not required.",
    -1111: "Precision is over the maximum defined for this asset.",
    -1115: "Invalid timeInForce.",
    -1116: "Invalid orderType.",
    -1117: "Invalid side.",
    -1121: "Invalid symbol.",
    -1122: "Invalid symbol status.",
    -1125: "This listenKey does not exist.",
    -1127: "More than {0} hours between startTime and endTime.",
    -1128: "Combination of optional parameters invalid.",
    -1130: "Data sent for parameter '{0}' is not valid.",
    -1136: "Invalid newOrderRespType.",
    -2010: "NEW_ORDER_REJECTED",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2014: "API-key format invalid.",
    -2015: "Invalid API-key, IP, or permissions for action",
    -2017: "API Keys are locked on this account.",
    -2018: "Balance is insufficient.",
    -2019: "Margin is insufficient.",
    -2021: "Order would immediately trigger.",
    -2022: "ReduceOnly Order is rejected.",
    -2023: "User in liquidation mode now.",
    -2024: "Position is not sufficient.",
    -2025: "Reach max open order limit.",
    -2026: "This OrderType is not supported when reduceOnly.",
    -2027: "Exceeded the maximum allowable position at current leverage.",
    -2028: "Leverage is smaller than permitted: insufficient margin balance.",
    -4003: "Quantity less than or equal to zero.",
    -4004: "Quantity less than min quantity.",
    -4005: "Quantity greater than max quantity.",
    -4013: "Price less than min price.",
    -4014: "Price not increased by tick size.",
    -4015: "Client order id length should be less than 36 chars",
    -4016: "Limit price can't be higher than {0}.",
    -4023: "Quantity not increased by step size.",
    -4024: "Limit price can't be lower than {0}.",
    -4028: "Leverage {0} is not valid",
    -4045: "Reach max stop order limit.",
    -4046: "No need to change margin type.",
    -4047: "Margin type cannot be changed if there exists open orders.",
    -4048: "Margin type cannot be changed if there exists position.",
    -4059: "No need to change position side.",
    -4060: "Invalid position side.",
    -4061: "Order's position side does not match user's setting.",
    -4062: "Invalid or improper reduceOnly value.",
    -4067: "Position side cannot be changed if there exists open orders.",
    -4068: "Position side cannot be changed if there exists position.",
    -4084: "Method is not allowed currently. Upcoming soon.",
    -4087: "User can only place reduce only order",
    -4088: "User can not place order currently",
    -4116: "ClientOrderId is duplicated.",
    -4118: "ReduceOnly Order Failed. Please check your existing position and open orders",
    -4120: "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
    -4130: "An open stop or take profit order with GTE and closePosition in the direction is existing.",
    -4131: "The counterparty's best price does not meet the PERCENT_PRICE filter limit",
    -4135: "Invalid activation price",
    -4137: "Quantity must be zero with closePosition equals true",
    -4138: "Reduce only must be true with closePosition equals true",
    -4140: "Invalid symbol status for opening position",
    -4142: "REJECT: take profit or stop order will be triggered immediately",
    -4161: "Leverage reduction is not supported in Isolated Margin Mode with open positions",
    -4164: "Order's notional must be no smaller than {0} (unless you choose reduce only).",
    -4171: "No need to change Multi-Assets mode.",
    -4210: "Stop price is higher than price multiplier cap.",
    -4211: "Stop price is lower than price multiplier floor.",
    -4509: "Time in Force (TIF) GTE can only be used with open positions. Please ensure that positions are available.",
    -5000: "Path {0}, Method {1} is invalid",
    -5021: "Due to the order could not be filled immediately, the FOK order has been rejected. "
    "The order will not be recorded in the order history",
    -5022: "Due to the order could not be executed as maker, the Post Only order will be rejected. "
    "The order will not be recorded in the order history",
    -5027: "No need to modify the order.",
    -5028: "Timestamp for this request is outside of the ME recvWindow.",
    -20132: "Duplicated client algo order id.",
}
"""Code to text; ``{0}`` and ``{1}`` are filled by the one who refuses. -20132 has no recorded text, only a number
(binance.md 4.1 [?]); every other text is the venue's."""

REASONS: Final[dict[Reason, int]] = {
    Reason.UNKNOWN_SYMBOL: -1121,
    Reason.SYMBOL_NOT_TRADING: -4140,
    Reason.QUANTITY_TOO_SMALL: -4004,
    Reason.QUANTITY_TOO_LARGE: -4005,
    Reason.QUANTITY_STEP: -4023,
    Reason.PRICE_TICK: -4014,
    Reason.PRICE_RANGE: -4013,
    Reason.NOTIONAL_TOO_SMALL: -4164,
    Reason.NO_LIQUIDITY: -4131,
    Reason.MARGIN_SHORT: -2019,
    Reason.RISK_LIMIT: -2027,
    Reason.REDUCE_ONLY_FLAT: -2022,
    Reason.REDUCE_ONLY_TOO_LARGE: -2022,
    Reason.REDUCE_ONLY_BLOCKED: -4118,
    Reason.REDUCE_ONLY_CONFLICT: -2022,
    Reason.DUPLICATE_CLIENT_ID: -4116,
    Reason.ORDER_UNKNOWN: -2011,
    Reason.STOP_UNKNOWN: -2011,
    Reason.NO_POSITION: -4509,
    Reason.STOP_EXISTS: -4130,
    Reason.WOULD_TRIGGER: -2021,
    Reason.STOP_WRONG_SIDE: -2021,
    Reason.TOO_MANY_STOPS: -4045,
    Reason.TOO_MANY_ORDERS: -2025,
    Reason.LEVERAGE_TOO_HIGH: -4028,
    Reason.NOT_MODIFIED: -5027,
    Reason.HEDGE_MODE: -4061,
}
"""The book's reasons as this venue's codes (binance.md 4.2, 4.4)."""

AHEAD_TEXT: Final = "Timestamp for this request was 1000ms ahead of the server's time."
"""The second of the two texts of -1021 (binance.md 1.2)."""

_UNAUTHORISED: Final = (-2014, -2015)


SAMPLES: Final[dict[int, tuple[str, ...]]] = {
    -1003: ("127.0.0.1", "2400"),
    -1015: ("300", "TEN_SECONDS"),
    -1102: ("timestamp",),
    -1127: ("168",),
    -4164: ("5.0",),
}
"""Words for the texts of refusals that are planned rather than earned."""


def usual_text(code: int) -> str:
    """The text a code usually comes with; "" for a code that the venue book does not quote."""
    return TEXTS.get(code, "").format(*SAMPLES.get(code, ("", "")))


class Denial(Exception):  # noqa: N818 (it names what the venue does, not a fault of the program)
    """The venue says no: ``code`` as on the wire, ``text`` its message, ``status`` the HTTP status.

    ``wait`` is how long the one refused should stay away, in µs, where the venue knows it.
    """

    def __init__(
        self, code: int, *words: str, text: str | None = None, status: int | None = None, wait: int | None = None
    ) -> None:
        self.code = code
        self.wait = wait
        self.text = TEXTS[code].format(*words) if text is None else text
        self.status = status if status is not None else 401 if code in _UNAUTHORISED else 400
        super().__init__(f"{self.status} {code} {self.text}")


def denial_of(refusal: Refusal, rules: Instrument | None = None) -> Denial:
    """The book's refusal in this venue's words; the numbers a text quotes come from its facts and the symbol's rules."""
    limit, got = str(refusal.facts.get("limit", "")), str(refusal.facts.get("got", ""))
    if refusal.reason is Reason.LEVERAGE_TOO_HIGH:
        return Denial(-4028, got)
    if refusal.reason is Reason.PRICE_RANGE:
        return _beyond_bound(refusal, rules)
    return Denial(REASONS[refusal.reason], limit)


def _beyond_bound(refusal: Refusal, rules: Instrument | None) -> Denial:
    """-4016 above and -4024 below the price that the percent bound gives (binance.md 1.5, 4.2)."""
    got, base = refusal.facts.get("got"), refusal.facts.get("base")
    if not isinstance(got, Decimal) or not isinstance(base, Decimal):
        return Denial(-4013)
    above = got > base
    bound = base if rules is None else base * (rules.price_up if above else rules.price_down)
    return Denial(-4016 if above else -4024, text(bound))


def error_reply(denial: Denial, headers: Headers = ()) -> Reply:
    """The refusal as a reply: ``{"code", "msg"}`` (binance.md 4.2)."""
    body = encode({"code": denial.code, "msg": denial.text})
    return Reply(denial.status, (*JSON_HEADERS, *headers), body)


def ok_reply(value: object, headers: Headers = ()) -> Reply:
    """A reply of status 200 with a JSON body."""
    return Reply(200, (*JSON_HEADERS, *headers), encode(value))
