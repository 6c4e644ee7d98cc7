"""The way of one request through the venue: in at the edge, through faults, to the dialect and the book, and out.

A request's *course* is fixed when it arrives: the faults that strike it are drawn then, in the order of the plan.  It
is carried out later, when delays have run, and answered later still.  Each stage is a task on the agenda, so that what
else happens in between happens in between.

A frame that asks what a request could ask (an order over the trade socket) takes the same way with the same faults;
where a request's connection would be reset, its socket is cut, and whatever else is under way on it loses its answer.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from venuesim.dialects.port import Act, Called, Dialect, Handled, Heard, Wait
from venuesim.edits import edit
from venuesim.facts import OrderStatus
from venuesim.faults import READ_FAULTS, REQUEST_FAULTS, WORLD_FAULTS, Faults, Hit, Touched
from venuesim.floor import Floor
from venuesim.matching import FillPlan
from venuesim.moments import Moments
from venuesim.views import CLEAR, MS, Distortion
from venuesim.wire import Answer, Frame, HalfBody, Output, Reply, Request, Reset


class LogEntry(Struct):
    """One line of the venue's request log; times in microseconds UTC.

    `at` is the arrival at the edge, `acted_at` when it was carried out (each time), `outcome` one of pending, answered,
    reset, silent, half.  A frame that asks has the method WS, and for a key its connection's number, negative.
    """

    key: int
    at: int
    account: str | None
    call: str
    symbol: str | None
    client_id: str | None
    method: str
    target: str
    body: str
    reads: bool
    acted_at: list[int] = field(default_factory=list)
    outcome: str = "pending"
    answered_at: int | None = None
    status: int | None = None
    reply: str = ""


class Sockets(Protocol):
    """The connections, as far as an asking frame needs them (`streams.Streams`)."""

    def answers(self, conn: int) -> bool:
        """Tell whether a connection stands and is not half open."""
        ...

    def hang_up(self, conn: int, code: int, now: int) -> None:
        """Close a connection from the venue's side; one that is gone stays gone."""
        ...


class _Way(Protocol):
    """How an answer leaves, or how it is broken off, at an instant."""

    def answer(self, reply: Reply, at: int) -> None: ...

    def reset(self, at: int) -> None: ...

    def half(self, reply: Reply, cut: int, at: int) -> None: ...


class _Connection(Struct, frozen=True):
    """The way back of one REST request."""

    key: int
    emit: Callable[[Output], None]

    def answer(self, reply: Reply, at: int) -> None:
        del at
        self.emit(Answer(self.key, reply))

    def reset(self, at: int) -> None:
        del at
        self.emit(Reset(self.key))

    def half(self, reply: Reply, cut: int, at: int) -> None:
        del at
        self.emit(HalfBody(self.key, reply, cut))


class _Socket(Struct, frozen=True):
    """The way back of one asking frame: its connection, which other frames share."""

    conn: int
    called: Called
    sockets: Sockets
    emit: Callable[[Output], None]

    def answer(self, reply: Reply, at: int) -> None:
        text = self.called.frame_of(reply, at)
        if text is None:
            self.sockets.hang_up(self.conn, INTERNAL_ERROR, at)
        elif self.sockets.answers(self.conn):
            self.emit(Frame(self.conn, text, self.called.handled.call))

    def reset(self, at: int) -> None:
        self.sockets.hang_up(self.conn, ABNORMAL, at)

    def half(self, reply: Reply, cut: int, at: int) -> None:
        del reply, cut
        self.reset(at)


class _Course(Struct, frozen=True):
    """A request under way: its way back, what it is, its log line, and the faults that strike it."""

    way: _Way
    handled: Handled
    entry: LogEntry
    touched: Touched
    hits: tuple[Hit, ...]

    def struck(self, *names: str) -> list[Hit]:
        """The faults of these names that strike; most requests meet none at all."""
        return [hit for hit in self.hits if hit.fault.fault in names] if self.hits else []

    def delays(self, where: str) -> list[Hit]:
        return [hit for hit in self.struck("delay") if hit.fault.where == where] if self.hits else []


