"""What a refusal means: (call, code, text) folded to an outcome and a reason, by a table.

The first row that names the call and the code counts. A code that no row names makes the outcome Unknown, and so does
every reply of HTTP status 5xx or 408, whatever code it carries, but for the few that the book lists as *not
executed*: an order may have been taken though its answer says "error". For an entry even two of those count as
Unknown, since the official text was never measured and a doubled entry costs more than a look (design, rule 6).

Codes of *already so* (-4046 and its kin) are success. -2011 on a cancel and -2013 on a read prove nothing about the
past (binance.md 4.2): the first may mean "triggering right now", the second "too early".
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

from seawall.model.acts import (
    Act,
    CancelOrder,
    ClosePosition,
    Outcome,
    PlaceStop,
    PlaceTakeProfit,
    Reason,
    SetLeverage,
    SubmitEntry,
)
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration, Instant
from seawall.venues.binance import wire
from seawall.venues.binance.traits import WEIGHT_HEADER, WEIGHT_LIMIT
from seawall.venues.port import Reply


class Call(StrEnum):
    """The calls by which the table tells meanings apart. CLOSE is every reduce-only order, a take-profit too."""

    ENTRY = "entry"
    CLOSE = "close"
    STOP = "stop"
    CANCEL = "cancel"
    CANCEL_STOP = "cancel_stop"
    LEVERAGE = "leverage"
    READ = "read"


ANY: Final = tuple(Call)
SAFE: Final = tuple(call for call in Call if call is not Call.ENTRY)
"""Every call but the entry: what may be repeated without more risk."""
ORDERS: Final = (Call.ENTRY, Call.CLOSE)
CANCELS: Final = (Call.CANCEL, Call.CANCEL_STOP)


class Verdict(Struct, frozen=True):
    """What became of an act by the venue's word."""

    outcome: Outcome
    reason: Reason = Reason.NONE


class Rule(Struct, frozen=True):
    """One row: what these codes mean on these calls, and the section of the book that says so."""

    codes: tuple[int, ...]
    calls: tuple[Call, ...]
    verdict: Verdict
    page: str


UNKNOWN: Final = Verdict(Outcome.UNKNOWN)
DONE: Final = Verdict(Outcome.ACKNOWLEDGED)
LIMIT: Final = Verdict(Outcome.REFUSED, Reason.LIMIT)
BUSY: Final = Verdict(Outcome.REFUSED, Reason.BUSY)


def _refused(reason: Reason, codes: tuple[int, ...], calls: tuple[Call, ...], page: str) -> Rule:
    return Rule(codes, calls, Verdict(Outcome.REFUSED, reason), page)


