"""Draw the heart's table and its time bounds as pages: docs/sagas.md and docs/time-bounds.md, from the source alone.

The table in `src/seawall/sagas/table.py` is the truth; a picture of it that is drawn by hand goes stale with the first
mend. So the diagram's arrows, the rows with their duties and reasons, and the pairs that cannot arise are written from
`TABLE` and `EXCLUDED`, the theory from the head of the file, and the waiting times from the fields and docstrings of
`Bounds`. `tests/sagas/test_pages.py` fails if either page is out of date.

    python tools/draw_table.py          writes both pages
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from seawall.model import times
from seawall.model.times import HOUR, MILLISECOND, MINUTE, SECOND, Bounds
from seawall.sagas import table
from seawall.sagas.phase import Duty, Finding, Phase
from seawall.sagas.table import EXCLUDED, TABLE

ROOT = Path(__file__).resolve().parent.parent
SAGAS, BOUNDS = ROOT / "docs" / "sagas.md", ROOT / "docs" / "time-bounds.md"
_WRITTEN = "Written by `python tools/draw_table.py` from `{}`; a test fails if it is out of date."
_UNITS = ((HOUR, "h"), (MINUTE, "min"), (SECOND, "s"), (MILLISECOND, "ms"))
_WORDS = {
    Duty.PREPARE: "read what is lacking, set the leverage",
    Duty.ENTER: "intend the entry",
    Duty.ASK_ENTRY: "ask about the entry",
    Duty.ASK_POSITION: "ask about the position",
    Duty.ASK_STOP: "ask about the stop",
    Duty.PLACE: "place a stop",
    Duty.MOVE: "move the stop",
    Duty.CLOSE: "close what is ours",
    Duty.CANCEL_ENTRY: "cancel the entry's rest",
    Duty.REDUCE: "close the part asked for",
    Duty.LADDER: "tend the take-profits",
    Duty.CLEAR_LADDER: "take the take-profits down",
    Duty.CLEAR: "clear stops that outlived",
    Duty.WATCH: "watch",
    Duty.ALARM: "tell a person",
}
_BEGINNING = """# How a signal gets from accepted to PROTECTED or FLAT

{written}

"""
_DIAGRAM = """
## The moves

Each arrow is a row that leads elsewhere, with the findings that take it; rows that stay are in the tables below.

"""
_TIMES = """# The time bounds

{written}

Every waiting time that the heart knows, its default, and the fact or judgement that it rests on. A page name with a
section (`binance.md 4.3`) is a place in the book of facts about that venue. How to change one: `configuration.md`.

| bound | default | what it is, and what it rests on |
|---|---|---|
"""


def sagas_page() -> str:
    """The page about the table."""
    head = _BEGINNING.format(written=_WRITTEN.format("src/seawall/sagas/table.py"))
    theory = inspect.cleandoc(table.__doc__ or "").partition("\n\n")[2]
    rows = "\n".join(_phase_table(phase) for phase in Phase)
    return head + theory + "\n" + _DIAGRAM + _diagram() + "\n## The rows\n\n" + rows + _excluded()


def _diagram() -> str:
    """The moves between phases as a mermaid state diagram, findings that go the same way on one arrow."""
    arrows: dict[tuple[Phase, Phase], list[Finding]] = {}
    for (phase, finding), row in TABLE.items():
        if row.to is not phase:
            arrows.setdefault((phase, row.to), []).append(finding)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.PREPARING.name}"]
    for (phase, to), findings in arrows.items():
        names = ", ".join(finding.name.lower() for finding in findings)
        lines.append(f"    {phase.name} --> {to.name}: {names}")
    return "\n".join([*lines, f"    {Phase.FLAT.name} --> [*]", "```", ""])


def _phase_table(phase: Phase) -> str:
    """The rows of one phase, in the order of the table's file."""
    lines = [f"### {phase.name}", "", "| finding | leads to | what is done | why |", "|---|---|---|---|"]
    for (at, finding), row in TABLE.items():
        if at is phase:
            to = "stays" if row.to is phase else row.to.name
            lines.append(f"| {finding.name} | {to} | {in_words(row.duties)} | {row.why} |")
    return "\n".join([*lines, ""])


def _excluded() -> str:
    """The pairs that cannot arise, by reason."""
    lines = ["", "## What cannot arise", "", "| why | phases | findings |", "|---|---|---|"]
    for why, (phases, findings) in EXCLUDED.items():
        named = ", ".join(phase.name for phase in phases)
        found = ", ".join(finding.name for finding in findings)
        lines.append(f"| {why} | {named} | {found} |")
    return "\n".join([*lines, ""])


def in_words(duties: Duty) -> str:
    """What is to be done, for a reader; a dash for nothing."""
    return "; ".join(_WORDS[duty] for duty in duties) or "-"


def times_page() -> str:
    """The page about the time bounds."""
    rows = [f"| `{name}` | {default} | {rests_on} |" for name, default, rests_on in bounds()]
    return _TIMES.format(written=_WRITTEN.format("src/seawall/model/times.py")) + "\n".join(rows) + "\n"


def bounds() -> list[tuple[str, str, str]]:
    """(name, default in words, docstring) of each field of `Bounds`, in the order of the source."""
    body = ast.parse(inspect.cleandoc(inspect.getsource(times.Bounds))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: list[tuple[str, str, str]] = []
    for field, said in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            name = field.target.id
            found.append((name, _default(name), _docstring(said)))
    return found


def _docstring(node: ast.stmt) -> str:
    """The text of a docstring below a field, on one line."""
    assert isinstance(node, ast.Expr)
    assert isinstance(node.value, ast.Constant)
    return " ".join(str(node.value.value).split())


def _default(name: str) -> str:
    value = getattr(Bounds(), name)
    if name == "ask_growth":
        return f"{value[0]}/{value[1]}"
    return ", ".join(span(one) for one in value) if isinstance(value, tuple) else span(value)


def span(duration: int) -> str:
    """A duration in its largest unit that leaves a whole number, as a person writes it."""
    unit, word = next(((unit, word) for unit, word in _UNITS if duration and duration % unit == 0), (1, ""))
    return f"{duration // unit} {word}".strip()


if __name__ == "__main__":
    SAGAS.write_text(sagas_page(), encoding="utf-8")
    BOUNDS.write_text(times_page(), encoding="utf-8")
