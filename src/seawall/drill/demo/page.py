"""The page that stays: one file, no script, nothing from elsewhere; light and dark, for a wide screen and a phone.

Every figure is the judge's or the journal's, every picture is `history.waterfall` of one signal, every word of the bot
stands in its own log. Bars are drawn on a scale of powers of ten, since ours and the bot's lie three of them apart.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from html import escape
from math import log10
from pathlib import Path

from seawall import __version__
from seawall.drill.demo.findings import Row, Truth
from seawall.drill.demo.page_style import STYLE
from seawall.drill.demo.run import Outcome
from seawall.drill.demo.screen import span
from seawall.drill.demo.show import STOP_PERCENT
from seawall.drill.demo.table import said_by, what
from seawall.history.facts import day
from seawall.history.timeline import timeline
from seawall.history.waterfall import waterfall
from seawall.history.words import milliseconds
from seawall.model.amounts import plain
from seawall.model.times import Duration

_LEAST, _DECADES = 1_000, 5
"""The bars' scale: from 1 ms over five powers of ten to 100 s."""
_INTRODUCTION = """<h1>Every signal ends PROTECTED or FLAT</h1>
<p>{count} signals went to two traders at once, on the same venues under the same faults: to Seawall, and to the
algorithm of the report of 2025-10-29, when two of three openings failed. What stands here was read from Seawall's
journal and from the venues' own books, by a judge who knows neither trader.</p>"""
_ABOUT_BARS = """<h2>Time without a stop</h2>
<p class=faint>From the first fill to the stop live, or to the close, or until now; in the venue's clock, by the judge.
Each further tenfold is as wide as the one before it.</p>
<p class="key faint"><span><i style="background:var(--bad)"></i>the bot, wrong end</span>
<span><i style="background:var(--faint);opacity:.6"></i>the bot, right end</span>
<span><i style="background:var(--good)"></i>Seawall</span></p>
<section class="card bars">"""
_ABOUT_SIGNALS = """<h2>Signal by signal</h2>
<p class=faint>Each stop lies {percent} % away. Pictures run from the signal's arrival to its end; red is the time
without a stop, in the venue's clock.</p>"""
_FOOTER = """<footer><p>What is simulated: both venues, with their matching, stop engines, lags and faults. What is
real: the service that is shipped, its journal on disk, its connections over sockets, and every number here. The bot is
the report's own algorithm: what worked there works here, and what its report and the later study found broken is
broken.</p>
<p>{day}, {seconds:.1f} s, Seawall {version}. Again: <code>make demo</code>.</p></footer>"""


def page(outcome: Outcome) -> str:
    """The whole page as HTML."""
    found = outcome.rows
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Seawall: {len(found)} signals</title><style>{STYLE}</style></head><body><main>",
        _INTRODUCTION.format(count=len(found)),
        *_scores(found),
        _ABOUT_BARS,
        *(_bar(row) for row in found),
        "</section>",
        _ABOUT_SIGNALS.format(percent=plain(STOP_PERCENT)),
    ]
    for row in found:
        parts += _signal(row, outcome.bot_log.get(row.scene.id, []))
    return "\n".join([*parts, _foot(outcome), "</main></body></html>", ""])


def written(text: str, file: Path) -> Path:
    """Writes the page, whole or not at all; where one may write if not there. The path."""
    try:
        return _put(text, file.absolute())
    except OSError:
        return _put(text, Path(tempfile.mkdtemp(prefix="seawall-report-")) / file.name)


