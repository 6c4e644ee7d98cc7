"""The exchange machine, step by step: one answer per ask, whatever is held, lost, late or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from seawall.model.acts import Act, Outcome, Reason, Urgency, urgency_of
from seawall.model.inputs import ActAnswered, ClockReport, Input, ReadAnswered, ReadFailed
from seawall.model.queries import AskOrder, AskWallet, Query
from seawall.model.times import MILLISECOND, MINUTE, SECOND, Bounds
from seawall.venues import exchange as machine
from seawall.venues.clock import FIRST_SAMPLES, Clock
from seawall.venues.exchange import ErrandDone, Exchange, Output, Transmit
from seawall.venues.pace import Pace
from seawall.venues.port import Bucket, Reply, Request
from seawall.venues.underway import Errand
from tests.venues.plain import HUNDRED_A_MINUTE, START, SYMBOL, PlainCodec, cancel, close, entry, positions, stop

DONE = Reply(200, body=b"done")
TIMEOUT = Bounds().reply_timeout
PATIENCE = Bounds().patience
T = TypeVar("T")


class Bench:
    """An exchange on the bench: time is set by hand, and what came out is looked at."""

    def __init__(self, *, with_clock: bool = True, limits: tuple[Bucket, ...] = HUNDRED_A_MINUTE) -> None:
        self.now = START
        self.clock = Clock()
        self.halted = ""
        codec, pace = PlainCodec(limits=limits), Pace(limits)
        self.exchange = Exchange(codec, pace, self.clock, Bounds(), halted=lambda: self.halted)
        if with_clock:
            for _ in range(FIRST_SAMPLES):
                self.tell_time()

    def tell_time(self) -> None:
        """Answers the pending request for the venue's time; the trip takes 10 ms."""
        key = self.wake()[0].key
        self.now += 10 * MILLISECOND
        self.exchange.replied(key, Reply(200, body=str(self.now).encode()), self.now)
        assert isinstance(self.exchange.take().inputs[0], ClockReport)

    def do(self, act: Act) -> list[Transmit]:
        """Submits an act; what left."""
        self.exchange.submit(act, urgency_of(act), self.now)
        return self.left()

    def left(self) -> list[Transmit]:
        """What was transmitted since the last look, with nothing told meanwhile."""
        output = self.exchange.take()
        assert not output.inputs
        return list(output.transmits)

    def wake(self, after: int = 0) -> list[Transmit]:
        """Lets time pass and wakes; what left."""
        return list(self.wake_all(after).transmits)

    def wake_all(self, after: int) -> Output:
        """Lets time pass and wakes; all that came out."""
        self.now += after
        self.exchange.wake(self.now)
        return self.exchange.take()

    def reply(self, key: int, reply: Reply) -> list[Input]:
        """Answers a request; what was told."""
        self.exchange.replied(key, reply, self.now)
        return list(self.exchange.take().inputs)

    def lose(self, key: int, *, sent: bool) -> list[Input]:
        """Loses a request; what was told."""
        self.exchange.lost(key, self.now, sent=sent, detail="reset by peer")
        return list(self.exchange.take().inputs)


def only(inputs: list[Input] | tuple[Input, ...], kind: Callable[..., T]) -> T:
    """The one input that was told, of the kind expected."""
    (answer,) = inputs
    assert isinstance(answer, kind)  # type: ignore[arg-type]
    return answer  # type: ignore[return-value]


# ---- one answer per ask


def test_an_act_leaves_at_once_and_its_reply_is_its_answer() -> None:
    """An act within budget is signed with venue time and sent in the same step; the reply makes its outcome."""
    bench = Bench()
    (sent,) = bench.do(entry())
    assert sent.request.method == "POST"
    assert f"window={Bounds().receive_window}" in sent.request.target
    began = bench.now
    bench.now += 40 * MILLISECOND
    answer = only(bench.reply(sent.key, DONE), ActAnswered)
    assert (answer.outcome, answer.began_at, answer.at) == (Outcome.ACKNOWLEDGED, began, bench.now)


def test_other_acts_carry_the_usual_window() -> None:
    """Only entries are signed with the short receive window."""
    (sent,) = Bench().do(stop())
    assert f"window={Bounds().act_window}" in sent.request.target


