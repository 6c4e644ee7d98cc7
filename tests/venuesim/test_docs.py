"""The page about the box says what the box does: its example runs, and its tables are the code's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from venuesim.control import Control
from venuesim.faults import COMMON, VOCABULARY
from venuesim.lent import Deed, HandWish
from venuesim.switches import SWITCHES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "box.md").read_text(encoding="utf-8")
SOURCE = sorted((ROOT / "src" / "venuesim").rglob("*.py"))


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the page."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def words(cell: str) -> tuple[str, ...]:
    """Return what stands in backticks in a cell."""
    return tuple(re.findall(r"`([^`]*)`", cell))


def test_the_example_of_the_page_runs() -> None:
    """The block of Python is executed as it stands, and its assertion holds."""
    [block] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "box.md", "exec"), names)
    assert names["answer"] is not None


def test_the_page_lists_the_whole_fault_vocabulary_with_its_parameters() -> None:
    """Every fault of the code has its row with exactly its own parameters, and the common ones stand above."""
    assert {words(row[0])[0]: words(row[1]) for row in rows("Faults")} == dict(VOCABULARY)
    above = words(PAGE.split("## Faults\n")[1].split("| fault |")[0])
    assert set(COMMON) - {"fault"} <= set(above)


def test_the_page_lists_every_switch_with_its_answers() -> None:
    """The table of switches is the table of the code."""
    shown = {
        name: tuple("(empty)" if answer == "" else answer for answer in answers) for name, answers in SWITCHES.items()
    }
    assert {words(row[0])[0]: words(row[1]) for row in rows("Switches")} == shown


def test_the_page_lists_every_call_of_the_control_api() -> None:
    """Each route of the control API has its row."""
    routes = {f"{method} {path}" for method, path in Control({})._routes}
    assert {call for row in rows("The control API") for call in words(row[0])} == routes


def test_the_page_lists_every_deed_of_a_hand() -> None:
    """Each thing that POST /hand may do has its row, with fields that its body knows."""
    assert {words(row[0])[0] for row in rows("Hands")} == set(get_args(Deed))
    assert {field for row in rows("Hands") for field in words(row[1])} <= set(HandWish.__struct_fields__)


def test_every_switch_turns_something() -> None:
    """No switch is there for show: each name is asked for somewhere in the box."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE if path.name != "switches.py")
    assert [name for name in SWITCHES if f'"{name}"' not in text] == []
