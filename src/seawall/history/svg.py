"""The few shapes that the pictures are made of. Text is escaped here and nowhere else.

Coordinates are whole tenths of a unit, so that the same history gives the same bytes on every machine. Colours are
classes; the style sheet inside the picture has them once for light and once for dark, and the picture brings its own
ground, so that it can be read on any page.
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in an XML 1.0 document: all but its production Char."""

Tenths = int
"""A length in tenths of a unit of the picture."""

STYLE = """
.wf{max-width:100%;height:auto;--ground:#ffffff;--ink:#1f2328;--faint:#59636e;--line:#d1d9e0;--act:#0969da;
--said:#8250df;--fill:#bc4c00;--good:#1a7f37;--bad:#cf222e;
font-family:ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
@media(prefers-color-scheme:dark){.wf{--ground:#0d1117;--ink:#e6edf3;--faint:#9198a1;--line:#3d444d;--act:#4493f8;
--said:#ab7df8;--fill:#db6d28;--good:#3fb950;--bad:#f85149}}
.wf .ground{fill:var(--ground);stroke:var(--line)}.wf text{fill:var(--ink);font-size:12px}
.wf .head{font-size:15px;font-weight:600}.wf .faint{fill:var(--faint);font-size:11px}.wf .grid{stroke:var(--line)}
.wf .act{fill:var(--act);stroke:var(--act)}.wf .said{fill:var(--said);stroke:var(--said)}
.wf .fill{fill:var(--fill);stroke:var(--fill)}.wf .good{fill:var(--good);stroke:var(--good)}
.wf .bad{fill:var(--bad);stroke:var(--bad)}.wf .naked{fill:var(--bad);opacity:.2}.wf .edge{stroke:var(--bad)}
.wf text.act,.wf text.said,.wf text.fill,.wf text.good,.wf text.bad{stroke:none;font-weight:600}
""".strip()


def number(tenths: Tenths) -> str:
    """A length as SVG wants it: 1234 becomes "123.4"."""
    sign, size = ("-" if tenths < 0 else ""), abs(tenths)
    return f"{sign}{size // 10}.{size % 10}" if size % 10 else f"{sign}{size // 10}"


def text(x: Tenths, y: Tenths, words: str, kind: str = "", anchor: str = "start") -> str:
    """Words at a point; `anchor` is start, middle or end."""
    where = f'x="{number(x)}" y="{number(y)}"'
    return f'<text {where} class="{kind}" text-anchor="{anchor}">{escape(_clean(words))}</text>'


def box(x: Tenths, y: Tenths, width: Tenths, height: Tenths, kind: str, note: str = "", corner: Tenths = 20) -> str:
    """A rectangle; `note` is shown when one points at it."""
    where = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" rx="{number(corner)}"'
    return f'<rect {where} class="{kind}">{_note(note)}</rect>'


def line(x1: Tenths, y1: Tenths, x2: Tenths, y2: Tenths, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" class="{kind}"/>'


def dot(x: Tenths, y: Tenths, kind: str, note: str = "", radius: Tenths = 40) -> str:
    """A round mark; `note` is shown when one points at it."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" class="{kind}">{_note(note)}</circle>'


def diamond(x: Tenths, y: Tenths, kind: str, note: str = "", size: Tenths = 65) -> str:
    """A diamond: something was proven here."""
    points = ((x, y - size), (x + size, y), (x, y + size), (x - size, y))
    told = " ".join(f"{number(px)},{number(py)}" for px, py in points)
    return f'<polygon points="{told}" class="{kind}">{_note(note)}</polygon>'


def picture(width: Tenths, height: Tenths, label: str, shapes: list[str]) -> str:
    """The whole picture as one self-contained SVG element. `label` is read aloud to who cannot see it."""
    size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} class="wf" role="img" aria-label={_quoted(label)}>'
    ground = box(5, 5, width - 10, height - 10, "ground", corner=80)
    return "\n".join((head, f"<style>{STYLE}</style>", ground, *shapes, "</svg>"))


def _note(words: str) -> str:
    return f"<title>{escape(_clean(words))}</title>" if words else ""


def _quoted(words: str) -> str:
    return quoteattr(_clean(words))


def _clean(words: str) -> str:
    """The words without what XML cannot carry, which a venue's text may: each such character becomes "?"."""
    return _NOT_XML.sub("?", words)
