"""What bytes say of stops and positions, in the venues' own words: by patterns, so that no codec of ours has a say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from venuesim.verdict import StopSpan

_OBJECT: Final = re.compile(r"\{[^{}]*\}")
OUT_OF_THE_BOOK: Final = re.compile(
    r'"(?:X|algoStatus)":"(?:CANCELED|EXPIRED|REJECTED|FINISHED|TRIGGERED)'
    r'|"orderStatus":"(?:Deactivated|Cancelled|Rejected|Filled|Triggered|New)"'
)
"""What a stop is called that covers nothing (binance.md 3.2; bybit.md 3.3)."""
FIRING: Final = re.compile(r'"(?:X|algoStatus)":"TRIGGERING"')
"""And one that covers for a moment yet."""
STANDING: Final = re.compile(r'"(?:X|algoStatus)":"NEW"|"orderStatus":"Untriggered"')
"""And one that watches (binance.md 1.9, 3.2; bybit.md 3.3)."""
FILLED: Final = re.compile(r'"(?:positionAmt|pa|executedQty|z|l|size|cumExecQty|execQty)":"-?(?!0(?:\.0*)?")[0-9]')
"""That something has filled, or is open."""
OPEN: Final = re.compile(r'"size":"(?!0(?:\.0*)?")[0-9]')
BARE: Final = re.compile(r'"stopLoss":"(?:0(?:\.0*)?)?"')
STOPPED: Final = re.compile(r'"stopLoss":"(?!0(?:\.0*)?")[0-9]')
"""Of a position's row (bybit.md 1.6): that something is open, without a stop, and with one."""


def names_of(stop: StopSpan) -> list[str]:
    """What a stop may be called in a reply or a frame."""
    return [name for name in (stop.stop_id, stop.client_id) if name]


def objects_about(stop: StopSpan, text: str) -> Iterator[str]:
    """The innermost objects of a text that name a stop."""
    names = names_of(stop)
    if any(name in text for name in names):
        yield from (found for found in _OBJECT.findall(text) if any(name in found for name in names))


def shows(text: str, symbol: str, *words: re.Pattern[str]) -> bool:
    """Whether an object of the text that is about the symbol says all of it."""
    if symbol not in text:
        return False
    about = (found for found in _OBJECT.findall(text) if f'"{symbol}"' in found)
    return any(all(word.search(found) for word in words) for found in about)
