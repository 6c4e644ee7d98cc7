"""One account brought home: which of its slots, and each of them in its rounds.

A named symbol is one slot, and what stands on it is closed whole, whoever opened it: its owner asked for flat. For
"all" the account is surveyed, and a slot is ours if an order or a stop on it bears our installation's name, or if an
entry under our name has filled there lately; a position that bears no such mark is named and left alone. The account is
surveyed again when the known slots are done, and not before every entry that had left when the halt was written has
arrived or expired.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from seawall.flatten.report import AccountReport, Said
from seawall.flatten.slot import LOOK_BACK, Slot
from seawall.model.acts import Act, Urgency, urgency_of
from seawall.model.amounts import plain
from seawall.model.ids import Account, ClientId, Leg, Name, Symbol, is_ours, parse_client_id, spelled
from seawall.model.inputs import Input, ReadAnswered, ReadFailed, Restarted, Told
from seawall.model.instrument import Instrument
from seawall.model.queries import AskInstruments, AskOpenOrders, AskOrders, AskPositions, AskStops, Query
from seawall.model.times import Bounds, Instant, growing
from seawall.model.work import Ask, Do, Work

_SURVEY: tuple[Query, ...] = (AskPositions(), AskOpenOrders(), AskStops())
_PATIENCE = 3
"""How many times a list may fail before what is known is done without it, and the account surveyed again."""


class Flattening:
    """One account, driven like a desk: inputs and the time in, work out. `symbol` None means every slot of ours."""

    def __init__(
        self, account: Account, symbol: Symbol | None, installation: str, bounds: Bounds, halted_at: Instant
    ) -> None:
        """`halted_at`: since when, by our clock, no entry leaves the house."""
        self.account = account
        self.is_reached = False
        """Whether the venue has shown the account's positions at all."""
        self._symbol = symbol
        self._installation = installation
        self._bounds = bounds
        self._not_before = halted_at + bounds.receive_window + bounds.margin
        self._term = 0
        self._names = 0
        self._slots: dict[Symbol, Slot] = {}
        self._instruments: dict[Symbol, Instrument] = {}
        self._asked: dict[Query, None] = {}
        self._again: dict[Query, tuple[int, Instant]] = {}
        """Questions of the account's that failed: how often, and when they are due again."""
        self._surveyed_from: Instant = 0
        self._answers: dict[Query, ReadAnswered] = {}
        self._searched: dict[Symbol, tuple[ClientId, ...]] = {}
        """Positions without a name of ours, and the entries of ours that explain them; looked for in every survey anew
        where there are none, since that list may lag as well."""
        self._unread: set[Symbol] = set()
        """Those of them whose list could not be read in this survey: nobody knows whose they are."""
        self._foreign: dict[Symbol, str] = {}
        self._trouble = ""
        self._said = 0

    # ---- driving

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be done."""
        done = all(slot.is_over for slot in self._slots.values())
        return done and (self._symbol is not None or self._is_surveyed_at_last()) and bool(self._term)

    def step(self, inputs: Sequence[Input], now: Instant) -> Work:
        """Takes in what has come, and gives out what may leave."""
        acts: list[Act] = []
        for item in inputs:
            acts += self._hear(item, now)
        if not self._term:
            return Work()
        queries = tuple(Ask(query, Urgency.CLOSE) for query in self._questions(now))
        return Work(acts=tuple(Do(act, urgency_of(act)) for act in acts), queries=queries)

    def next_wake(self) -> Instant | None:
        """When `step` has something to do though nothing has come."""
        if not self._term or self.is_over:
            return None
        due = [self._due(query) for query in self._wanted() if query not in self._asked]
        due += [at for slot in self._slots.values() if (at := slot.next_wake()) is not None]
        if self._symbol is None and self._are_slots_over() and self._is_surveyed():
            due.append(self._next_survey_at())
        return min(due, default=None)

    def said(self) -> tuple[Said, ...]:
        """The lines of progress since the last call, in order of time."""
        lines = sorted((line for slot in self._slots.values() for line in slot.said), key=lambda line: line.at)
        fresh = lines[self._said :]
        self._said = len(lines)
        return tuple(fresh)

    def report(self) -> AccountReport:
        """What has come of it so far."""
        slots = tuple(slot.report() for slot in self._slots.values())
        troubles = (self._trouble, *(slot.trouble for slot in slots if not self.is_reached))
        trouble = "" if self.is_over else next(filter(None, troubles), "")
        foreign, unread = tuple(self._foreign.values()), tuple(self._strange(self._unread).values())
        return AccountReport(self.account, self.is_reached, self.is_over, slots, foreign, unread, trouble)

    # ---- taking in

    def _hear(self, item: Input, now: Instant) -> Iterator[Act]:
        match item:
            case Restarted(term=term):
                self._term = term
                if self._symbol is not None:
                    self._begin(self._symbol)
            case ReadAnswered(query=query):
                self.is_reached = self.is_reached or isinstance(query, AskPositions)
                self._answered(query, item)
            case ReadFailed(query=query, detail=detail):
                self._failed(query, item, detail, now)
            case _:
                pass
        for slot in list(self._slots.values()):
            yield from slot.hear(item, now)

    def _answered(self, query: Query, answer: ReadAnswered) -> None:
        self._take_instruments(answer.told)
        if self._asked.pop(query, 0) == 0:
            return
        self._again.pop(query, None)
        match query:
            case AskOrders(symbol=symbol):
                self._searched[symbol] = self._entries_in(answer.told)
                self._sort_out()
            case AskInstruments():
                pass
            case _:
                self._answers[query] = answer
                self._survey()

    def _failed(self, query: Query, failure: ReadFailed, detail: str, now: Instant) -> None:
        if self._asked.pop(query, 0) == 0:
            return
        self._trouble = detail
        times = self._again.get(query, (0, 0))[0] + 1
        self._again[query] = (times, now + growing(self._bounds.ask_first, times, self._bounds))
        if isinstance(query, AskOrders) and (found := self._entries_in(failure.told)):
            del self._again[query]
            self._searched[query.symbol] = found
            self._sort_out()
        elif isinstance(query, AskOrders) and times >= _PATIENCE:
            del self._again[query]
            self._unread.add(query.symbol)
        if query in _SURVEY and times >= _PATIENCE:
            self._answers.setdefault(query, ReadAnswered(query, failure.began_at, failure.at, failure.told))
            self._survey()

    def _take_instruments(self, told: Told) -> None:
        for instrument in told.instruments:
            self._instruments[instrument.symbol] = instrument
        for slot in self._slots.values():
            slot.instrument = self._instruments.get(slot.symbol)

    # ---- which slots

    def _questions(self, now: Instant) -> Iterator[Query]:
        self._begin_survey(now)
        for query in self._wanted():
            if query not in self._asked and now >= self._due(query):
                self._asked[query] = None
                yield query
        for slot in list(self._slots.values()):
            yield from slot.ask(now)

    def _wanted(self) -> list[Query]:
        """What of the whole account is not known yet."""
        wanted: list[Query] = [] if self._instruments else [AskInstruments()]
        if self._symbol is None and self._surveyed_from:
            wanted += [query for query in _SURVEY if query not in self._answers or query in self._again]
            wanted += [AskOrders(symbol, self._surveyed_from - LOOK_BACK) for symbol in self._to_search()]
        return wanted

    def _due(self, query: Query) -> Instant:
        return self._again.get(query, (0, 0))[1]

    def _begin_survey(self, now: Instant) -> None:
        """The three lists of the whole account: at first, and once more when the known slots are done."""
        is_first = not self._surveyed_from
        is_next = self._are_slots_over() and self._is_surveyed() and now >= self._next_survey_at()
        if self._symbol is None and (is_first or (is_next and not self._is_surveyed_at_last())):
            self._surveyed_from, self._answers, self._unread = now, {}, set()
            self._searched = {symbol: found for symbol, found in self._searched.items() if found}

    def _is_surveyed(self) -> bool:
        return len(self._answers) == len(_SURVEY)

    def _are_slots_over(self) -> bool:
        return all(slot.is_over for slot in self._slots.values()) and not self._to_search()

    def _next_survey_at(self) -> Instant:
        return max(self._surveyed_from + self._bounds.read_lag, self._not_before)

    def _is_surveyed_at_last(self) -> bool:
        """Whether the latest survey began late enough to show every entry that had left, and found nothing new."""
        late = self._surveyed_from >= self._not_before and self._is_surveyed()
        open_ = bool(self._to_search() or self._strange(self._unread))
        return late and not open_ and not any(query in self._again for query in _SURVEY)

    def _survey(self) -> None:
        """All three lists have come, or been given up: every slot that bears our name is begun, and one that was done
        is begun again if something stands on it.
        """
        if not self._is_surveyed():
            return
        for answer in self._answers.values():
            for symbol, names in _names_in(answer.told):
                if any(self._is_ours(name) for name in names):
                    self._begin(symbol).recognise(names)
        for symbol in self._positions():
            if symbol in self._slots:
                self._begin(symbol)
        self._sort_out()

    def _positions(self) -> dict[Symbol, str]:
        """What the latest survey showed as standing, in words."""
        answer = self._answers.get(AskPositions())
        told = answer.told.positions if answer is not None else ()
        return {
            report.symbol: f"{'long' if report.amount > 0 else 'short'} {plain(abs(report.amount))} {report.symbol}"
            for report in told
            if report.amount
        }

    def _to_search(self) -> list[Symbol]:
        """Positions without a name of ours of which it is not known yet whether an entry of ours explains them."""
        if not self._is_surveyed():
            return []
        return [symbol for symbol in self._strange() if symbol not in self._searched and symbol not in self._unread]

    def _sort_out(self) -> None:
        """Begins the positions that an entry of ours explains, and names those that nothing of ours does."""
        standing = self._positions()
        for symbol in standing:
            if names := self._searched.get(symbol):
                self._begin(symbol).recognise(names)
        self._foreign = self._strange(self._searched)

    def _strange(self, among: Collection[Symbol] | None = None) -> dict[Symbol, str]:
        """What stands on no slot of ours, in words; all of it, or that which is also in `among`."""
        strange = {symbol: words for symbol, words in self._positions().items() if symbol not in self._slots}
        return {symbol: words for symbol, words in strange.items() if among is None or symbol in among}

    def _begin(self, symbol: Symbol) -> Slot:
        slot = self._slots.get(symbol)
        if slot is None:
            slot = Slot(symbol, self._installation, self._bounds, self._not_before, self._next_name)
            slot.instrument = self._instruments.get(symbol)
            self._slots[symbol] = slot
        elif slot.is_over:
            slot.begin_again()
        return slot

    def _entries_in(self, told: Told) -> tuple[ClientId, ...]:
        """The entries under our name that have filled."""
        mine = (order.client_id for order in told.orders if order.filled > 0 and self._is_ours(order.client_id))
        return tuple(name for name in mine if (parts := parse_client_id(name)) and parts.leg is Leg.ENTRY)

    def _next_name(self, signal: str) -> ClientId:
        self._names += 1
        return spelled(Name(self._installation, signal, Leg.DIRECT, self._term, self._names))

    def _is_ours(self, name: str) -> bool:
        return is_ours(name, self._installation)


def _names_in(told: Told) -> Iterator[tuple[Symbol, tuple[ClientId, ...]]]:
    """The names that orders and stops bear, each with its symbol."""
    for order in told.orders:
        yield order.symbol, (order.client_id, order.parent)
    for stop in told.stops:
        yield stop.symbol, (stop.client_id, stop.parent)
