"""The borders of the house hold, and each rule that says so can say otherwise.

Every rule of `tests/borders.py` is turned on the source, then on a planted line that breaks it: a rule that cannot fail
would be a decoration. The chains of imports (who may know whom) are import-linter's; its contracts stand in
pyproject.toml and are likewise turned on a planted house in which each of them is broken.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from tests import borders
from tests.borders import ROOT, Breach, Rule

SRC = ROOT / "src"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def files() -> list[PurePosixPath]:
    """Every Python file of both packages, relative to src."""
    return sorted(PurePosixPath(path.relative_to(SRC).as_posix()) for path in SRC.rglob("*.py"))


def told(path: PurePosixPath, breaches: list[Breach]) -> list[str]:
    """Breaches as a person reads them: file, line, sentence."""
    return [f"src/{path}:{line}: {what}" for line, what in breaches]


def breaches_of(path: PurePosixPath, *rules: Rule) -> list[str]:
    """What each of `rules` finds in the file at `path`, read once, less what the rule book allows that one file."""
    tree = ast.parse((SRC / path).read_text(encoding="utf-8"), filename=str(path))
    found = [breach for rule in rules for breach in rule(tree)]
    if borders.may_name_the_generator(path):
        found = [breach for breach in found if not breach.what.startswith("imports random.Random:")]
    return told(path, found)


def test_no_deciding_room_knows_the_outside() -> None:
    """Heart, codecs, machines and box read no clock, no chance, no file, no socket, and walk no set."""
    deciding = [path for path in files() if borders.is_deciding(path)]
    found = [line for path in deciding for line in breaches_of(path, *borders.DECIDING_RULES)]
    assert not found, "\n".join(found)


def test_no_float_is_made_where_money_is_counted() -> None:
    """Prices, quantities and fees stay exact from the wire to the journal."""
    found = [line for path in files() if borders.counts_money(path) for line in breaches_of(path, borders.floats)]
    assert not found, "\n".join(found)


def test_no_exception_is_swallowed() -> None:
    """Nowhere in the house is a failure dropped without a word."""
    found = [line for path in files() for line in breaches_of(path, borders.swallowed)]
    assert not found, "\n".join(found)


def test_files_and_functions_can_be_read_at_a_sitting() -> None:
    """No file of the source has more than 450 lines and no function more than 60."""
    texts = {path: (SRC / path).read_text(encoding="utf-8") for path in files()}
    found = [line for path, text in texts.items() for line in told(path, list(borders.oversize(text)))]
    assert not found, "\n".join(found)


PLANTED: tuple[tuple[Rule, str], ...] = (
    (borders.awaiting, "async def step(): ..."),
    (borders.awaiting, "async def step():\n    async with lock: pass"),
    (borders.outside_imports, "import time"),
    (borders.outside_imports, "import os.path"),
    (borders.outside_imports, "from random import choice"),
    (borders.outside_imports, "from urllib import request"),
    (borders.outside_imports, "def late():\n    import asyncio"),
    (borders.clock_readings, "at = datetime.now(UTC)"),
    (borders.clock_readings, "at = datetime.datetime.utcnow()"),
    (borders.clock_readings, "stamp = date.today"),
    (borders.outside_calls, "shard = hash(symbol) % 8"),
    (borders.outside_calls, "text = open(name).read()"),
    (borders.floats, "price = float(row['p'])"),
    (borders.swallowed, "try:\n    step()\nexcept Exception:\n    pass"),
    (borders.swallowed, "for row in rows:\n    try:\n        step()\n    except:\n        continue"),
    (borders.walked_sets, "for name in {'a', 'b'}: print(name)"),
    (borders.walked_sets, "rows = [row for row in set(rows)]"),
    (borders.walked_sets, "first = next(iter({1, 2}))"),
    (borders.walked_sets, "line = ','.join({str(n) for n in numbers})"),
    (borders.walked_sets, "seen: set[str] = set()\ndef show():\n    return tuple(seen)"),
    (borders.walked_sets, "def show(seen: frozenset[str]):\n    return [*seen]"),
    (borders.walked_sets, "def show():\n    left = set(a) - b\n    for name in left: use(name)"),
    (borders.walked_sets, "class Desk:\n    def start(self):\n        for name in set(self.a) | self.b: use(name)"),
)


@pytest.mark.parametrize(("rule", "source"), PLANTED)
def test_each_rule_finds_what_is_planted_for_it(rule: Rule, source: str) -> None:
    """A source that breaks a rule is found by that rule, with its line."""
    assert [breach.line for breach in rule(ast.parse(source))]


ALLOWED: tuple[tuple[Rule, str], ...] = (
    (borders.outside_imports, "if TYPE_CHECKING:\n    from random import Random"),
    (borders.outside_imports, "from datetime import UTC, datetime\nimport timeit_of_ours"),
    (borders.outside_imports, "from urllib.parse import urlencode"),
    (borders.clock_readings, "later = self.now + 5"),
    (borders.outside_calls, "row.hash(1)"),
    (borders.walked_sets, "for name in sorted({'a', 'b'}): use(name)"),
    (borders.walked_sets, "found = any(x > 1 for x in {1, 2})"),
    (borders.walked_sets, "known = name in {'a', 'b'}"),
    (borders.walked_sets, "def one():\n    rows = set(a)\ndef two(rows: list[int]):\n    return [*rows]"),
    (borders.swallowed, "try:\n    step()\nexcept KeyError:\n    pass"),
)


@pytest.mark.parametrize(("rule", "source"), ALLOWED)
def test_no_rule_cries_wolf(rule: Rule, source: str) -> None:
    """A source that only resembles a breach passes."""
    assert not list(rule(ast.parse(source)))


def test_what_is_too_long_is_found() -> None:
    """A file of 451 lines and a function of 61 are each named."""
    long_function = "def walk():\n" + "    step()\n" * 60
    assert [breach.what.split()[0] for breach in borders.oversize(long_function)] == ["walk"]
    assert [breach.line for breach in borders.oversize("x = 1\n" * 451)] == [451]


@pytest.mark.parametrize(
    ("path", "deciding", "money"),
    [
        ("seawall/model/ids.py", True, True),
        ("seawall/venues/binance/codec.py", True, True),
        ("seawall/venues/sockets.py", False, False),
        ("seawall/service/loop.py", False, False),
        ("seawall/cli.py", False, False),
        ("venuesim/book.py", True, False),
        ("venuesim/dialects/bybit/stream.py", True, False),
        ("venuesim/server.py", False, False),
    ],
)
def test_every_room_is_of_the_kind_that_the_design_says(path: str, deciding: bool, money: bool) -> None:
    """The shells are sockets.py, the service, the command lines and the box's server; the rest decides."""
    assert borders.is_deciding(PurePosixPath(path)) is deciding
    assert borders.counts_money(PurePosixPath(path)) is money


