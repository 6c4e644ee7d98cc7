"""Changing one value in a JSON text: what a fault does to a reply or a frame whose fields are missing, empty or wrong.

A path is written with dots: keys by name, list items by number, ``*`` for every item of a list.  The empty path is the
whole text.  What the path does not find stays as it is.
"""

from __future__ import annotations

from typing import Any

import msgspec


def edit(text: bytes, path: str, value: object) -> bytes | None:
    """Return the JSON text with `value` at `path`, or without what is there if `value` is UNSET.

    None if that changes nothing, or if the text is no JSON.
    """
    try:
        old, new = msgspec.json.decode(text), msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    if not path:
        return b"" if value is msgspec.UNSET else msgspec.json.encode(value)
    _change(new, path.split("."), value)
    return None if new == old else msgspec.json.encode(new)


def _change(place: Any, steps: list[str], value: object) -> None:
    step, rest = steps[0], steps[1:]
    for key in _keys(place, step):
        if rest:
            _change(place[key], rest, value)
        elif value is msgspec.UNSET:
            del place[key]
        else:
            place[key] = value


def _keys(place: Any, step: str) -> list[Any]:
    """List the keys or indexes that a step means here, the last first, so that items may be taken out."""
    if isinstance(place, dict):
        return [step] if step in place else []
    if isinstance(place, list):
        if step == "*":
            return list(reversed(range(len(place))))
        return [int(step)] if step.isdecimal() and int(step) < len(place) else []
    return []
