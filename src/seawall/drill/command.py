"""`seawall drill`: pages and seeds in virtual time or on sockets. A failure prints all one needs to see it again."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from seawall.drill.lengths import written
from seawall.drill.loader import PageError
from seawall.drill.page import Page
from seawall.drill.pages import runs
from seawall.drill.plans import draw
from seawall.drill.printer import text_of
from seawall.drill.scenario import Outcome, play
from seawall.drill.shrink import shrunk
from seawall.drill.wire import pages
from seawall.history.timeline import timeline
from seawall.model.ids import VenueName

HELD, BROKEN, USAGE = 0, 1, 2
DEFAULT_SEED = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What a call of the command asks for. Without pages and seeds it runs every page that ships."""

    files: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    venue: VenueName | None = None
    explain: bool = False
    as_json: bool = False
    wire: bool = False
    """On real sockets, in real time, `at_once` pages beside each other; no page that takes longer than `at_most` s."""
    at_once: int = pages.AT_ONCE
    at_most: float = pages.MOST
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One run to be: a page under a name, on one venue, with one seed."""

    name: str
    page: Page
    venue: VenueName
    seed: int
    wire: bool = False

    @property
    def again(self) -> str:
        """The one command that repeats it."""
        what = f"{shlex.quote(self.name)} " if self.name else ""
        return f"seawall drill {what}--venue {self.venue} --seed {self.seed}{' --wire' if self.wire else ''}"


def drill(options: Options) -> int:
    """Runs what is asked; 0 if all held, 1 if not, 2 if a page cannot be read."""
    try:
        tasks = list(_tasks(options))
    except PageError as wrong:
        print(f"seawall: {wrong}", file=sys.stderr)
        return USAGE
    if options.explain:
        print("\n".join(dict.fromkeys(text_of(task.page) for task in tasks)))
        return HELD
    broken = 0

    def tell(task: Task, outcome: Outcome) -> None:
        nonlocal broken
        broken += bool(outcome.breaches)
        print(_as_json(task, outcome) if options.as_json else _line(task, outcome), flush=True)
        if outcome.breaches and not options.as_json:
            _tell(task, outcome)

    ran = _on_sockets(tasks, options, tell) if options.wire else _in_virtual_time(tasks, tell)
    if not options.as_json:
        print(f"{ran} runs, {broken} broken")
    return BROKEN if broken else HELD


def _in_virtual_time(tasks: list[Task], tell: Callable[[Task, Outcome], None]) -> int:
    for task in tasks:
        tell(task, play(task.page, task.venue, task.seed))
    return len(tasks)


def _on_sockets(tasks: list[Task], options: Options, tell: Callable[[Task, Outcome], None]) -> int:
    """Runs what can be run, and says of the rest by name why it is not; how many ran."""
    reasons = [(task, pages.unfit(task.page, options.at_most, quick=options.quick)) for task in tasks]
    for task, reason in reasons:
        if reason and not options.as_json:
            print(f"skipped {task.name or f'seed {task.seed}'} on {task.venue}: {reason}")
    fit = [task for task, reason in reasons if not reason]
    late = pages.run(fit, tell, at_once=options.at_once, quick=options.quick)
    if not options.as_json:
        print(f"{len(tasks) - len(fit)} skipped; the processor was late by {late:.2f} s at worst")
    return len(fit)


def _tasks(options: Options) -> Iterator[Task]:
    """Pages by seeds; seeds alone are drawn plans; nothing at all is every page that ships."""
    if options.seeds and not options.files:
        for seed in options.seeds:
            for venue in VenueName if options.venue is None else (options.venue,):
                yield Task("", draw(venue, seed).page, venue, seed, options.wire)
        return
    for name, page, venue in runs(options.files, options.venue):
        for seed in options.seeds or (DEFAULT_SEED,):
            yield Task(name, page, venue, seed, options.wire)


def _line(task: Task, outcome: Outcome) -> str:
    mark = "BROKEN" if outcome.breaches else "holds"
    what = task.name or f"seed {task.seed}"
    end = f"{outcome.end} {outcome.reason}".strip()
    said = f"{mark:7} {what} on {task.venue}: {end}, naked {written(outcome.naked_us)}, {len(outcome.fired)} faults"
    return "; ".join((said, *outcome.notes))


def _as_json(task: Task, outcome: Outcome) -> str:
    said = {
        "page": task.name,
        "venue": task.venue,
        "seed": task.seed,
        "end": outcome.end,
        "reason": outcome.reason,
        "naked_us": outcome.naked_us,
        "fired": outcome.fired,
        "breaches": [breach.text for breach in outcome.breaches],
        "again": task.again,
    }
    return json.dumps(said)


def _tell(task: Task, outcome: Outcome) -> None:
    """The breaches, the page (shrunk in virtual time, where it breaks there too), the timeline and the one command."""
    for breach in outcome.breaches:
        print(f"    {breach}")
    smallest = shrunk(task.page, outcome.breaches, lambda page: play(page, task.venue, task.seed).breaches)
    if task.wire:
        print("  in virtual time", "it breaks too" if play(task.page, task.venue, task.seed).breaches else "it holds")
    print(f"  the page, seed {task.seed}{', shrunk' if smallest != task.page else ''}:")
    print("".join(f"    {line}\n" for line in text_of(smallest).splitlines()), end="")
    print("  the timeline:")
    seen = outcome if task.wire or smallest == task.page else play(smallest, task.venue, task.seed)
    for line in told(seen):
        print(f"    {line}")
    print(f"  again: {task.again}")


MOST_LINES = 200


def told(outcome: Outcome) -> Iterator[str]:
    """The timeline of a run, a line for each moment, dated from the signal."""
    moments = timeline(outcome.history)
    for moment in moments[:MOST_LINES]:
        yield f"{(moment.at - outcome.began) / 1_000_000:+10.3f} s  {moment.source:9}  {moment.text}"
    if len(moments) > MOST_LINES:
        yield f"... and {len(moments) - MOST_LINES} more"
