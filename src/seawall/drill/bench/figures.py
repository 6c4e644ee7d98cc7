"""What the rounds come to: percentiles of each stage, ratios by round, and the shares of the journal and the processor.

A ratio is taken within a round, from the two medians of its openings; what is shown of the rounds is the least, the
median and the greatest. Percentiles are nearest ranks, without interpolation: a p99 of fewer than a hundred openings is
the slowest of them and is shown as what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from seawall.drill.bench.ours import OURS
from seawall.drill.bench.records import ANSWERED, STAGES, Condition, Opening
from seawall.drill.bench.rounds import PLAIN
from seawall.model.ids import VenueName
from seawall.model.times import MILLISECOND, Duration

AIM_RATIO = 1.5
"""Without latency the median is to be within so many times the script's."""
AIM_BESIDE: Duration = 3 * MILLISECOND
"""With latency, beside the round trips that cannot be saved."""
ROUND_TRIPS = {VenueName.BINANCE: 1.5, VenueName.BYBIT: 1.0}
"""On Binance the stop can only follow the fill; on Bybit it goes with the entry."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Some numbers: their 50th and 99th percentile, least and greatest, and how many there are."""

    p50: float
    p99: float
    least: float
    most: float
    count: int


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of some numbers; None if there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    return Spread(_rank(ordered, 50), _rank(ordered, 99), ordered[0], ordered[-1], len(ordered))


def _rank(ordered: Sequence[float], percent: int) -> float:
    """The nearest rank: the smallest value that at least so many percent do not exceed."""
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition, both sides. Stages in microseconds since the opening began."""

    condition: Condition
    ours: dict[str, Spread]
    plain: dict[str, Spread]
    ratios: tuple[float, float, float]
    """Ours by plain, of the medians to the live stop: least, median and greatest of the rounds."""
    extra: tuple[float, float, float]
    """Ours less plain, microseconds, likewise."""
    cpu: tuple[float, float]
    """Processor time per opening, microseconds: ours, plain."""
    naked: tuple[Spread, Spread]
    append: Spread
    """Of the intent: from its handing in to its being durable."""
    leaving: Spread
    """From there to the entry's arrival at the venue."""
    read_first: int
    """How many of our openings had to read their slot before the entry."""
    journal_share: float
    """The intent's append, of the medians, as a part of the way from signal to live stop."""


def compare(condition: Condition, openings: Sequence[Opening]) -> Comparison:
    """The figures of one condition. Raises ValueError if a side has no opening under it."""
    mine = [one for one in openings if one.condition == condition and one.side == OURS]
    theirs = [one for one in openings if one.condition == condition and one.side == PLAIN]
    if not mine or not theirs:
        raise ValueError(f"{condition}: expected openings of both sides, came {len(mine)} and {len(theirs)}")
    live = _live(mine), _live(theirs)
    rounds = sorted({one.round for one in mine})
    by_round = [(median(_live(mine, one)), median(_live(theirs, one))) for one in rounds]
    append = _sure(one.append for one in mine)
    return Comparison(
        condition,
        _stages(mine),
        _stages(theirs),
        _least_median_most([ours / plain for ours, plain in by_round]),
        _least_median_most([ours - plain for ours, plain in by_round]),
        (_mean(one.cpu for one in mine), _mean(one.cpu for one in theirs)),
        (_sure(one.naked for one in mine), _sure(one.naked for one in theirs)),
        append,
        _sure(one.leaving for one in mine),
        sum(one.reads_first > 0 for one in mine),
        append.p50 / median(live[0]),
    )


def _live(openings: Iterable[Opening], number: int | None = None) -> list[Duration]:
    return [one.marks["stop_live"] - one.marks["began"] for one in openings if number in (None, one.round)]


def _stages(openings: Sequence[Opening]) -> dict[str, Spread]:
    found = {}
    for stage in (*(name for name, _ in STAGES), ANSWERED):
        times = (one.since(stage) for one in openings)
        told = spread(at for at in times if at is not None)
        if told is not None:
            found[stage] = told
    return found


def _least_median_most(values: Sequence[float]) -> tuple[float, float, float]:
    return min(values), median(values), max(values)


def _mean(values: Iterable[float]) -> float:
    counted = list(values)
    return sum(counted) / len(counted)


def _sure(values: Iterable[float]) -> Spread:
    told = spread(values)
    assert told is not None
    return told