RULES: Final = (
    # The outcome is unknown: never sent again, resolved by looking (binance.md 4.3).
    Rule((-1000, -1006, -1007), ANY, UNKNOWN, "4.2 outcome unknown"),
    Rule((-1001, -1016), (Call.ENTRY,), UNKNOWN, "4.2 definite failure, but a cautious entry path checks first"),
    # Not executed: another attempt may follow.
    _refused(Reason.BUSY, (-1001, -1016), SAFE, "4.2 definite failure, retry ok"),
    _refused(Reason.BUSY, (-1008,), ANY, "4.2 definite failure, retry ok: all of it failed"),
    _refused(Reason.CLOCK, (-1021, -5028), ANY, "4.2 not executed, fix clock; 1.2"),
    _refused(Reason.LIMIT, (-1003, -1015), ANY, "4.2 limits; 1.3"),
    # Stops.
    _refused(Reason.TRIGGER_PASSED, (-2021, -4142), (Call.ENTRY, Call.STOP), "1.9 would trigger at once"),
    _refused(Reason.STOP_EXISTS, (-4130,), (Call.STOP,), "4.4: a stop exists, not necessarily ours"),
    _refused(Reason.NO_POSITION, (-4509, -4129), (Call.STOP,), "4.4 before the position; 4.2: -4129 was the old text"),
    _refused(Reason.STOP_REFUSED, (-4045, -4120, -4135, -4137, -4138), (Call.STOP,), "1.9, 4.2"),
    _refused(Reason.STOP_BOUND, (-4210, -4211), (Call.STOP,), "1.9: the trigger is outside the price multiplier"),
    _refused(Reason.PARAMETER, (-4120,), ORDERS, "1.6: a stop sent to the order endpoint"),
    # Names.
    _refused(Reason.DUPLICATE_NAME, (-4116,), (Call.ENTRY, Call.CLOSE, Call.STOP), "4.1 only against an open order"),
    _refused(Reason.DUPLICATE_NAME, (-20132,), (Call.STOP,), "4.1: one of two codes, unverified which"),
    _refused(Reason.PARAMETER, (-4015,), (Call.ENTRY, Call.CLOSE, Call.STOP), "4.1 name too long"),
    _refused(Reason.NOT_FOUND, (-2011,), CANCELS, "1.4, 1.9: unknown, ended, or triggering right now"),
    _refused(Reason.NOT_FOUND, (-2013,), (Call.READ, *CANCELS), "1.4, 1.9"),
    # Reducing.
    _refused(Reason.REDUCE_ONLY, (-2022, -2026), (Call.CLOSE, Call.STOP), "4.2 reduce-only: read the position again"),
    _refused(Reason.BLOCKED, (-4118,), (Call.CLOSE, Call.STOP), "4.2, 4.5: resting reduce-only orders take it all"),
    # What the instrument permits.
    _refused(Reason.BAND, (-4016, -4024, -4131), ORDERS, "4.2 filters: percent price"),
    _refused(Reason.BAND, (-5021, -5022), ORDERS, "4.2 maker/FOK: the book did not meet the price"),
    _refused(Reason.FILTER, (-1111, -1121, -1122, -4003, -4004, -4005, -4013, -4014, -4023, -4164), ANY, "4.2 filters"),
    _refused(Reason.FILTER, (-4140, -4141), ANY, "4.2: the symbol, not the account, is closed for opening"),
    _refused(Reason.FILTER, (-4028, *range(-4209, -4201)), (Call.LEVERAGE,), "1.4: this leverage is not permitted"),
    # What the account permits.
    _refused(Reason.FUNDS, (-2018, -2019, -2024, -2025, -2027, -2028, -4045), ANY, "4.2 funds, limits"),
    _refused(Reason.ACCOUNT, (-2014, -2015, -2017, -2023), ANY, "4.2 account state"),
    _refused(Reason.ACCOUNT, (-4087, -4088, -4105, -4106, -4107), ANY, "4.2 account state"),
    _refused(Reason.ACCOUNT, (-4189, -4192, -4400, -4401, -4402), ANY, "4.2 account state"),
    _refused(Reason.ACCOUNT, (-4061, -4062), ANY, "4.2, 1.6: the account is in hedge mode"),
    # Already so.
    Rule((-4046, -4059, -4171, -5027), ANY, DONE, "4.2 already so = success"),
    # Ours to mend.
    _refused(Reason.PARAMETER, (-1102, -1104, -1106, -1125, -2010, -4161), ANY, "4.2 other: fix; 1.4 leverage"),
)

_TABLE: Final = {(call, code): rule.verdict for rule in reversed(RULES) for call in rule.calls for code in rule.codes}

UNAVAILABLE: Final = re.compile(r"\s*service unavailable\.?\s*", re.IGNORECASE)
"""The 503 that is a definite failure: the words alone. A proxy's HTML page with the same words proves nothing."""
THROTTLED: Final = re.compile(r"\s*request throttled by system-level protection", re.IGNORECASE)
"""-1008 where only its text came (binance.md 4.7: 503, three texts)."""

SHORTEST_BAN: Final = 2 * MINUTE
"""How long a ban lasts at least (binance.md 1.3), where the reply does not say."""
BACK_OFF: Final = 10 * SECOND
"""The span of the shortest count that the venue keeps (binance.md 1.3); six tries a minute are no hammering."""

