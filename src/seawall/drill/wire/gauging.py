"""What a running service costs: processor, memory, the loop's lag, and what it asks of the venues by their own counts.

Nothing here is taken from the service's word but the lag, which only it can measure. Processor time and memory are the
operating system's (`/proc`); requests are the boxes' logs; Binance's weight is what its own header says to a question
of ours, put every few seconds and costing 1 (binance.md 1.3).
"""

from __future__ import annotations

import os
import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from seawall.model.ids import VenueName
from seawall.model.times import MINUTE, SECOND, Duration, Instant
from venuesim.traffic import LogEntry

BY_ADDRESS: dict[VenueName, tuple[str, int, Duration]] = {
    VenueName.BINANCE: ("weight a minute", 2_400, MINUTE),
    VenueName.BYBIT: ("requests in 5 s", 600, 5 * SECOND),
}
"""What a venue counts by address: binance.md 1.3, bybit.md 1.3."""
ORDER_CALLS = ("order.create", "stop.create")
REFUSED = (403, 418, 429)
TOO_MANY_VISITS = '"retCode":10006'
_BUCKET = re.compile(r'^seawall_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)
_TICKS = os.sysconf("SC_CLK_TCK")


def processor(pid: int) -> float:
    """The seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def waited(pid: int) -> float:
    """The seconds for which a process's first thread, its loop's, could have run and others had the processor."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9


def memory(pid: int) -> float:
    """What a process keeps in memory, in MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


# ---- the loop


@dataclass(frozen=True, slots=True)
class Lags:
    """A histogram of lateness: how many up to each bound, in seconds."""

    upto: dict[float, float]

    def since(self, before: Lags) -> Lags:
        """What has come since an earlier reading."""
        return Lags({bound: count - before.upto[bound] for bound, count in self.upto.items()})

    def quantile(self, part: float) -> float:
        """The bound, in milliseconds, under which that part lies; 1 for all of it."""
        most = max(self.upto.values())
        return next(bound * 1000 for bound, count in sorted(self.upto.items()) if count >= part * most)


async def lags(control: str, web: aiohttp.ClientSession) -> Lags:
    """The service's histogram as it stands."""
    async with web.get(f"{control}/metrics") as response:
        text = await response.text()
    return Lags({float(bound): float(count) for bound, count in _BUCKET.findall(text)})


# ---- the venues' counts


async def used_weight(rest: str, web: aiohttp.ClientSession) -> int:
    """What Binance counts for this address in the running minute, this question included."""
    async with web.get(f"{rest}/fapi/v1/time") as response:
        return int(response.headers["X-MBX-USED-WEIGHT-1M"])


@dataclass(slots=True)
class Requests:
    """What one venue was asked, by its log. `most_by_address` of Binance is the header's word, told from outside."""

    venue: VenueName
    count: int = 0
    by_call: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """By the venue's word to stop, or by its status."""
    most_by_address: int = 0
    most_by_account: int = 0
    """Binance: orders in ten seconds of 300; Bybit: calls of one endpoint in a second, of 10 where they are fewest."""
    gaps: list[Duration] = field(default_factory=list)
    """Between two reads of one slot's stops, on Bybit of an account's: how long a lost word could stay unnoticed."""
    _stops_read_at: dict[tuple[str | None, str | None], Instant] = field(default_factory=dict)
    _in_window: deque[Instant] = field(default_factory=deque)
    _of_account: dict[tuple[str, str], deque[Instant]] = field(default_factory=dict)

    def take(self, log: Sequence[LogEntry]) -> None:
        """Counts what has come."""
        for entry in log:
            self.count += 1
            self.by_call[entry.call] += 1
            if entry.status in REFUSED or TOO_MANY_VISITS in entry.reply.replace(" ", ""):
                self.refused[f"{entry.call} {entry.status}"] += 1
            if self.venue is VenueName.BYBIT and entry.method != "WS":
                self.most_by_address = max(self.most_by_address, _within(self._in_window, entry.at, 5 * SECOND))
            self._count_account(entry)
            if entry.call == "stops.open" and (entry.symbol or self.venue is VenueName.BYBIT):
                slot = (entry.account, entry.symbol)
                self.gaps.append(entry.at - self._stops_read_at.get(slot, entry.at))
                self._stops_read_at[slot] = entry.at

    def gap(self, part: float) -> Duration:
        """The gap that so great a part of the gaps does not exceed; 0 if nothing was read twice."""
        gaps = sorted(gap for gap in self.gaps if gap)
        return gaps[min(int(part * len(gaps)), len(gaps) - 1)] if gaps else 0

    def weighed(self, used: int) -> None:
        """Takes Binance's word for the address."""
        self.most_by_address = max(self.most_by_address, used)

    def _count_account(self, entry: LogEntry) -> None:
        if entry.account is None or entry.call not in ORDER_CALLS:
            return
        span, key = (10 * SECOND, "") if self.venue is VenueName.BINANCE else (SECOND, entry.call)
        times = self._of_account.setdefault((entry.account, key), deque())
        self.most_by_account = max(self.most_by_account, _within(times, entry.at, span))


def _within(times: deque[Instant], at: Instant, span: Duration) -> int:
    """Adds an instant and says how many lie within the span that it ends."""
    times.append(at)
    while times[0] <= at - span:
        times.popleft()
    return len(times)
