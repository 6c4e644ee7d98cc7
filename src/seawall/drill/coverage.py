"""What a storm has come to, and what it has covered: kept as counts, so that long runs can be added up.

Faults by name, with what never fired; the pairs (state, Finding) of the table, visited and not; the answers of each
switch that were drawn; the share PROTECTED among recoverable runs. `kept` and `added` write and read it as plain JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from seawall.drill.plans import answers_of, switches_of
from seawall.drill.rows import ROWS, row_name
from seawall.drill.trial import Result
from seawall.model.ids import VenueName
from venuesim.faults import VOCABULARY

OURS = (
    *(f"kill {when}" for when in ("by time", "leaving", "sent", "acted", "answering", "in recovery")),
    *(f"kill append {when}" for when in ("leaving", "sent", "acted")),
    *(f"journal {what}" for what in ("stall", "full", "broken", "restored")),
    *("clock ahead", "clock drift"),
    *(f"hand {does}" for does in ("repeat", "reword", "open", "close", "protect", "flatten")),
    *(f"hand {does}" for does in ("cancel_stop", "trade", "set_clock", "move_stop")),
    *(f"hand {does}" for does in ("set_take_profit", "liquidate", "deleverage")),
)
"""The faults of ourselves and of people, by the names under which a run counts them."""
WORDS = (*VOCABULARY, *OURS)
_COUNTED = ("ends", "fired", "pairs", "switches", "naked_ms", "recoverable")


@dataclass(slots=True)
class Coverage:
    """Counts of everything; `runs` with how many of them were `broken`."""

    runs: int = 0
    broken: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    pairs: Counter[str] = field(default_factory=Counter)
    switches: Counter[str] = field(default_factory=Counter)
    naked_ms: Counter[str] = field(default_factory=Counter)
    recoverable: Counter[str] = field(default_factory=Counter)

    def add(self, result: Result) -> None:
        """Counts a trial."""
        self.runs += 1
        self.broken += bool(result.breaches)
        self.ends[f"{result.plan.venue} {result.end} {result.reason}".strip()] += 1
        self.fired.update(result.fired_kinds)
        self.pairs.update(row_name(*pair) for pair in result.visited)
        self.switches.update(f"{name} = {answer}" for name, answer in result.plan.page.switches.items())
        self.naked_ms[str(-(-result.naked_us // 1_000))] += 1
        if result.is_recoverable:
            self.recoverable["protected" if result.end == "protected" else "not"] += 1

    def kept(self) -> dict[str, Any]:
        """Everything as plain JSON."""
        counts = {name: dict(sorted(getattr(self, name).items())) for name in _COUNTED}
        return {"runs": self.runs, "broken": self.broken, **counts}

    def added(self, kept: Mapping[str, Any]) -> None:
        """Adds what an earlier storm kept."""
        self.runs += kept["runs"]
        self.broken += kept["broken"]
        for name in _COUNTED:
            getattr(self, name).update(kept[name])

    def told(self) -> Iterator[str]:
        """The table, a line each."""
        yield from (f"  {count:6} {end}" for end, count in sorted(self.ends.items()))
        of = sum(self.recoverable.values())
        yield f"recoverable runs that were filled and ended PROTECTED: {self.recoverable['protected']} of {of}"
        shares = ", ".join(f"p{share} {self._naked(share)} ms" for share in (50, 99, 100))
        yield f"longest naked per run, venue's clock: {shares}"
        yield from self._list("faults fired", {word: self.fired[word] for word in WORDS})
        yield from self._list("pairs of the table visited", {row: self.pairs[row] for row in ROWS})
        drawn = {
            f"{name} = {answer}" for venue in VenueName for name in switches_of(venue) for answer in answers_of(name)
        }
        yield from self._list("answers of switches drawn", {name: self.switches[name] for name in drawn})

    def _naked(self, share: int) -> int:
        """The least time that so many of a hundred runs do not pass."""
        left = self.runs * share / 100
        for ms in sorted(self.naked_ms, key=int):
            left -= self.naked_ms[ms]
            if left <= 0:
                return int(ms)
        return 0

    @staticmethod
    def _list(what: str, counts: Mapping[str, int]) -> Iterator[str]:
        missing = [name for name, count in counts.items() if not count]
        yield f"{what}: {len(counts) - len(missing)} of {len(counts)}"
        yield from (f"  {count:6} {name}" for name, count in counts.items())
        if missing:
            yield f"  never: {', '.join(missing)}"
