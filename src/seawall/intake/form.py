"""The fields of the canonical signal as they come: texts as texts, numbers as the characters that stood there.

The decoder refuses what has another form; its words are turned into an objection to one field, with the nearest known
name for one that nobody knows.
"""

from __future__ import annotations

import json
import re

import msgspec

from seawall.intake.example import MOST_READ, RIGHT
from seawall.intake.problem import Objection, nearest, shown

ABSENT = msgspec.Raw(b"")
"""A field that did not come."""


class SizeFields(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of these."""

    quote: msgspec.Raw = ABSENT
    base: msgspec.Raw = ABSENT
    risk_pct: msgspec.Raw = ABSENT
    equity_pct: msgspec.Raw = ABSENT


class StopFields(msgspec.Struct, forbid_unknown_fields=True):
    """Exactly one of these."""

    price: msgspec.Raw = ABSENT
    pct: msgspec.Raw = ABSENT
    break_even: msgspec.Raw = ABSENT


class RungFields(msgspec.Struct, forbid_unknown_fields=True):
    """One take-profit: a price or a percent, and how much of the position leaves there."""

    price: msgspec.Raw = ABSENT
    pct: msgspec.Raw = ABSENT
    share: msgspec.Raw = ABSENT


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """The fields as they come: texts as texts, numbers as the characters that stood there."""

    id: str
    action: str
    symbol: str | None = None
    source: str | None = None
    ts: msgspec.Raw = ABSENT
    account: str | None = None
    side: str | None = None
    size: SizeFields | None = None
    percent: msgspec.Raw = ABSENT
    leverage: msgspec.Raw = ABSENT
    stop: StopFields | None = None
    trigger_by: str | None = None
    take_profit: msgspec.Raw = ABSENT
    on_opposite: str | None = None
    on_same: str | None = None
    max_age_s: msgspec.Raw = ABSENT
    max_slippage_bps: msgspec.Raw = ABSENT
    expect_prev: msgspec.Raw = ABSENT
    tag: str | None = None
    meta: msgspec.Raw = ABSENT
    secret: str | None = None


_DECODER = msgspec.json.Decoder(Body)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_RUNG = msgspec.json.Decoder(RungFields)
_FIELDS = Body.__struct_fields__


def decoded(body: bytes) -> Body:
    """The body as its fields. Raises Objection for what is no JSON object, has another form, or says a thing twice."""
    try:
        found = _DECODER.decode(body)
        json.loads(body, object_pairs_hook=_each_once, parse_int=str, parse_float=str)
    except msgspec.ValidationError as error:
        raise _form_objection(str(error), body) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Objection("not_json", "", "one JSON object", f"{_came(body)} ({error})") from error
    return found


def _each_once(pairs: list[tuple[str, object]]) -> None:
    """Refuses a field that stands twice in one object: whichever is taken, the sender may have meant the other one."""
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise Objection("bad_value", shown(name), "each field once", f"the field {shown(name)} twice")
        seen.add(name)


def is_absent(raw: msgspec.Raw) -> bool:
    """Whether a field did not come, or came as null."""
    return bytes(raw).strip() in (b"", b"null")


def rungs_of(raw: msgspec.Raw, path: str) -> list[RungFields]:
    """The rungs of a ladder as their fields. Raises Objection, which names the rung by its place, counted from 0."""
    try:
        listed = _LIST.decode(bytes(raw))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        expected = "a list of rungs, each with price or pct, and share"
        raise Objection("wrong_type", path, expected, shown(_text(raw)), RIGHT[path]) from error
    return [_rung(one, f"{path}.{place}") for place, one in enumerate(listed)]


def _rung(raw: msgspec.Raw, path: str) -> RungFields:
    try:
        return _RUNG.decode(bytes(raw))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if found := _UNKNOWN.fullmatch(str(error)):
            raise _unknown_field(found["name"], path) from error
        expected = "an object with price or pct, and share"
        raise Objection("wrong_type", path, expected, shown(_text(raw)), {"pct": "2", "share": "50"}) from error


def _text(raw: msgspec.Raw) -> str:
    return bytes(raw).decode("utf-8", "replace")


_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*?)`(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>\w+)`")
_TYPE = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<came>[^`]*)`(?: - at `\$\.?(?P<path>.*)`)?")


_SECRET = re.compile(r'("secret"\s*:\s*")(?:\\.|[^"\\])*')


def _came(body: bytes) -> str:
    """The beginning of a body as it came, but for its secret."""
    text = body[:MOST_READ].decode("utf-8", "backslashreplace").strip()
    return shown(_SECRET.sub(r"\1...", text)) or "nothing"


def _form_objection(words: str, body: bytes) -> Objection:
    """The decoder's own words about the form, as an objection to a field."""
    if found := _UNKNOWN.fullmatch(words):
        return _unknown_field(found["name"], (found["path"] or "").removeprefix("."))
    if found := _MISSING.match(words):
        return Objection("missing", found["name"], f"the field {found['name']}", "nothing", RIGHT[found["name"]])
    found = _TYPE.fullmatch(words)
    if found is None or not found["path"]:
        return Objection("not_json", "", "one JSON object", _came(body))
    expected = found["expected"].replace("str", "a text").replace("object", "an object").replace(" | null", "")
    return Objection("wrong_type", found["path"], expected, f"a JSON {found['came']}", RIGHT.get(found["path"], "text"))


def _unknown_field(name: str, parent: str) -> Objection:
    """A field that nobody knows, with the nearest that somebody does."""
    inner = {"size": SizeFields.__struct_fields__, "stop": StopFields.__struct_fields__}
    known = RungFields.__struct_fields__ if parent.startswith("take_profit.") else inner.get(parent, _FIELDS)
    near = nearest(name, known, 1)
    expected = f"{near[0]}, perhaps" if near else f"one of {', '.join(known)}"
    path = f"{parent}.{name}" if parent else name
    came = f"the unknown field {shown(name)}"
    return Objection("unknown_field", shown(path), expected, came, {"rename": near[0]} if near else None)
