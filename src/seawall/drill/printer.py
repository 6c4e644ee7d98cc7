"""Writing a page: a `Page` in, the TOML that `loader.py` reads back to the same page out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from seawall.drill.lengths import Length, written
from seawall.drill.page import BOTH, Page

_TABLES = ("account", "signal", "clock", "switches")
_LISTS = ("fault", "kill", "journal", "price", "hand")


def text_of(page: Page) -> str:
    """The page as TOML; what is as it would be anyway is left out."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield f"title = {_value(page.title)}"
    if page.story:
        yield f'story = """\n{page.story.strip()}\n"""'
    plain = _given(page)
    for key in ("incident", "venues", "lasts", "walk_bps", "order_entry"):
        if key in plain:
            yield f"{key} = {_value(plain[key])}"
    for key in _TABLES:
        if plain.get(key):
            yield from _table(f"[{key}]", _given(plain[key]))
    for key in _LISTS:
        for line in plain.get(key, ()):
            yield from _table(f"[[{key}]]", _flat(_given(line)))
    yield from _must(page)


def _must(page: Page) -> Iterator[str]:
    """One table if the venues ask for the same, else one for each."""
    musts = [page.must[venue] for venue in BOTH if venue in page.must]
    if all(must == musts[0] for must in musts):
        yield from _table("[must]", _given(musts[0]) if musts else {})
        return
    yield from _table("[must]", {})
    for venue in BOTH:
        if venue in page.must:
            yield from _table(f"[must.{venue}]", _given(page.must[venue]))


def _given(part: object) -> dict[str, Any]:
    """The fields of a table that differ from what they would be anyway."""
    if isinstance(part, Mapping):
        return dict(part)
    assert isinstance(part, msgspec.Struct)
    fields = msgspec.structs.fields(type(part))
    return {
        one.name: getattr(part, one.name)
        for one in fields
        if one.required or getattr(part, one.name) != (one.default_factory() if _makes(one) else one.default)
    }


def _makes(field: msgspec.structs.FieldInfo) -> bool:
    return field.default is msgspec.NODEFAULT


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    """A fault line's own fields beside the page's."""
    inner = line.pop("line", {})
    return {**inner, **line}


def _table(head: str, plain: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield head
    for key, value in plain.items():
        yield f"{key if key.replace('_', '').isalnum() else json.dumps(key)} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Length):
        return f'"{written(value)}"'
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f'"{value:f}"'
    if isinstance(value, msgspec.Struct):
        return f"{{ {', '.join(f'{key} = {_value(one)}' for key, one in _given(value).items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(one) for one in value)}]"
    return json.dumps(str(value), ensure_ascii=False)
