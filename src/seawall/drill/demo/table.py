"""The table at the end: signal, fault, the report's bot, Seawall, the judge. On a narrow screen one block a signal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from seawall.drill.demo.findings import Row
from seawall.drill.demo.screen import bot_word, our_word, span
from seawall.model.amounts import plain

_WIDE = 140
"""Columns from which on all stands in one row."""
_NAMES = 9
"""Columns of the names on a narrow screen."""


def print_table(console: Console, found: Sequence[Row]) -> None:
    """The whole table, as wide as the console lets it be."""
    if console.width >= _WIDE:
        console.print(_wide(found))
        return
    for row in found:
        _print_block(console, row)


def summary(found: Sequence[Row]) -> list[str]:
    """Before and after, in two sentences."""
    right = sum(not row.objections() for row in found)
    ours = [row.ours.naked for row in found]
    bot_right, bots = sum(row.bot_is_right for row in found), [row.bots.naked for row in found]
    still = sum(row.bots.still_naked for row in found)
    ours_in_all, bots_in_all = span(sum(ours)), span(sum(bots))
    before = f"The report's bot: {bot_right} of {len(found)} as they must be; without a stop for {bots_in_all} in all"
    after = f"Seawall: {right} of {len(found)} as they must be; without a stop for {ours_in_all} in all"
    return [
        f"{before}, and {still} positions stand open without one now.",
        f"{after}, {span(max(ours, default=0))} at most.",
    ]


def what(row: Row) -> str:
    """As "sell 27 VELVETUSDT"."""
    return f"{row.scene.side.value} {plain(row.scene.quantity)} {row.scene.symbol}"


def said_by(row: Row) -> str:
    """The sources that spoke about ours, by name."""
    return ", ".join(row.told.sources) if row.told is not None else ""


def judged(row: Row) -> Text:
    """Whether journal and judge agree, and if not, in what."""
    objections = row.objections()
    return Text("; ".join(objections), style="bold red") if objections else Text("agrees", style="green")


def _wide(found: Sequence[Row]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for title, width in (("venue", 7), ("signal", 28), ("fault", None), ("the report's bot", 25)):
        table.add_column(title, width=width, overflow="fold")
    for title, width in (("Seawall", 23), ("sources", 14), ("judge", 8)):
        table.add_column(title, width=width, overflow="fold")
    for row in found:
        table.add_row(
            row.scene.venue.value,
            what(row),
            Text(row.scene.fault or "none", style="" if row.scene.fault else "dim"),
            bot_word(row, over=True),
            our_word(row),
            said_by(row),
            judged(row),
        )
    return table


def _print_block(console: Console, row: Row) -> None:
    """One signal on a narrow screen: a line for each thing, folded within its column."""
    ours = our_word(row) + Text(f"; heard from {said_by(row)}")
    lines = (
        (row.scene.venue.value, Text(what(row), style="bold")),
        ("fault", Text(row.scene.told or "none")),
        ("the bot", bot_word(row, over=True)),
        ("Seawall", ours),
        ("judge", judged(row)),
    )
    for name, text in lines:
        for place, part in enumerate(text.wrap(console, max(20, console.width - _NAMES))):
            part.rstrip()
            console.print(Text(("" if place else name).ljust(_NAMES), style="dim") + part)
    console.print()
