"""The pages of the repository, taken apart: their blocks of code, their links, their headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]))
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: the page that it stands on, its language, its text."""

    page: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page} {self.language}: {self.text.strip().splitlines()[0][:50]}"


def text_of(page: Path) -> str:
    """A page as it stands."""
    return page.read_text(encoding="utf-8")


def blocks(*languages: str) -> list[Block]:
    """Every block in one of these languages, in the order of the pages."""
    return [
        Block(str(page.relative_to(ROOT)), language, text)
        for page in PAGES
        for language, text in _BLOCK.findall(text_of(page))
        if language in languages
    ]


def prose(page: Path) -> str:
    """A page without its blocks."""
    return _BLOCK.sub("", text_of(page))


def links(page: Path) -> list[str]:
    """Where a page points to, outside its blocks."""
    return _LINK.findall(prose(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose(page)))
    return {heading.strip().replace(" ", "-") for heading in found}


def cells(page: Path) -> list[list[str]]:
    """The rows of all tables of a page."""
    lines = (line for line in text_of(page).splitlines() if line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]
