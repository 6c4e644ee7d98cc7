"""Read source as text and say where it crosses a border of the house.

The house has three kinds of room. The *deciding* rooms (the heart, the codecs and machines of the venues, the box) are
told the time and the bytes, and must give the same answer in every process: so they import no clock, no chance, no
socket and no file, await nothing, and never walk a set, whose order changes from one process to the next. The *shells*
may do all that. And in the rooms where money is counted no float is made.

A rule is a function from a parsed file to breaches; a breach is a line and a sentence. `test_borders.py` turns the rules
on the source, and on planted sources that break each of them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

DECIDING_PARTS = ("model", "sagas", "engine", "history", "audit", "intake", "venues", "flatten")
SHELLS_OF_VENUES = ("sockets.py",)
SHELLS_OF_THE_BOX = ("server.py", "server", "cli.py", "__main__.py")
MONEY_PARTS = ("model", "sagas", "engine", "history", "audit", "intake", "venues", "flatten")

OUTSIDE = (
    "aiohttp", "asyncio", "concurrent", "http.client", "http.server", "logging", "multiprocessing", "os", "pathlib",
    "random", "secrets", "select", "selectors", "signal", "socket", "sqlite3", "ssl", "structlog", "subprocess",
    "tempfile", "threading", "time", "urllib.request", "uuid",
)  # fmt: skip
CLOCK_READINGS = ("now", "utcnow", "today")
OUTSIDE_CALLS = {
    "hash": "differs from one process to the next",
    "id": "differs from one run to the next",
    "open": "files belong to the shells",
    "input": "the terminal belongs to the shells",
    "print": "the terminal belongs to the shells",
}
# Consumers that give the same answer whatever the order in which a set was walked.
ORDERLESS = ("sorted", "set", "frozenset", "any", "all", "len")
WALKERS = ("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "reversed", "sum", "max", "min")

MAX_FILE = 450
MAX_FUNCTION = 60


class Breach(NamedTuple):
    """Where a border is crossed (line, from 1), and how."""

    line: int
    what: str


Rule = Callable[[ast.Module], Iterator[Breach]]


@lru_cache(maxsize=1)
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Every node of the file at hand, walked once for all rules that are turned on it: walking is what takes time."""
    return tuple(ast.walk(tree))


def is_deciding(path: PurePosixPath) -> bool:
    """Whether the file at `path` (relative to src) stands in a room that must not know the outside."""
    package, *rest = path.parts
    if package == "venuesim":
        return rest[0] not in SHELLS_OF_THE_BOX
    if len(rest) < 2 or rest[0] not in DECIDING_PARTS:
        return False
    return not (rest[0] == "venues" and rest[1] in SHELLS_OF_VENUES)


def counts_money(path: PurePosixPath) -> bool:
    """Whether the file at `path` (relative to src) stands where prices and quantities are handled."""
    return is_deciding(path) and path.parts[0] == "seawall" and path.parts[1] in MONEY_PARTS


def may_name_the_generator(path: PurePosixPath) -> bool:
    """Whether the file may name `random.Random`: the box's exchange alone makes one, from the seed it is handed."""
    return path == PurePosixPath("venuesim/exchange.py")


def awaiting(tree: ast.Module) -> Iterator[Breach]:
    """No coroutine: stepping never waits."""
    for node in nodes(tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
            yield Breach(node.lineno, "awaits: a room that decides never waits")


def outside_imports(tree: ast.Module) -> Iterator[Breach]:
    """No import of a clock, of chance, of a socket, file or thread, unless a type checker alone reads it."""
    for node in runtime_imports(tree):
        for name in imported(node):
            if any(name == banned or name.startswith(f"{banned}.") for banned in OUTSIDE):
                yield Breach(getattr(node, "lineno", 0), f"imports {name}: it is handed in, or belongs to a shell")


def clock_readings(tree: ast.Module) -> Iterator[Breach]:
    """No reading of the wall clock through datetime."""
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in CLOCK_READINGS:
            holder = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if holder in {"datetime", "date"}:
                yield Breach(node.lineno, f"reads {holder}.{node.attr}: time is an argument")


def outside_calls(tree: ast.Module) -> Iterator[Breach]:
    """No call whose answer depends on the process, and no file or terminal."""
    for name, node in calls_by_name(tree):
        if name in OUTSIDE_CALLS:
            yield Breach(node.lineno, f"calls {name}(): {OUTSIDE_CALLS[name]}")


def floats(tree: ast.Module) -> Iterator[Breach]:
    """No float is made where money is counted."""
    for name, node in calls_by_name(tree):
        if name == "float":
            yield Breach(node.lineno, "calls float(): prices, quantities and fees are Decimal")


def walked_sets(tree: ast.Module) -> Iterator[Breach]:
    """No set is walked, unless whoever consumes the walk cannot tell its order."""
    of_the_file = frozenset(set_names(tree))
    for scope in [tree, *(node for node in nodes(tree) if isinstance(node, ast.FunctionDef))]:
        names = of_the_file | frozenset(set_names(scope))
        for walked in walks(scope):
            if is_set(walked, names):
                yield Breach(walked.lineno, f"walks the set `{ast.unparse(walked)}`: its order differs; sort it")


def oversize(text: str) -> Iterator[Breach]:
    """A file and a function stay short enough to be read at a sitting."""
    lines = text.count("\n")
    if lines > MAX_FILE:
        yield Breach(lines, f"has {lines} lines, more than {MAX_FILE}: it holds two rooms")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > MAX_FUNCTION:
                yield Breach(node.lineno, f"{node.name} has {size} lines, more than {MAX_FUNCTION}")


def swallowed(tree: ast.Module) -> Iterator[Breach]:
    """No exception is dropped without a word: that is how the founding incident lost its evidence."""
    for node in nodes(tree):
        if isinstance(node, ast.ExceptHandler):
            broad = node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"}
            if broad and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body):
                yield Breach(node.lineno, "swallows an exception")


