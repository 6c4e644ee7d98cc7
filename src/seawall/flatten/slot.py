"""One slot's way to flat, in rounds: read its position and both of its books, decide, act, read again.

Only one close is ever under way, and the next is decided on a position that was read after the last was answered, so
a close that arrived though its reply was lost is seen before another leaves. A stale read costs a refused close and
nothing else: every close is reduce-only.

**Flat** is two words that are newer than the last close and than the end of every entry that may still have been on its
way: a read and the stream, or two reads `read_lag` apart with nothing else between them. Only then are our stops and
take-profits removed, by name. The slot is **over** when two complete rounds `read_lag` apart, and every one between
them, showed no position, and the last of them nothing of ours in either book: what a lagging read hides for a moment,
it has shown by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from seawall.flatten.closes import TOP_RUNG, Closes
from seawall.flatten.report import Said, SlotReport
from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome, Reason
from seawall.model.amounts import ZERO, plain
from seawall.model.ids import ClientId, Leg, Side, Symbol, VenueId, digest, is_ours, parse_client_id
from seawall.model.inputs import ActAnswered, Input, ReadAnswered, ReadFailed, StreamReported, Told
from seawall.model.instrument import Instrument
from seawall.model.queries import AskMark, AskOpenOrders, AskOrder, AskOrders, AskPositions, AskStops, Query
from seawall.model.reports import MarkReport, OrderReport, PositionReport, StopReport, StopStatus
from seawall.model.times import HOUR, SECOND, Bounds, Duration, Instant, growing

_STANDING = (StopStatus.LIVE, StopStatus.TRIGGERING, StopStatus.TRIGGERED)
LOOK_BACK: Duration = 6 * 24 * HOUR
"""How far back an entry of ours is looked for on a position that bears no name of ours: within the seven days that one
read of a list by time covers on either venue (binance.md 1.7, bybit.md 1.5)."""
_SEARCHES = 2
"""In how many rounds the signal is looked for in the list of all orders, where the books do not name one."""
_CANCEL_AGAIN = SECOND
"""How soon a cancel of the same order follows one that was answered (judgement)."""
NOBODYS = digest("flatten")
"""The signal in the names of closes on a slot that bears no name of ours."""


@dataclass(slots=True)
class Round:
    """One reading of the slot: what was asked, and what has come of it."""

    began_at: Instant
    waits_for: tuple[Query, ...]
    answers: list[ReadAnswered | ReadFailed] = field(default_factory=list)

    def hear(self, answer: ReadAnswered | ReadFailed) -> bool:
        """Takes in an answer that belongs to it; whether it is complete with it."""
        if answer.query not in self.waits_for:
            return False
        self.waits_for = tuple(query for query in self.waits_for if query != answer.query)
        self.answers.append(answer)
        return not self.waits_for

    def answer(self, kind: type[AskPositions | AskOpenOrders | AskStops]) -> ReadAnswered | None:
        """The complete answer to one of its questions; None if it failed."""
        complete = (one for one in self.answers if isinstance(one, ReadAnswered) and isinstance(one.query, kind))
        return next(complete, None)


class Slot:
    """One symbol of one account. `name` makes the next name of our own leg for a signal's digest."""

    def __init__(
        self,
        symbol: Symbol,
        installation: str,
        bounds: Bounds,
        not_before: Instant,
        name: Callable[[str], ClientId],
    ) -> None:
        """`not_before`: until then an entry that left before the halt may still arrive."""
        self.symbol = symbol
        self.instrument: Instrument | None = None
        self.is_over = False
        self.said: list[Said] = []
        self._installation = installation
        self._bounds = bounds
        self._not_before = not_before
        self._name = name
        self._round: Round | None = None
        self._rounds = 0
        self._due_at: Instant = 0
        self._closes = Closes()
        self._under_way: dict[ClientId, Act] = {}
        self._was: Decimal | None = None
        self._read: PositionReport | None = None
        self._stream: PositionReport | None = None
        self._nonzero_at: Instant = 0
        """The venue's time of the latest position that was not flat, from whomever; `_moved_at` is ours."""
        self._moved_at: Instant = 0
        self._flat_from: Instant = 0
        """When the first read of the present unbroken series of flat ones began; 0 without one."""
        self._orders: tuple[OrderReport, ...] = ()
        self._stops: tuple[StopReport, ...] = ()
        self._mark: MarkReport | None = None
        self._owner = ""
        self._cancelled: dict[ClientId, Instant] = {}
        """What was to be cancelled, and when last."""
        self._removed: dict[ClientId, None] = {}
        """Of these, what no refusal speaks for."""
        self._trouble = ""
        self._is_proven = False

    def begin_again(self) -> None:
        """Something of ours was seen on the slot after it was done."""
        self.is_over, self._flat_from, self._due_at = False, 0, 0

    # ---- what happens

    def hear(self, item: Input, now: Instant) -> tuple[Act, ...]:
        """Takes in an answer or news; the acts that follow from it."""
        match item:
            case ActAnswered():
                self._act_answered(item, now)
            case StreamReported(told=told):
                self._news(told, now)
            case ReadAnswered() | ReadFailed() if self._round is not None and self._round.hear(item):
                done, self._round = self._round, None
                return self._conclude(done, now)
            case _:
                pass
        return ()

    def ask(self, now: Instant) -> tuple[Query, ...]:
        """The questions of the next round, if it is due: not while an act is under way."""
        if self.is_over or self._round is not None or self._under_way or now < self._due_at:
            return ()
        queries: list[Query] = [AskPositions(self.symbol), AskOpenOrders(self.symbol), AskStops(self.symbol)]
        queries += [AskOrder(self.symbol, close.act.client_id) for close in self._closes.unsettled()]
        if not self._owner and self._rounds < _SEARCHES:
            queries.append(AskOrders(self.symbol, now - LOOK_BACK))
        queries += [AskMark(self.symbol)] if self._closes.rung == TOP_RUNG else []
        self._round = Round(now, tuple(queries))
        self._rounds += 1
        return tuple(queries)

    def next_wake(self) -> Instant | None:
        """When the next round is due."""
        waits = self.is_over or self._round is not None or bool(self._under_way)
        return None if waits else self._due_at

    # ---- taking in

    def _act_answered(self, answer: ActAnswered, now: Instant) -> None:
        close = self._closes.answered(answer)
        act = self._under_way.pop(answer.client_id, None)
        if act is None:
            return
        if isinstance(act, CancelOrder) and answer.outcome in (Outcome.ACKNOWLEDGED, Outcome.UNKNOWN):
            self._removed[act.target] = None
        why = " ".join(word for word in (answer.code, answer.text) if word)
        what = "close" if close is not None else "cancel"
        self._say(now, f"{what} {answer.client_id}: {answer.outcome.value}{f' ({why})' if why else ''}")
        if answer.reason is Reason.ACCOUNT:
            self._trouble = why
        self._rounds = 0 if close is not None else self._rounds
        self._due_at = now

    def _news(self, told: Told, now: Instant) -> None:
        """What the stream says of the slot; news of the position calls for a round."""
        for order in told.orders:
            self._closes.seen(order)
        for position in told.positions:
            if position.symbol == self.symbol and self._is_newer(position):
                changed = self._stream is None or self._stream.amount != position.amount
                self._stream = position
                self._note_position(position)
                self._flat_from = 0 if position.amount else self._flat_from
                if changed:
                    self._due_at = min(self._due_at, now)

    def _is_newer(self, report: PositionReport) -> bool:
        before = self._stream
        return before is None or (report.seq, report.venue_at) >= (before.seq, before.venue_at)

    def _note_position(self, report: PositionReport) -> None:
        if report.amount:
            self._moved_at = report.at if report.venue_at > self._nonzero_at else self._moved_at
            self._nonzero_at = max(self._nonzero_at, report.venue_at)
            self._was = report.amount if self._was is None or not self._was else self._was

    # ---- deciding

    def _conclude(self, done: Round, now: Instant) -> tuple[Act, ...]:
        """A round is complete: what is to be done by what it showed."""
        for answer in done.answers:
            for order in answer.told.orders:
                self._closes.seen(order)
            self._mark = next(iter(answer.told.marks), self._mark)
        self._take_books(done)
        self._take_position(done, now)
        cancels = (*self._cancel_entries(), *self._make_room(), *self._clear(now))
        acts = (*self._due(cancels, now), *self._close(done, now))
        self._plan(done, now, is_acting=bool(acts))
        self._under_way |= {act.client_id: act for act in acts}
        return acts

    def _take_books(self, done: Round) -> None:
        failed = [one.detail for one in done.answers if isinstance(one, ReadFailed)]
        self._trouble = failed[0] if failed else ""
        orders, stops = done.answer(AskOpenOrders), done.answer(AskStops)
        if orders is not None:
            beside = stops.told.orders if stops is not None else ()
            mine = (order for order in (*orders.told.orders, *beside) if order.symbol == self.symbol)
            self._orders = tuple(order for order in mine if not order.status.is_terminal)
        if stops is not None:
            standing = (stop for stop in stops.told.stops if stop.symbol == self.symbol)
            self._stops = tuple(stop for stop in standing if stop.status in _STANDING)
        names = [stop.client_id or stop.parent for stop in self._stops] + [order.client_id for order in self._orders]
        filled = (order for answer in done.answers for order in answer.told.orders if order.filled > 0)
        self.recognise([*names, *(order.client_id for order in filled)])

    def recognise(self, names: Iterable[ClientId]) -> None:
        """Finds in our names on the slot for which signal we close: the newest's. Whoever opened the position for it
        then knows the close for its own.
        """
        parsed = [name for name in map(parse_client_id, filter(self._is_ours, names)) if name is not None]
        newest = max(parsed, key=lambda name: (name.term, name.n), default=None)
        self._owner = newest.signal if newest is not None else self._owner

    def _take_position(self, done: Round, now: Instant) -> None:
        answer = done.answer(AskPositions)
        report = next((one for one in answer.told.positions if one.symbol == self.symbol), None) if answer else None
        if report is None:
            return
        if self._was is None:
            self._say(now, f"{_worded(report.amount)} by the first read")
            self._was = report.amount
        self._read = report
        self._note_position(report)
        if report.amount or self._is_stale(report) or report.began_at < self._closes.concluded_at:
            self._flat_from = 0
        elif report.began_at >= self._not_before and not self._flat_from:
            self._flat_from = report.began_at

    def _is_stale(self, report: PositionReport) -> bool:
        """Whether a read is older, by the venue's own date, than what is known to have happened since. After `read_lag`
        it is not: then two dates of the venue's own differ for one event, as an order's and its position's may.
        """
        heard_at = max(self._closes.concluded_at, self._moved_at)
        known = max(self._closes.filled_at, self._nonzero_at)
        return 0 < report.venue_at < known and report.began_at < heard_at + self._bounds.read_lag

    def _close(self, done: Round, now: Instant) -> tuple[Act, ...]:
        """The next close of all that this round's position shows, if one is due."""
        report = self._read
        if report is None or report.began_at < done.began_at or not report.amount:
            return ()
        if self._is_stale(report) or report.began_at < self._closes.concluded_at:
            return ()
        if now < self._closes.due_at(self._bounds):
            return ()
        side = Side.SELL if report.amount > 0 else Side.BUY
        rules = self.instrument
        whole = abs(report.amount)
        quantity = whole if rules is None else rules.one_order_of(whole, sliced=self._closes.is_sliced)
        act = ClosePosition(self.symbol, self._next_name(), side, quantity, self._bound(side))
        self._closes.add(act)
        how = "at market" if act.price_bound is None else f"at {plain(act.price_bound)} or better"
        self._say(now, f"{_worded(report.amount)} stands: closing {plain(quantity)} {how} as {act.client_id}")
        return (act,)

    def _bound(self, side: Side) -> Decimal | None:
        """The limit of a close on the top rung of the ladder."""
        if self._closes.rung < TOP_RUNG or self.instrument is None or self._mark is None:
            return None
        return self.instrument.band_price(self._mark.mark, side)

    def _cancel_entries(self) -> tuple[CancelOrder, ...]:
        """Whatever rests of ours and could add to a position."""
        ours = (order for order in self._orders if self._is_ours(order.client_id) and not _only_reduces(order))
        return tuple(self._cancel(order.client_id, order.venue_id, is_stop=False) for order in ours)

    def _make_room(self) -> tuple[CancelOrder, ...]:
        """Our take-profits, where a close was refused for resting reduce-only orders."""
        return self._cancel_exits() if self._closes.must_make_room and not self._is_flat() else ()

    def _cancel_exits(self) -> tuple[CancelOrder, ...]:
        ours = (order for order in self._orders if self._is_ours(order.client_id) and _only_reduces(order))
        return tuple(self._cancel(order.client_id, order.venue_id, is_stop=False) for order in ours)

    def _clear(self, now: Instant) -> tuple[CancelOrder, ...]:
        """Our stops and take-profits, once the slot is proven flat; each by its own name."""
        if not self.proof():
            return ()
        if not self._is_proven:
            self._is_proven = True
            self._say(
                now, f"flat, shown by {' and '.join(self.proof())}; looking again for what lagging reads may hide"
            )
        stops = tuple(
            self._cancel(stop.client_id or stop.parent, stop.venue_id, is_stop=True) for stop in self._our_stops()
        )
        return (*stops, *self._cancel_exits())

    def _due(self, cancels: tuple[CancelOrder, ...], now: Instant) -> tuple[Act, ...]:
        """Those that were not sent just now: a list may show for a while what has been cancelled."""
        last = self._cancelled
        due = tuple(one for one in cancels if one.target not in last or now - last[one.target] >= _CANCEL_AGAIN)
        self._cancelled |= {one.target: now for one in due}
        return due

    def _our_stops(self) -> tuple[StopReport, ...]:
        return tuple(stop for stop in self._stops if self._is_ours(stop.client_id or stop.parent))

    def _cancel(self, target: ClientId, venue_id: VenueId, *, is_stop: bool) -> CancelOrder:
        return CancelOrder(self.symbol, self._next_name(), target, is_stop, venue_id)

    def _next_name(self) -> ClientId:
        return self._name(self._owner or NOBODYS)

    # ---- proof

    def proof(self) -> tuple[str, ...]:
        """Who shows that nothing is open, by words newer than all that may have changed it; empty if it is unproven."""
        if not self._is_flat() or self._read is None:
            return ()
        known = max(self._closes.filled_at, self._nonzero_at)
        words = ["a read"]
        told = self._stream
        if told is not None and not told.amount and told.venue_at >= max(known, 1) and told.at >= self._not_before:
            words.append("the stream")
        if self._read.began_at - self._flat_from >= self._bounds.read_lag:
            words.append(f"a read {(self._read.began_at - self._flat_from) / SECOND:.1f} s after the first")
        return tuple(words) if len(words) > 1 else ()

    def _is_flat(self) -> bool:
        """Whether the latest read shows nothing, and is newer than every close and every entry on its way."""
        return self._flat_from > 0 and self._read is not None and not self._read.amount

    def _plan(self, done: Round, now: Instant, *, is_acting: bool) -> None:
        """Whether the slot is over, and when it is read again if not."""
        complete = all(isinstance(one, ReadAnswered) for one in done.answers)
        clean = complete and not is_acting and not self.left()
        settled = self._read is not None and self._read.began_at - self._flat_from >= self._bounds.read_lag
        if clean and settled and self.proof():
            self.is_over = True
            return
        self._due_at = now + growing(self._bounds.look_first, self._rounds, self._bounds)
        if clean and self._is_flat():
            again = self._flat_from + self._bounds.read_lag
            self._due_at = max(again, now + self._bounds.look_first)

    def left(self) -> tuple[str, ...]:
        """What bears our name and stood in the latest complete read of its book."""
        ours = tuple(order.client_id for order in self._orders if self._is_ours(order.client_id))
        return (*ours, *(stop.client_id or stop.venue_id for stop in self._our_stops()))

    def report(self) -> SlotReport:
        """What has come of the slot so far."""
        foreign = [
            str(order.client_id or order.venue_id) for order in self._orders if not self._is_ours(order.client_id)
        ]
        foreign += [
            f"stop {stop.client_id or stop.venue_id}"
            for stop in self._stops
            if not self._is_ours(stop.client_id or stop.parent)
        ]
        standing = [*(order.client_id for order in self._orders), *(one.client_id or one.parent for one in self._stops)]
        return SlotReport(
            symbol=self.symbol,
            is_flat=self.is_over,
            was=None if self._was is None else _worded(self._was),
            amount=None if self._read is None else _worded(self._read.amount),
            closed=plain(self._closes.filled),
            closes=self._closes.names,
            proof=self.proof(),
            cancelled=tuple(name for name in self._removed if name not in standing),
            foreign=tuple(foreign),
            left=self.left(),
            trouble="" if self.is_over else self._why(),
        )

    def _why(self) -> str:
        last = self._closes.last
        refused = last.code if last is not None and last.never_was else ""
        return self._trouble or refused

    def _is_ours(self, name: str) -> bool:
        return bool(self._installation) and is_ours(name, self._installation)

    def _say(self, now: Instant, text: str) -> None:
        self.said.append(Said(now, self.symbol, text))


def _only_reduces(order: OrderReport) -> bool:
    """Whether an order of ours can only take from a position: by the venue's word, or by its leg."""
    name = parse_client_id(order.client_id)
    return bool(order.reduce_only) or (name is not None and name.leg is not Leg.ENTRY)


def _worded(amount: Decimal) -> str:
    if amount == ZERO:
        return "flat"
    return f"{'long' if amount > 0 else 'short'} {plain(abs(amount))}"
