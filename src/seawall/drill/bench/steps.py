"""What one step of the desk costs, without sockets, disk or thread: by kind of input and number of open signals.

The desk is `story.desk_with` so many open, protected signals. Each kind of input is stepped many times, one input a
step, on the symbols by turns, and each step is timed alone, by the processor time of its thread, so that what else the
machine does counts little. What should not grow with the number of open signals is a frame about one of them, a fresh
signal, and time passing; what must grow is a read that lists all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median

from seawall.drill.bench.story import Story, desk_with, marks, signal, symbols_of, told_once
from seawall.model import inputs as inp
from seawall.model.ids import Symbol
from seawall.model.queries import AskMark, AskPositions, AskStops
from seawall.model.times import MILLISECOND, Instant

TIMES = 40
"""How often each kind of input is stepped."""

Make = Callable[[int, Instant], tuple[inp.Input, ...]]
"""The inputs of one step, by its turn and its time."""


def report(sizes: Sequence[int]) -> list[str]:
    """A table: for each kind of input and number of open signals the median, and in brackets the slowest, of a step."""
    story = told_once()
    columns = [measured(story, size) for size in sizes]
    head = "".join(f"{f'{size} open':>20}" for size in sizes)
    table = [f"one step of the desk, microseconds of processor time: median (slowest of {TIMES})", f"  {'':<48}{head}"]
    for kind in columns[0]:
        cells = (f"{middle:,.0f} ({most:,.0f})" for middle, most in (column[kind] for column in columns))
        table.append(f"  {kind:<48}" + "".join(f"{cell:>20}" for cell in cells))
    return table


def measured(story: Story, size: int) -> dict[str, tuple[float, float]]:
    """By kind of input: (median, greatest) of a step, microseconds."""
    symbols, free = symbols_of(size), symbols_of(TIMES, "FREE")
    desk, now = desk_with(story, symbols, free)
    found = {}
    for kind, make in _kinds(story, symbols, free):
        times = []
        for turn in range(TIMES):
            now += 10 * MILLISECOND
            items = make(turn, now)
            began = time.thread_time_ns()
            desk.step(items, desk.seq, now)
            times.append((time.thread_time_ns() - began) / 1_000)
        found[kind] = (median(times), max(times))
    return found


def _kinds(story: Story, symbols: Sequence[Symbol], free: Sequence[Symbol]) -> Iterator[tuple[str, Make]]:
    everything = (*symbols, *free)

    def one(turn: int) -> Sequence[Symbol]:
        return (symbols[turn % len(symbols)],)

    yield "nothing but time", lambda turn, now: (inp.Woken(now),)
    yield (
        "a stream frame about one signal, nothing new",
        lambda turn, now: (inp.StreamReported(now, inp.Told(positions=story.positions(one(turn), now))),),
    )
    yield "the marks of all symbols", lambda turn, now: _read(AskMark(), now, inp.Told(marks=marks(everything, now)))
    yield (
        "all positions",
        lambda turn, now: _read(AskPositions(), now, inp.Told(positions=story.positions(symbols, now))),
    )
    yield "all stops", lambda turn, now: _read(AskStops(), now, inp.Told(stops=story.stops(symbols, now)))
    yield (
        "a signal on a free slot: accepted, intended",
        lambda turn, now: (inp.SignalReceived(now, signal(free[turn], now)),),
    )


def _read(query: AskMark | AskPositions | AskStops, now: Instant, told: inp.Told) -> tuple[inp.Input, ...]:
    return (inp.ReadAnswered(query, now - MILLISECOND, now, told),)
