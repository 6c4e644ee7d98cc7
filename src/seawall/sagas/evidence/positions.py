"""What each source has said of the position, and which of its words are *newer than* a given moment.

The stream and the reads are kept apart, because two opinions that agree are worth more than one opinion heard twice. A
report is newer than X if its own venue time (or cross sequence) is at or past X's. A position that may rightly not
have changed carries an old time for ever, and some rows carry none; there a read begun after X counts once another,
begun at least `read_lag` later, has said the same. So each source keeps its latest word and since when its reads have
agreed on it.

A fill has dated the position that it moved, so a row with an older date is stale however often it is read. But no venue
promises that its dates of one fill agree to the millisecond, and a flat row may have none (binance.md 1.8). A read
begun `read_lag` after the fill was heard of is behind it no more: a row of it without a date, or dated but a moment
before, is newer; but however often it is read, it is one witness.

An empty list, an older row and a failed read are not words about the position at all (incidents I04, I58).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from seawall.model.events import HoldingReduced
from seawall.model.reports import PositionReport, Source
from seawall.model.times import MILLISECOND, Duration, Instant

DATED_APART: Duration = 10 * MILLISECOND
"""How far apart a venue may date the order, the trade and the position of one fill: 3 ms in the one recording there is
(bybit.md 2.1), and nothing is promised.
"""


class Moment(NamedTuple):
    """A point to be newer than: venue time and, where the venue has one, cross sequence; and our own time of it.

    `is_fill`: a known fill must have moved the position and dated it, so a row that carries an older time is stale
    however often it is read (I01: twelve seconds of it).
    """

    venue_at: Instant
    seq: int
    heard_at: Instant
    is_fill: bool = False


@dataclass(frozen=True, slots=True)
class Opinion:
    """One source's latest word, and `agreed_since`: the beginning of the earliest read that agrees with it unbroken."""

    report: PositionReport
    agreed_since: Instant

    def is_newer_than(self, moment: Moment, lag: Duration) -> bool:
        """Whether this word is newer than `moment`, by its own time or by when it was read."""
        if tells_of(self.report, moment):
            return True
        if not moment.is_fill:
            return self.is_confirmed_after(moment.heard_at, lag)
        is_late = self.report.source is not Source.STREAM and self.report.began_at - moment.heard_at >= lag
        return is_late and not is_before(self.report, moment)

    def may_tell_of(self, moment: Moment, lag: Duration) -> bool:
        """Whether this word is newer than a fill, or is dated so near to it that it may be."""
        return is_dated_near(self.report, moment) or self.is_newer_than(moment, lag)

    def is_confirmed_after(self, at: Instant, lag: Duration) -> bool:
        """Whether reads begun after `at` and at least `lag` apart agree. The stream's silence confirms nothing."""
        if self.report.source is Source.STREAM or self.report.began_at <= at:
            return False
        return self.report.began_at - max(self.agreed_since, at) >= lag


@dataclass(frozen=True, slots=True)
class Opinions:
    """The latest word of the stream and of the reads, each None until it has spoken."""

    stream: Opinion | None = None
    read: Opinion | None = None

    def newer_than(self, moment: Moment, lag: Duration) -> tuple[PositionReport, ...]:
        """The words that are newer than `moment`, one a source."""
        spoken = (self.stream, self.read)
        return tuple([told.report for told in spoken if told is not None and told.is_newer_than(moment, lag)])

    def telling_of(self, moment: Moment, lag: Duration) -> tuple[PositionReport, ...]:
        """The words that may tell of a fill, one a source: newer than it, or dated as near as dates can tell."""
        spoken = (self.stream, self.read)
        return tuple([told.report for told in spoken if told is not None and told.may_tell_of(moment, lag)])

    def words(self) -> tuple[PositionReport, ...]:
        """The latest word of each source that has spoken."""
        return tuple([told.report for told in (self.stream, self.read) if told is not None])

    def of(self, source: Source) -> Opinion | None:
        """The opinion of the stream, or of the reads for any other source."""
        return self.stream if source is Source.STREAM else self.read


def tells_of(word: PositionReport | HoldingReduced, moment: Moment) -> bool:
    """Whether a word is, by the venue's own date of it, at or past `moment`."""
    if moment.seq and word.seq:
        return word.seq >= moment.seq
    return bool(word.venue_at) and word.venue_at >= moment.venue_at


def is_before(word: PositionReport | HoldingReduced, moment: Moment) -> bool:
    """Whether a word is, by the venue's own dates, of before a fill; within `DATED_APART` of it they do not say."""
    if moment.seq and word.seq:
        return word.seq < moment.seq
    return 0 < word.venue_at < moment.venue_at - DATED_APART


def is_dated_near(word: PositionReport | HoldingReduced, moment: Moment) -> bool:
    """Whether a word bears a date, and it is not of before a fill as near as dates can tell."""
    return bool(word.venue_at) and not is_before(word, moment)


def join_position(opinions: Opinions, report: PositionReport) -> Opinions:
    """`opinions` with `report`, unless that source has already said something newer."""
    before = opinions.of(report.source)
    if before is not None and _age(report) < _age(before.report):
        return opinions
    agrees = before is not None and says_the_same(before.report, report)
    since = before.agreed_since if before is not None and agrees else report.began_at
    told = Opinion(report, since)
    return replace(opinions, stream=told) if report.source is Source.STREAM else replace(opinions, read=told)


def says_the_same(one: PositionReport, other: PositionReport) -> bool:
    """Whether two reports tell the same position, apart from when they were asked."""
    return (one.amount, one.stop_loss, one.venue_at, one.seq) == (
        other.amount,
        other.stop_loss,
        other.venue_at,
        other.seq,
    )


def adds(opinions: Opinions, report: PositionReport, lag: Duration) -> bool:
    """Whether recording `report` would make the evidence grow: a new word, or an agreement that now spans `lag`."""
    before = opinions.of(report.source)
    if before is None:
        return True
    if _age(report) < _age(before.report):
        return False
    return not says_the_same(before.report, report) or report.began_at - before.report.began_at >= lag


def in_direction(amount: Decimal, baseline: Decimal, sign: int) -> Decimal:
    """The position's change against the baseline, positive in the direction of the entry."""
    return (amount - baseline) * sign


def _age(report: PositionReport) -> tuple[int, Instant, Instant]:
    """What orders two words of one source: the stream by the venue's order, reads by when they were asked."""
    if report.source is Source.STREAM:
        return (report.seq, report.venue_at, report.at)
    return (0, report.began_at, report.at)
