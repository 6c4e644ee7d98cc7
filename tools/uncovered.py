"""Writes the tables of docs/proof.md: what the deterministic world never loads, file by file, and what meets it.

    python tools/uncovered.py

A file counts as covered if playing a page on both venues loads it. Of the others it counts the statements (imports,
definitions and docstrings left out) and the decisions among them: each branch, loop condition, case and handler.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SRC = ROOT / "src"
PAGE = ROOT / "docs" / "proof.md"
BEGIN, END = "<!-- written by tools/uncovered.py -->", "<!-- end of what tools/uncovered.py wrote -->"
LOADED = """
import sys
from seawall.drill.pages import shipped
from seawall.drill.scenario import play
for venue in shipped()["clean"].venues:
    play(shipped()["clean"], venue, 1)
print(*(name for name in sys.modules if name.startswith(("seawall", "venuesim"))))
"""
APART = ("seawall.drill", "seawall.cli", "seawall.__main__", "venuesim.__main__", "venuesim.cli")
"""The proofs themselves, and command lines."""

SOCKETS = {
    "seawall.venues.sockets": "opens, sends, receives, closes",
    "venuesim.server": "the same for the box",
}
SHELL = {
    "seawall.service.app": (
        "chooses every real thing, begins and ends",
        "`tests/wire`, `tests/service/test_folder.py`",
    ),
    "seawall.service.loop": ("drives one desk on asyncio", "`tests/wire`, `make wire`"),
    "seawall.service.clock": ("the machine's time, never backwards", "`tests/service/test_folder.py`"),
    "seawall.service.front": ("one signal, one record, one answer", "`tests/service/test_intake.py`"),
    "seawall.service.commons": ("one read for all accounts of an address", "`tests/service/test_commons.py`"),
    "seawall.service.scribe": ("hands events to the journal in order", "`tests/service/test_scribe.py`"),
    "seawall.service.spool": ("keeps what leaves while the journal is down", "`tests/service/test_spool.py`"),
    "seawall.service.ledger": (
        "what was spent of a venue's quotas, for the next process",
        "`tests/service/test_ledger.py`",
    ),
    "seawall.journal.sqlite": ("the durable record", "`tests/journal`, kill -9"),
    "seawall.journal.tables": ("its rows", "`tests/journal`"),
    "seawall.journal.migrate": ("its versions", "`tests/journal`"),
    "seawall.service.owner": ("one process in a folder", "`tests/wire/test_process.py`"),
    "seawall.service.identity": ("whose orders are ours", "`tests/service/test_folder.py`"),
    "seawall.service.venues": ("which codec is whose", "`tests/wire`"),
}


@cache
def loaded() -> frozenset[str]:
    """The modules that the deterministic world loads; asked of a process of its own, once."""
    told = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=ROOT)
    return frozenset(told.stdout.split())


def uncovered() -> dict[str, Path]:
    """The modules that it does not, by name."""
    known = loaded()
    files = {
        ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(SRC.rglob("*.py"))
    }
    return {name: path for name, path in files.items() if name not in known and not name.startswith(APART)}


def counted(path: Path) -> tuple[int, int]:
    """How many statements a file has, and how many decisions."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return sum(_is_statement(node) for node in nodes), sum(_is_decision(node) for node in nodes)


def _is_statement(node: ast.AST) -> bool:
    defines = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    says = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return isinstance(node, ast.stmt) and not isinstance(node, defines) and not says


def _is_decision(node: ast.AST) -> bool:
    branches = ast.If | ast.While | ast.IfExp | ast.ExceptHandler | ast.match_case
    return isinstance(node, branches) or (isinstance(node, ast.comprehension) and bool(node.ifs))


def tables() -> str:
    """Both tables, and the list of what only reads."""
    return "\n".join(_lines(uncovered())) + "\n"


def _lines(files: dict[str, Path]) -> Iterator[str]:
    yield from ("", "| sockets | what it does | statements | decisions |", "|---|---|---|---|")
    sums = [counted(files[name]) for name in SOCKETS]
    for (name, does), (statements, decisions) in zip(SOCKETS.items(), sums, strict=True):
        yield f"| `{_shown(files[name])}` | {does} | {statements} | {decisions} |"
    yield f"| together | | {sum(one for one, _ in sums)} | {sum(one for _, one in sums)} |"
    yield from ("", "| the shell | what it does | statements | decisions | met by |", "|---|---|---|---|---|")
    sums = [counted(files[name]) for name in SHELL]
    for (name, (does, met)), (statements, decisions) in zip(SHELL.items(), sums, strict=True):
        yield f"| `{_shown(files[name])}` | {does} | {statements} | {decisions} | {met} |"
    yield f"| together | | {sum(one for one, _ in sums)} | {sum(one for _, one in sums)} | |"
    rest = [path for name, path in files.items() if name not in SOCKETS | SHELL and counted(path)[0]]
    said = "Beside the way of an order, and so outside this count, lies what reads, shows or configures, in "
    folders = ", ".join(f"`{folder}`" for folder in dict.fromkeys(str(path.relative_to(SRC).parent) for path in rest))
    yield from ("", f"{said}{folders}.", "")


def _shown(path: Path) -> str:
    return str(path.relative_to(SRC))


def page() -> str:
    """The page with its tables as they should be."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
