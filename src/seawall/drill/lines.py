"""A page's lines as one venue's box understands them; the same in virtual time and on sockets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from seawall.drill.page import FaultLine, Hand, JournalLine, Kill, Page, Price
from seawall.model.ids import VenueName
from seawall.model.times import Duration
from venuesim.faults import NEEDS

Line = TypeVar("Line", FaultLine, Kill, JournalLine, Price, Hand)


def lines_on(lines: Iterable[Line], venue: VenueName) -> list[Line]:
    """Those that are not another venue's alone."""
    return [line for line in lines if line.only in (None, venue)]


def switches_on(page: Page, venue: VenueName) -> dict[str, str]:
    """The page's answers to the open questions that concern a venue."""
    return {name: answer for name, answer in page.switches.items() if "." not in name or name.startswith(f"{venue}.")}


def symbols_on(page: Page, venue: VenueName) -> list[str]:
    """What the box lists: the page's symbol, and one more beside it."""
    symbol = page.symbol(venue)
    return [symbol] if symbol == "BTCUSDT" else [symbol, "BTCUSDT"]


def fault_on(page: Page, venue: VenueName, account: str, line: FaultLine, since: Duration) -> dict[str, Any]:
    """The box's own words for a line: its times count from the box's start, `since` before the signal, and it names
    account and symbol if no call gives them.
    """
    plain = dict(line.line)
    if line.after is not None:
        plain["after"] = since + line.after
    if line.until is not None:
        plain["until"] = since + line.until
    if plain.get("call", "*") == "*":
        ours = {"account": account, "symbol": page.symbol(venue)}
        plain = {**{name: ours[name] for name in NEEDS.get(plain["fault"], ()) if name in ours}, **plain}
    return plain


def title_of(number: int, line: FaultLine) -> str:
    """How a line is named to whoever asks why it did not strike; empty if it need not."""
    return f"fault {number} ({line.line['fault']} {line.line.get('call', '')})" if not line.maybe else ""


def jump_on(page: Page, venue: VenueName, price: Price) -> dict[str, Any]:
    """The box's own words for a price line, without its time."""
    return {"fault": "price_jump", "symbol": page.symbol(venue), "pct": price.pct, "price": price.which}