_BANNED_UNTIL: Final = re.compile(r"banned until (\d{13})")
_DETAIL: Final = 300
"""How much of an unreadable body is kept in a detail."""


def call_of(act: Act) -> Call:
    """Under which call an act's refusals are looked up."""
    match act:
        case SubmitEntry():
            return Call.ENTRY
        case ClosePosition() | PlaceTakeProfit():
            return Call.CLOSE
        case PlaceStop():
            return Call.STOP
        case CancelOrder():
            return Call.CANCEL_STOP if act.is_stop else Call.CANCEL
        case SetLeverage():
            return Call.LEVERAGE


def verdict(call: Call, code: int | None, text: str, status: int = 400) -> Verdict:
    """What a reply other than a success means. `code` is None where the body had none; `text` its message or all of it.

    429, 418 and 403 are the venue's word to stop, whatever they carry (binance.md 1.3).
    """
    if status in (429, 418, 403):
        return LIMIT
    found = _TABLE.get((call, code), UNKNOWN) if code is not None else UNKNOWN
    if status == 503 and found == UNKNOWN:
        return _by_text(call, text)
    if status >= 500 or status == 408:
        return found if found == BUSY else UNKNOWN
    return found


def _by_text(call: Call, text: str) -> Verdict:
    """Two of the three texts of 503 are definite failures, with whatever code or none (binance.md 4.2)."""
    if THROTTLED.match(text) or (call is not Call.ENTRY and UNAVAILABLE.fullmatch(text)):
        return BUSY
    return UNKNOWN


# ---- what a reply says of itself


def error_of(reply: Reply) -> tuple[int | None, str]:
    """Code and text of an error body, under whatever HTTP status; (None, the body's beginning) where it has no code.

    A confirmation carries the code 200, as a number or as text, and is no error (binance.md 1.4, 1.9).
    """
    try:
        failure = wire.read(wire.Failure, reply.body)
        code = int(failure.code) if failure.code is not None else 0
    except (wire.Garbled, ValueError):
        return None, shortened(reply.body.decode(errors="replace"))
    if code < 0:
        return code, failure.msg or ""
    return None, failure.msg or ""


def wait_of(reply: Reply, at: Instant) -> Duration:
    """How long the venue asks to be left alone after 429, 418, 403, -1003 or -1015; `at` 0 if our time is not known.

    Its own words go first: Retry-After in seconds, then "banned until" an instant (binance.md 1.3). Then the book's: an
    order count runs over ten seconds or a minute, spent weight over a minute, a ban lasts at least two. Where neither has
    a figure (403, or 429 with weight left) we try once in `BACK_OFF`, since a stop may be waiting behind it.
    """
    named = _retry_after(reply)
    if named is not None:
        return named
    code, text = error_of(reply)
    until = _BANNED_UNTIL.search(text)
    if until is not None and at:
        return max(int(until[1]) * MILLISECOND - at, SECOND)
    if reply.status == 418:
        return SHORTEST_BAN
    spent = "MINUTE" in text.upper() if code == -1015 else _used_weight(reply) >= WEIGHT_LIMIT
    return MINUTE - at % MINUTE if spent else BACK_OFF


def _used_weight(reply: Reply) -> int:
    used = next((value for name, value in reply.headers if name.lower() == WEIGHT_HEADER), "")
    return int(used) if re.fullmatch(r"\d{1,9}", used) else 0


def _retry_after(reply: Reply) -> Duration | None:
    named = next((value for name, value in reply.headers if name.lower() == "retry-after"), "")
    return int(named) * SECOND if re.fullmatch(r"\d{1,7}", named) else None


def shortened(text: str) -> str:
    """A text of the venue's, cut where it is a whole page."""
    return text if len(text) <= _DETAIL else f"{text[:_DETAIL]}..."
