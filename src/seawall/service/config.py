"""Reading the configuration: TOML in, `Settings` out, and a sentence for whoever wrote it wrong.

Every error names the file, the line where it can be found, the key, what was expected and what came. A key that nobody
knows is refused with the nearest one that somebody does: a misspelt limit that is silently ignored is a limit that does
not hold. Numbers are read exactly, never through binary floating point.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import msgspec

from seawall.model.ids import Account
from seawall.model.times import HOUR, MILLISECOND, MINUTE, SECOND, Bounds, Duration
from seawall.service.accounts import resolve
from seawall.service.problems import ConfigError
from seawall.service.secrets import fetch
from seawall.service.sense import check_bounds, check_doors, check_names
from seawall.service.settings import AccountTable, Address, ServiceTable, Settings

DEFAULT_FILE = "seawall.toml"
_TABLES = ("service", "accounts", "bounds")
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(us|ms|s|m|h)$")
_UNITS: dict[str, Duration] = {"us": 1, "ms": MILLISECOND, "s": SECOND, "m": MINUTE, "h": HOUR}
_SECRET_KEYS = ("key", "secret", "intake_secret", "api_key", "api_secret", "password", "token")

Table = TypeVar("Table", bound=msgspec.Struct)


def locate(given: Path | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Which file is meant: the one given, `SEAWALL_CONFIG`, or `seawall.toml` here (which need not exist)."""
    named = given or (Path(environ["SEAWALL_CONFIG"]) if environ.get("SEAWALL_CONFIG") else None)
    if named is not None and not named.is_file():
        raise ConfigError(f"{named}: no such file; `seawall init` makes one")
    return named or Path(DEFAULT_FILE)


def load(path: Path, environ: Mapping[str, str] = os.environ, sim: Mapping[str, str] | None = None) -> Settings:
    """The settings in a file; the defaults of sim mode where it does not exist. Raises ConfigError.

    `sim` names other base addresses for the accounts of sim mode, by venue.
    """
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse(text, path.resolve().parent, environ, sim=sim, name=str(path))


def parse(
    text: str,
    home: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    sim: Mapping[str, str] | None = None,
    name: str = DEFAULT_FILE,
) -> Settings:
    """The settings in a text; `home` is the folder that its relative paths start from. Raises ConfigError."""
    try:
        return _settings(_Document(text), home, environ, sim or {})
    except ConfigError as error:
        raise ConfigError(f"{name}{error}" if str(error).startswith(":") else f"{name}: {error}") from error