def test_a_query_is_answered_when_all_its_replies_have_come() -> None:
    """The order read asks three places side by side, and is complete with the last reply, in any order."""
    bench = Bench()
    query = AskOrder(SYMBOL, entry().client_id)
    bench.exchange.submit(query, Urgency.ASK, bench.now)
    keys = [sent.key for sent in bench.left()]
    assert len(keys) == 3
    assert bench.reply(keys[2], Reply(200, body=b"order")) == []
    assert bench.reply(keys[0], Reply(200)) == []
    answer = only(bench.reply(keys[1], Reply(200)), ReadAnswered)
    assert (answer.query, len(answer.told.orders)) == (query, 1)


def test_a_query_with_one_lost_page_has_failed_and_still_tells_the_rest() -> None:
    """Two good pages and a lost one are no complete answer, but what they show is not thrown away."""
    bench = Bench()
    bench.exchange.submit(AskOrder(SYMBOL, entry().client_id), Urgency.ASK, bench.now)
    first, second, third = (sent.key for sent in bench.left())
    bench.reply(first, Reply(200, body=b"order"))
    bench.lose(second, sent=True)
    answer = only(bench.reply(third, Reply(200)), ReadFailed)
    assert len(answer.told.orders) == 1
    assert "reset by peer" in answer.detail


MORE = Reply(200, body=b"order and more")


def test_a_list_is_read_to_its_last_page_and_dated_from_its_first() -> None:
    """Each page asks for the next; the answer tells all of them, and is as old as the first."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (sent,) = bench.left()
    began = bench.now
    for page in (1, 2, 3):
        bench.now += 30 * MILLISECOND
        bench.exchange.replied(sent.key, MORE, bench.now)
        (sent,) = bench.left()
        assert sent.request.target == f"/page/{page}?at={bench.clock.venue_now(bench.now)}"
    answer = only(bench.reply(sent.key, Reply(200, body=b"order")), ReadAnswered)
    assert (answer.began_at, answer.at, len(answer.told.orders)) == (began, bench.now, 4)


@pytest.mark.parametrize("sent", [True, False])
def test_a_second_page_that_is_lost_fails_the_read_and_tells_the_first(sent: bool) -> None:
    """Half a list is no answer; why there is no more of it is said."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (first,) = bench.left()
    bench.exchange.replied(first.key, MORE, bench.now)
    (second,) = bench.left()
    answer = only(bench.lose(second.key, sent=sent), ReadFailed)
    assert len(answer.told.orders) == 1
    assert "reset by peer" in answer.detail


def test_each_page_has_the_whole_reply_time() -> None:
    """A long list is no late one; a page that is late fails the read, and its reply says nothing any more."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (sent,) = bench.left()
    for _ in range(3):
        bench.now += TIMEOUT - MILLISECOND
        bench.exchange.replied(sent.key, MORE, bench.now)
        (sent,) = bench.left()
    assert "no reply within" in only(bench.wake_all(TIMEOUT).inputs, ReadFailed).detail
    assert bench.reply(sent.key, Reply(200)) == []


def test_a_list_that_is_being_read_is_not_asked_for_a_second_time() -> None:
    """Equal queries are one from the first page to the last."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (first,) = bench.left()
    bench.exchange.replied(first.key, MORE, bench.now)
    (second,) = bench.left()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    assert bench.left() == []
    only(bench.reply(second.key, Reply(200)), ReadAnswered)


def test_a_page_held_by_the_venues_word_is_given_back_with_what_has_come() -> None:
    """The venue said stop: after the reply time the read has failed, and the pages that came are told."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (first,) = bench.left()
    (act,) = bench.do(entry("a"))
    bench.reply(act.key, Reply(429, (("retry-after", "60"),), b"stop"))
    bench.exchange.replied(first.key, MORE, bench.now)
    assert bench.left() == []
    answer = only(bench.wake_all(TIMEOUT).inputs, ReadFailed)
    assert len(answer.told.orders) == 1
    assert answer.detail.endswith("not sent: the venue said stop")


def test_equal_queries_under_way_are_one() -> None:
    """The same read asked thrice is sent once and answered once; another symbol's is another read."""
    bench = Bench()
    for query in (positions(), positions(), positions("BTCUSDT"), positions()):
        bench.exchange.submit(query, Urgency.ASK, bench.now)
    assert len(bench.left()) == 2