class Traffic:
    """All requests, and frames from clients, of one venue."""

    def __init__(
        self,
        floor: Floor,
        dialect: Dialect,
        faults: Faults,
        emit: Callable[[Output], None],
        strike_world: Callable[[Hit, Touched], None],
        moments: Moments,
    ) -> None:
        self._floor = floor
        self._dialect = dialect
        self._faults = faults
        self._emit = emit
        self._strike_world = strike_world
        self._moments = moments
        self._frozen: dict[int, int] = {}
        self._asked: dict[int, int] = {}
        self.log: list[LogEntry] = []

    # --- requests

    def request(self, key: int, request: Request, now: int) -> None:
        """Take a request in and set it on its course."""
        self._begin(_Connection(key, self._emit), key, self._dialect.handle(request, now), request, now)

    def _begin(self, way: _Way, key: int, handled: Handled, request: Request, now: int) -> None:
        if self._moments.passes("arriving", handled.call, now):
            return
        touched = Touched(handled.call, handled.account, handled.symbol or None, handled.client_id or None, now)
        entry = _entry(key, request, touched, reads=handled.reads)
        self.log.append(entry)
        for hit in self._faults.hits(touched, WORLD_FAULTS):
            self._strike_world(hit, replace(touched, at=now + self._floor.latency))
        hits = tuple(self._faults.hits(touched, REQUEST_FAULTS, reads=handled.reads))
        course = _Course(way, handled, entry, touched, hits)
        if not self._lose(course, "request_lost", now + self._floor.latency):
            due = now + self._floor.latency + self._spend(course, course.delays("request"))
            self._floor.agenda.at(due, lambda at: self._carry_out(course, at))
        self._moments.passes("arrived", handled.call, now)

    def _spend(self, course: _Course, delays: list[Hit]) -> int:
        """Fire the delays and return their sum in microseconds; one of no length changes nothing."""
        for hit in [one for one in delays if one.fault.ms]:
            self._faults.fire(hit, course.touched, f"{hit.fault.ms} ms")
        return sum(hit.fault.ms for hit in delays) * MS if delays else 0

    def _lose(self, course: _Course, name: str, at: int) -> bool:
        """Apply a loss, if one strikes: the connection is reset, or nothing ever comes."""
        for hit in course.struck(name)[:1]:
            self._faults.fire(hit, course.touched, hit.fault.mode)
            course.entry.outcome = "silent" if hit.fault.mode == "hang" else "reset"
            if hit.fault.mode == "reset":
                self._floor.agenda.at(at + hit.fault.ms * MS, course.way.reset)
            return True
        return False

    def _carry_out(self, course: _Course, at: int) -> None:
        if course.hits and self._is_turned_away(course, at):
            return
        self._reach(course, at, self._answer)

    def _is_turned_away(self, course: _Course, at: int) -> bool:
        """Apply what keeps a request out, and tell whether it was answered so; or have it come again."""
        closed = course.struck("maintenance")
        if closed:
            self._faults.fire(closed[0], course.touched, "closed")
            self._answer(course, self._closed(closed[0].fault.code, at), at)
            return True
        refusal = next((hit for hit in course.struck("status", "stop_refused") if not hit.fault.effect), None)
        if refusal is not None:
            self._answer(course, self._refusal(course, refusal, at), at)
            return True
        for hit in course.struck("request_twice"):
            self._faults.fire(hit, course.touched, "carried out twice")
            self._floor.agenda.at(at + hit.fault.ms * MS, lambda later: self._again(course, later))
        return False

    def _again(self, course: _Course, at: int) -> None:
        self._reach(course, at, lambda *_: None)

    def _reach(self, course: _Course, at: int, then: Callable[[_Course, Reply, int], None]) -> None:
        """Let a request through the gateway; a fault may hold it there, unless the gateway itself answers."""
        engine = course.delays("engine")
        self._floor.engine_delay = held = sum(hit.fault.ms for hit in engine) * MS
        if not held:
            self._perform(course, course.handled.act, at, then)
            return
        try:
            reply = course.handled.act(at)
        finally:
            self._floor.engine_delay = 0
        if isinstance(reply, Wait):
            self._spend(course, engine)
            later = reply.act
            self._floor.agenda.at(reply.until, lambda due: self._perform(course, later, due, then))
        else:
            course.entry.acted_at.append(at)
            then(course, reply, at)

    def _perform(self, course: _Course, act: Act, at: int, then: Callable[[_Course, Reply, int], None]) -> None:
        """Carry out one stage; a reply that is not ready is asked for again when it should be."""
        course.entry.acted_at.append(at)
        self._floor.views.begin_read()
        reply = self._read_bent(course, act, at) if course.handled.reads else self._act(course, act, at)
        if isinstance(reply, Wait):
            later = reply.act
            self._floor.agenda.at(reply.until, lambda due: self._perform(course, later, due, then))
        else:
            then(course, reply, at)

    def _act(self, course: _Course, act: Act, at: int) -> Reply | Wait:
        """Carry out an act under the fault that bends the engine: a split fill."""
        planned = course.struck("partial_fill")
        if planned:
            self._floor.book.plan_fills(_plan(planned[0]))
        reply = act(at)
        if planned and not self._floor.book.has_plan:
            self._faults.fire(planned[0], course.touched, "split")
        self._floor.book.plan_fills(None)
        return reply

    def _read_bent(self, course: _Course, act: Act, at: int) -> Reply | Wait:
        """Read, and under a fault read again through it; it has fired only if the bytes differ."""
        clean = act(at)
        for hit in course.struck(*READ_FAULTS):
            self._floor.views.distortion = self._distortion(hit, at)
            try:
                bent = act(at)
            finally:
                self._floor.views.distortion = CLEAR
            if bent != clean:
                self._faults.fire(hit, course.touched, "another answer")
                return bent
        return clean

    def _distortion(self, hit: Hit, at: int) -> Distortion:
        fault = hit.fault
        match fault.fault:
            case "empty_read":
                return Distortion(empty=True, view=fault.view)
            case "read_lag":
                return Distortion(behind=fault.ms * MS, view=fault.view)
            case "replicas_disagree":
                self._asked[hit.number] = asked = self._asked.get(hit.number, 0) + 1
                return Distortion(behind=fault.ms * MS * (asked % 2), view=fault.view)
            case "symbol_omitted":
                return Distortion(omits=fault.omits or "*", view=fault.view)
            case "wrong_status":
                return Distortion(ended=OrderStatus(fault.ended), view=fault.view)
            case _:
                pass
        return Distortion(frozen_at=self._frozen.setdefault(hit.number, at), view=fault.view)

    def _refusal(self, course: _Course, hit: Hit, at: int) -> Reply:
        """Build the answer of a status fault; without a status, what the venue uses for a business error."""
        fault = hit.fault
        status = fault.status or self._usual_status(fault.code)
        self._faults.fire(hit, course.touched, f"{status} {fault.code or ''}".strip())
        return self._dialect.refuse(status, fault.code, fault.text, at)

    def _closed(self, code: int | None, at: int) -> Reply:
        """Refuse in the words of a venue at work on itself (`binance.md` 4.2 -1016, `bybit.md` 2.2 and 3.8 10019)."""
        if self._floor.venue == "bybit":
            return self._dialect.refuse(200, code or 10019, "Service is restarting.", at)
        return self._dialect.refuse(503, code or -1016, "This service is no longer available.", at)

    def _usual_status(self, code: int | None) -> int:
        """Return the HTTP status of a refusal that names none (`binance.md` 4.2, `bybit.md` 1.2)."""
        if code is None:
            return 503
        if self._floor.venue == "bybit":
            return 200
        return int(self._floor.switch("binance.timeout_status")) if code == BINANCE_TIMEOUT else 400

    def _answer(self, course: _Course, reply: Reply, at: int) -> None:
        """Send the reply on its way out."""
        self._moments.passes("acted", course.handled.call, at)
        due = at + self._floor.latency
        if course.hits:
            reply = self._bent(course, reply, at)
            due += sum(hit.fault.ms for hit in course.struck("status")) * MS
            due += self._spend(course, course.delays("reply"))
        course.entry.status, course.entry.reply = reply.status, reply.body.decode(errors="replace")
        if not self._lose(course, "reply_lost", due):
            self._floor.agenda.at(due, lambda later: self._deliver(course, reply, later))

    def _bent(self, course: _Course, reply: Reply, at: int) -> Reply:
        """Put a refusal in the place of the reply though it was carried out, and apply the edits."""
        for hit in course.struck("status"):
            if hit.fault.effect:
                reply = self._refusal(course, hit, at)
        return self._edited(course, reply)

    def _edited(self, course: _Course, reply: Reply) -> Reply:
        """Apply the edits that strike; one that finds nothing to change has not fired."""
        for hit in course.struck("reply_edit"):
            body = edit(reply.body, hit.fault.path, hit.fault.value)
            if body is not None:
                self._faults.fire(hit, course.touched, hit.fault.path or "the whole body")
                reply = replace(reply, body=body)
        return reply

    def _deliver(self, course: _Course, reply: Reply, at: int) -> None:
        course.entry.answered_at = at
        self._moments.passes("answering", course.handled.call, at)
        halved = [hit for hit in course.struck("half_body") if hit.fault.cut < len(reply.body)]
        if halved:
            self._faults.fire(halved[0], course.touched, f"{halved[0].fault.cut} bytes")
            course.entry.outcome = "half"
            course.way.half(reply, halved[0].fault.cut, at)
        else:
            course.entry.outcome = "answered"
            course.way.answer(reply, at)

    # --- frames from clients

    def frame(self, conn: int, text: str, now: int, sockets: Sockets) -> None:
        """Take a client's frame in: one that asks goes the way of a request, others meet only what is lost or late."""
        heard = self._dialect.frame(conn, text, now)
        if isinstance(heard, Called):
            asked = Request(FRAME, heard.target, (), text.encode())
            self._begin(_Socket(conn, heard, sockets, self._emit), -conn, heard.handled, asked, now)
        elif not self._moments.passes("arriving", heard.call, now):
            self._listen(conn, heard, now, sockets.answers)

    def _listen(self, conn: int, heard: Heard, now: int, is_open: Callable[[int], bool]) -> None:
        """Let a frame about the connection itself through; delay, request_lost and reply_lost bend it."""
        touched = Touched(heard.call, heard.account, heard.symbol or None, heard.client_id or None, now)
        hits = [hit for hit in self._faults.hits(touched, REQUEST_FAULTS) if hit.fault.fault in FRAME_FAULTS]
        delay = 0
        for hit in hits:
            self._faults.fire(hit, touched, "frame")
            delay += hit.fault.ms * MS if hit.fault.fault == "delay" else 0
        lost = [hit.fault.fault for hit in hits]
        if "request_lost" not in lost:
            due = now + self._floor.latency + delay
            self._floor.agenda.at(due, lambda at: self._hear(conn, heard, at, is_open, silent="reply_lost" in lost))

    def _hear(self, conn: int, heard: Heard, at: int, is_open: Callable[[int], bool], *, silent: bool) -> None:
        if not is_open(conn):
            return
        self._floor.views.begin_read()
        texts = heard.act(at)
        self._moments.passes("acted", heard.call, at)
        for text in () if silent else texts:
            self._floor.agenda.at(at + self._floor.latency, self._sending(conn, heard.call, text, is_open))

    def _sending(self, conn: int, call: str, text: str, is_open: Callable[[int], bool]) -> Callable[[int], None]:
        def send(at: int) -> None:
            if is_open(conn):
                self._moments.passes("answering", call, at)
                self._emit(Frame(conn, text))

        return send


BINANCE_TIMEOUT = -1007
FRAME_FAULTS = ("delay", "request_lost", "reply_lost")
FRAME = "WS"
"""The method of an asking frame in the request log."""
ABNORMAL = 1006
INTERNAL_ERROR = 1011


def _entry(key: int, request: Request, touched: Touched, *, reads: bool) -> LogEntry:
    return LogEntry(
        key=key,
        at=touched.at,
        account=touched.account,
        call=touched.call,
        symbol=touched.symbol,
        client_id=touched.client_id,
        method=request.method,
        target=request.target,
        body=request.body.decode(errors="replace"),
        reads=reads,
    )


def _plan(hit: Hit) -> FillPlan:
    """Return the fill plan of a partial_fill fault: the parts, `gap_ms` apart, or one fraction and the end."""
    fault = hit.fault
    fractions: tuple[Decimal, ...] = fault.parts if fault.fraction is None else (fault.fraction,)
    return FillPlan(tuple((part, fault.gap_ms * MS if index else 0) for index, part in enumerate(fractions)))
