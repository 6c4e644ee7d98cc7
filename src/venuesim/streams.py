"""What the venue pushes: every frame on its way to a connection, with the lag of its topic and the faults that bend it.

Frames of one topic never overtake each other on one connection; frames of different topics may, since each topic lags
on its own (`binance.md` 3.1, `bybit.md` 2.1).  What is pushed to nobody is lost: nothing is replayed after a reconnect.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from venuesim.dialects.port import Dialect, Drop, Push
from venuesim.edits import edit
from venuesim.faults import STREAM_FAULTS, Faults, Hit, Touched
from venuesim.floor import Floor
from venuesim.views import MS
from venuesim.wire import Accepted, Frame, Hangup, Headers, Output, Rejected

RELEASE_MS = 100
ABNORMAL = 1006
SERVICE_UNAVAILABLE = 503


class Streams:
    """All connections of one venue."""

    def __init__(self, floor: Floor, dialect: Dialect, faults: Faults, emit: Callable[[Output], None]) -> None:
        self._floor = floor
        self._dialect = dialect
        self._faults = faults
        self._emit = emit
        self._open: dict[int, None] = {}
        self._last_due: dict[tuple[int, str], int] = {}
        self._silent_until: dict[int, int] = {}
        self._held: dict[int, list[Push]] = {}
        self._mute: dict[tuple[int, int], None] = {}
        self._deaf: dict[int, None] = {}
        self._pushed = 0

    def connect(self, conn: int, target: str, headers: Headers, now: int) -> None:
        """Answer a handshake; the connection is open for pushes from now on if it is accepted."""
        status = self._dialect.connect(conn, target, headers, now) if not self._is_closed(now) else SERVICE_UNAVAILABLE
        due = now + 2 * self._floor.latency
        if status == 101:
            self._open[conn] = None
            self._floor.agenda.at(due, lambda _: self._emit(Accepted(conn)))
        else:
            self._floor.agenda.at(due, lambda _: self._emit(Rejected(conn, status)))

    def _is_closed(self, now: int) -> bool:
        """Tell whether maintenance is in force that strikes handshakes too."""
        touched = Touched("connect", None, None, None, now)
        plan = self._faults.plan.values()
        return any(fault.fault == "maintenance" and self._faults.matches(fault, touched) for fault in plan)

    def answers(self, conn: int) -> bool:
        """Tell whether a connection stands and is not half open."""
        return self.is_open(conn) and not self.is_deaf(conn)

    def is_deaf(self, conn: int) -> bool:
        """Tell whether a connection is half open: it stands at this end, and nothing passes any more."""
        return conn in self._deaf

    def disconnect(self, conn: int, now: int) -> None:
        """Forget a connection that its client has closed."""
        if self.is_open(conn):
            self._forget(conn, now)

    def _forget(self, conn: int, now: int) -> None:
        del self._open[conn]
        self._held.pop(conn, None)
        self._deaf.pop(conn, None)
        self._mute = {key: None for key in self._mute if key[0] != conn}
        self._dialect.disconnect(conn, now)

    def is_open(self, conn: int) -> bool:
        """Tell whether a connection stands."""
        return conn in self._open

    def hang_up(self, conn: int, code: int, now: int) -> None:
        """Close a connection from the venue's side; one that is gone stays gone."""
        if self.is_open(conn):
            if not self.is_deaf(conn):
                self._emit(Hangup(conn, code))
            self._forget(conn, now)

    def hang_up_all(self, code: int, now: int) -> int:
        """Close every connection; return how many there were."""
        conns = list(self._open)
        for conn in conns:
            self.hang_up(conn, code, now)
        return len(conns)

    def push(self, item: Push | Drop, now: int) -> None:
        """Send a frame on its way, or carry out the dialect's own wish to close."""
        if isinstance(item, Drop):
            self.hang_up(item.conn, item.code, now)
        elif self.is_open(item.conn):
            self._push(item, now)

    def _push(self, push: Push, now: int) -> None:
        touched = Touched(push.topic, push.account, push.symbol, None, now)
        hits = self._faults.hits(touched, STREAM_FAULTS)
        if self._swallowed(push, touched, hits, now):
            return
        push = self._edited(push, hits, touched)
        due = now + self._floor.latency + self._lag(push) + self._delay(hits, touched)
        due = max(due, self._last_due.get((push.conn, push.topic), 0))
        reordered = [hit for hit in hits if hit.fault.fault == "stream_reorder"]
        if reordered:
            self._hold(push, reordered[0], touched, due)
            return
        self._last_due[(push.conn, push.topic)] = due
        self._floor.agenda.at(due, self._sending(push))
        for hit in hits:
            if hit.fault.fault == "stream_duplicate":
                self._faults.fire(hit, touched, "sent twice")
                self._floor.agenda.at(due + hit.fault.ms * MS, self._sending(push))

    def _edited(self, push: Push, hits: list[Hit], touched: Touched) -> Push:
        """Apply the edits that strike; one that finds nothing to change has not fired."""
        for hit in hits:
            if hit.fault.fault == "stream_edit":
                text = edit(push.text.encode(), hit.fault.path, hit.fault.value)
                if text is not None:
                    self._faults.fire(hit, touched, hit.fault.path or "the whole frame")
                    push = replace(push, text=text.decode())
        return push

    def _lag(self, push: Push) -> int:
        self._pushed += 1
        return self._floor.views.lag_of_topic(push.topic, self._pushed)

    def _delay(self, hits: list[Hit], touched: Touched) -> int:
        delays = [hit for hit in hits if hit.fault.fault == "stream_delay"]
        for hit in delays:
            self._faults.fire(hit, touched, f"{hit.fault.ms} ms")
        return sum(hit.fault.ms for hit in delays) * MS

    def _swallowed(self, push: Push, touched: Touched, hits: list[Hit], now: int) -> bool:
        """Apply drop, silence and cut; tell whether the frame is gone."""
        for hit in hits:
            if hit.fault.fault == "stream_silence":
                self._silent_until.setdefault(hit.number, now + hit.fault.ms * MS)
        for number, fault in self._faults.plan.items():
            if self._silent_until.get(number, 0) > now and self._faults.matches(fault, touched):
                self._faults.fire(Hit(number, fault), touched, "silent")
                return True
        for hit in hits:
            if hit.fault.fault == "stream_half_open":
                self._deaf[push.conn] = None
            elif hit.fault.fault == "stream_mute":
                self._mute[push.conn, hit.number] = None
        if self._is_unheard(push, touched):
            return True
        for hit in hits:
            if hit.fault.fault in ("stream_drop", "stream_cut"):
                self._faults.fire(hit, touched, "lost")
                if hit.fault.fault == "stream_cut":
                    self.hang_up(push.conn, hit.fault.code or ABNORMAL, now)
                return True
        return False

    def _is_unheard(self, push: Push, touched: Touched) -> bool:
        """Tell whether a connection that has gone mute or half open swallows this frame."""
        for number, fault in self._faults.plan.items():
            muted = (push.conn, number) in self._mute and self._faults.matches(fault, touched)
            if muted or (fault.fault == "stream_half_open" and push.conn in self._deaf):
                self._faults.fire(Hit(number, fault), touched, "mute" if muted else "half open")
                return True
        return push.conn in self._deaf

    def _hold(self, push: Push, hit: Hit, touched: Touched, due: int) -> None:
        """Keep a frame back until another has gone out on its connection, or for a while at most."""
        self._faults.fire(hit, touched, "held back")
        self._held.setdefault(push.conn, []).append(push)
        self._floor.agenda.at(due + (hit.fault.ms or RELEASE_MS) * MS, lambda _: self._release(push.conn))

    def _release(self, conn: int) -> None:
        for push in self._held.pop(conn, []):
            self._emit(Frame(conn, push.text))

    def _sending(self, push: Push) -> Callable[[int], None]:
        def send(_: int) -> None:
            if self.is_open(push.conn) and not self.is_deaf(push.conn):
                self._emit(Frame(push.conn, push.text))
                self._release(push.conn)

        return send
