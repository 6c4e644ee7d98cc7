"""Which slots of an account are ours, and when the tool of last resort may say that it is done: by inputs alone."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from seawall.flatten.account import Flattening
from seawall.flatten.report import lines
from seawall.model.acts import Act, CancelOrder, ClosePosition, Outcome
from seawall.model.ids import Account, Leg, Name, Side, Symbol, VenueId, spelled
from seawall.model.inputs import ActAnswered, Input, ReadAnswered, ReadFailed, Restarted, Told
from seawall.model.queries import AskOrders, AskPositions, AskStops, Query
from seawall.model.reports import OrderReport, OrderStatus, PositionReport, Source, StopReport, StopStatus
from seawall.model.times import MINUTE, SECOND, Bounds, Duration, Instant

MAIN, COIN, OURS = Account("main"), Symbol("VELVETUSDT"), "aaaa"
START = 1_795_448_052_000_000
ENTRY, STOP = (spelled(Name(OURS, "0123456789", leg, 1_795_448_000, 1)) for leg in (Leg.ENTRY, Leg.STOP))
Answer = Callable[[Query, Instant, list[Act]], Told | str]


def position(amount: str, at: Instant, changed_at: Instant = START - MINUTE) -> PositionReport:
    """A position row as a read shows it."""
    return PositionReport(COIN, Decimal(amount), Source.POSITIONS, at, at, changed_at)


def our_stop(at: Instant) -> StopReport:
    """A live stop under our name."""
    return StopReport(COIN, STOP, StopStatus.LIVE, Source.STOPS, at, at, VenueId("9"), side=Side.SELL)


def entry(at: Instant) -> OrderReport:
    """Our entry, filled, in the list of all orders."""
    return OrderReport(COIN, ENTRY, OrderStatus.FILLED, Source.ORDER, at, at - MINUTE, filled=Decimal(5))


class Hand:
    """Drives a flattening by what a venue would answer to each question, by what was sent so far; a text is a failure
    in these words.
    """

    def __init__(self, answer: Answer, *, refusing: tuple[type[Act], ...] = ()) -> None:
        self.machine = Flattening(MAIN, None, OURS, Bounds(), START)
        self.sent: list[Act] = []
        self._answer = answer
        self._refusing = refusing

    def run(self, most: Duration) -> Hand:
        """Until it is over, or for so long."""
        now, inputs = START, [Restarted(START, START // SECOND, OURS)]
        while now < START + most and not self.machine.is_over:
            heard: list[Input] = [*inputs]
            work = self.machine.step(heard, now)
            now += SECOND // 20
            inputs = [self._told(ask.query, now) for ask in work.queries]  # type: ignore[misc]
            inputs += [self._done(do.act, now) for do in work.acts]  # type: ignore[misc]
        return self

    def _told(self, query: Query, now: Instant) -> Input:
        began = now - SECOND // 20
        found = self._answer(query, began, self.sent)
        if isinstance(found, str):
            return ReadFailed(query, began, now, found, venue_answered=True)
        return ReadAnswered(query, began, now, found)

    def _done(self, act: Act, now: Instant) -> Input:
        self.sent.append(act)
        outcome = Outcome.REFUSED if isinstance(act, self._refusing) else Outcome.ACKNOWLEDGED
        return ActAnswered(act.client_id, COIN, outcome, now - SECOND // 20, now)


def test_a_position_whose_owner_could_not_be_read_is_not_called_foreign() -> None:
    """The list that would name our entry fails without end: the position may be ours, so nothing is done."""

    def answer(query: Query, now: Instant, sent: list[Act]) -> Told | str:
        match query:
            case AskPositions():
                return Told(positions=(position("5", now),))
            case AskOrders():
                return "10016 Server error"
            case _:
                return Told()

    report = Hand(answer).run(2 * MINUTE).machine.report()
    assert (report.is_reached, report.is_done, report.untouched) == (True, False, ())
    assert lines(report) == (
        "main: long 5 VELVETUSDT stands, and was left alone: whose it is could not be read",
        "main: 10016 Server error",
    )


def test_a_list_that_fails_at_first_is_read_again() -> None:
    """Once the list can be read, our entry explains the position, and it is closed."""
    failures = iter(range(5))

    def answer(query: Query, now: Instant, sent: list[Act]) -> Told | str:
        closed = any(isinstance(act, ClosePosition) for act in sent)
        match query:
            case AskPositions():
                return Told(positions=(position("0" if closed else "5", now, now),))
            case AskOrders():
                return "10016 Server error" if next(failures, None) is not None else Told(orders=(entry(now),))
            case _:
                return Told()

    report = Hand(answer).run(2 * MINUTE).machine.report()
    assert (report.is_done, report.unread) == (True, ())
    assert [(slot.was, slot.is_flat) for slot in report.slots] == [("long 5", True)]


def test_what_stands_again_on_a_slot_that_was_done_is_closed() -> None:
    """The last survey shows a position where flat had been proven, and no list a name of ours: it is no success."""
    surveys: list[Instant] = []

    def answer(query: Query, now: Instant, sent: list[Act]) -> Told | str:
        closes = sum(isinstance(act, ClosePosition) for act in sent)
        surveys.extend([now] if query == AskPositions() else [])
        match query:
            case AskPositions():
                stands = ("5", "3" if len(surveys) > 1 else "0", "0")[closes]
                return Told(positions=(position(stands, now, now),))
            case AskStops() if not closes:
                return Told(stops=(our_stop(now),))
            case _:
                return Told()

    hand = Hand(answer).run(2 * MINUTE)
    assert [act.quantity for act in hand.sent if isinstance(act, ClosePosition)] == [Decimal(5), Decimal(3)]
    assert hand.machine.report().is_done


def test_a_time_that_was_too_short_is_no_empty_account() -> None:
    """Nothing was found by the first survey, and the last one was not reached: that is said, not that all is well."""
    report = Hand(lambda *_: Told()).run(2 * SECOND).machine.report()
    assert (report.is_reached, report.is_done, report.slots) == (True, False, ())
    assert lines(report) == ("main: NOT DONE, it was not read once more after all that may have been on its way",)


def test_what_could_not_be_cancelled_is_not_called_removed() -> None:
    """The venue refuses to cancel our stop: it stands, and only that is said of it."""

    def answer(query: Query, now: Instant, sent: list[Act]) -> Told | str:
        closed = any(isinstance(act, ClosePosition) for act in sent)
        match query:
            case AskPositions():
                return Told(positions=(position("0" if closed else "5", now, now),))
            case AskStops():
                return Told(stops=(our_stop(now),))
            case _:
                return Told()

    report = Hand(answer, refusing=(CancelOrder,)).run(MINUTE).machine.report()
    (slot,) = report.slots
    assert (report.is_done, slot.left, slot.cancelled) == (False, (STOP,), ())
