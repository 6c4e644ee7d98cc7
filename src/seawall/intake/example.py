"""The sender's own body, put right: what a refusal shows beside what was wrong.

It is made from the body as it came, one field changed, renamed or left out; amounts are shown as texts, which the
format accepts, so that no digit is lost on the way. A secret is never shown again.
"""

from __future__ import annotations

from collections.abc import Mapping

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
}
"""A right value for each field that is named in an example."""


def corrected(body: bytes, found: Objection) -> dict[str, object]:
    """The sender's own body with the field corrected, where it can be read; else a whole example."""
    fields = _readable(body) if len(body) <= MOST_READ and found.path else {}
    if not fields:
        return dict(list(RIGHT.items())[:6])
    parent, _, name = ("", "", found.path) if found.path in fields else found.path.rpartition(".")
    fields.pop("secret", None)
    if not parent:
        return _patched(fields, name, found.right)
    inner = fields.get(parent)
    return {**fields, parent: _patched(inner if isinstance(inner, dict) else {}, name, found.right)}


def _patched(fields: Mapping[str, object], name: str, right: object) -> dict[str, object]:
    """The fields with one of them put right, renamed, or left out."""
    if isinstance(right, dict) and "rename" in right:
        return {(str(right["rename"]) if field == name else field): value for field, value in fields.items()}
    if right is None:
        return {field: value for field, value in fields.items() if field != name}
    return {**fields, name: right}


def _readable(body: bytes) -> dict[str, object]:
    """The body's fields as far as an example needs them: texts, exact numbers as texts, objects one level deep."""
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
    try:
        return msgspec.json.decode(raw, type=str | int | bool)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return raw.decode("ascii", "replace") if raw[:1].isdigit() or raw.startswith(b"-") else None