# ---- how they are shown


def lines(comparison: Comparison) -> list[str]:
    """The comparison as text, in the width of a terminal."""
    latency = comparison.condition.latency / MILLISECOND
    head = f"{comparison.condition.venue.value}, {latency:g} ms each way"
    count = next(iter(comparison.ours.values())).count
    rows = [
        "",
        f"{head} ({count} openings of each side; milliseconds since the signal, venue's clock)",
        f"  {'stage':<52}{'ours p50':>10}{'p99':>9}{'plain p50':>11}{'p99':>9}",
    ]
    rows += [_stage_line(name, text, comparison) for name, text in STAGES if name in comparison.ours]
    rows += [_stage_line(ANSWERED, "(beside it) the sender has its answer", comparison)]
    rows += _ratio_lines(comparison)
    return rows


def first_lines(openings: Sequence[Opening]) -> list[str]:
    """What the first opening of a process took at each venue."""
    return [
        f"the first opening after the start, {one.side} at {one.condition.venue.value}: stop live after"
        f" {_ms(one.marks['stop_live'] - one.marks['began'])} ms"
        for one in openings
    ]


def _stage_line(name: str, text: str, comparison: Comparison) -> str:
    ours, plain = comparison.ours.get(name), comparison.plain.get(name)
    row = f"  {text:<52}" + (f"{_ms(ours.p50):>10}{_ms(ours.p99):>9}" if ours else f"{'':>19}")
    return row + (f"{_ms(plain.p50):>11}{_ms(plain.p99):>9}" if plain else "")


def _ratio_lines(comparison: Comparison) -> list[str]:
    ratios = " / ".join(f"{value:.2f}" for value in comparison.ratios)
    extra = " / ".join(_ms(value) for value in comparison.extra)
    ours, plain = comparison.cpu
    naked = comparison.naked
    return [
        f"  signal to live stop, by round (least / median / most): ours by plain {ratios}; ours less plain {extra} ms",
        _aim_line(comparison),
        f"  journal: the intent's append {_p(comparison.append)} ms, {comparison.journal_share:.0%} of the way",
        f"  from the disk to the venue's edge: {_p(comparison.leaving)} ms",
        f"  processor time per opening: ours {_ms(ours)} ms, plain {_ms(plain)} ms ({ours / plain:.1f} times)",
        f"  openings that had to read their slot first, a round trip: {comparison.read_first}",
        f"  naked time, by the judge: ours {_p(naked[0])} ms, plain {_p(naked[1])} ms",
    ]


def _aim_line(comparison: Comparison) -> str:
    """The aim, and how far both sides are from it: the floor is the script, which may miss the second one too."""
    latency, ours, plain = (
        comparison.condition.latency,
        comparison.ours["stop_live"].p50,
        comparison.plain["stop_live"].p50,
    )
    if not latency:
        aim = plain * AIM_RATIO
        text = f"stop live within {AIM_RATIO:g} times plain ({_ms(aim)} ms)"
    else:
        trips = ROUND_TRIPS[comparison.condition.venue]
        aim = trips * 2 * latency + AIM_BESIDE
        text = f"stop live within {trips:g} round trips and {AIM_BESIDE // MILLISECOND} ms ({_ms(aim)} ms)"
    return f"  aim: {text}: ours {_ms(ours)} ms, {'kept' if ours <= aim else 'missed'}; plain {_ms(plain)} ms"


def _p(told: Spread) -> str:
    return f"{_ms(told.p50)} (p99 {_ms(told.p99)})"


def _ms(microseconds: float) -> str:
    return f"{microseconds / MILLISECOND:.2f}"


def jsonable(comparison: Comparison) -> dict[str, object]:
    """The comparison as plain data."""
    return {
        "venue": comparison.condition.venue.value,
        "latency_us": comparison.condition.latency,
        "ours": _plain(comparison.ours),
        "plain": _plain(comparison.plain),
        "ratios": comparison.ratios,
        "extra_us": comparison.extra,
        "cpu_us": comparison.cpu,
        "journal_share": comparison.journal_share,
        "read_first": comparison.read_first,
        "naked_us": [asdict(told) for told in comparison.naked],
    }


def _plain(stages: dict[str, Spread]) -> dict[str, object]:
    return {name: asdict(told) for name, told in stages.items()}