def _put(text: str, file: Path) -> Path:
    handle, draft = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(draft).chmod(0o644)
        Path(draft).replace(file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
    return file


def _scores(found: Sequence[Row]) -> list[str]:
    bot_naked, naked = [row.bots.naked for row in found], [row.ours.naked for row in found]
    still = sum(row.bots.still_naked for row in found)
    back = sum(row.bot_says == "ROLLED BACK" for row in found)
    ours = [
        f"longest {span(max(naked, default=0))}",
        f"{sum(row.ours.still_naked for row in found)} open without a stop",
    ]
    bots = [
        f"longest {span(max(bot_naked, default=0))}",
        f"{still} open without a stop now",
        f"{back} rolled back needlessly",
    ]
    return [
        '<section class="pair score">',
        _score("The report's bot", sum(row.bot_is_right for row in found), len(found), sum(bot_naked), bots),
        _score("Seawall", sum(not row.objections() for row in found), len(found), sum(naked), ours),
        "</section>",
    ]


def _score(who: str, right: int, of: int, naked: Duration, more: Sequence[str]) -> str:
    tone = "good" if right == of else "bad"
    lines = [f"{span(naked)} without a stop, in all", *more]
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return (
        f'<div class=card><div class=who>{escape(who)}</div><b class="{tone}">{right} of {of}</b>'
        f"ended as they must<ul>{listed}</ul></div>"
    )


def _bar(row: Row) -> str:
    scene = row.scene
    bots = _track("bot", row.bots, row.bot_says, wrong=not row.bot_is_right)
    ours = _track("ours", row.ours, row.state, wrong=bool(row.objections()))
    name = f"{escape(scene.venue.value)} {escape(scene.symbol)}"
    return f'<div class=bar><a href="#{scene.id}">{name}</a><div class=tracks>{bots}{ours}</div></div>'


def _track(who: str, found: Truth, end: str, *, wrong: bool) -> str:
    kind = f"track {who}{' wrong' if wrong else ''}"
    length = f"{span(found.naked)} · " if found.episodes else ""
    return f'<div class="{kind}"><i style="width:{_width(found.naked)}%"></i>{length}{escape(end)}</div>'


def _width(naked: Duration) -> str:
    """How wide a bar is, in percent of the track; 70 % is the end of the scale, the rest is for its words."""
    decades = log10(max(naked, _LEAST) / _LEAST) / _DECADES
    return f"{min(decades, 1) * 70:.1f}"


def _signal(row: Row, bot_log: Sequence[str]) -> list[str]:
    scene = row.scene
    picture = waterfall(row.history) if row.told is not None else ""
    return [
        f'<section class="card signal" id="{scene.id}">',
        f"<h3>{escape(scene.venue.value.capitalize())}: {escape(what(row))}</h3>",
        f"<p class=fault>{escape(_capital(scene.told) or 'No fault')}.</p>",
        '<div class="pair">',
        _bot_side(row, bot_log),
        _our_side(row),
        "</div>",
        f"<div class=scroll>{picture}</div>",
        _words(row),
        "</section>",
    ]


def _side(who: str, end: str, naked: str, lines: Sequence[str], *, wrong: bool) -> str:
    listed = "".join(f"<li>{escape(line)}</li>" for line in lines)
    pill = f'<span class="pill {"bad" if wrong else "good"}">{escape(end)}</span>'
    return f"<div class=side><div class=who>{who}</div>{pill} {naked}<ul>{listed}</ul></div>"


def _bot_side(row: Row, bot_log: Sequence[str]) -> str:
    naked = f"naked {'so far ' if row.bots.still_naked else ''}{span(row.bots.naked)}" if row.bots.episodes else ""
    return _side("The report's bot", row.bot_says, naked, bot_log, wrong=not row.bot_is_right)


def _our_side(row: Row) -> str:
    objections = row.objections()
    lines = [f"heard from {said_by(row)}"]
    if row.told is not None and row.told.live is not None and row.ours.quantity:
        lines.append(f"{plain(abs(row.ours.quantity))} open, stop live at {plain(row.told.live)}")
    if row.told is not None and row.told.reason:
        lines.append(f"reason: {row.told.reason.replace('_', ' ')}")
    lines.append(f"judge: {'; '.join(objections) or 'agrees with the journal'}")
    naked = f"naked {span(row.naked)}" if row.naked is not None else ""
    return _side("Seawall", row.state, naked, lines, wrong=bool(objections))


def _words(row: Row) -> str:
    moments = "".join(
        f"<li><span>{milliseconds(moment.since_start)}</span>{escape(_capital(moment.text))}</li>"
        for moment in timeline(row.history)
    )
    return f"<details><summary>Every word, and when it was heard</summary><ol class=words>{moments}</ol></details>"


def _foot(outcome: Outcome) -> str:
    at = next((row.history[0].at for row in outcome.rows if row.history), 0)
    return _FOOTER.format(day=day(at), seconds=outcome.elapsed, version=escape(__version__))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
