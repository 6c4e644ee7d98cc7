"""One value changed in a JSON text: set, emptied, taken out, in one place or in every item of a list."""

from __future__ import annotations

import msgspec
import pytest

from venuesim.edits import edit

TEXT = b'{"o":{"X":"FILLED","z":"27"},"list":[{"side":"Buy"},{"side":"Sell"}]}'


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("o.X", "NEW", b'{"o":{"X":"NEW","z":"27"},"list":[{"side":"Buy"},{"side":"Sell"}]}'),
        ("o.z", None, b'{"o":{"X":"FILLED","z":null},"list":[{"side":"Buy"},{"side":"Sell"}]}'),
        ("list.*.side", msgspec.UNSET, b'{"o":{"X":"FILLED","z":"27"},"list":[{},{}]}'),
        ("list.1", msgspec.UNSET, b'{"o":{"X":"FILLED","z":"27"},"list":[{"side":"Buy"}]}'),
        ("list.*", msgspec.UNSET, b'{"o":{"X":"FILLED","z":"27"},"list":[]}'),
        ("o", 0, b'{"o":0,"list":[{"side":"Buy"},{"side":"Sell"}]}'),
        ("", {}, b"{}"),
        ("", msgspec.UNSET, b""),
        ("o.X", "FILLED", None),
        ("o.nothing", 1, None),
        ("list.7.side", 1, None),
        ("o.X.deeper", 1, None),
    ],
)
def test_an_edit_changes_what_its_path_finds_and_nothing_else(path: str, value: object, expected: bytes | None) -> None:
    """What is found is changed, in order; what is not found, or is so already, gives None."""
    assert edit(TEXT, path, value) == expected


def test_a_text_that_is_no_json_cannot_be_edited() -> None:
    """HTML stays HTML."""
    assert edit(b"<html>", "a", 1) is None
