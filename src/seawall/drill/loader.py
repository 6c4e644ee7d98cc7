"""Reading a page: TOML text in, a `Page` out, or one sentence that says where, what was expected and what came."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec

from seawall.drill import lengths
from seawall.drill.lengths import Length
from seawall.drill.page import BOTH, FaultLine, Must, Page
from seawall.drill.rows import ROWS
from seawall.model.events import BY_EVENT_TYPE
from seawall.model.ids import VenueName
from venuesim.faults import parse
from venuesim.switches import check

_LISTS = ("fault", "kill", "journal", "price", "hand")
_MANY = ("end", "reason", "told", "untold", "answers", "next")
_OWN_OF_FAULT = ("after", "until", "only", "maybe")


class PageError(Exception):
    """A page cannot be read. The text says which line, what was expected and what came, with the nearest word."""


def load(text: str) -> Page:
    """A page from its text; raises PageError."""
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise PageError(f"expected TOML: {wrong}") from wrong
    try:
        page = _convert({**plain, "fault": _faults(plain), "must": _musts(plain)}, Page, "the page")
    except ValueError as wrong:
        raise PageError(str(wrong)) from wrong
    _check(page)
    return msgspec.structs.replace(page, story=page.story.strip())


def _faults(plain: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fault lines with the box's own fields apart from the page's."""
    found = []
    for number, line in enumerate(_tables(plain, "fault"), 1):
        ours = {key: value for key, value in line.items() if key in _OWN_OF_FAULT}
        theirs = {key: value for key, value in line.items() if key not in _OWN_OF_FAULT}
        try:
            parse({"account": "-", "symbol": "-", **theirs} if theirs.get("call", "*") == "*" else theirs)
        except ValueError as wrong:
            raise PageError(f"fault {number}: {_nearest_field(str(wrong), theirs)}") from wrong
        found.append({"line": theirs, **ours})
    return found


def _nearest_field(message: str, theirs: Mapping[str, Any]) -> str:
    known = msgspec.structs.fields(type(parse({"fault": "delay", "ms": 1})))
    names = [one.name for one in known]
    hints = [f"{key}: the nearest is {near[0]!r}" for key in theirs if (near := _near(key, names)) and key not in names]
    return "; ".join((message, *hints))


def _musts(plain: Mapping[str, Any]) -> dict[str, Any]:
    """One table of demands per venue: what is said for both, and over it what `[must.bybit]` says."""
    given = plain.get("must")
    if not isinstance(given, dict):
        raise PageError("must: expected a table that says how it must end, [must] with end = ..., and found none")
    common = _by_key({key: value for key, value in given.items() if key not in BOTH})
    venues = plain.get("venues", list(BOTH))
    named = venues if isinstance(venues, list) else []
    return {venue: {**common, **_by_key(given.get(venue, {}))} for venue in named}


def _by_key(given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _listed(key, value) for key, value in given.items()}


def _listed(key: str, value: object) -> object:
    return [value] if key in _MANY and isinstance(value, str) else value


def _tables(plain: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    found = plain.get(key, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise PageError(f"{key}: expected lines that begin with [[{key}]], got one of another form")
    return found


def _convert(plain: dict[str, Any], kind: type[Page], where: str) -> Page:
    """Converts a page, every unknown key refused with its nearest match."""
    _know(plain, kind, where)
    for key in ("signal", "account", "clock"):
        if isinstance(plain.get(key), dict):
            _know(plain[key], type(getattr(kind(title=""), key)), f"[{key}]")
    for key in _LISTS:
        for number, line in enumerate(_tables(plain, key), 1):
            _know(line, _kind_of(key), f"{key} {number}")
    for venue, must in plain["must"].items():
        _know(must, Must, f"[must] on {venue}")
    try:
        return msgspec.convert(plain, kind, strict=False, dec_hook=_length)
    except msgspec.ValidationError as wrong:
        raise PageError(_place(str(wrong))) from wrong


def _kind_of(key: str) -> type[msgspec.Struct]:
    from seawall.drill import page  # noqa: PLC0415 - the tables by their key, looked up where it is asked

    kinds: dict[str, type[msgspec.Struct]] = {
        "fault": FaultLine,
        "kill": page.Kill,
        "journal": page.JournalLine,
        "price": page.Price,
        "hand": page.Hand,
    }
    return kinds[key]


@cache
def _names(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The keys of a table, looked up once: it takes longer than all else about a line, and there are thousands."""
    return tuple(one.name for one in msgspec.structs.fields(kind))


def _know(plain: Mapping[str, Any], kind: type[msgspec.Struct], where: str) -> None:
    names = _names(kind)
    for key in plain:
        if key not in names:
            raise PageError(f"{where}: expected one of {', '.join(names)}, got {key!r}{_hint(key, names)}")


def _hint(word: str, known: Sequence[str]) -> str:
    near = _near(word, known)
    return f"; the nearest is {near[0]!r}" if near else ""


def _near(word: str, known: Sequence[str]) -> list[str]:
    return get_close_matches(word, known, n=1)


def _length(kind: type, value: object) -> Length:
    if kind is not Length:
        raise TypeError(f"expected {kind.__name__}")
    return lengths.read(value)


def _place(message: str) -> str:
    """msgspec's message in a page's terms: "$.kill[0].at" is "kill 1, at"."""
    said, _, place = message.partition(" - at `$.")
    if not place:
        return said
    steps = place.rstrip("`").replace("[", ".#").replace("]", "").split(".")
    words = [str(int(step[1:]) + 1) if step[1:].isdigit() and step[0] == "#" else step for step in steps]
    return f"{' '.join(word for word in words if word.strip('#'))}: {said}"


def _check(page: Page) -> None:
    """What one table cannot know alone."""
    for name, answer in page.switches.items():
        try:
            check(name, answer)
        except ValueError as wrong:
            raise PageError(f"switches: {wrong}") from wrong
    for number, kill in enumerate(page.kill, 1):
        if (kill.at is None) == (not kill.call):
            raise PageError(f"kill {number}: expected exactly one of at and call")
        if kill.restores and kill.restores not in BY_EVENT_TYPE:
            hint = _hint(kill.restores, sorted(BY_EVENT_TYPE))
            raise PageError(f"kill {number}: restores: expected the name of an event, got {kill.restores!r}{hint}")
    for number, hand in enumerate(page.hand, 1):
        if hand.does == "trade" and not hand.quantity and hand.part is None:
            raise PageError(f"hand {number}: trade: expected quantity, or part of the position")
    known = sorted(BY_EVENT_TYPE)
    for must in page.must.values():
        for word in (*must.told, *must.untold):
            if word not in known:
                raise PageError(f"must: expected the name of an event, got {word!r}{_hint(word, known)}")
        for row in must.visits:
            if row not in ROWS:
                raise PageError(f"must: visits: expected a row of the table, got {row!r}{_hint(row, ROWS)}")


def venues_of(page: Page) -> tuple[VenueName, ...]:
    """The venues of a page, in one order."""
    return tuple(venue for venue in BOTH if venue in page.venues)