def lint_imports(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    """Run the contracts of pyproject.toml on the packages that stand first on `path`."""
    command = [sys.executable, "-c", LINT_IMPORTS, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    settings = {**os.environ, "PYTHONPATH": path, "COLUMNS": "400", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False, timeout=60)


def test_who_may_know_whom(tmp_path: Path) -> None:
    """No import, direct or through others, runs against the order of the house."""
    result = lint_imports(tmp_path, str(SRC))
    assert result.returncode == 0, result.stdout + result.stderr


PLANTED_HOUSE = {
    "seawall/model/ids.py": "import seawall.sagas.opening",
    "seawall/sagas/opening.py": "import seawall.engine.desk",
    "seawall/sagas/evidence/state.py": "import seawall.sagas.judgement",
    "seawall/sagas/judgement.py": "",
    "seawall/engine/desk.py": "import seawall.service.loop",
    "seawall/history/timeline.py": "import seawall.journal.rows",
    "seawall/journal/rows.py": "",
    "seawall/intake/native.py": "import seawall.sagas.opening",
    "seawall/venues/binance/codec.py": "import seawall.venues.bybit.codec",
    "seawall/venues/bybit/codec.py": "",
    "seawall/service/loop.py": "import venuesim.book",
    "venuesim/book.py": "import seawall.model.ids",
    "venuesim/server.py": "",
    "venuesim/exchange.py": "import venuesim.server",
    "venuesim/dialects/binance/orders.py": "import venuesim.dialects.bybit.orders",
    "venuesim/dialects/bybit/orders.py": "",
}


def plant(house: Path) -> None:
    """Write the planted house, each folder a package."""
    for name, text in PLANTED_HOUSE.items():
        file = house / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n", encoding="utf-8")
        for folder in [file.parent, *file.parent.parents]:
            if folder != house and folder.is_relative_to(house):
                (folder / "__init__.py").touch()


def test_each_contract_finds_what_is_planted_for_it(tmp_path: Path) -> None:
    """In a house where every contract of pyproject.toml is broken, every one is reported broken."""
    plant(tmp_path)
    result = lint_imports(tmp_path, str(tmp_path))
    verdicts = [line.split()[-1] for line in result.stdout.splitlines() if line.endswith((" KEPT", " BROKEN"))]
    assert len(verdicts) >= 9, result.stdout + result.stderr
    assert set(verdicts) == {"BROKEN"}, result.stdout
    assert result.returncode == 1