def test_a_read_that_has_hung_for_a_second_holds_up_no_other() -> None:
    """Reads may be repeated freely: the second goes beside it, and either's answer is told."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    bench.exchange.submit(positions(), Urgency.ASK, bench.now + PATIENCE - 1)
    assert len(bench.left()) == 1
    bench.exchange.submit(positions(), Urgency.ASK, bench.now + PATIENCE)
    assert len(bench.left()) == 1


def test_acts_are_never_merged() -> None:
    """The same act submitted again is sent again: whether to repeat is not decided here."""
    bench = Bench()
    assert len(bench.do(stop())) == len(bench.do(stop())) == 1


def test_queries_beyond_the_bound_fail_at_once_and_acts_are_still_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full house answers a new query with a failure that says so, and drops no act."""
    monkeypatch.setattr(machine, "MOST_QUERIES", 2)
    bench = Bench()
    for symbol in ("AUSDT", "BUSDT"):
        bench.exchange.submit(positions(symbol), Urgency.ASK, bench.now)
    bench.exchange.take()
    bench.exchange.submit(AskWallet(), Urgency.ASK, bench.now)
    assert "more than 2" in only(bench.exchange.take().inputs, ReadFailed).detail
    assert len(bench.do(stop())) == 1


# ---- lost, late, never sent


@pytest.mark.parametrize(("sent", "outcome"), [(True, Outcome.UNKNOWN), (False, Outcome.NOT_SENT)])
def test_a_lost_act_is_unknown_unless_no_byte_left(*, sent: bool, outcome: Outcome) -> None:
    """A reset after sending leaves an act Unknown; a refused connection leaves it NotSent."""
    bench = Bench()
    (act,) = bench.do(entry())
    answer = only(bench.lose(act.key, sent=sent), ActAnswered)
    assert (answer.outcome, answer.reason, answer.text) == (outcome, Reason.NONE, "reset by peer")


def test_an_act_without_reply_is_unknown_at_its_deadline() -> None:
    """No reply within the reply time makes an act Unknown, not a moment earlier."""
    bench = Bench()
    bench.do(entry())
    assert bench.exchange.next_wake() == bench.now + TIMEOUT
    assert bench.wake_all(TIMEOUT - 1).inputs == ()
    answer = only(bench.wake_all(1).inputs, ActAnswered)
    assert (answer.outcome, answer.text) == (Outcome.UNKNOWN, "no reply within 5000 ms")


def test_a_late_reply_of_an_act_is_still_told() -> None:
    """A reply that comes after the deadline is evidence too, and is told as a second answer."""
    bench = Bench()
    (act,) = bench.do(entry())
    bench.wake_all(TIMEOUT)
    bench.now += 3 * SECOND
    assert only(bench.reply(act.key, DONE), ActAnswered).outcome is Outcome.ACKNOWLEDGED
    assert bench.reply(act.key, DONE) == []


def test_a_late_reply_is_waited_for_a_minute_at_most() -> None:
    """What comes later than that is dropped, so that nothing is remembered for ever."""
    bench = Bench()
    (act,) = bench.do(entry())
    bench.wake_all(TIMEOUT)
    bench.wake_all(MINUTE)
    assert bench.reply(act.key, DONE) == []


def test_a_loss_after_the_deadline_says_nothing_new() -> None:
    """The transport's word that a request is lost, after it was given up, is not a second answer."""
    bench = Bench()
    (act,) = bench.do(entry())
    bench.wake_all(TIMEOUT)
    assert bench.lose(act.key, sent=True) == []


def test_a_read_without_reply_fails_at_its_deadline_and_may_be_asked_again() -> None:
    """A timed-out read is a failed one; its late reply is dropped, and the next equal one is sent."""
    bench = Bench()
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (first,) = bench.left()
    assert "no reply within" in only(bench.wake_all(TIMEOUT).inputs, ReadFailed).detail
    assert bench.reply(first.key, Reply(200)) == []
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    assert len(bench.exchange.take().transmits) == 1


def test_an_entry_that_is_too_late_is_not_sent() -> None:
    """Past its end in venue time an entry never leaves, and says so."""
    bench = Bench()
    bench.exchange.submit(entry(not_after=bench.now), Urgency.ENTER, bench.now)
    output = bench.exchange.take()
    answer = only(output.inputs, ActAnswered)
    assert (output.transmits, answer.outcome) == ((), Outcome.NOT_SENT)
    assert answer.text.startswith("too late")


# ---- the owner's halt


