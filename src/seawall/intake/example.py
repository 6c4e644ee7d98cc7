"""The sender's own body, put right: what a refusal shows beside what was wrong.

It is made from the body as it came, one field changed, renamed or left out; amounts are shown as texts, which the
format accepts, so that no digit is lost on the way. A secret is never shown again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from seawall.intake.problem import Objection

MOST_READ = 4_096
"""Bytes of a body that are read again for an example; a longer one gets a whole example of ours."""
RIGHT: dict[str, object] = {
    "id": "velvet-7",
    "symbol": "BTCUSDT",
    "action": "open",
    "side": "buy",
    "size": {"quote": "50"},
    "stop": {"pct": "2"},
    "trigger_by": "mark",
    "on_opposite": "refuse",
    "on_same": "refuse",
    "take_profit": [{"pct": "2", "share": "50"}, {"pct": "4", "share": "50"}],
    "percent": "50",
}
"""A right value for each field that is named in an example."""


def corrected(body: bytes, found: Objection) -> dict[str, object]:
    """The sender's own body with the field corrected, where it can be read; else a whole example."""
    fields = _readable(body) if len(body) <= MOST_READ and found.path else {}
    if not fields:
        return dict(list(RIGHT.items())[:6])
    path = [found.path] if found.path in fields else found.path.split(".")
    fields.pop("secret", None)
    return _mended(fields, path, found.right)


def _mended(fields: Mapping[str, object], path: Sequence[str], right: object) -> dict[str, object]:
    """The fields with what stands at the path put right: in the object or the list that it leads into."""
    name, *within = path
    inner = fields.get(name)
    if not within:
        return _patched(fields, name, right)
    if not within[0].isdecimal():
        return {**fields, name: _mended(inner if isinstance(inner, dict) else {}, within, right)}
    return {**fields, name: _listed(inner, within, right) or RIGHT.get(name)}


def _listed(listed: object, path: Sequence[str], right: object) -> list[object]:
    """A list with one of its elements put right; empty for what is no list that has it."""
    place, *within = path
    if not isinstance(listed, list) or int(place) >= len(listed):
        return []
    element = listed[int(place)]
    mended = _mended(element if isinstance(element, dict) else {}, within, right) if within else right
    return [*listed[: int(place)], mended, *listed[int(place) + 1 :]]


def _patched(fields: Mapping[str, object], name: str, right: object) -> dict[str, object]:
    """The fields with one of them put right, renamed, or left out."""
    if isinstance(right, dict) and "rename" in right:
        return {(str(right["rename"]) if field == name else field): value for field, value in fields.items()}
    if right is None:
        return {field: value for field, value in fields.items() if field != name}
    return {**fields, name: right}


def _readable(body: bytes) -> dict[str, object]:
    """The body's fields as far as an example needs them: texts, exact numbers as texts, objects one level deep, and
    lists of these.
    """
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    values = {name: _value(bytes(raw)) for name, raw in found.items()}
    return {name: value for name, value in values.items() if value is not None}


def _value(raw: bytes) -> object:
    """One field; None for what an example does not need."""
    if raw.startswith(b"{"):
        return _readable(raw) if raw.count(b"{") == 1 else None
    if raw.startswith(b"["):
        return _elements(raw)
    try:
        return msgspec.json.decode(raw, type=str | int | bool)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return raw.decode("ascii", "replace") if raw[:1].isdigit() or raw.startswith(b"-") else None


def _elements(raw: bytes) -> list[object] | None:
    """A list of what an example can show; None for one that holds lists."""
    try:
        found = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return None if raw.count(b"[") > 1 else [_value(bytes(one)) for one in found]