DECIDING_RULES: tuple[Rule, ...] = (awaiting, outside_imports, clock_readings, outside_calls, walked_sets)


def runtime_imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import statement but those under `if TYPE_CHECKING`."""
    unread = {
        id(node)
        for block in nodes(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in unread:
            yield node


def imported(node: ast.AST) -> list[str]:
    """The full names that an import statement brings in; none for any other node."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module or ''}.{alias.name}" for alias in node.names]
    return []


def calls_by_name(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a plain name below `tree`."""
    for node in nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node


@lru_cache(maxsize=2)
def own_nodes(scope: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes of a module or function without those of the functions inside it; kept while the scope is at hand."""
    found: list[ast.AST] = []
    ahead = [*ast.iter_child_nodes(scope)][::-1]
    while ahead:
        node = ahead.pop()
        found.append(node)
        if not isinstance(node, ast.FunctionDef):
            ahead.extend([*ast.iter_child_nodes(node)][::-1])
    return tuple(found)


def set_names(scope: ast.AST) -> Iterator[str]:
    """Names (and attributes, dotted as written) that are annotated as a set or bound to one in this scope."""
    arguments = scope.args if isinstance(scope, ast.FunctionDef) else None
    if arguments is not None:
        for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
            if is_set_type(argument.annotation):
                yield argument.arg
    for node in own_nodes(scope):
        if isinstance(node, ast.AnnAssign) and is_set_type(node.annotation):
            yield ast.unparse(node.target)
        if isinstance(node, ast.Assign) and is_set(node.value, frozenset()):
            yield from (ast.unparse(target) for target in node.targets)


def is_set_type(annotation: ast.expr | None) -> bool:
    """Whether an annotation reads as a set of something."""
    return annotation is not None and ast.unparse(annotation).split("[")[0] in {
        "set",
        "frozenset",
        "Set",
        "AbstractSet",
    }


def is_set(node: ast.expr, names: frozenset[str]) -> bool:
    """Whether an expression is a set: written as one, made by set() or frozenset(), or known by name."""
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in {"set", "frozenset"}
    if isinstance(node, ast.BinOp):
        return is_set(node.left, names) or is_set(node.right, names)
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node) in names


def walks(scope: ast.AST) -> Iterator[ast.expr]:
    """Every expression that is walked in this scope by something that can tell its order."""
    orderless: set[int] = set()
    for node in own_nodes(scope):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ORDERLESS:
            orderless.update(id(argument) for argument in node.args)
    for node in own_nodes(scope):
        if isinstance(node, ast.For):
            yield node.iter
        elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp) and id(node) not in orderless:
            yield from (part.iter for part in node.generators)
        elif isinstance(node, ast.Starred):
            yield node.value
        elif isinstance(node, ast.Call) and walking_call(node):
            yield from node.args


def walking_call(node: ast.Call) -> bool:
    """Whether a call walks its arguments in their order: list(), tuple(), next(iter()), `sep.join()`, dict.fromkeys()."""
    if isinstance(node.func, ast.Name):
        return node.func.id in WALKERS
    return isinstance(node.func, ast.Attribute) and node.func.attr in {"join", "fromkeys", "extend", "pop"}