def test_a_halt_calls_back_an_entry_that_waits_for_its_turn() -> None:
    """A halt that is given while entries are held makes each NotSent when it would leave; a stop goes on."""
    bench = Bench()
    sent = [bench.do(entry(f"e{n}")) for n in range(9)]
    bench.halted = "halted: news"
    assert len(bench.do(stop())) == 1
    for (act,) in sent[:7]:
        bench.reply(act.key, DONE)
    output = bench.wake_all(SECOND)
    assert output.transmits == ()
    told = [(one.client_id, one.outcome, one.code, one.text) for one in output.inputs if isinstance(one, ActAnswered)]
    assert told == [(name, Outcome.NOT_SENT, "halted", "halted: news") for name in ("e7", "e8")]


def test_an_entry_of_a_halted_account_does_not_leave() -> None:
    """Nothing of it was counted either: the next one, after the halt, leaves at once."""
    bench = Bench()
    bench.halted = "halted: news"
    bench.exchange.submit(entry(), Urgency.ENTER, bench.now)
    output = bench.exchange.take()
    assert (output.transmits, only(output.inputs, ActAnswered).outcome) == ((), Outcome.NOT_SENT)
    bench.halted = ""
    assert [len(bench.do(entry(f"e{n}"))) for n in range(7)] == [1] * 7


# ---- the budget


@pytest.mark.parametrize("after", [0, TIMEOUT], ids=["in time", "late"])
@pytest.mark.parametrize("ask", [entry("a"), positions("BTCUSDT")], ids=["act", "read"])
def test_a_word_about_one_quota_is_understood_with_the_request_it_answers(ask: Act | Query, after: int) -> None:
    """A breach of one endpoint's quota holds that bucket alone, even if the reply comes after its deadline."""
    bench = Bench()
    bench.exchange.submit(ask, Urgency.ASK, bench.now)
    (first,) = bench.left()
    bench.wake_all(after)
    bench.reply(first.key, Reply(200, (("retry-after", "60"),), b"too many acts"))
    assert bench.do(stop()) == []
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    assert len(bench.left()) == 1


def test_a_ban_of_the_address_binds_the_connections_own_requests() -> None:
    """While the address is banned not even the venue's time is asked for."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(403, (("retry-after", "600"),), b"too many from here"))
    assert bench.wake(5 * MINUTE) == []
    assert [sent.request.target for sent in bench.wake(5 * MINUTE)] == ["/time"]


def test_the_connections_own_requests_go_before_the_reads() -> None:
    """A budget that reads have used up to their share still has room for the venue's time."""
    bench = Bench()
    bench.wake(50 * SECOND)
    for n in range(30):
        bench.exchange.submit(positions(f"S{n}"), Urgency.ASK, bench.now)
    assert 10 < len(bench.left()) < 20
    assert "/time" in [sent.request.target for sent in bench.wake(10 * SECOND)]


def test_an_entry_without_leave_is_given_back_not_sent_with_the_wait() -> None:
    """What the pace holds for the whole reply time returns as NotSent, for whoever decided it to decide again."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(429, (("retry-after", "60"),), b"stop"))
    began = bench.now
    assert bench.do(entry("b")) == []
    answer = only(bench.wake_all(TIMEOUT).inputs, ActAnswered)
    assert (answer.client_id, answer.outcome, answer.reason) == ("b", Outcome.NOT_SENT, Reason.LIMIT)
    assert answer.retry_after == began + MINUTE - bench.now
    assert answer.text == "the venue said stop"


def test_an_entry_held_by_our_own_count_is_given_back_as_busy() -> None:
    """What our own count holds says nothing about the venue: the entry returns NotSent, busy, with the wait."""
    bench = Bench(limits=(Bucket("orders", 10, MINUTE),))
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(200, (("orders", "9"),), b"done"))
    assert bench.do(entry("b")) == []
    answer = only(bench.wake_all(TIMEOUT).inputs, ActAnswered)
    assert (answer.outcome, answer.reason, answer.text) == (Outcome.NOT_SENT, Reason.BUSY, "orders: 9 of 10 spent")
    assert MINUTE - TIMEOUT <= answer.retry_after <= MINUTE


def test_a_read_held_by_our_own_count_is_only_later() -> None:
    """A read that others left no room for waits for it and is then sent: it has not failed, for nobody was asked."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(200, (("weight", "90"),), b"done"))
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    assert bench.left() == []
    began = bench.now
    left: list[Transmit] = []
    while not left:
        bench.now = max(bench.exchange.next_wake(), bench.now + 1)
        bench.exchange.wake(bench.now)
        output = bench.exchange.take()
        left = [sent for sent in output.transmits if sent.request.target.startswith("/read")]
        assert not [told for told in output.inputs if isinstance(told, ReadFailed)]
    assert MINUTE <= bench.now - began <= MINUTE + SECOND


