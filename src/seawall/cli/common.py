"""What the commands share: their common options, and printing for people and for programs.

Colours and frames only on a terminal that wants them: NO_COLOR, a pipe and a narrow window are respected. Amounts are
written in plain digits, instants in UTC, durations in milliseconds.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from seawall.model.amounts import plain
from seawall.model.ids import Account
from seawall.model.times import MILLISECOND, SECOND, Duration, Instant
from seawall.service.config import load, locate
from seawall.service.halt import UnknownAccount
from seawall.service.problems import ConfigError
from seawall.service.settings import Settings

if TYPE_CHECKING:
    from seawall.service.reader import JournalReader

_LONGEST_WAIT = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@Parameter(name="*")
@dataclass(frozen=True)
class Common:
    """Options of every command."""

    config: Annotated[Path | None, Parameter(help="The configuration; else $SEAWALL_CONFIG, else ./seawall.toml.")] = (
        None
    )
    json: Annotated[bool, Parameter(negative="", help="Print JSON.")] = False
    sim_url: Annotated[
        list[str] | None,
        Parameter(negative="", help="VENUE=http://host:port of a box, for accounts in sim mode; may be repeated."),
    ] = None

    def settings(self) -> Settings:
        """The configuration. Raises ConfigError."""
        return load(locate(self.config), sim=dict(_pair(one) for one in self.sim_url or ()))

    def journal(self) -> JournalReader:
        """The journal's file, for reading. Raises ConfigError, JournalError."""
        from seawall.service.reader import JournalReader  # a command in a hurry needs no journal

        return JournalReader(self.settings().journal)


NO_OPTIONS = Common()


def _pair(text: str) -> tuple[str, str]:
    from seawall.service.problems import ConfigError

    name, found, address = text.partition("=")
    if not found:
        raise ConfigError(f"--sim-url: expected VENUE=http://host:port, came {text!r}")
    return name, address


def console(*, to_err: bool = False) -> Console:
    """Standard output, as it is: its width, its colours or none; standard error for what a program must not read."""
    return Console(highlight=False, soft_wrap=False, file=sys.stderr if to_err else sys.stdout)


def complain(words: str) -> None:
    """What is wrong beside what was asked, on standard error."""
    console(to_err=True).print(f"seawall: {words}", markup=False)


def print_json(value: Any) -> None:
    """One JSON value on a line; amounts as plain text."""
    sys.stdout.write(as_json(value) + "\n")
    sys.stdout.flush()


def as_json(value: Any) -> str:
    """One JSON value; amounts as plain text."""
    return msgspec.json.encode(_spelled(msgspec.to_builtins(value, builtin_types=(Decimal,)))).decode()


def _spelled(value: Any) -> Any:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _spelled(one) for key, one in value.items()}
    return [_spelled(one) for one in value] if isinstance(value, list | tuple) else value


def beginning(text: str) -> Instant:
    """Microseconds UTC of a day or an instant that `--since` names; 0 for none. Raises ConfigError."""
    if not text:
        return 0
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--since: expected a day as 2026-01-01 or an instant, came {text!r}") from error
    utc = told.replace(tzinfo=UTC) if told.tzinfo is None else told
    return (utc - _EPOCH) // timedelta(microseconds=1)


def chosen(journal: JournalReader, account: str) -> list[Account]:
    """The accounts that a command is about: the one that it names, or all that the journal has. Raises UnknownAccount
    for one that the journal does not have: nothing of it is known, which is not the same as nothing.
    """
    known = list(journal.accounts())
    if account and account not in known:
        raise UnknownAccount(f"account: expected one of {', '.join(known) or 'none yet'}, came {account!r}")
    return [Account(account)] if account else known


def seconds(told: float, option: str) -> float:
    """A time to wait, as an option names it. Raises ConfigError for what is no number of seconds."""
    if not 0 <= told <= _LONGEST_WAIT:
        raise ConfigError(f"{option}: expected 0 to {_LONGEST_WAIT} seconds, came {told}")
    return told


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """A table as wide as the terminal; its cells wrap."""
    out = console()
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def amount(value: Decimal | None) -> str:
    """An amount in plain digits; "-" for none."""
    return "-" if value is None else plain(value)


def instant(at: Instant) -> str:
    """An instant as "2026-11-23 15:34:38.001", UTC; "-" for none."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if at else "-"


def span(duration: Duration | None) -> str:
    """A duration as a person says it: "0.4 ms", "352 ms", "12.3 s"; "-" for none."""
    if duration is None:
        return "-"
    if duration < 10 * MILLISECOND:
        return f"{duration / MILLISECOND:.1f} ms"
    return f"{duration // MILLISECOND} ms" if duration < 10 * SECOND else f"{duration / SECOND:.1f} s"
