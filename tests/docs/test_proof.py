"""docs/proof.md counts what the deterministic world does not run, as it is."""

from __future__ import annotations

import re

from tools.uncovered import PAGE, SHELL, SOCKETS, counted, page, uncovered

_COUNT = re.compile(r"\| (\d+) (?=\|)")
_REST = re.compile(r"^Beside the way of an order.*$", re.MULTILINE)
"""The folders of what reads and shows: rooms where others build."""


def test_the_page_names_every_file_and_counts_it() -> None:
    """`python tools/uncovered.py` would name the same files of the way of an order, and hardly change a count."""
    stands, should = (_REST.sub("", text) for text in (PAGE.read_text(encoding="utf-8"), page()))
    assert _COUNT.sub("|", stands) == _COUNT.sub("|", should)
    pairs = zip(_COUNT.findall(stands), _COUNT.findall(should), strict=True)
    assert [pair for pair in pairs if abs(int(pair[0]) - int(pair[1])) > max(5, int(pair[1]) // 10)] == []


def test_what_only_sockets_can_show_is_small() -> None:
    """Whatever stands in the way of an order and is not run in virtual time makes fewer than 300 decisions in all."""
    files = uncovered()
    assert SOCKETS.keys() | SHELL.keys() <= files.keys()
    assert sum(counted(files[name])[1] for name in [*SOCKETS, *SHELL]) < 300