def test_a_held_read_fails_and_says_that_it_was_not_sent() -> None:
    """A read that gets no leave is a failed read, so that it never counts as one that found nothing."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(429, (("retry-after", "60"),), b"stop"))
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    answer = only(bench.wake_all(TIMEOUT).inputs, ReadFailed)
    assert (answer.detail, answer.venue_answered) == ("not sent: the venue said stop", False)


def test_after_a_pause_the_most_urgent_goes_alone_and_its_answer_frees_the_rest() -> None:
    """Of all that is held, the stop makes the single attempt; the others follow its reply in order of urgency."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(429, (("retry-after", "2"),), b"stop"))
    for act in (entry("b"), cancel("c"), close("d"), stop("e")):
        assert bench.do(act) == []
    assert bench.exchange.next_wake() == bench.now + 2 * SECOND
    (trial,) = bench.wake(2 * SECOND)
    assert trial.request.body == b"e"
    bench.exchange.replied(trial.key, DONE, bench.now)
    assert [sent.request.body for sent in bench.exchange.take().transmits] == [b"c", b"d", b"b"]


def test_a_trial_that_cannot_be_signed_any_more_does_not_use_up_the_attempt() -> None:
    """After a pause, an entry with no whole millisecond left is given up, and the next act makes the attempt."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(429, (("retry-after", "2"),), b"stop"))
    bench.do(entry("b", bench.clock.venue_now(bench.now) + 2 * SECOND + MILLISECOND // 2))
    output = bench.wake_all(2 * SECOND)
    assert (output.transmits, only(output.inputs, ActAnswered).outcome) == ((), Outcome.NOT_SENT)
    assert len(bench.do(entry("c"))) == 1


def test_a_held_read_takes_the_higher_urgency_of_whoever_asks_for_it_too() -> None:
    """A read held behind another is sent before it once somebody needs it more urgently."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(429, (("retry-after", "2"),), b"stop"))
    for query, urgency in (
        (positions("BTCUSDT"), Urgency.ASK),
        (AskOrder(SYMBOL, entry().client_id), Urgency.ASK),
        (AskOrder(SYMBOL, entry().client_id), Urgency.PROTECT),
    ):
        bench.exchange.submit(query, urgency, bench.now)
    assert [sent.request.target.partition("?")[0] for sent in bench.wake(2 * SECOND)] == ["/open", "/history", "/fills"]


def test_a_full_order_quota_holds_entries_and_lets_the_stop_through() -> None:
    """At 70 % of the order quota entries wait for the window to move on, and a stop does not."""
    bench = Bench()
    sent = [bench.do(entry(f"e{n}")) for n in range(9)]
    assert [len(each) for each in sent] == [1] * 7 + [0] * 2
    assert len(bench.do(stop())) == 1
    assert bench.wake(2 * SECOND) == []
    for each in sent[:7]:
        bench.reply(each[0].key, DONE)
    assert bench.wake(SECOND - 1) == []
    assert [act.request.body for act in bench.wake(1)] == [b"e7", b"e8"]


@pytest.mark.parametrize("how", ["late", "lost", "lost late"])
def test_a_request_holds_its_place_in_the_quota_until_it_was_heard_of(how: str) -> None:
    """Past its deadline the act is Unknown, yet may still arrive: its window begins with the late reply or its loss."""
    bench = Bench()
    (first, *_) = [bench.do(entry(f"e{n}"))[0] for n in range(7)]
    if how == "lost":
        bench.lose(first.key, sent=True)
        assert bench.do(entry("next")) == []
        assert len(bench.wake(SECOND)) == 1
        return
    bench.wake_all(TIMEOUT)
    bench.now += 2 * SECOND
    assert bench.do(entry("next")) == []
    if how == "late":
        bench.reply(first.key, DONE)
    else:
        bench.lose(first.key, sent=True)
    assert bench.wake(SECOND - 1) == []
    assert [act.request.body for act in bench.wake(1)] == [b"next"]


