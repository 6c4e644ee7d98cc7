"""Who may ask a venue for how much, and who must wait, so that protection always finds room.

A venue counts requests in quotas (`Bucket`) and punishes who exceeds them, up to a ban of the whole address for days
(binance.md 1.3) or ten minutes (bybit.md 1.3). So we count too, and take the reserve from those who can wait *before*
the limit: what is only read again on its period stops at 60 % of any bucket, entries at 70 %, the reads of something
that is under way at 85 %, closes at 95 %. Our count is corrected upward, never
downward, by what the venue's headers say: others may share the quota.

A venue counts what *arrives*, and when that is we do not know: somewhere between our sending and its answer. So a
request counts from when it leaves until a whole window after it was answered or lost. Then no window of the venue's,
wherever it lies, can hold more than was permitted: of all that arrive in it, take the one that left last; each of the
others was at that instant either unanswered, or answered less than a window before, and so it was counted. A process or
a network that stands still and lets everything arrive at once changes nothing about that (bybit.md 1.3: 403). A request
that was lost is taken to have arrived, if ever, by the time its loss was known: its connection is gone by then.

Two different things can hold a request up.

- *Our own count.* It is only an estimate, so it never holds up what reduces risk for long (design, rule 14): past its
  share, a close or a stop may still leave once a second per bucket, and the venue's answer is the judge.
- *The venue's word* (429, 418, 403, Retry-After, 10006: `Pause`). It binds every act. When its time is over, *one*
  attempt goes; only when that one was answered without another such word does the rest follow.

A quota per address stands above all desks that share it (`common`); the others belong to one account.

The venue counts on when a process dies, so the next one must know what its predecessor spent: each time something
leaves, or the venue speaks, the budget of the address tells what it knows (`Legacy`), and whoever begins takes it up
(`inherit`). What was under way at the death of a process counts from the beginning of the next. Three starts of many
accounts within Bybit's five seconds would otherwise earn a ban (bybit.md 1.3), and a fourth would go on asking in it.
A quota of which every reply tells what is used (Binance's weight, binance.md 1.3) is left to those replies: the first
requests of a process are for the venue's time, and what we would inherit may already be forgotten there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct

from seawall.model.acts import Urgency
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Duration, Instant
from seawall.venues.legacy import Known, Legacy, Word
from seawall.venues.port import Bucket, Charge, Gauge, Pause

SHARE = {Urgency.PROTECT: 100, Urgency.CLOSE: 95, Urgency.ASK: 85, Urgency.ENTER: 70, Urgency.LOOK: 60}
"""Up to which percentage of any bucket each urgency may go (design, rule 14)."""
FORGOTTEN: Duration = MINUTE
"""A request of which nothing was heard for this long has arrived, or never will: sockets are held for a quarter of it,
and a gateway drops what is older than its window, 5 s (binance.md 1.2, bybit.md 1.1)."""
TRY_ANYWAY: Duration = SECOND
"""How long our own count may hold up an act that only reduces risk."""
TRIAL: Duration = 100 * MILLISECOND
"""How soon to look again while somebody's single attempt after a pause is under way."""
TRIAL_LOST: Duration = 10 * SECOND
"""An attempt without any answer for this long is over, and another may go."""
SHORTEST_PAUSE: Duration = SECOND
"""A pause without a length is taken as this."""


@dataclass(slots=True)
class _Hold:
    """The venue's word, in force until `until` and then until one attempt has been answered."""

    until: Instant
    detail: str
    tried_at: Instant | None = None

    def free_at(self, now: Instant) -> Instant:
        """When an attempt may be made, as far as can be said now; not after `now` means: now."""
        if now < self.until:
            return self.until
        is_tried = self.tried_at is not None and now < self.tried_at + TRIAL_LOST
        return now + TRIAL if is_tried else now


@dataclass(slots=True, eq=False)
class _UnderWay:
    """What a request costs that left at `at`, until it is answered; 0 once it was."""

    at: Instant
    amount: int


