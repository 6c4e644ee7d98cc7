"""Instants and durations, both `int` microseconds; and the one table of every time bound in the house.

Microseconds because a naked window of four tenths of a millisecond is worth telling from one of two; integers because
a journal that is folded twice must give the same answer twice. A venue's milliseconds are converted in its codec.

`Bounds` holds every waiting time that the heart knows, with the fact or judgement each rests on. The table in
`docs/time-bounds.md` is generated from it.
"""

from __future__ import annotations

from dataclasses import dataclass

Instant = int
Duration = int

MILLISECOND: Duration = 1_000
SECOND: Duration = 1_000_000
MINUTE: Duration = 60 * SECOND
HOUR: Duration = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Bounds:
    """Every time bound of the heart, in microseconds. A mend that changes one names the venue fact it rests on."""

    receive_window: Duration = 2 * SECOND
    """How long an entry may still be accepted after it was signed (binance.md 4.3: 1 to 2 s on entries)."""
    act_window: Duration = 5 * SECOND
    """The receive window of every other signed request: the venues' default (binance.md 1.2, bybit.md 1.1)."""
    margin: Duration = 1 * SECOND
    """Added to timestamp + receive window: the venues admit a clock 1 s ahead (binance.md 1.2, bybit.md 1.1)."""
    read_lag: Duration = 10 * SECOND
    """The longest lag taken as normal between a venue's book and its REST reads (binance.md 4.6: tail to 10 s)."""
    close_lag: Duration = 500 * MILLISECOND
    """The same for a close that was not seen, which may be repeated early because it is reduce-only (design, "newer
    than"); `doubt` for one that the venue acknowledged, where another hand's position stands beside ours.
    """
    doubt: Duration = 60 * SECOND
    """How long an unseen name without an engine-side expiry stays possible, under an unbroken proven stream."""
    doubt_blind: Duration = 5 * MINUTE
    """The same without a stream: judgement, twenty times the worst lag found (bybit.md 3.2: 10 to 15 s)."""
    max_naked: Duration = 5 * SECOND
    """From the first proof of a fill: at its end the position is closed at market while placing goes on. A cover that
    lasts less than this lets the clock stand still; any other sets it back."""
    max_unverified: Duration = 60 * SECOND
    """A stop acknowledged but unseen for this long raises distress; it never closes for that alone."""
    triggering: Duration = 2 * SECOND
    """A stop TRIGGERING for longer is not cover (binance.md 4.4: seen stuck for a day on the demo venue)."""
    hold: Duration = 60 * SECOND
    """After two closes by the naked timer within a minute the timer is held for this long."""
    stop_reread: Duration = 30 * SECOND
    """The period in which live stops and positions are read again; up to twice as long where so many accounts share an
    address that it would take 60 % of what the venue counts there (binance.md 1.3: 2,400 weight a minute). There N
    accounts of P open positions take N x (2P + 42) + 288 a minute at 30 s, so it holds for 14 accounts of 20, 18 of 10
    or 22 of 5; one read of an account's whole stop book costs 40, a symbol's 1 (binance.md 1.9)."""
    books_reread: Duration = 5 * MINUTE
    """The period in which the account's whole books are read again: 40 of 2,400 weight a minute for each of them
    (binance.md 1.4), while the stops of open slots are read by symbol at 1. After a gap in the stream
    they are read at once, but not again within `stop_reread`: a stream that is cut every three seconds would take
    3,400 of the 2,400."""
    watch: Duration = 24 * HOUR
    """How long the ids of a flat signal stay watched for a late fill (bybit.md 3.3: cancelled orders are kept 24 h)."""
    look_back: Duration = 6 * 24 * HOUR
    """How far back all orders of a symbol are listed, to find what a journal has lost: both venues list windows of less
    than seven days (binance.md 1.4, bybit.md 1.2)."""
    reply_timeout: Duration = 5 * SECOND
    """A reply not here by then is lost: an act's outcome is Unknown, a query has failed."""
    commit_deadline: Duration = 2 * SECOND
    """An entry whose intent is not durable by then is not sent."""
    verification: Duration = 10 * SECOND
    """Entries undecided for this long raise `verification_overdue`: the report's own figure, here only an event."""
    stop_repeat: tuple[Duration, ...] = (0, 50 * MILLISECOND, 100 * MILLISECOND, 200 * MILLISECOND)
    """Waits before the first repeats of a stop, each after the last answer, or after the last placing where it was
    taken and lost again within `max_naked`; thereafter `stop_repeat_every`."""
    stop_repeat_every: Duration = 250 * MILLISECOND
    """See `stop_repeat`. On the way home past `max_naked` the waits grow to half of what the position has been overdue,
    at most to `ask_slowest`: each repeat is a row of the record, and a close is tried beside them (judgement). At this
    pace one position takes 40 of an account's 300 orders in 10 s and, while the timer is held, 240 of 1,200 a minute
    (binance.md 1.3), or 4 of 10 trading-stops a second (bybit.md 1.3): more positions than that leaves room for, five
    and two, wait for each other's room, and beyond our own count one act a second goes and the venue's word decides."""
    patience: Duration = 1 * SECOND
    """A stop for the whole position that has no answer by then is sent again under its name, which both venues bear
    (design, rule 12), and a read that has none while something stands naked is asked once more beside it, since reads
    may be repeated freely: one lost request would take all of `max_naked` (judgement: a fifth of it)."""
    ask_first: Duration = 500 * MILLISECOND
    """The first of the growing delays between reads of an order: the report's 0.5 s x 1.5^n."""
    ask_growth: tuple[int, int] = (3, 2)
    """The growth of those delays as a fraction, 3/2."""
    ask_slowest: Duration = 5 * SECOND
    """The longest delay between two reads of an order that is still undecided."""
    look_first: Duration = 150 * MILLISECOND
    """The first delay before a position or a stop is read to see what the stream has not yet said; it grows alike."""
    mark_fresh: Duration = 5 * SECOND
    """A mark price older than this is asked again before an entry; marks are read in half this period (judgement: the
    venue itself checks trigger and size against its own price; a wish to move a stop is judged at once, by the last
    mark, so that one read every 4 s would refuse a stop at break-even that the market has allowed for two)."""


def growing(first: Duration, n: int, bounds: Bounds) -> Duration:
    """The delay before the (n+1)th of a series of reads: first x 1.5^n, capped (design section 1)."""
    numerator, denominator = bounds.ask_growth
    delay = first
    for _ in range(n):
        if delay == bounds.ask_slowest:
            break
        delay = min(delay * numerator // denominator, bounds.ask_slowest)
    return delay
