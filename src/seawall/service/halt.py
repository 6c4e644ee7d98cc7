"""The halt: a file in the service's folder, so that it is there for whoever starts next and needs nobody's answer.

`halted` stops the entries of all accounts, `halted-NAME` those of one. A file is made whole or not at all (written
beside it, then renamed), one for each scope, so that two people who halt and resume at once never mix their words. The
service reads it when a signal comes and again right before an entry leaves. What cannot be read halts: a file that is
there means that somebody wanted no entries, whatever else it says.

Only entries are stopped. Whatever protects, closes or asks goes on.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from seawall.model.ids import Account
from seawall.model.times import SECOND, Instant
from seawall.service.durable import sync_folder
from seawall.service.problems import ConfigError, Exit, ServiceError

FILE = "halted"
EVERYONE = Account("")
"""The scope of a halt of all accounts; no account can have this name."""


class UnknownAccount(ServiceError):  # noqa: N818 - the state of the thing, as the operator says it
    """The configuration has no such account."""

    code = Exit.USAGE


@dataclass(frozen=True, slots=True)
class Halt:
    """Who may not enter, why, and since when (microseconds UTC; 0 if the file does not say)."""

    scope: Account
    reason: str
    at: Instant

    @property
    def words(self) -> str:
        """As "halted: maintenance", for whoever is refused."""
        return f"halted: {self.reason or 'no reason was given'}"


class Halts:
    """The halt files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: dict[Account, Path] = {}

    def of(self, account: Account) -> Halt | None:
        """What stops the account's entries: its own halt or everyone's; None if nothing does."""
        return self._read(EVERYONE) or self._read(account)

    def all(self, accounts: tuple[Account, ...]) -> tuple[Halt, ...]:
        """Every halt in force: everyone's first, then those of single accounts."""
        found = (self._read(scope) for scope in (EVERYONE, *accounts))
        return tuple(halt for halt in found if halt is not None)

    def halt(self, scope: Account, reason: str, at: Instant) -> Halt:
        """Makes a halt durable; one that is in force keeps its own words. Raises ConfigError if it cannot be."""
        known = self._read(scope)
        if known is not None:
            return known
        path = self._path(scope)
        draft = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with draft.open("w", encoding="utf-8") as file:
                file.write(json.dumps({"reason": reason, "at": at}) + "\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
            sync_folder(self._folder)
        except OSError as error:
            raise ConfigError(f"{path}: the halt cannot be written: {error}") from error
        return Halt(scope, reason, at)

    def resume(self, scope: Account) -> bool:
        """Takes a halt back; whether there was one. Raises ConfigError if it cannot be."""
        path = self._path(scope)
        try:
            path.unlink()
            sync_folder(self._folder)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ConfigError(f"{path}: the halt cannot be taken back: {error}") from error
        return True

    def _path(self, scope: Account) -> Path:
        """The scope's file; each name is put together once, since every signal asks for two of them twice."""
        path = self._paths.get(scope)
        if path is None:
            path = self._paths[scope] = self._folder / (f"{FILE}-{scope}" if scope else FILE)
        return path

    def _read(self, scope: Account) -> Halt | None:
        """The halt of one scope. That there is none, as nearly always, is asked without opening anything."""
        path = self._path(scope)
        try:
            path.stat()
            told = json.loads(path.read_text(encoding="utf-8"))
            return Halt(scope, str(told["reason"]), int(told["at"]))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            return Halt(scope, f"{path} is there and cannot be read ({type(error).__name__}: {error})", 0)


def scopes(name: str, accounts: tuple[Account, ...]) -> tuple[Account, ...]:
    """The scopes that a person means by an account's name or "all". Raises UnknownAccount: an empty name, as of a
    variable that was not set, is nobody's.
    """
    if name == "all":
        return (EVERYONE,)
    if Account(name) not in accounts:
        raise UnknownAccount(f"account: expected all or one of {', '.join(accounts)}, came {name!r}")
    return (Account(name),)


def since(halt: Halt, now: Instant) -> str:
    """How long a halt has been in force, in words."""
    return f"for {max(now - halt.at, 0) // SECOND} s" if halt.at else "since nobody knows when"
