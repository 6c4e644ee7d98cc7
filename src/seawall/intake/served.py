"""Which field belongs to which action, and what of the format is not served yet. Either is refused by name.

What is silently left out is a loss: a stop that somebody named in a close, a take-profit that nobody places.
"""

from __future__ import annotations

import msgspec

from seawall.intake.form import Body, is_absent
from seawall.intake.problem import Objection
from seawall.model.signal import Action

Later = tuple[tuple[str, str], ...]
LATER: Later = (("expect_prev", ""),)
"""What the format has and the heart does not do yet: a word of a field, or with "" the whole field. To serve one, its
line is deleted.
"""

_OPEN, _MOVES = (Action.OPEN,), (Action.OPEN, Action.PROTECT)
_BELONGS: dict[str, tuple[Action, ...]] = {
    "side": _OPEN,
    "size": _OPEN,
    "leverage": _OPEN,
    "max_slippage_bps": _OPEN,
    "on_opposite": _OPEN,
    "on_same": _OPEN,
    "stop": _MOVES,
    "trigger_by": _MOVES,
    "take_profit": _MOVES,
    "percent": (Action.CLOSE,),
}
"""To which actions a field belongs; one that is not here belongs to all."""


def refuse_unserved(told: Body, later: Later) -> None:
    """Raises Objection for a field that is not served yet; its words are looked at where they are read."""
    for path, word in later:
        if not word and not is_absent(getattr(told, path)):
            raise Objection("not_supported", path, f"nothing: {path} is not served yet", "a value")


def refuse_stray(told: Body, action: Action) -> None:
    """Raises Objection for a field that belongs to another action: it would have no meaning in this one."""
    for name, actions in _BELONGS.items():
        if action in actions or _is_nothing(getattr(told, name)):
            continue
        if name == "size" and action is Action.CLOSE:
            expected = "nothing: a close takes all that is open, or the part of it that the field percent names"
            raise Objection("not_supported", name, expected, "a value")
        owners = " or ".join(f"{'an' if one is Action.OPEN else 'a'} {one.value}" for one in actions)
        raise Objection("bad_value", name, f"nothing: {name} belongs to {owners}", "a value")


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, msgspec.Raw) and is_absent(value))
