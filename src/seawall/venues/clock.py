"""The venue's clock, as far as we can know it from here: an offset, and how wrong it may be.

A round trip tells that the venue read its clock somewhere between our sending and our receiving; the middle is the best
guess and half the trip the most it can be wrong (Cristian). A long trip says little, so the last few samples are kept
and the surest of them counts; but none stays sure, since two clocks drift apart, and so an error grows with its age. A
new sample whose interval does not even touch an older one's proves that one of the clocks was set anew, and the older
one is forgotten: this is how a machine that slept, or was wrong at the start, is found and mended.

Every signature and every judgement of absence rests on this: a timestamp too far ahead is refused outright (1 s on both
venues: binance.md 1.2, bybit.md 1.1), and absence is judged at the pessimistic end of the error. So the time given out
never runs backwards, but for a mend of more than a second, where holding still would keep a wrong clock in force.
"""

from __future__ import annotations

from collections import deque

from msgspec import Struct

from seawall.model.inputs import ClockReport
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration, Instant

SAMPLES = 8
"""How many round trips are remembered."""
FIRST_SAMPLES = 4
"""How many are taken without a pause at first: the very first includes opening a connection."""
EVERY: Duration = MINUTE
"""The period of the rounds after that."""
AGAIN: Duration = SECOND
"""The wait after a round that failed, doubled up to `AGAIN_SLOWEST` while they go on failing. And how long a round may
go unanswered before the next goes beside it, while the clock is not known: nothing that is signed can be sure to be
taken before, and a lost reply would cost a position its stop for the whole of `reply_timeout`."""
AGAIN_SLOWEST: Duration = 16 * SECOND
FIRST_SLOWEST: Duration = 4 * SECOND
"""The same before the first sample of all: nothing is stepped until then, so that a position which a new process is to
cover waits for it, when the venue has come back already (judgement: less than `max_naked`)."""
SUSPICION: Duration = 5 * SECOND
"""A sample younger than this is believed when a read fails."""
DRIFT = 10_000
"""Two clocks are taken to drift apart by one part in this many: 100 ppm, 6 ms between two samples."""
TICK: Duration = MILLISECOND
"""Venues tell their time in milliseconds, cut off (binance.md 1.2; bybit.md 1.4)."""
MEND: Duration = SECOND
"""A step back by more than this is a mend and is taken; a smaller one is waited out."""


class _Sample(Struct, frozen=True):
    at: Instant
    offset: Duration
    error: Duration

    def error_at(self, now: Instant) -> Duration:
        """How wrong the sample may be by `now`."""
        return self.error + max(now - self.at, 0) // DRIFT

    def touches(self, other: _Sample, now: Instant) -> bool:
        """Whether both samples can be true of the same pair of clocks."""
        return abs(self.offset - other.offset) <= self.error_at(now) + other.error_at(now)


class Clock:
    """Venue time = our time + `offset`, give or take `error`; and when to ask for it next.

    It is asked in rounds of `side_by_side` requests. On real sockets several of them keep as many connections warm, so
    that a stop need not wait for a new one while its entry's reply is still on the way; in virtual time one will do.
    """

    def __init__(self) -> None:
        self.side_by_side = 1
        self._samples: deque[_Sample] = deque(maxlen=SAMPLES)
        self._taken = 0
        self._under_way = 0
        self._failed_rounds = 0
        self._in_vain = 0
        self._has_answer = False
        self._last_told: Instant = 0
        self._doubted = False
        self._asked_at: Instant = 0
        self._due_at: Instant = 0

    @property
    def is_known(self) -> bool:
        """Whether a sample was ever taken, and none of the venue's refusals has cast doubt on it since."""
        return bool(self._samples) and not self._doubted

    @property
    def due_at(self) -> Instant:
        """When the next round should begin."""
        return self._due_at

    def offset(self, now: Instant) -> Duration:
        """Venue time minus our time by the surest sample; 0 before the first."""
        return self._surest(now).offset if self._samples else 0

    def error(self, now: Instant) -> Duration | None:
        """How far `offset` may be off in either direction; None before the first sample."""
        return self._surest(now).error_at(now) if self._samples else None

    def venue_now(self, now: Instant) -> Instant:
        """The venue's time by our best estimate; never before one told earlier, but for a mend."""
        estimate = now + self.offset(now)
        if estimate < self._last_told <= estimate + MEND:
            return self._last_told
        self._last_told = estimate
        return estimate

    def sampled(self, sent_at: Instant, received_at: Instant, venue_at: Instant) -> ClockReport:
        """Takes in one round trip; `venue_at` is the venue's time in the reply. Returns what is known by it."""
        trip = received_at - sent_at
        sample = _Sample(received_at, venue_at + TICK // 2 - (sent_at + trip // 2), (trip + TICK) // 2 + 1)
        self._samples = deque((old for old in self._samples if sample.touches(old, received_at)), SAMPLES)
        self._samples.append(sample)
        self._taken += 1
        self._has_answer = True
        self._doubted = False
        if self._in_vain:
            self._in_vain, self._due_at = 0, self._asked_at + EVERY
        self._ended(received_at)
        surest = self._surest(received_at)
        return ClockReport(received_at, surest.offset, surest.error_at(received_at))

    def missed(self, now: Instant) -> None:
        """A sample failed: lost, or no time in the reply."""
        self._ended(now)

    def asked(self, now: Instant) -> int:
        """A round begins; returns how many requests it is. The next is due when all of them have ended, or soon, while
        nothing is known: `FIRST_SAMPLES` at the same pace, and then ever more slowly.
        """
        self._asked_at = now
        self._in_vain = 0 if self.is_known else self._in_vain + 1
        soon = min(AGAIN << min(max(self._in_vain - FIRST_SAMPLES, 0), 8), self._slowest)
        self._due_at = now + (EVERY if self.is_known else soon)
        self._under_way += self.side_by_side
        self._has_answer = False
        return self.side_by_side

    def _ended(self, now: Instant) -> None:
        """One request of the round has ended; with the last one it is known when the next round begins."""
        self._under_way -= 1
        if self._under_way > 0:
            return
        self._failed_rounds = 0 if self._has_answer else self._failed_rounds + 1
        if self._failed_rounds:
            self._due_at = now + min(AGAIN << min(self._failed_rounds - 1, 8), self._slowest)
        else:
            is_new = self._taken < max(FIRST_SAMPLES, 2 * self.side_by_side)
            self._due_at = now if is_new else now + EVERY

    @property
    def _slowest(self) -> Duration:
        return AGAIN_SLOWEST if self._samples else FIRST_SLOWEST

    def doubted(self, now: Instant) -> None:
        """The venue refused a timestamp (-1021, -5028: binance.md 4.2; 10002: bybit.md 1.1): sample at once."""
        if not self._doubted:
            self._doubted = True
            self._due_at = now

    def suspected(self, now: Instant) -> None:
        """A read failed, which a wrong clock can cause: sample at once, unless one was taken just now."""
        if now - self._asked_at >= SUSPICION:
            self._due_at = min(self._due_at, now)

    def _surest(self, now: Instant) -> _Sample:
        return min(self._samples, key=lambda sample: (sample.error_at(now), -sample.at))
