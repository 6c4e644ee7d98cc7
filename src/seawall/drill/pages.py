"""The pages that ship with the program, and those that a command names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path

from seawall.drill.loader import PageError, load, venues_of
from seawall.drill.page import Page
from seawall.model.ids import VenueName

_SCENARIOS = files("seawall.drill").joinpath("scenarios")


def shipped() -> dict[str, Page]:
    """Every page that ships, by its name, in the order of names."""
    found = _SCENARIOS.iterdir()
    texts = {one.name.removesuffix(".toml"): one.read_text("utf-8") for one in found if one.name.endswith(".toml")}
    return {name: _named(name, texts[name]) for name in sorted(texts)}


def named(what: str) -> dict[str, Page]:
    """The page of a file, of a folder's files, or the shipped page of that name; raises PageError."""
    path = Path(what)
    if path.is_dir():
        return {str(one): _named(str(one), one.read_text("utf-8")) for one in sorted(path.glob("*.toml"))}
    if path.is_file():
        return {what: _named(what, path.read_text("utf-8"))}
    ours = _SCENARIOS.joinpath(f"{what}.toml")
    if ours.is_file():
        return {what: page_of(what)}
    raise PageError(f"{what}: expected a file, a folder or the name of a shipped page")


def runs(
    what: Iterable[str], venue: VenueName | None = None, part: tuple[int, int] = (1, 1)
) -> Iterator[tuple[str, Page, VenueName]]:
    """The pages of these files, folders or names, all that ship where none is named, each on its venues or on the one
    that is asked for; of `part` (1, 4) every fourth page, from the first on. Raises PageError.
    """
    pages = {name: page for one in what for name, page in named(one).items()} or shipped()
    which, of = part
    for name, page in islice(pages.items(), which - 1, None, of):
        for on in venues_of(page):
            if venue in (None, on):
                yield name, page, on


@cache
def page_of(name: str) -> Page:
    """One page by the name that `shipped` or `named` gives it, read once: a sweep plays it a hundred times."""
    path = Path(name)
    return _named(name, (path if path.is_file() else _SCENARIOS.joinpath(f"{name}.toml")).read_text("utf-8"))


def _named(name: str, text: str) -> Page:
    try:
        return load(text)
    except PageError as wrong:
        raise PageError(f"{name}: {wrong}") from wrong