def test_what_the_headers_say_is_counted() -> None:
    """A reply that tells of a quota nearly used up by others holds the next entry."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    bench.reply(first.key, Reply(200, (("orders", "9"),), b"done"))
    assert bench.do(entry("b")) == []


# ---- the venue's clock


def test_an_entry_waits_for_the_venues_clock_and_other_acts_do_not() -> None:
    """Before the venue's time is known no entry leaves, since its end could not be told; a stop leaves."""
    bench = Bench(with_clock=False)
    bench.exchange.submit(entry(), Urgency.ENTER, bench.now)
    assert bench.left() == []
    assert len(bench.do(stop())) == 1
    (time,) = bench.wake()
    bench.now += 10 * MILLISECOND
    bench.exchange.replied(time.key, Reply(200, body=str(bench.now).encode()), bench.now)
    assert [sent.request.method for sent in bench.exchange.take().transmits] == ["POST"]


def test_an_entry_is_not_sent_if_the_clock_stays_unknown() -> None:
    """No answer about the time within the reply time: the entry is given back, reason clock."""
    bench = Bench(with_clock=False)
    bench.do(entry())
    answer = next(told for told in bench.wake_all(TIMEOUT).inputs if isinstance(told, ActAnswered))
    assert (answer.outcome, answer.reason) == (Outcome.NOT_SENT, Reason.CLOCK)


def test_a_request_is_stamped_with_the_venues_time() -> None:
    """With the venue 7 s ahead of us, an act is signed 7 s ahead."""
    bench = Bench(with_clock=False)
    (time,) = bench.wake()
    bench.now += 10 * MILLISECOND
    bench.reply(time.key, Reply(200, body=str(bench.now + 7 * SECOND).encode()))
    (act,) = bench.do(stop())
    stamped = int(act.request.target.partition("at=")[2].partition("&")[0])
    assert abs(stamped - (bench.now + 7 * SECOND)) < 10 * MILLISECOND


def test_a_refused_timestamp_asks_for_the_time_at_once_and_holds_entries_until_then() -> None:
    """After a refusal for the clock the next entry waits for a fresh sample, and goes on the heels of it."""
    bench = Bench()
    (first,) = bench.do(entry("a"))
    assert only(bench.reply(first.key, Reply(400, body=b"clock")), ActAnswered).reason is Reason.CLOCK
    assert bench.exchange.next_wake() == bench.now
    assert bench.do(entry("b")) == []
    (time,) = bench.wake()
    assert time.request.target == "/time"
    bench.exchange.replied(time.key, Reply(200, body=str(bench.now).encode()), bench.now)
    assert [sent.request.body for sent in bench.exchange.take().transmits] == [b"b"]


def test_a_failed_read_asks_for_the_time_at_once() -> None:
    """A read that failed may mean that our clock is wrong, so the time is asked for without waiting for its turn."""
    bench = Bench()
    bench.wake(10 * SECOND)
    bench.exchange.submit(positions(), Urgency.ASK, bench.now)
    (read,) = bench.left()
    only(bench.reply(read.key, Reply(400)), ReadFailed)
    assert [sent.request.target for sent in bench.wake()] == ["/time"]


def test_the_time_is_asked_again_each_minute() -> None:
    """Once the first samples are in, the clock is read once a minute, and told to the desk each time."""
    bench = Bench()
    assert bench.wake(MINUTE - MILLISECOND) == []
    (time,) = bench.wake(MILLISECOND)
    assert isinstance(only(bench.reply(time.key, Reply(200, body=str(bench.now).encode())), ClockReport), ClockReport)


@pytest.mark.parametrize("reply", [Reply(503), Reply(200, body=b"<html>")])
def test_a_garbled_time_is_no_sample(reply: Reply) -> None:
    """An error or a page of HTML is asked again after a second, and tells the desk nothing."""
    bench = Bench(with_clock=False)
    (time,) = bench.wake()
    assert bench.reply(time.key, reply) == []
    assert bench.exchange.next_wake() == bench.now + SECOND
    assert not bench.clock.is_known


# ---- errands


def test_an_errand_ends_in_its_reply_or_in_none() -> None:
    """A request of the connection's own comes back to whoever sent it, answered or lost."""
    bench = Bench()
    for tag in ("key 1", "key 2", "key 3"):
        bench.exchange.submit(Errand(tag, Request("POST", "/key")), Urgency.ASK, bench.now)
    answered, lost, _late = (sent.key for sent in bench.left())
    bench.exchange.replied(answered, DONE, bench.now)
    bench.exchange.lost(lost, bench.now, sent=False, detail="refused")
    assert bench.exchange.take().errands == (ErrandDone("key 1", DONE), ErrandDone("key 2", None))
    assert bench.wake_all(TIMEOUT).errands == (ErrandDone("key 3", None),)
