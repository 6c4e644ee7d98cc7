"""Every code that the venue books give a call, as the storm draws them: binance.md 4.2, bybit.md 3.8, 3.5 and 3.6.

A code is of one of four kinds. *Open*: the outcome is unknown, so that it comes with and without effect. *Early*: the
book lists it as not executed, and another attempt may follow. *Slow*: the venue's word to wait. *Final*: refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.model.ids import VenueName

OPEN, EARLY, SLOW, FINAL = "open", "early", "slow", "final"


@dataclass(frozen=True, slots=True)
class Code:
    """What a venue may answer: code, text, HTTP status (None for the usual one), and of what kind it is."""

    code: int | None
    kind: str
    text: str = "drill"
    status: int | None = None
    passed: bool = False
    """Whether it says that the market has passed the stop's trigger."""


def _all(kind: str, *codes: int, status: int | None = None) -> tuple[Code, ...]:
    return tuple(Code(code, kind, status=status) for code in codes)


_WORDS = (
    Code(None, OPEN, "<html>502 Bad Gateway</html>", 502),
    Code(None, OPEN, "<html>504 Gateway Time-out</html>", 504),
    Code(None, OPEN, "", 500),
    Code(None, OPEN, "Request Timeout", 408),
    Code(None, SLOW, "<html>Too Many Requests</html>", 429),
    Code(None, SLOW, "<html>Forbidden</html>", 403),
)
"""What stands before both venues: proxies and a firewall."""

_B_ANY = (
    *_WORDS,
    *_all(OPEN, -1000, -1006, -1007),
    Code(None, OPEN, "Unknown error, please check your request or try again later.", 503),
    Code(None, EARLY, "Service Unavailable.", 503),
    *_all(EARLY, -1001, -1008, -1016, -1021),
    Code(-1003, SLOW, "Too many requests.", 429),
    Code(-1003, SLOW, "Way too many requests; IP banned.", 418),
    *_all(FINAL, -2014, -2015, status=401),
    *_all(FINAL, -1102, -1104, -1106),
)
_B_ACTS = (
    *_all(EARLY, -5028),
    Code(-1015, SLOW, "Too many new orders; current limit is 300 orders per TEN_SECONDS."),
    *_all(FINAL, -1111, -1121, -1122, -4003, -4004, -4005, -4013, -4014, -4016, -4024, -4023, -4164, -4131),
    *_all(FINAL, -2010, -2018, -2019, -2024, -2025, -2027, -2028, -4045, -2017, -2023, -4015, -4061, -4062, -4116),
    *_all(FINAL, -2022, -4118, -2026, -5021, -5022, -4120),
    *_all(FINAL, -4087, -4088, -4105, -4106, -4107, -4140, -4141, -4189, -4192, -4400, -4401, -4402),
)
_B_STOPS = (
    Code(-2021, FINAL, "Order would immediately trigger.", passed=True),
    Code(-4142, FINAL, "REJECT: take profit or stop order will be triggered immediately.", passed=True),
    *_all(FINAL, -4130, -4509, -4129, -4135, -4137, -4138, -4210, -4211, -20132),
)
_B_LOOKS = _all(FINAL, -2013)

_Y_ANY = (
    *_WORDS,
    *_all(OPEN, 10000, 10014, 10016, 10019, 3400214, 170007, 170032, 500000),
    *_all(EARLY, -1, 10002),
    Code(10006, SLOW, "Too many visits."),
    Code(10018, SLOW, "Exceeded the IP Rate Limit."),
    Code(10429, SLOW, "System level frequency protection"),
    Code(10403, SLOW, "Exceeded the IP Rate Limit."),
    *_all(FINAL, 10003, 33004, 10004, 10005, 10007, 10010, 10028, 100028),
)
_Y_ACTS = (
    *_all(EARLY, 110079),
    *_all(FINAL, 10001, 10008, 10009, 10024, 10027, 10029, 110123, 110124, 110125, 110132, 110003, 110120, 110121),
    *_all(
        FINAL, 110004, 110006, 110007, 110012, 110014, 110044, 110045, 110051, 110052, 110053, 110009, 110020, 110061
    ),
    *_all(FINAL, 110013, 110085, 110086, 110089, 110090, 110017, 110021, 110022, 110023, 110042, 110066, 110074, 30228),
    *_all(FINAL, 110024, 110028, 110029, 110057, 110058, 110059, 110060, 110072, 170141, 110094, 170140, 3100116),
    *_all(FINAL, 170130, 170131, 170132, 170133, 170134, 170135, 170136, 170137, 131001, 40004),
    Code(10001, FINAL, "position idx not match position mode"),
    Code(10001, FINAL, "The number of contracts exceeds maximum limit allowed: too large"),
    Code(10001, FINAL, "StopLoss:95 set for Buy position should between liq_price and base_price"),
)
_Y_ENTRY = (Code(10001, FINAL, "sl:95 set for Sell position should greater base_price:97??LastPrice"),)
_Y_STOPS = (
    Code(10001, FINAL, "can not set tp/sl/ts for zero position"),
    Code(34040, FINAL, "not modified"),
    Code(10001, FINAL, "StopLoss:95 set for Buy position should lower than base_price:94??MarkPrice", passed=True),
    Code(110092, FINAL, "expect Rising, but trigger_price[95] <= current[96]??MarkPrice", passed=True),
    Code(110093, FINAL, "expect Falling, but trigger_price[95] >= current[94]??MarkPrice", passed=True),
)

CODES: Mapping[VenueName, Mapping[str, tuple[Code, ...]]] = {
    VenueName.BINANCE: {
        "order.create": (*_B_ANY, *_B_ACTS),
        "stop.create": (*_B_ANY, *_B_ACTS, *_B_STOPS),
        "order.cancel": (*_B_ANY, *_all(FINAL, -2011, -2013)),
        "stop.cancel": (*_B_ANY, *_all(FINAL, -2011, -2013)),
        "leverage.set": (*_B_ANY, *_all(FINAL, -4028, -4161, -4203, -4046)),
        "order.get": (*_B_ANY, *_B_LOOKS),
        "stop.get": (*_B_ANY, *_B_LOOKS),
        **dict.fromkeys(("positions.get", "stops.open", "orders.open", "fills.get", "time.get", "price.get"), _B_ANY),
        **dict.fromkeys(("modes.get", "account.get", "wallet.get", "instruments.get", "brackets.get"), _B_ANY),
        "listenkey.create": _B_ANY,
        "listenkey.extend": (*_B_ANY, *_all(FINAL, -1125)),
    },
    VenueName.BYBIT: {
        "order.create": (*_Y_ANY, *_Y_ACTS, *_Y_ENTRY),
        "stop.create": (*_Y_ANY, *_Y_ACTS, *_Y_STOPS),
        "order.cancel": (*_Y_ANY, *_all(FINAL, 110001, 110008, 110010)),
        "stop.cancel": (*_Y_ANY, *_all(FINAL, 34040, 110001)),
        "leverage.set": (*_Y_ANY, *_all(FINAL, 110043, 110013)),
        **dict.fromkeys(("order.get", "order.history", "positions.get", "stops.open", "orders.open"), _Y_ANY),
        **dict.fromkeys(("fills.get", "time.get", "price.get", "modes.get", "account.get", "wallet.get"), _Y_ANY),
        "instruments.get": _Y_ANY,
    },
}
"""By venue and by the box's name of the call."""

SAYS_PASSED = frozenset(code.code for code in (*_B_STOPS, *_Y_STOPS) if code.passed)
"""By which codes a venue says that the market has passed a stop's trigger."""