@dataclass(slots=True, eq=False)
class _Count:
    """What has been spent of one bucket: answered within its window (`spent`), or under way. `total` is both."""

    bucket: Bucket
    spent: deque[tuple[Instant, int]] = field(default_factory=deque)
    under_way: deque[_UnderWay] = field(default_factory=deque)
    total: int = 0
    tried_at: Instant = 0

    def used(self, now: Instant) -> int:
        """What still counts at `now`."""
        while self.spent and self._ends(self.spent[0][0]) <= now:
            self.total -= self.spent.popleft()[1]
        while self.under_way and (not self.under_way[0].amount or self.under_way[0].at + FORGOTTEN <= now):
            forgotten = self.under_way.popleft()
            self.total -= forgotten.amount
            forgotten.amount = 0
        return self.total

    def take(self, amount: int, urgency: Urgency, now: Instant) -> _UnderWay:
        """Spends `amount` for a request; past the share of `urgency` this is the one in `TRY_ANYWAY`."""
        if self.used(now) + amount > self._most(urgency):
            self.tried_at = now
        leaving = _UnderWay(now, amount)
        self.total += amount
        self.under_way.append(leaving)
        return leaving

    def land(self, landed: _UnderWay, now: Instant) -> None:
        """A request was answered or lost: its window begins."""
        amount, landed.amount = landed.amount, 0
        if amount:
            self.total -= amount
            self.spend(amount, now)

    def spend(self, amount: int, now: Instant) -> None:
        """Counts `amount`; what is spent in the same slice of the window is one entry, at its later end."""
        self.total += amount
        if self.spent and now - self.spent[-1][0] < self.bucket.window // 128:
            amount += self.spent.pop()[1]
        self.spent.append((now, amount))

    def known(self, now: Instant) -> Known:
        """What counts at `now`."""
        total = self.used(now)
        return Known(tuple(self.spent), total - sum(amount for _, amount in self.spent))

    def inherit(self, known: Known, left_at: Instant, now: Instant) -> None:
        """Takes over what a predecessor had spent at `left_at`. What it had under way may have arrived just now."""
        for at, amount in known.spent:
            self.spend(amount, min(at, now))
        if known.under_way and now < left_at + FORGOTTEN:
            self.spend(known.under_way, now)

    def free_at(self, amount: int, urgency: Urgency, now: Instant) -> Instant:
        """When `amount` may be spent with this urgency; not after `now` means: now."""
        free_at = self._below(self._most(urgency) - amount, now)
        return free_at if urgency > Urgency.CLOSE else min(free_at, self.tried_at + TRY_ANYWAY)

    def _below(self, most: int, now: Instant) -> Instant:
        """When at most `most` is spent, at the earliest; what is dearer than the share waits for an empty bucket."""
        left = self.used(now)
        free_at = now
        for at, amount in self.spent:
            if left <= most:
                break
            free_at, left = self._ends(at), left - amount
        return self._ends(now) if left > max(most, 0) else free_at

    def _most(self, urgency: Urgency) -> int:
        return max(self.bucket.limit * SHARE[urgency] // 100, 1)

    def _ends(self, at: Instant) -> Instant:
        return at + self.bucket.window


class Permit(Struct, frozen=True):
    """Leave to send now. `tried` names the pauses whose single attempt this is, `taken` what it was counted as."""

    tried: tuple[_Hold, ...] = ()
    taken: tuple[tuple[_Count, _UnderWay], ...] = ()


class Wait(Struct, frozen=True):
    """No leave yet: look again at `until`. `by_venue`: it is the venue's word that holds, not our own count."""

    until: Instant
    detail: str
    by_venue: bool = False


class Budget:
    """The quotas of one scope, an account or an address, and the venue's words about them."""

    def __init__(self, buckets: tuple[Bucket, ...], keep: Callable[[Legacy], None] | None = None) -> None:
        """`keep` is told what is known, before anything that was counted leaves, and with each word of the venue's."""
        self._counts = {bucket.name: _Count(bucket) for bucket in buckets}
        self._holds: dict[str, _Hold] = {}
        self._keep = keep

    def inherit(self, legacy: Legacy, now: Instant) -> None:
        """Takes up what a predecessor knew. A word of the venue's is in force for as long as it still was then."""
        for name, known in legacy.known.items():
            if (count := self._counts.get(name)) is not None:
                count.inherit(known, legacy.at, now)
        for scope, word in legacy.words.items():
            self._holds[scope] = _Hold(min(word.until, now + max(word.until - legacy.at, 0)), word.detail)

    def words(self, now: Instant) -> str:
        """The venue's word that is in force here at `now`, and for how long; empty if none is."""
        binding = (hold for hold in self._holds.values() if now < hold.until)
        return next((f"{hold.detail}: wait {-((now - hold.until) // SECOND)} s" for hold in binding), "")

    def legacy(self, now: Instant) -> Legacy:
        """What a successor should know."""
        known = {name: count.known(now) for name, count in self._counts.items() if not count.bucket.told}
        return Legacy(now, known, {scope: Word(hold.until, hold.detail) for scope, hold in self._holds.items()})

    def covers(self, bucket: str) -> bool:
        """Whether the bucket is one of this scope's."""
        return bucket in self._counts

    def waits(self, charges: tuple[Charge, ...], urgency: Urgency, now: Instant) -> list[Wait]:
        """What holds up `charges` beyond `now`, and until when."""
        waits = [Wait(hold.free_at(now), hold.detail, by_venue=True) for hold in self._binding(charges)]
        for charge in charges:
            count = self._counts.get(charge.bucket)
            if count is not None and (at := count.free_at(charge.amount, urgency, now)) > now:
                waits.append(Wait(at, f"{charge.bucket}: {count.used(now)} of {count.bucket.limit} spent"))
        return [wait for wait in waits if wait.until > now]

    def spend(self, charges: tuple[Charge, ...], urgency: Urgency, now: Instant) -> Permit:
        """Counts `charges` as under way, and this attempt as the trial of the venue's words about them."""
        ours = [(count, charge.amount) for charge in charges if (count := self._counts.get(charge.bucket))]
        taken = [(count, count.take(amount, urgency, now)) for count, amount in ours]
        holds = self._binding(charges)
        for hold in holds:
            hold.tried_at = now
        self._tell(now)
        return Permit(holds, tuple(taken))

    def read(self, gauge: Gauge, now: Instant) -> None:
        """Corrects the count upward to what the venue says was used."""
        count = self._counts[gauge.bucket]
        if (unseen := gauge.used - count.used(now)) > 0:
            count.spend(unseen, now)

    def pause(self, pause: Pause, now: Instant) -> None:
        """Puts the venue's word into force; a later end than one in force extends it, an earlier one does not."""
        until = now + max(pause.wait, SHORTEST_PAUSE)
        before = self._holds.get(pause.bucket)
        self._holds[pause.bucket] = _Hold(max(until, before.until if before else 0), pause.detail)
        self._tell(now)

    def settle(self, tried: tuple[_Hold, ...], *, permitted: bool) -> None:
        """Ends the trial of `tried`: the venue's word is over, or another attempt may go."""
        for scope, hold in tuple(self._holds.items()):
            if any(hold is one for one in tried):
                if permitted:
                    del self._holds[scope]
                else:
                    hold.tried_at = None

    def is_held(self, charges: tuple[Charge, ...]) -> bool:
        """Whether a word of the venue's about these is not over yet."""
        return bool(self._binding(charges))

    def _tell(self, now: Instant) -> None:
        if self._keep is not None:
            self._keep(self.legacy(now))

    def _binding(self, charges: tuple[Charge, ...]) -> tuple[_Hold, ...]:
        if not self._holds:
            return ()
        scopes = ("", *(charge.bucket for charge in charges))
        return tuple(self._holds[scope] for scope in dict.fromkeys(scopes) if scope in self._holds)


class Pace:
    """The budget of one account at one venue, with the part of it that others share."""

    def __init__(self, buckets: tuple[Bucket, ...], common: Budget | None = None) -> None:
        """`common`: the budget of the address, made once by `common_budget`; its own where nobody shares it."""
        self._own = Budget(tuple(bucket for bucket in buckets if not bucket.shared))
        self._common = common or common_budget(buckets)

    def admit(self, charges: tuple[Charge, ...], urgency: Urgency, now: Instant) -> Permit | Wait:
        """Spends `charges` and gives leave, or says when to look again."""
        if waits := [*self._own.waits(charges, urgency, now), *self._common.waits(charges, urgency, now)]:
            return max(waits, key=lambda wait: (wait.by_venue, wait.until))
        own, common = self._own.spend(charges, urgency, now), self._common.spend(charges, urgency, now)
        return Permit((*own.tried, *common.tried), (*own.taken, *common.taken))

    def landed(self, permit: Permit, now: Instant) -> None:
        """What this leave was given for has been answered or lost, all of it; it counts for one window more."""
        for count, under_way in permit.taken:
            count.land(under_way, now)

    def connect(self, charges: tuple[Charge, ...], now: Instant) -> Instant:
        """When a socket may be opened; not after `now` means: now, and it is spent.

        A handshake is never the single attempt after a pause, since its answer does not say what a reply's would.
        """
        if self._own.is_held(charges) or self._common.is_held(charges):
            return now + SHORTEST_PAUSE
        leave = self.admit(charges, Urgency.ASK, now)
        return leave.until if isinstance(leave, Wait) else now

    def read(self, gauges: tuple[Gauge, ...], now: Instant) -> None:
        """Takes in what a reply's headers say was used."""
        for gauge in gauges:
            for budget in (self._own, self._common):
                if budget.covers(gauge.bucket):
                    budget.read(gauge, now)

    def pause(self, pause: Pause, now: Instant) -> None:
        """Takes in the venue's word. Without a bucket it binds everyone at this address."""
        (self._own if self._own.covers(pause.bucket) else self._common).pause(pause, now)

    def settle(self, permit: Permit, *, permitted: bool) -> None:
        """What became of an attempt: answered without a word to stop (`permitted`), or lost."""
        if permit.tried:
            self._own.settle(permit.tried, permitted=permitted)
            self._common.settle(permit.tried, permitted=permitted)


def common_budget(buckets: tuple[Bucket, ...], keep: Callable[[Legacy], None] | None = None) -> Budget:
    """The budget that all accounts at one address of one venue share; `keep` as for any."""
    return Budget(tuple(bucket for bucket in buckets if bucket.shared), keep)
