"""One venue in a box: bytes and a time go in, bytes come out, and the same inputs always give the same bytes.

`request`, `connect`, `frame` and `disconnect` are what arrives at the venue's edge; `advance` runs everything that is
due and returns what left, in the order of (time, sequence); `next_wake` says when there will be more.  Nothing here
waits, sleeps or asks for the time.  Beside the edge stand the hands of the experimenter (`experimenter`), faults,
moments and the judge.

Time never runs backwards: an instant before the last one counts as the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from venuesim import catalogue
from venuesim.dialects import build
from venuesim.dialects.port import Core, Dialect
from venuesim.experimenter import Experimenter
from venuesim.facts import Account, Instrument
from venuesim.faults import Faults
from venuesim.floor import Floor
from venuesim.history import History
from venuesim.judge import Verdict, judge
from venuesim.market import Depth
from venuesim.moments import Moments, Watch
from venuesim.streams import Streams
from venuesim.traffic import LogEntry, Traffic
from venuesim.views import Lag, Views
from venuesim.wire import Headers, Output, Request
from venuesim.world import World

VENUES = ("binance", "bybit")


class Exchange(Experimenter):
    """A venue without any I/O; all times are microseconds since the epoch, UTC."""

    def __init__(
        self,
        venue: str,
        *,
        seed: int,
        start: int,
        switches: Mapping[str, str] | None = None,
        symbols: Sequence[str] | None = None,
        dialect: Callable[[Core], Dialect] | None = None,
    ) -> None:
        """Open the venue "binance" or "bybit" at `start` with all its catalogue or only `symbols`.

        `dialect` replaces the venue's language, for tests of the core.  Raises ValueError for an unknown venue, switch
        or symbol, saying what was expected.
        """
        if venue not in VENUES:
            message = f"venue: expected one of {', '.join(VENUES)}, got {venue!r}"
            raise ValueError(message)
        self.venue = venue
        self.start = start
        super().__init__(Floor(venue, seed, start, switches or {}, _listed(venue, symbols)))
        self._dialect = (dialect or (lambda core: build(venue, core)))(self._floor)
        self.faults = Faults(start)
        self.moments = Moments(self.faults.count_from)
        self._out: list[Output] = []
        self._streams = Streams(self._floor, self._dialect, self.faults, self._out.append)
        self._world = World(self._floor, self._streams, self._dialect, self.faults, start)
        self._traffic = Traffic(
            self._floor, self._dialect, self.faults, self._out.append, self._world.strike, self.moments
        )
        self._told = len(self.book.history)
        self._now = start

    # --- the edge

    def request(self, key: int, request: Request, now: int) -> None:
        """Let a REST request's bytes arrive under the caller's handle `key`."""
        self._traffic.request(key, request, self._settle(now))

    def connect(self, conn: int, target: str, headers: Headers, now: int) -> None:
        """Let a WebSocket handshake arrive under the caller's number `conn`."""
        self._streams.connect(conn, target, headers, self._settle(now))

    def frame(self, conn: int, text: str, now: int) -> None:
        """Let a client's text frame arrive; one on a connection that is gone is lost."""
        now = self._settle(now)
        if self.answers(conn):
            self._traffic.frame(conn, text, now, self._streams)

    def answers(self, conn: int) -> bool:
        """Tell whether a connection stands and is not half open, so that a ping of the protocol's own comes back."""
        return self._streams.answers(conn)

    def disconnect(self, conn: int, now: int) -> None:
        """Let a client's connection go away."""
        self._streams.disconnect(conn, self._settle(now))

    def advance(self, now: int) -> list[Output]:
        """Run everything due at or before `now` and return what left the venue since the last call; frozen, nothing."""
        self._settle(now)
        if self.moments.frozen or not self._out:
            return []
        out = self._out[:]
        self._out.clear()
        return out

    def next_wake(self) -> int | None:
        """Tell when `advance` next has something to do, or None."""
        if self.moments.frozen:
            return None
        if self._out:
            return self._now
        return self._earliest()

    def on_change(self, notify: Callable[[], None]) -> None:
        """Have `notify` called whenever something new is due, so that a driver may ask `next_wake` again."""
        self._floor.agenda.on_write = notify

    def _settle(self, now: int) -> int:
        """Run what is due up to `now`, and return the time that counts."""
        now = max(now, self._now)
        while (due := self._earliest()) is not None and due <= now:
            self._now = max(self._now, due)
            task = self._floor.agenda.pop_due(due)
            if task is not None:
                task[1](self._now)
            else:
                for item in self._dialect.wake(due):
                    self._streams.push(item, self._now)
            self._tell()
        self._now = now
        return now

    def _earliest(self) -> int | None:
        if self.moments.frozen:
            return None
        task, own = self._floor.agenda.next_due(), self._dialect.next_wake()
        if task is None or own is None:
            return own if task is None else task
        return min(task, own)

    def _tell(self) -> None:
        """Hand the new facts to the dialect, event by event, and push what it makes of them."""
        facts = self.book.history.facts
        if self._told == len(facts):
            return
        fresh = facts[self._told :]
        self._told = len(facts)
        for _, event in groupby(fresh, key=lambda fact: fact.mark.event):
            for push in self._dialect.render(list(event), self._now):
                self._streams.push(push, self._now)

    # --- the truth

    @property
    def history(self) -> History:
        """Every fact so far."""
        return self.book.history

    @property
    def views(self) -> Views:
        """The lagging readers; `set_lag` chooses the lag of one."""
        return self._floor.views

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The symbols this venue lists."""
        return self._floor.instruments

    @property
    def log(self) -> list[LogEntry]:
        """Every request and what became of it."""
        return self._traffic.log

    def writes(self, account: str | None = None, since: int = 0) -> list[LogEntry]:
        """Return the requests from number `since` on that could change something: none of them proves a reader."""
        return [entry for entry in self.log[since:] if not entry.reads and account in (None, entry.account)]

    @property
    def switches(self) -> dict[str, str]:
        """All switches as they stand."""
        return self._floor.switches

    def judge(self, now: int | None = None) -> Verdict:
        """Return the judge's finding as of `now`, by default the last instant."""
        return judge(self.venue, self.book.history, self._now if now is None else now)

    # --- the hands of the experimenter

    def open_account(
        self,
        name: str,
        *,
        key: str,
        secret: str,
        balance: Decimal,
        hedge: bool = False,
        permissions: Sequence[str] = ("read", "trade"),
        ips: Sequence[str] = (),
        now: int | None = None,
    ) -> Account:
        """Open an account with a settled balance in USDT; ValueError if the name or the key is taken."""
        self._settle(self._now if now is None else now)
        uid = str(10_000_000 + self._floor.number(90_000_000, "uid", name))
        account = Account(name, key, secret, uid, hedge, tuple(permissions), tuple(ips), self._now)
        self.book.open_account(account, balance, self._now)
        self._tell()
        return account

    def account_names(self) -> list[str]:
        """Return the names of the open accounts."""
        return list(self.book.ledger.accounts)

    def set_depth(self, symbol: str, depth: Depth) -> None:
        """Choose what a taker finds in a symbol's book from now on."""
        self.book.market.set_depth(symbol, depth)

    def set_lag(self, view: str, lag: Lag) -> None:
        """Choose the lag of one view (order.get) or topic (stream.order)."""
        self._floor.views.set_lag(view, lag)

    def set_switch(self, name: str, answer: str) -> None:
        """Change a switch; ValueError says what was expected."""
        self._floor.set_switch(name, answer)

    def calm(self, now: int) -> None:
        """Lift all faults, and put back what they have changed and a venue would not keep (`world.World.calm`)."""
        now = self._settle(now)
        self.faults.clear()
        self._world.calm(now)
        self._tell()

    def walk(self, bps: int, every: int, now: int) -> None:
        """Let all prices take a seeded step of at most `bps` every `every` microseconds; 0 bps ends the walk."""
        self._world.walk(bps, every, self._settle(now))

    def watch(self, watch: Watch) -> int:
        """Have a moment noted in `moments`, and the box stand still for it if that is wished; returns its number."""
        return self.moments.watch(watch)

    def thaw(self, now: int) -> None:
        """Let a frozen box run on."""
        self.moments.thaw()
        self._settle(now)
        self._floor.agenda.on_write()

    def cut_streams(self, now: int, code: int = 1006) -> int:
        """Hang up every connection; returns how many there were."""
        cut = self._streams.hang_up_all(code, self._settle(now))
        self._floor.agenda.on_write()
        return cut


def _listed(venue: str, symbols: Sequence[str] | None) -> dict[str, Instrument]:
    rows = catalogue.load(venue)
    if symbols is None:
        return dict(rows)
    unknown = [symbol for symbol in symbols if symbol not in rows]
    if unknown:
        message = f"symbols: expected names of the {venue} catalogue, got {', '.join(unknown)}"
        raise ValueError(message)
    return {symbol: rows[symbol] for symbol in symbols}
