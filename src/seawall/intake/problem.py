"""What is wrong with a body: where, what was expected there, what came, and an example that would have been right.

The reader is somebody who wrote a bot late at night. So a problem names one field at a time, by its path, shows what
came as it came, and repeats his own body with that field corrected.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LONGEST_SHOWN = 80
"""Characters of what came that are shown again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal. `status` is the HTTP status of its answer; `path` is the field ("size.quote"), empty for the body.

    `code` is one of not_json, too_large, missing, unknown_field, wrong_type, bad_value, unknown_account,
    unknown_symbol, not_supported. `example` is a body that would have been accepted, at least in this field.
    """

    status: int
    code: str
    path: str
    expected: str
    came: str
    example: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{where}expected {self.expected}, came {self.came}"


class Objection(Exception):  # noqa: N818 - raised and caught within the intake only; outside it is a Problem
    """A field cannot be used. `right` is a value that would have been right, None to leave the field out."""

    def __init__(self, code: str, path: str, expected: str, came: str, right: object = None) -> None:
        super().__init__(path)
        self.code = code
        self.path = path
        self.expected = expected
        self.came = came
        self.right = right


def nearest(word: str, known: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """The known words that are most like `word`, the likest first."""
    return tuple(difflib.get_close_matches(word, list(known), most))


def one_of(known: Iterable[str], word: str = "") -> str:
    """What was expected, for a choice: all of few, or the nearest of many."""
    choices = list(known)
    few = 6
    if len(choices) <= few:
        return f"one of {', '.join(choices)}" if len(choices) != 1 else choices[0]
    near = nearest(word, choices)
    return f"one of {len(choices)}, nearest {', '.join(near)}" if near else f"one of {len(choices)}, none like it"


def shown(text: str) -> str:
    """What came, cut to a length that one can read."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}... ({len(text)} characters)"
