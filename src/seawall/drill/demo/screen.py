"""What is seen while the show runs: a table that fills in on a terminal, one line for each end everywhere else.

Both are told the same rows, read from journal and judge; neither knows anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from seawall.drill.demo.findings import Row
from seawall.history.words import milliseconds

_GOOD, _BAD, _FAINT = "bold green", "bold red", "dim"


class Screen(Protocol):
    """Where progress is shown."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def show(self, found: Sequence[Row], elapsed: float) -> None:
        """Shows how it stands, `elapsed` seconds after the first signal."""
        ...


def screen_on(console: Console) -> Screen:
    """The screen that suits the output: a live table on a terminal, plain lines in a pipe or a file."""
    return LiveScreen(console) if console.is_terminal and not console.is_dumb_terminal else PlainScreen(console)


class LiveScreen:
    """A table on a terminal, drawn again a few times a second, gone when the show is over."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()

    def show(self, found: Sequence[Row], elapsed: float) -> None:
        """See `Screen`."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for title in (f"{elapsed:4.1f} s", "the report's bot", "Seawall"):
            table.add_column(title, no_wrap=True)
        for row in found:
            table.add_row(f"{row.scene.venue.value:8}{row.scene.symbol}", bot_word(row, over=False), our_word(row))
        self._live.update(table, refresh=True)


class PlainScreen:
    """One line when a signal of ours has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        return

    def show(self, found: Sequence[Row], elapsed: float) -> None:
        """See `Screen`."""
        for row in found:
            if row.ended and self._told.get(row.scene.id) != row.state:
                self._told[row.scene.id] = row.state
                self._console.print(f"{elapsed:5.1f} s  {row.state:9}  {row.scene.venue.value} {row.scene.symbol}")


def our_word(row: Row) -> Text:
    """Our end, and how long it was naked: "PROTECTED, 31 ms naked"."""
    word = Text(row.state, style=_GOOD if row.state == row.scene.must else "" if not row.ended else _BAD)
    if row.naked is not None and row.told is not None and row.told.naked is not None:
        word.append(", naked" if row.told.naked.is_open else f", {span(row.naked)} naked", style="not bold")
    return word


def bot_word(row: Row, *, over: bool) -> Text:
    """What became of the bot's; while the show runs a position without a stop is only on its way."""
    if not row.bots.episodes and not over:
        return Text("")
    settled = over or not row.bots.still_naked
    style = _FAINT if not settled else _GOOD if row.bot_is_right else _BAD
    word = Text(row.bot_says if settled else "naked", style=style)
    if row.bots.naked:
        word.append(f", {span(row.bots.naked)} {'so far' if row.bots.still_naked else 'naked'}", style="not bold")
    return word


def span(duration: int) -> str:
    """A naked time: "31 ms", "11.2 s"."""
    return milliseconds(duration) if duration >= 10_000_000 else f"{round(duration / 1000):,} ms".replace(",", " ")  # noqa: PLR2004