class _Document:
    """A TOML text, and where in it each key stands."""

    def __init__(self, text: str) -> None:
        try:
            self.data: dict[str, Any] = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"not TOML: {error}") from error
        self._lines = {path: line for line, path in _keys_of(text)}
        self._known("", self.data, _TABLES)

    def error(self, path: str, said: str) -> ConfigError:
        """A ConfigError about the key at `path` ("accounts.main.venue"), with its line if that can be told."""
        line = self._lines.get(path)
        return ConfigError(f"{f':{line}: ' if line else ''}{path}: {said}")

    def table(self, path: str, kind: type[Table], data: Any) -> Table:
        """The table at `path` as `kind`. Raises ConfigError."""
        if not isinstance(data, dict):
            raise self.error(path, f"expected a table, came {data!r}")
        self._known(path, data, tuple(kind.__struct_fields__))
        try:
            return msgspec.convert(data, kind)
        except msgspec.ValidationError as error:
            raise self._invalid(path, kind, data, str(error)) from error

    def mapping(self, path: str) -> dict[str, Any]:
        """The table of free keys at `path`, empty if there is none."""
        data = self.data.get(path, {})
        if not isinstance(data, dict):
            raise self.error(path, f"expected a table, came {data!r}")
        return data

    def known(self, path: str, data: Mapping[str, Any], names: tuple[str, ...]) -> None:
        """Raises ConfigError for a key of `data` that is not in `names`."""
        self._known(path, data, names)

    def _known(self, path: str, data: Mapping[str, Any], names: tuple[str, ...]) -> None:
        for key in data:
            if key in names:
                continue
            full = f"{path}.{key}" if path else key
            if key in _SECRET_KEYS:
                raise self.error(full, f"a secret never stands here: use {key}_env or {key}_file")
            near = get_close_matches(key, names, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
            raise self.error(full, f"unknown key; {hint}")

    def _invalid(self, path: str, kind: type[Table], data: Mapping[str, Any], said: str) -> ConfigError:
        found = re.search(r"`\$\.(\w+)`", said)
        if found is None:
            return self.error(path, said)
        field = found[1]
        expected = get_type_hints(kind)[field]
        if isinstance(expected, type) and issubclass(expected, Enum):
            words = [str(member.value) for member in expected]
            near = get_close_matches(str(data[field]), words, 1, 0.5)
            said = f"expected one of {', '.join(words)}, came {data[field]!r}" + (f"; {near[0]}?" if near else "")
        else:
            said = f"{said.split(' - at ')[0].lower().replace('`', '')} ({data.get(field)!r})"
        return self.error(f"{path}.{field}", said)


def _keys_of(text: str) -> Iterator[tuple[int, str]]:
    """Each key that stands at the head of a line, with its table: good enough to point at, not a TOML parser."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"^\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$", line):
            table = header[1].replace('"', "")
            yield number, table
        elif key := re.match(r'^\s*"?([A-Za-z0-9_.-]+)"?\s*=', line):
            yield number, f"{table}.{key[1]}" if table else key[1]


def _settings(document: _Document, home: Path, environ: Mapping[str, str], sim: Mapping[str, str]) -> Settings:
    service = document.table("service", ServiceTable, document.data.get("service", {}))
    intake, control = (_address(document, name, getattr(service, name)) for name in ("intake", "control"))
    secret = fetch("service.intake_secret", service.intake_secret_env, service.intake_secret_file, home, environ)
    if not _is_loopback(control):
        raise document.error("service.control", f"expected a loopback address, came {control}: control has no lock")
    if not _is_loopback(intake) and secret is None:
        raise document.error("service.intake", f"{intake} can be reached by others: set intake_secret_file")
    check_doors(intake, control, document.error)
    if service.waiting < 1:
        raise document.error("service.waiting", f"expected at least 1, came {service.waiting}")
    return Settings(
        home=home,
        folder=home / Path(service.folder).expanduser(),
        intake=intake,
        control=control,
        accounts=resolve(_accounts(document), home, environ, sim, document.error),
        bounds=_bounds(document),
        intake_secret=secret,
        waiting=service.waiting,
        log=service.log,
        log_format=service.log_format,
    )


def _accounts(document: _Document) -> dict[Account, AccountTable]:
    tables: dict[Account, AccountTable] = {}
    for name, data in document.mapping("accounts").items():
        if not _NAME.match(name):
            raise document.error(f"accounts.{name}", "expected a name of 1 to 32 letters, digits, _ or -")
        tables[Account(name)] = document.table(f"accounts.{name}", AccountTable, data)
    check_names(tables, document.error)
    return tables


def _address(document: _Document, key: str, text: str) -> Address:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or len(port) > 5 or int(port) > 65535:  # noqa: PLR2004 - the last port there is
        raise document.error(f"service.{key}", f'expected "host:port", came {text!r}')
    return Address(host.strip("[]"), int(port))


def _is_loopback(address: Address) -> bool:
    try:
        return ip_address(address.host).is_loopback
    except ValueError:
        return address.host == "localhost"


def _bounds(document: _Document) -> Bounds:
    data = document.mapping("bounds")
    durations = tuple(bound.name for bound in fields(Bounds) if isinstance(bound.default, int))
    document.known("bounds", data, durations)
    changes: dict[str, Any] = {name: _duration(document, name, value) for name, value in data.items()}
    bounds = replace(Bounds(), **changes)
    check_bounds(bounds, document.error)
    return bounds


def _duration(document: _Document, name: str, value: Any) -> Duration:
    """Microseconds of a duration: a number of seconds, or a text with its unit."""
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is not None:
        amount = Decimal(found[1]) * _UNITS[found[2]]
    elif isinstance(value, int | Decimal) and not isinstance(value, bool):
        amount = Decimal(value) * SECOND
    else:
        raise document.error(f"bounds.{name}", f'expected seconds, or text such as "500ms", came {value!r}')
    if not amount.is_finite() or amount <= 0 or amount != amount.to_integral_value():
        raise document.error(f"bounds.{name}", f"expected more than nothing, in whole microseconds, came {value!r}")
    return int(amount)
