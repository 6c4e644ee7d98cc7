"""What each refusal means: (call, code, text) to an outcome and a reason (bybit.md 3.8, 3.5, 3.6; incidents.md 4).

One code has many meanings here. 10001 is the venue's word for any bad parameter: "zero position" (the stop is too early,
or the position is already closed), a stop on the wrong side (the market has passed it), a stop beyond liquidation, a
quantity outside its limits, and a wrong position mode all carry it, and only the text tells them apart. 110017 on a
close means that there is nothing to reduce, on an opening order that the quantity was cut down to zero. 34040 on a stop
means "already so, or a parameter is missing", so it asks for a read.

110079 is called a refusal, to be sent again under the same name; its text speaks of an order that is being processed, and
another attempt of ours has a name of its own. So an entry that is answered so is looked for (design, rule 6).

A pair (call, code) without a row is Unknown, and so are the codes that the book itself calls ambiguous: a server that
timed out may still execute. Codes of the spot market (1701xx) have no row but where the book gives them the meaning of a
linear one: they cannot arise from what we send, and if one does we do not know what happened (incident I45).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
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
from seawall.venues.bybit.requests import clears_position_stop


class Call(StrEnum):
    """The calls of the table: what we asked for, since one endpoint serves several purposes. CLOSE is every order that
    only reduces, a take-profit too.
    """

    ENTRY = "entry"
    CLOSE = "close"
    QUANTITY_STOP = "quantity_stop"
    POSITION_STOP = "position_stop"
    CLEAR_STOP = "clear_stop"
    CANCEL = "cancel"
    LEVERAGE = "leverage"


class Verdict(Struct, frozen=True):
    """What a reply says of its act."""

    outcome: Outcome
    reason: Reason = Reason.NONE


class Rule(Struct, frozen=True):
    """One row: what these codes mean on these calls, and the section of the book that says so.

    `pattern` is searched in the text, "" fits any; of several rows the first that fits counts.
    """

    codes: tuple[int, ...]
    calls: tuple[Call, ...]
    verdict: Verdict
    page: str
    pattern: str = ""


UNKNOWN: Final = Verdict(Outcome.UNKNOWN)
DONE: Final = Verdict(Outcome.ACKNOWLEDGED)
LIMIT: Final = Verdict(Outcome.REFUSED, Reason.LIMIT)

ANY: Final = tuple(Call)
SAFE: Final = tuple(call for call in Call if call is not Call.ENTRY)
"""Every call but the entry: what may be repeated without more risk."""
ORDERS: Final = (Call.ENTRY, Call.CLOSE, Call.QUANTITY_STOP)
RISING: Final = (*ORDERS, Call.LEVERAGE)
STOPS: Final = (Call.QUANTITY_STOP, Call.POSITION_STOP)
BESIDE_POSITION: Final = (Call.ENTRY, Call.POSITION_STOP)
"""The calls that carry a stop of the position, attached or set."""

BEYOND_LIQUIDATION: Final = r"liq_?price"
WRONG_SIDE: Final = r"(?i)\b(sl|stoploss):\S+ set for (buy|sell) position should"
QUANTITY: Final = r"(?i)exceeds m(ax|in)imum limit|\bqty\b"


def _refused(reason: Reason, codes: tuple[int, ...], calls: tuple[Call, ...], page: str, pattern: str = "") -> Rule:
    return Rule(codes, calls, Verdict(Outcome.REFUSED, reason), page, pattern)


RULES: Final = (
    # The outcome is unknown: never sent again, resolved by looking.
    Rule((10000, 10014, 10016, 10019), ANY, UNKNOWN, "3.8 AMB"),
    Rule((170007, 170032, 500000, 3400214), ANY, UNKNOWN, "3.8 AMB"),
    Rule((110079,), (Call.ENTRY,), UNKNOWN, "3.8 RETRY with the same id; but an order that is processing is there"),
    # Not executed: another attempt may follow.
    _refused(Reason.CLOCK, (-1, 10002), ANY, "3.8 RETRY after clock fix; 1.1"),
    _refused(Reason.LIMIT, (429, 10006, 10018, 10403, 10429, 20003), ANY, "3.8 RETRY; 1.3; 2.2 a socket's"),
    _refused(Reason.BUSY, (110079,), SAFE, "3.8 order is processing, RETRY"),
    # Keys, permissions, modes.
    _refused(Reason.ACCOUNT, (10003, 10004, 10005, 10007, 10010, 33004), ANY, "3.8 STOP; 1.0"),
    _refused(Reason.ACCOUNT, (10008, 10009, 10024, 10027, 10028, 10029, 100028), ANY, "3.8 STOP"),
    _refused(Reason.ACCOUNT, (110024, 110028, 110029, 110123, 110124, 110125, 110132), ANY, "3.8 STOP"),
    _refused(Reason.ACCOUNT, (10001,), ANY, "3.8 by its text: the account is in hedge mode", r"(?i)position ?idx"),
    # The other meanings of 10001, by its text.
    _refused(Reason.NO_POSITION, (10001,), (Call.POSITION_STOP,), "3.6 too early or already closed", r"zero position"),
    _refused(
        Reason.NOT_FOUND, (10001,), (Call.CLEAR_STOP,), "3.6: without a position there is no stop", r"zero position"
    ),
    _refused(Reason.STOP_REFUSED, (10001,), BESIDE_POSITION, "3.5 between liquidation and base", BEYOND_LIQUIDATION),
    _refused(Reason.TRIGGER_PASSED, (10001,), BESIDE_POSITION, "3.5 wrong side", WRONG_SIDE),
    _refused(Reason.FILTER, (10001,), ORDERS, "3.4 quantity outside its limits", QUANTITY),
    _refused(Reason.PARAMETER, (10001,), ANY, "3.8 default REJ"),
    _refused(Reason.PARAMETER, (181001,), ANY, "incidents.md I19: category missing"),
    _refused(Reason.PARAMETER, (10404,), ANY, "2.2 unknown op or category of a frame"),
    # Stops.
    _refused(Reason.NOT_MODIFIED, (34040,), (Call.POSITION_STOP,), "3.6: already so, or a parameter missing: read"),
    _refused(Reason.NOT_FOUND, (34040,), (Call.CLEAR_STOP,), "3.6: no stop was there to remove"),
    _refused(Reason.TRIGGER_PASSED, (110092, 110093), STOPS, "3.8 market already beyond the trigger"),
    _refused(Reason.STOP_REFUSED, (110009, 110061), (*STOPS, Call.ENTRY), "1.3 caps of stops"),
    _refused(Reason.STOP_REFUSED, (110057, 110058, 110059, 110060), (*STOPS, Call.ENTRY), "3.8 parameter conflicts"),
    _refused(Reason.STOP_REFUSED, (110003, 110120, 110121), (Call.POSITION_STOP,), "3.8 trigger out of range"),
    # Names.
    _refused(Reason.DUPLICATE_NAME, (110072, 170141), ORDERS, "3.3: the name was seen before, so look it up"),
    _refused(Reason.NOT_FOUND, (110001, 110008, 110010), (Call.CANCEL,), "1.5, 3.8: ended, or not yet visible"),
    # Reducing.
    _refused(Reason.REDUCE_ONLY, (110017,), (Call.CLOSE, Call.QUANTITY_STOP), "3.8: read the position again"),
    # What the instrument permits.
    _refused(Reason.FILTER, (110017,), (Call.ENTRY,), "3.4: truncated to zero"),
    _refused(Reason.FILTER, (110094, 170140, 3100116), ORDERS, "3.8 least value; 3.4"),
    _refused(Reason.FILTER, (110020,), ORDERS, "1.3: 500 active orders"),
    _refused(Reason.FILTER, (110021, 110022, 110023, 110042, 110066, 110074, 30228), ANY, "3.8 symbol's state"),
    _refused(Reason.FILTER, (110013,), (Call.LEVERAGE,), "1.6: this leverage is above the risk tier"),
    _refused(Reason.BAND, (110003, 110120, 110121), ORDERS, "3.8 price out of range"),
    _refused(Reason.BAND, (110118,), ORDERS, "3.4: no price for a market order"),
    _refused(Reason.BAND, (30208, 30209), ORDERS, "incidents.md 4: outside the price band"),
    # What the account permits.
    _refused(Reason.FUNDS, (110004, 110006, 110007, 110012, 110014, 110044, 110045), ANY, "3.8 balance"),
    _refused(Reason.FUNDS, (110051, 110052, 110053), ANY, "3.8 balance"),
    _refused(Reason.FUNDS, (110013, 110085, 110086, 110089, 110090), RISING, "3.8 risk tier, largest position"),
    # Already so: confirmed by the read-back that follows.
    Rule((110043, 34040), (Call.LEVERAGE,), DONE, "1.6, 3.8 not modified"),
)


def _by_call() -> Mapping[tuple[Call, int], tuple[Rule, ...]]:
    found: dict[tuple[Call, int], tuple[Rule, ...]] = {}
    for rule in RULES:
        for key in ((call, code) for call in rule.calls for code in rule.codes):
            found[key] = (*found.get(key, ()), rule)
    return found


_TABLE: Final = _by_call()


def verdict(call: Call, code: int, text: str, status: int = 200) -> Verdict:
    """What a reply with a return code means; 0 is an acknowledgement, and what the table does not list is Unknown.

    Business answers come with HTTP 200 (bybit.md 1.2). 403, 418 and 429 are the venue's word to stop, whatever they
    carry; under 5xx nothing that the body says is certain, nor is a success under any status that is none.
    """
    if status >= 500 or status_verdict(status) != UNKNOWN:
        return status_verdict(status)
    if code == 0:
        return DONE if 200 <= status < 300 else UNKNOWN
    rules = _TABLE.get((call, code), ())
    return next((rule.verdict for rule in rules if re.search(rule.pattern, text)), UNKNOWN)


def status_verdict(status: int) -> Verdict:
    """What a reply without a return code means: 403, 418 and 429 are refusals at the gate (bybit.md 1.3), all others
    (5xx, 408, a proxy's page, half a body) leave everything open.
    """
    return LIMIT if status in (403, 418, 429) else UNKNOWN


def call_of(act: Act) -> Call:
    """The call of the table that an act makes."""
    match act:
        case SubmitEntry():
            return Call.ENTRY
        case ClosePosition() | PlaceTakeProfit():
            return Call.CLOSE
        case PlaceStop():
            return Call.POSITION_STOP if act.quantity is None else Call.QUANTITY_STOP
        case CancelOrder():
            return Call.CLEAR_STOP if clears_position_stop(act) else Call.CANCEL
        case SetLeverage():
            return Call.LEVERAGE


def public_text(code: int, text: str) -> str:
    """The venue's words, without what 10004 quotes of us: the signed text with our key in it (bybit.md 1.1)."""
    return re.sub(r"origin_string\[.*", "origin_string[...]", text, flags=re.DOTALL) if code == 10004 else text
