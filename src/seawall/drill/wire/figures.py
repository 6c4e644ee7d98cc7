"""What was seen of a guarding service, as it is kept (JSON) and as it is printed (a table)."""

from __future__ import annotations

from dataclasses import dataclass, field

from seawall.drill.wire.gauging import BY_ADDRESS, Requests
from seawall.model.times import SECOND


@dataclass(slots=True)
class Figures:
    """What was seen, in seconds, MiB and milliseconds; written as JSON as it stands."""

    accounts: int
    positions: int
    minutes: float
    ready_s: float = 0.0
    opening_s: float = 0.0
    opened: int = 0
    tries: int = 0
    cpu_percent: float = 0.0
    cpu_opening_percent: float = 0.0
    boxes_cpu_percent: float = 0.0
    waited_percent: float = 0.0
    """Of the time of guarding, how much the loop could have run while others had the processor."""
    load: list[float] = field(default_factory=list)
    rss_start: float = 0.0
    rss_end: float = 0.0
    lag_p50_ms: float = 0.0
    lag_p99_ms: float = 0.0
    lag_max_ms: float = 0.0
    journal_events: int = 0
    journal_mib: float = 0.0
    log_kib: float = 0.0
    protected: list[tuple[int, int]] = field(default_factory=list)
    """(second of guarding, positions PROTECTED by the journal)."""
    requests_opening: dict[str, dict[str, object]] = field(default_factory=dict)
    """From the start on, the first reads of all accounts included."""
    requests: dict[str, dict[str, object]] = field(default_factory=dict)
    wished: dict[str, int] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    naked_total_s: float = 0.0
    naked_longest_s: float = 0.0
    naked_longest_at: str = ""
    naked_longest_unasked_s: float = 0.0
    """The longest where no hand had cancelled a stop."""
    breaches: list[str] = field(default_factory=list)

    @property
    def wanted(self) -> int:
        """How many positions are to be opened."""
        return self.accounts * self.positions


def shown(asked: Requests, took: float) -> dict[str, object]:
    """A venue's requests over so many seconds, each figure under its name."""
    name, limit, _ = BY_ADDRESS[asked.venue]
    return {
        "a minute": round(asked.count / took * 60),
        f"most {name}": asked.most_by_address,
        "limit": limit,
        "most of one account": asked.most_by_account,
        "told to stop": dict(asked.refused),
        "stops read again after s": [round(asked.gap(part) / SECOND, 1) for part in (0.5, 0.99, 1)],
        "by call": dict(asked.by_call.most_common()),
    }


def table(figures: Figures) -> str:
    """The figures as lines of a table."""
    f = figures
    busy = f"{f.cpu_percent} % guarding, {f.cpu_opening_percent} % opening; boxes {f.boxes_cpu_percent} %"
    naked = f"{f.naked_total_s:.3f} s in all, longest {f.naked_longest_s:.3f} s, {f.naked_longest_at}"
    rows = [
        ("accounts ready, positions open", f"{f.ready_s:.0f} s, {f.opening_s:.0f} s more; {f.tries} handed in"),
        ("PROTECTED at the start", f"{f.opened} of {f.wanted}"),
        ("PROTECTED while guarded", " ".join(f"{count}" for _, count in f.protected)),
        ("ends", ", ".join(f"{end} {count}" for end, count in sorted(f.ends.items()))),
        ("CPU of one core", busy),
        ("machine's load", f"{' '.join(map(str, f.load))}; the loop waited for a processor {f.waited_percent} %"),
        ("memory", f"{f.rss_start} MiB at the start, {f.rss_end} MiB at the end"),
        ("loop lag, at most", f"p50 {f.lag_p50_ms:g} ms, p99 {f.lag_p99_ms:g} ms, max {f.lag_max_ms:g} ms"),
        ("record", f"{f.journal_events} events, {f.journal_mib} MiB; log {f.log_kib} KiB"),
        *((f"{venue}, opening", _line(told)) for venue, told in f.requests_opening.items()),
        *((f"{venue}, guarding", _line(told)) for venue, told in f.requests.items()),
        ("asked for", ", ".join(f"{name} {count}" for name, count in sorted(f.wished.items()))),
        ("done to it", ", ".join(f"{name} {count}" for name, count in sorted(f.done.items()))),
        ("naked, by the judge", naked),
        ("longest, no hand at the stop", f"{f.naked_longest_unasked_s:.3f} s"),
        ("breaches", str(len(f.breaches))),
    ]
    return "\n".join(f"{name:32} {value}" for name, value in rows)


def _line(told: dict[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in told.items())
