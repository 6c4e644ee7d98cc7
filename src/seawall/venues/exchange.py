"""The life of a request: held, sent, answered; or lost, late, or given up.

Acts and queries come in with their urgency, wait here until `pace` gives leave, are signed by the codec at the moment
they leave, and end in exactly one input for the heart.

    held ----leave----> under way ----reply----> answered
      |                     |--------lost------> Unknown (an act), ReadFailed (a query)
      |                     '--deadline--------> the same
      '--deadline, too late--------------------> NotSent (an act), ReadFailed (a query)

Six rules carry the weight.

- *Nothing is repeated here.* A retry is an act with a reason, and reasons are the heart's.
- *Lost is not failed.* An act whose reply did not come is Unknown, unless the transport knows that no byte ever left. A
  reply that comes after its deadline is still evidence: an act's is told as a second answer, which the heart joins.
- *Held is not sent.* An act that gets no leave within the reply time is given back as NotSent, with the wait, and not
  kept: whoever decided it decides again, on what is known by then. So the queue is short, and nothing in it is stale.
  The reason says who held it, the venue by its word (LIMIT) or we by our count (BUSY), for only the first means that
  the venue does not answer. So a read is failed for the venue's word alone; our own count merely makes it later.
- *A query is one reading.* A list that is longer than one reply is asked for page by page, each with leave of its own
  and with the urgency of the first; the answer is that of all pages, dated from the first, and a page that is lost,
  late or refused is the failure of all.
- *Equal queries are one.* The answer serves whoever asked while it was under way. Queries beyond the bound fail at
  once; acts are never dropped.
- *Halted is not sent.* The owner's word is heard again in the very moment in which an entry would leave, so that one
  which waited here is called back.
- *One road for one act.* An act leaves by the trade socket if that road is open at that moment and carries it, else by
  REST, and never by both: what was under way on a socket that is lost is Unknown, like any other lost request.

The exchange also keeps the venue's clock known: it asks for the time on `Clock`'s schedule, and entries wait until it
is known, since their end in the venue's time is what absence is proven by (design, rule 5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from msgspec import Struct

from seawall.model.acts import Act, Outcome, Reason, SubmitEntry, Urgency
from seawall.model.inputs import Forbidden, Input, ReadFailed
from seawall.model.queries import Query
from seawall.model.times import MILLISECOND, SECOND, Bounds, Duration, Instant
from seawall.venues.clock import Clock
from seawall.venues.pace import Pace, Permit, Wait
from seawall.venues.port import ActFrame, Charge, Codec, Reading, Reply, Request, Stamp, TooLate
from seawall.venues.underway import Ask, Errand, Flight, Held, unanswered

MOST_QUERIES = 1_000
"""How many different queries may be held or under way; more fail at once, by name."""
LATE_KEPT: Duration = 60 * SECOND
"""How long what was given up is remembered, should a reply still come: longer than a socket is held."""
CLOCK_TAG = "clock"
ERRAND_URGENCY = Urgency.CLOSE


class Transmit(Struct, frozen=True):
    """Send this request now; answer with `replied` or `lost` under `key`."""

    key: int
    request: Request


class ErrandDone(Struct, frozen=True):
    """What became of an errand; no reply if it was lost, late or never sent."""

    tag: str
    reply: Reply | None


class Utterance(Struct, frozen=True):
    """Send this frame on this connection of the trade socket."""

    conn: int
    text: str


class Road(Protocol):
    """The trade socket, as the exchange sees it (`trade.Trade`)."""

    def carry(self, key: int, act: Act, stamp: Stamp) -> tuple[int, ActFrame] | TooLate | None:
        """Connection and frame of an act that this road carries now; None if it is not open or not for this act."""
        ...

    def doubt(self, conn: int, now: Instant) -> None:
        """A reply on this connection is overdue."""
        ...


class Output(Struct, frozen=True):
    """What came of the last step: requests and frames to send, inputs for the desk, errands that ended."""

    transmits: tuple[Transmit, ...] = ()
    utterances: tuple[Utterance, ...] = ()
    inputs: tuple[Input, ...] = ()
    errands: tuple[ErrandDone, ...] = ()


NO_OUTPUT = Output()


class Exchange:
    """Requests and replies of one account, without I/O. All instants are microseconds UTC."""

    def __init__(
        self,
        codec: Codec,
        pace: Pace,
        clock: Clock,
        bounds: Bounds,
        road: Road | None = None,
        halted: Callable[[], str] = lambda: "",
    ) -> None:
        """`road`: the trade socket, where there is one. `halted`: why no entry may leave now; empty if it may."""
        self._codec = codec
        self._halted = halted
        self._road = road
        self._pace = pace
        self._clock = clock
        self._bounds = bounds
        self._errand_charges = tuple(Charge(bucket.name, 1) for bucket in codec.buckets() if bucket.shared)
        self._held: list[Held] = []
        self._flights: list[Flight] = []
        self._late: dict[int, Flight] = {}
        self._last_key = 0
        self._transmits: list[Transmit] = []
        self._utterances: list[Utterance] = []
        self._inputs: list[Input] = []
        self._errands: list[ErrandDone] = []

    # ---- what comes in

    def submit(self, ask: Act | Query | Errand, urgency: Urgency, now: Instant) -> None:
        """Takes an ask, and sends it at once if it may leave."""
        if isinstance(ask, Query):
            if self._is_merged(ask, urgency, now):
                return
            if self._count_queries() >= MOST_QUERIES:
                self._inputs.append(ReadFailed(ask, now, now, f"more than {MOST_QUERIES} queries under way"))
                return
        self._hold(Reading(ask, now) if isinstance(ask, Query) else ask, urgency, now)
        self._send_what_may_leave(now)

    def replied(self, key: int, reply: Reply, now: Instant) -> None:
        """The whole reply to request `key` has come, in time or not."""
        flight, late = self._flight_of(key), self._late.pop(key, None)
        is_permitted = self._learn(reply, flight or late, key, now)
        self._landed(flight or late, now)
        if flight is not None:
            self._settle(flight, permitted=is_permitted)
            self._arrived(flight, key, reply, now)
        elif late is not None and not isinstance(late.ask, Reading | Errand):
            self._conclude_act(late.ask, late, reply, now)
        self._send_what_may_leave(now)

    def lost(self, key: int, now: Instant, *, sent: bool, detail: str) -> None:
        """Request `key` will have no reply. `sent`: whether a byte of it may have left."""
        flight = self._flight_of(key)
        self._landed(flight or self._late.pop(key, None), now)
        if flight is not None:
            self._settle(flight, permitted=False)
            flight.losses = (*flight.losses, detail)
            if sent or isinstance(flight.ask, Reading | Errand):
                self._arrived(flight, key, None, now)
            else:
                self._flights.remove(flight)
                self._inputs.append(unanswered(flight.ask, Outcome.NOT_SENT, now, now, detail))
        self._send_what_may_leave(now)

    def road_lost(self, conn: int, now: Instant, detail: str) -> None:
        """A connection of the trade socket is gone: what was under way on it will have no reply, nor a late one."""
        flights = (*self._flights, *self._late.values())
        for key in [key for flight in flights if flight.conn == conn for key in flight.requests]:
            self.lost(key, now, sent=True, detail=detail)

    def wake(self, now: Instant) -> None:
        """Does what is due: deadlines, the venue's clock, and whatever may leave by now."""
        for flight in [flight for flight in self._flights if now >= flight.began_at + self._bounds.reply_timeout]:
            self._time_out(flight, now)
        if self._late:
            self._late = {key: late for key, late in self._late.items() if now < late.began_at + LATE_KEPT}
        if self._clock.due_at <= now and not self._holds_the_clocks():
            errand = Errand(CLOCK_TAG, self._codec.clock_request())
            for _ in range(self._clock.asked(now)):
                self._hold(errand, ERRAND_URGENCY, now)
        self._send_what_may_leave(now)

    # ---- what comes out

    def next_wake(self) -> Instant:
        """When `wake` has something to do at the latest."""
        wait = self._bounds.reply_timeout
        dues = [] if self._holds_the_clocks() else [self._clock.due_at]
        dues += [flight.began_at + wait for flight in self._flights]
        dues += [min(held.retry_at, held.until) for held in self._held]
        return min(dues)

    def take(self) -> Output:
        """Hands over what has come of the steps since the last call."""
        if not self._transmits and not self._utterances and not self._inputs and not self._errands:
            return NO_OUTPUT
        output = Output(tuple(self._transmits), tuple(self._utterances), tuple(self._inputs), tuple(self._errands))
        self._transmits, self._utterances, self._inputs, self._errands = [], [], [], []
        return output

    # ---- held

    def _hold(self, ask: Ask, urgency: Urgency, now: Instant) -> None:
        charges = self._errand_charges if isinstance(ask, Errand) else self._codec.charges(ask)
        self._held.append(Held(ask, urgency, now + self._bounds.reply_timeout, charges))

    def _is_merged(self, query: Query, urgency: Urgency, now: Instant) -> bool:
        """Whether an equal query is under way already; one that is held takes the higher urgency. One that has had no
        answer for `patience` may be lost: another goes beside it.
        """
        for held in self._held:
            if isinstance(held.ask, Reading) and held.ask.query == query:
                held.urgency = min(held.urgency, urgency)
                return True
        recent = [flight.ask for flight in self._flights if now - flight.began_at < self._bounds.patience]
        return any(isinstance(ask, Reading) and ask.query == query for ask in recent)

    def _count_queries(self) -> int:
        asks = [held.ask for held in self._held] + [flight.ask for flight in self._flights]
        return sum(isinstance(ask, Reading) for ask in asks)

    def _send_what_may_leave(self, now: Instant) -> None:
        """The urgent first; among equals, who came first."""
        if not self._held:
            return
        self._held.sort(key=lambda held: held.urgency)
        self._held = [held for held in self._held if not self._is_dealt_with(held, now)]

    def _is_dealt_with(self, held: Held, now: Instant) -> bool:
        """Sends or gives up `held`, or leaves it where it is (False)."""
        if isinstance(held.ask, SubmitEntry) and self._clock.venue_now(now) >= held.ask.not_after:
            held.why = f"too late: the entry had to end by {held.ask.not_after}; {held.why}".rstrip("; ")
            self._give_up(held, now)
            return True
        if now < min(held.retry_at, held.until):
            return False
        if isinstance(held.ask, SubmitEntry) and (words := self._halted()):
            self._call_back(held.ask, words, now)
            return True
        leave = self._leave(held, now)
        if isinstance(leave, Permit):
            self._depart(held, leave, now)
            return True
        held.retry_at, held.why = leave.until, leave.detail
        if now < held.until:
            return False
        if _is_clocks(held.ask) or (isinstance(held.ask, Reading) and not leave.by_venue):
            held.until = leave.until
            return False
        self._give_up(held, now)
        return True

    def _holds_the_clocks(self) -> bool:
        """Whether a question for the time has no leave yet. It is kept until it has, and no other put beside it: what
        is signed can be sure of nothing before, so it goes in the instant in which the venue's word ends.
        """
        return any(_is_clocks(held.ask) for held in self._held)

    def _leave(self, held: Held, now: Instant) -> Permit | Wait:
        if isinstance(held.ask, SubmitEntry) and not self._clock.is_known:
            held.reason = Reason.CLOCK
            return Wait(now + self._bounds.reply_timeout, "the venue's clock is not known")
        leave = self._pace.admit(held.charges, held.urgency, now)
        held.reason = Reason.LIMIT if isinstance(leave, Wait) and leave.by_venue else Reason.BUSY
        return leave

    def _call_back(self, entry: SubmitEntry, words: str, now: Instant) -> None:
        """Ends an entry that the owner's halt met before its first byte left."""
        answer = unanswered(entry, Outcome.NOT_SENT, now, now, words)
        self._inputs.append(replace(answer, code="halted"))

    def _give_up(self, held: Held, now: Instant) -> None:
        """Ends an ask of which no byte has left."""
        match held.ask:
            case Errand(tag=tag):
                self._errand_done(tag, None, now, now)
            case Reading(query=query, came=()):
                self._inputs.append(ReadFailed(query, now, now, f"not sent: {held.why}"))
            case Reading() as reading:
                self._conclude_reading(reading, (f"not sent: {held.why}",), now)
            case ask:
                wait = max(held.retry_at - now, 0)
                self._inputs.append(unanswered(ask, Outcome.NOT_SENT, now, now, held.why, held.reason, wait))

    def _depart(self, held: Held, permit: Permit, now: Instant) -> None:
        late = self._depart_as(held, permit, now)
        if late is not None:
            self._pace.settle(permit, permitted=False)
            self._pace.landed(permit, now)
            held.why, held.reason, held.retry_at = late.detail, Reason.NONE, 0
            self._give_up(held, now)

    def _depart_as(self, held: Held, permit: Permit, now: Instant) -> TooLate | None:
        """Signed at the moment of leaving, so that nothing of the receive window is spent here."""
        ask = held.ask
        if isinstance(ask, Errand):
            self._transmit(held, (ask.request,), permit, now)
            return None
        window = self._bounds.receive_window if isinstance(ask, SubmitEntry) else self._bounds.act_window
        stamp = Stamp(self._clock.venue_now(now), window)
        if isinstance(ask, Reading):
            held.ask = ask = ask if ask.came else Reading(ask.query, now)
            self._transmit(held, self._codec.query_requests(ask, stamp), permit, now)
            return None
        return self._act_departs(held, ask, stamp, permit, now)

    def _act_departs(self, held: Held, act: Act, stamp: Stamp, permit: Permit, now: Instant) -> TooLate | None:
        """By the trade socket if that road is open, else by REST."""
        carried = self._road.carry(self._last_key + 1, act, stamp) if self._road is not None else None
        if isinstance(carried, TooLate):
            return carried
        if carried is not None:
            self._utter(held, *carried, permit, now)
            return None
        request = self._codec.act_request(act, stamp)
        if isinstance(request, TooLate):
            return request
        self._transmit(held, (request,), permit, now)
        return None

    def _transmit(self, held: Held, requests: tuple[Request, ...], permit: Permit, now: Instant) -> None:
        keyed = dict(enumerate(requests, self._last_key + 1))
        self._last_key += len(keyed)
        self._flights.append(Flight(held.ask, held.urgency, now, permit, keyed, unheard=len(keyed)))
        self._transmits += [Transmit(key, request) for key, request in keyed.items()]

    def _utter(self, held: Held, conn: int, frame: ActFrame, permit: Permit, now: Instant) -> None:
        self._last_key += 1
        like = {self._last_key: frame.like}
        self._flights.append(Flight(held.ask, held.urgency, now, permit, like, conn, unheard=1))
        self._utterances.append(Utterance(conn, frame.text))

    # ---- under way

    def _flight_of(self, key: int) -> Flight | None:
        return next((flight for flight in self._flights if key in flight.requests), None)

    def _learn(self, reply: Reply, flight: Flight | None, key: int, now: Instant) -> bool:
        """Takes in what a reply says of the budget; whether it permits more."""
        request = None if flight is None else flight.requests[key]
        self._pace.read(self._codec.gauges(reply, request), now)
        pause = self._codec.pause(reply, request, now)
        if pause is not None:
            self._pace.pause(pause, now)
            if not pause.bucket:
                self._inputs.append(Forbidden(now, now + pause.wait, pause.detail))
        return pause is None

    def _settle(self, flight: Flight, *, permitted: bool) -> None:
        """Ends a trial after a pause, which may free what is held."""
        if flight.permit.tried:
            self._pace.settle(flight.permit, permitted=permitted)
            flight.permit = Permit(taken=flight.permit.taken)
            for held in self._held:
                held.retry_at = 0

    def _landed(self, flight: Flight | None, now: Instant) -> None:
        """One more request of these was answered or lost; with the last of them their window begins."""
        if flight is not None:
            flight.unheard -= 1
            if not flight.unheard:
                self._pace.landed(flight.permit, now)

    def _arrived(self, flight: Flight, key: int, reply: Reply | None, now: Instant) -> None:
        flight.replies[key] = reply
        if len(flight.replies) == len(flight.requests):
            self._flights.remove(flight)
            self._conclude(flight, flight.in_order, now)

    def _time_out(self, flight: Flight, now: Instant) -> None:
        """The deadline has passed; what was asked is remembered, should the reply still come and say something."""
        self._settle(flight, permitted=False)
        flight.losses = (*flight.losses, f"no reply within {self._bounds.reply_timeout // MILLISECOND} ms")
        self._flights.remove(flight)
        if flight.conn and self._road is not None:
            self._road.doubt(flight.conn, now)
        self._late.update({key: flight for key in flight.requests if key not in flight.replies})
        self._conclude(flight, flight.in_order, now)

    def _conclude(self, flight: Flight, replies: tuple[Reply | None, ...], now: Instant) -> None:
        """Turns what has come into the one answer."""
        match flight.ask:
            case Errand(tag=tag):
                self._errand_done(tag, replies[0], flight.began_at, now)
            case Reading() as reading:
                self._read_on(flight.read_on(reading), flight, now)
            case ask:
                self._conclude_act(ask, flight, replies[0], now)

    def _read_on(self, reading: Reading, flight: Flight, now: Instant) -> None:
        """Holds the next round of a reading, or concludes it if there is none."""
        if self._codec.charges(reading):
            self._hold(reading, flight.urgency, now)
        else:
            self._conclude_reading(reading, flight.losses, now)

    def _conclude_reading(self, reading: Reading, losses: tuple[str, ...], now: Instant) -> None:
        answer = self._codec.query_answer(reading, now)
        if isinstance(answer, ReadFailed):
            answer = replace(answer, detail="; ".join((answer.detail, *losses)))
            self._clock.suspected(now)
        self._inputs.append(answer)

    def _conclude_act(self, act: Act, flight: Flight, reply: Reply | None, now: Instant) -> None:
        if reply is None:
            detail = "; ".join(flight.losses)
            self._inputs.append(unanswered(act, Outcome.UNKNOWN, flight.began_at, now, detail))
            return
        answer = self._codec.act_answer(act, reply, flight.began_at, now)
        answer = replace(answer, venue_answered=reply.is_answer)
        if answer.reason is Reason.CLOCK:
            self._clock.doubted(now)
        self._inputs.append(answer)

    def _errand_done(self, tag: str, reply: Reply | None, began_at: Instant, now: Instant) -> None:
        if tag != CLOCK_TAG:
            self._errands.append(ErrandDone(tag, reply))
            return
        venue_at = None if reply is None else self._codec.clock_answer(reply)
        if venue_at is None:
            self._clock.missed(now)
            return
        self._inputs.append(self._clock.sampled(began_at, now, venue_at))
        for held in self._held:
            held.retry_at = 0


def _is_clocks(ask: Ask) -> bool:
    return isinstance(ask, Errand) and ask.tag == CLOCK_TAG
