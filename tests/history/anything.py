"""Any value of the vocabulary, for hypothesis."""

from __future__ import annotations

import types
import typing
from dataclasses import fields
from decimal import Decimal
from enum import Enum

from hypothesis import strategies as st

_PLAIN: dict[object, st.SearchStrategy[object]] = {
    str: st.text(max_size=12),
    int: st.integers(0, 2**51),
    bool: st.booleans(),
    type(None): st.none(),
}


def anything(kind: object) -> st.SearchStrategy[object]:
    """Any value of a type of the vocabulary: its dataclasses, enumerations, amounts, instants and texts."""
    if isinstance(kind, typing.NewType):
        return anything(kind.__supertype__)
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return st.one_of(*(anything(choice) for choice in typing.get_args(kind)))
    if typing.get_origin(kind) is tuple:
        return st.lists(anything(typing.get_args(kind)[0]), max_size=3).map(tuple)
    if kind is Decimal:
        return st.decimals(allow_nan=False, allow_infinity=False, places=8)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if isinstance(kind, type) and hasattr(kind, "__dataclass_fields__"):
        hints = typing.get_type_hints(kind)
        return st.builds(kind, **{field.name: anything(hints[field.name]) for field in fields(kind)})
    return _PLAIN[kind]
