"""The pages hold together: links lead somewhere, and whatever the source cites stands on its page."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, cells, links, prose, text_of
from tools.scan import findings
from venuesim.switches import SWITCHES

DOCS = ROOT / "docs"
SOURCE = sorted(path for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.py"))
GENERAL = ("lag", "monotone_reads", "match_latency_us", "latency_us", "signature")
"""Switches about the box itself, not about a venue."""
_WORD = re.compile(r"`([^`\n]+)`")


def cited(pattern: str) -> set[str]:
    """Whatever in the source, docstrings and comments included, matches the one group of a pattern."""
    return {found for path in SOURCE for found in re.findall(pattern, path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Each link inside the repository leads to a file that is there, and to a heading that it has."""
    broken = []
    for link in links(page):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_machine(page: Path) -> None:
    """A page holds nobody's folders, no registry's host, and no mark of unfinished work."""
    assert findings(page) == []
    assert re.findall(r"(?<![\w.])/(?:home|tmp|Users)/\S*", text_of(page)) == []


def test_every_page_is_reached_from_the_readme() -> None:
    """No page of docs stands where no reader comes by: the README links it, or a page that the README links."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            inside = [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if "://" not in link]
            waiting += [target for target in inside if target.suffix == ".md"]
    assert [page.name for page in DOCS.glob("*.md") if page not in reached] == []


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_every_cited_section_of_a_venue_book_stands_on_its_page(venue: str) -> None:
    """A docstring that cites `binance.md 4.3` sends its reader to a row of docs/venues.md."""
    shown = {row[0] for row in cells(DOCS / "venues.md")}
    sections = cited(rf"\b{venue}\.md (\d+(?:\.\d+)?)")
    parents = {section.partition(".")[0] for section in sections}
    assert parents
    missing = [
        one
        for one in sorted(sections)
        if {f"{venue}.md {one}", f"{venue}.md {one.partition('.')[0]}"}.isdisjoint(shown)
    ]
    assert missing == []


def test_every_open_question_is_answered_for() -> None:
    """Each switch of the box about a venue has its row: why the house holds under any of its answers."""
    asked = {row[0].strip("`") for row in cells(DOCS / "venues.md") if row[0].startswith("`")}
    assert asked == {name for name in SWITCHES if name not in GENERAL}


def test_every_cited_incident_is_listed() -> None:
    """A number like I04 in source or tests has its row, and its source."""
    page = text_of(DOCS / "incidents.md")
    listed = {row[0] for row in cells(DOCS / "incidents.md")}
    assert {one for one in cited(r"\b(I\d{2})\b") if one not in listed or f"- {one}: " not in page} == set()


def test_every_rule_that_is_cited_is_on_its_page() -> None:
    """A docstring that cites design, rule 12 can be followed to the rule."""
    rules = set(re.findall(r"^(\d+)\. \*\*", text_of(DOCS / "rules.md"), re.MULTILINE))
    assert rules == {str(number) for number in range(1, 22)}
    assert cited(r"\brules? (\d+)\b") <= rules


def test_every_proof_that_a_page_names_is_a_test() -> None:
    """Whatever a page gives as `path::test` is a function of that file."""
    named = {found for page in PAGES for found in re.findall(r"(tests/[\w/]+\.py)::(\w+)", text_of(page))}
    assert named
    assert [f"{path}::{test}" for path, test in sorted(named) if test not in functions(ROOT / path)] == []


def test_every_make_target_that_a_page_names_is_one() -> None:
    """`make storm SEEDS=0..500` and its like can be typed."""
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named = {found for page in PAGES for found in re.findall(r"`make ([a-z]+)[^`]*`", prose(page))}
    assert named - targets == set()


def functions(path: Path) -> set[str]:
    """The names of the functions of a file; none if it is not there."""
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_founding_words_are_there_in_both_languages() -> None:
    """The report's terms, tests, log lines and events stand on the English page and on the Russian one."""
    english, russian = (prose(DOCS / name) for name in ("from-the-report.md", "from-the-report.ru.md"))
    assert set(_WORD.findall(english)) == set(_WORD.findall(russian))
    assert english.count("\n|") == russian.count("\n|")


def test_the_founding_tests_have_the_names_that_the_report_gave_them() -> None:
    """The five tests of the page are those of the file that it names."""
    named = set(re.findall(r"^\| `(test_\w+)`", text_of(DOCS / "from-the-report.md"), re.MULTILINE))
    assert len(named) == 5
    assert named <= functions(ROOT / "tests" / "wire" / "test_founding.py")
