"""The scan finds what must not stand in a repository, and nothing else."""

from __future__ import annotations

import re

import pytest

from tools import scan


def rules_that_find(line: str) -> list[str]:
    """The names of the scan's rules that object to `line`."""
    return [what for what, pattern in scan.RULES if pattern.search(line)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("see /" + "work/main/src", "a machine's own path"),
        ("'/" + "root/.config'", "a machine's own path"),
        ("index-url = https://pypi" + ".org/simple", "a package registry's host"),
        ("# TO" + "DO: later", "unfinished work"),
    ],
)
def test_scan_finds_what_is_planted(line: str, what: str) -> None:
    """A machine's path, a registry's host and an unfinished-work mark are each named."""
    assert rules_that_find(line) == [what]


@pytest.mark.parametrize("line", ["https://example.com/work/item", "docs/root/page", "the method of doing", "a/work/b"])
def test_scan_lets_ordinary_words_pass(line: str) -> None:
    """A path inside the repository or on a web site is nobody's machine."""
    assert rules_that_find(line) == []


def test_the_repository_is_clean() -> None:
    """No kept file of this repository holds any of it."""
    found = [line for path in scan.tracked() if path.is_file() for line in scan.findings(path)]
    assert not found, "\n".join(found)


def test_lock_formats_that_name_hosts_are_refused() -> None:
    """A lock file of the kind that writes hosts is found by its name alone."""
    name = scan.LOCKS[0]
    assert re.fullmatch(rf"{name}:1: .*requirements.*", scan.findings(scan.ROOT / name)[0])
