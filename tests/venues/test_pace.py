"""The budget: who waits before the limit, who never waits for long, and what the venue's own word does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.acts import Urgency
from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.venues.legacy import NOTHING_LEFT, Known, Legacy, Word
from seawall.venues.pace import FORGOTTEN, TRIAL, TRIAL_LOST, Pace, Permit, Wait, common_budget
from seawall.venues.port import Bucket, Charge, Gauge, Pause
from tests.venues.plain import START

ORDERS = Bucket("orders", 100, 10 * SECOND)
WEIGHT = Bucket("weight", 1000, MINUTE, shared=True)
ONE = (Charge("orders", 1),)
STOP = Pause(30 * SECOND, "429, retry after 30 s")


def pace() -> Pace:
    """A fresh budget of one bucket for the account and one for the address."""
    return Pace((ORDERS, WEIGHT))


def spend_all(pace: Pace, urgency: Urgency, now: int = START, charges: tuple[Charge, ...] = ONE) -> int:
    """Asks until leave is refused; how often it was given. Each is answered at once."""
    for n in range(2000):
        leave = pace.admit(charges, urgency, now)
        if isinstance(leave, Wait):
            return n
        pace.landed(leave, now)
    raise AssertionError("no end of leave")


@pytest.mark.parametrize(("urgency", "share"), [(Urgency.LOOK, 60), (Urgency.ENTER, 70), (Urgency.ASK, 85)])
def test_entries_and_reads_stop_before_the_limit(urgency: Urgency, share: int) -> None:
    """What is read again gets 60 % of a bucket, entries 70 % and reads 85 %: the rest is there for protection."""
    assert spend_all(pace(), urgency) == share


@pytest.mark.parametrize(("urgency", "share"), [(Urgency.CLOSE, 95), (Urgency.PROTECT, 100)])
def test_closes_and_stops_go_on_into_the_reserve(urgency: Urgency, share: int) -> None:
    """Closes have 95 % and stops all of it, and one more to try, since our count is only an estimate."""
    assert spend_all(pace(), urgency) == share + 1


def test_the_reserve_is_there_after_entries_took_theirs() -> None:
    """However hard entries push, thirty stops of a hundred still leave at once."""
    budget = pace()
    spend_all(budget, Urgency.ENTER)
    spend_all(budget, Urgency.ASK)
    assert spend_all(budget, Urgency.PROTECT) >= 15


def test_what_was_spent_counts_for_the_whole_window() -> None:
    """Leave comes back when the first of what was spent leaves the window, and not before."""
    budget = pace()
    spend_all(budget, Urgency.ENTER)
    wait = budget.admit(ONE, Urgency.ENTER, START + SECOND)
    assert isinstance(wait, Wait)
    assert wait.until == START + 10 * SECOND
    assert "70 of 100" in wait.detail
    assert isinstance(budget.admit(ONE, Urgency.ENTER, wait.until - 1), Wait)
    assert isinstance(budget.admit(ONE, Urgency.ENTER, wait.until), Permit)


def test_no_rolling_window_ever_holds_more_than_the_share() -> None:
    """Whoever asks every 20 ms for a minute gets at most 70 in any ten seconds."""
    budget = pace()
    left = []
    for at in range(START, START + MINUTE, 20 * MILLISECOND):
        leave = budget.admit(ONE, Urgency.ENTER, at)
        if isinstance(leave, Permit):
            budget.landed(leave, at)
            left.append(at)
    for at in left:
        assert sum(at - 10 * SECOND < other <= at for other in left) <= 70
    assert len(left) > 300


def test_past_its_share_a_stop_still_leaves_once_a_second() -> None:
    """Our own count never holds up for more than a second what only reduces risk."""
    budget = pace()
    spend_all(budget, Urgency.PROTECT)
    left = [
        at
        for at in range(START, START + 5 * SECOND, 100 * MILLISECOND)
        if isinstance(budget.admit(ONE, Urgency.PROTECT, at), Permit)
    ]
    assert left == [START + n * SECOND for n in (1, 2, 3, 4)]


def test_what_costs_more_than_the_share_leaves_on_an_empty_bucket() -> None:
    """A request dearer than its share of the bucket is not held for ever."""
    budget = pace()
    dear = (Charge("orders", 90),)
    first = budget.admit(dear, Urgency.ENTER, START)
    assert isinstance(first, Permit)
    budget.landed(first, START)
    wait = budget.admit(dear, Urgency.ENTER, START + SECOND)
    assert wait == Wait(START + 10 * SECOND, "orders: 90 of 100 spent")


def test_the_venues_count_corrects_ours_upward() -> None:
    """What others spent of the same quota is counted as soon as a header tells of it."""
    budget = pace()
    budget.read((Gauge("orders", 68),), START)
    assert spend_all(budget, Urgency.ENTER) == 2


def test_the_venues_count_never_lowers_ours() -> None:
    """A smaller figure, of a window that began anew or a reply from before, gives nothing back, and an equal one adds nothing."""
    budget = pace()
    budget.admit((Charge("orders", 10),), Urgency.ENTER, START)
    budget.read((Gauge("orders", 3), Gauge("orders", 10), Gauge("unheard_of", 9)), START)
    assert spend_all(budget, Urgency.ENTER) == 60


def test_a_quota_of_the_address_is_shared_by_its_accounts() -> None:
    """What one account spends of a shared bucket the other does not have; its own it keeps."""
    common = common_budget((ORDERS, WEIGHT))
    one, other = Pace((ORDERS, WEIGHT), common), Pace((ORDERS, WEIGHT), common)
    assert spend_all(one, Urgency.ENTER, charges=(Charge("weight", 10),)) == 70
    assert spend_all(other, Urgency.ENTER, charges=(Charge("weight", 10),)) == 0
    assert spend_all(other, Urgency.ENTER) == 70


@pytest.mark.parametrize("urgency", list(Urgency))
def test_the_venues_word_binds_every_act(urgency: Urgency) -> None:
    """After a 429 not even a stop leaves before the venue's time is over."""
    budget = pace()
    budget.pause(STOP, START)
    assert budget.admit(ONE, urgency, START + 29 * SECOND) == Wait(START + 30 * SECOND, STOP.detail, by_venue=True)


def test_one_attempt_leaves_when_the_pause_is_over_and_then_the_rest() -> None:
    """Until the first attempt has been answered nobody follows; once it was, everybody does."""
    budget = pace()
    budget.pause(STOP, START)
    after = START + 30 * SECOND
    first = budget.admit(ONE, Urgency.PROTECT, after)
    assert isinstance(first, Permit)
    assert budget.admit(ONE, Urgency.PROTECT, after) == Wait(after + TRIAL, STOP.detail, by_venue=True)
    budget.settle(first, permitted=True)
    assert isinstance(budget.admit(ONE, Urgency.ENTER, after), Permit)


def test_a_lost_attempt_lets_another_go() -> None:
    """An attempt whose reply was lost proves nothing: one more may go, and only one."""
    budget = pace()
    budget.pause(STOP, START)
    after = START + 30 * SECOND
    first = budget.admit(ONE, Urgency.CLOSE, after)
    assert isinstance(first, Permit)
    budget.settle(first, permitted=False)
    assert isinstance(budget.admit(ONE, Urgency.CLOSE, after), Permit)
    assert isinstance(budget.admit(ONE, Urgency.CLOSE, after), Wait)
    assert isinstance(budget.admit(ONE, Urgency.CLOSE, after + TRIAL_LOST), Permit)


def test_a_second_word_during_the_attempt_outlasts_its_success() -> None:
    """An answer to the attempt does not lift a pause that was spoken after the attempt left."""
    budget = pace()
    budget.pause(STOP, START)
    after = START + 30 * SECOND
    first = budget.admit(ONE, Urgency.CLOSE, after)
    assert isinstance(first, Permit)
    budget.pause(STOP, after)
    budget.settle(first, permitted=True)
    assert budget.admit(ONE, Urgency.PROTECT, after + SECOND) == Wait(after + 30 * SECOND, STOP.detail, by_venue=True)


def test_a_shorter_word_does_not_cut_a_longer_one_short() -> None:
    """Of two pauses in force the later end counts."""
    budget = pace()
    budget.pause(Pause(10 * MINUTE, "403: wait ten minutes"), START)
    budget.pause(Pause(0, "429"), START)
    assert isinstance(budget.admit(ONE, Urgency.PROTECT, START + 9 * MINUTE), Wait)


def test_the_venues_word_is_named_before_our_own_count() -> None:
    """Where both hold a request up, it is the venue's silence that counts, however soon it ends."""
    budget = pace()
    spend_all(budget, Urgency.ENTER)
    budget.pause(Pause(SECOND, "429"), START)
    wait = budget.admit(ONE, Urgency.ENTER, START)
    assert wait == Wait(START + SECOND, "429", by_venue=True)


def test_a_word_about_one_bucket_leaves_other_roads_open() -> None:
    """A pause of the order quota does not stop what is charged elsewhere, nor another account."""
    common = common_budget((ORDERS, WEIGHT))
    one, other = Pace((ORDERS, WEIGHT), common), Pace((ORDERS, WEIGHT), common)
    one.pause(Pause(MINUTE, "-1015", "orders"), START)
    assert isinstance(one.admit(ONE, Urgency.PROTECT, START), Wait)
    assert isinstance(one.admit((Charge("weight", 1),), Urgency.ASK, START), Permit)
    assert isinstance(other.admit(ONE, Urgency.ENTER, START), Permit)


def test_a_word_about_the_address_binds_all_its_accounts() -> None:
    """A ban without a bucket stops every account behind the same address, whatever it is charged to."""
    common = common_budget((ORDERS, WEIGHT))
    one, other = Pace((ORDERS, WEIGHT), common), Pace((ORDERS, WEIGHT), common)
    one.pause(Pause(MINUTE, "418"), START)
    assert isinstance(other.admit(ONE, Urgency.PROTECT, START), Wait)
    assert isinstance(other.admit((), Urgency.ASK, START), Wait)


# ---- what is under way


def test_what_is_under_way_counts_however_long_it_takes() -> None:
    """Seventy entries without an answer leave no room, though their window is long over; answered, they keep it for one."""
    budget = pace()
    leaves = [leave for _ in range(70) if isinstance(leave := budget.admit(ONE, Urgency.ENTER, START), Permit)]
    later = START + 30 * SECOND
    assert budget.admit(ONE, Urgency.ENTER, later) == Wait(later + 10 * SECOND, "orders: 70 of 100 spent")
    for leave in leaves:
        budget.landed(leave, later)
        budget.landed(leave, later)
    assert isinstance(budget.admit(ONE, Urgency.ENTER, later + 10 * SECOND - 1), Wait)
    assert spend_all(budget, Urgency.ENTER, later + 10 * SECOND) == 70


def test_what_is_never_heard_of_again_is_forgotten() -> None:
    """A process that died with requests under way does not keep the address's room for ever."""
    budget = pace()
    for _ in range(70):
        budget.admit(ONE, Urgency.ENTER, START)
    assert spend_all(budget, Urgency.ENTER, START + FORGOTTEN - 1) == 0
    assert spend_all(budget, Urgency.ENTER, START + FORGOTTEN) == 70


@given(
    trips=st.lists(
        st.tuples(
            st.integers(0, 400),
            st.integers(0, 9_000),
            st.integers(0, 100),
            st.sampled_from((Urgency.ASK, Urgency.ENTER)),
        ),
        max_size=150,
    )
)
def test_whenever_requests_arrive_no_window_holds_more_than_was_permitted(
    trips: list[tuple[int, int, int, Urgency]],
) -> None:
    """Each leaves after a pause, takes its time (ms) and arrives somewhere on its way: the venue never counts too many."""
    bucket = Bucket("orders", 10, 5 * SECOND)
    budget, now = Pace((bucket,)), START
    arrivals: list[int] = []
    answers: list[tuple[int, int, Permit]] = []
    for pause, trip, share, urgency in trips:
        now += pause * MILLISECOND
        for at, number, leave in sorted(answers):
            if at <= now:
                answers.remove((at, number, leave))
                budget.landed(leave, at)
        given_leave = budget.admit(ONE, urgency, now)
        if isinstance(given_leave, Permit):
            answers.append((now + trip * MILLISECOND, len(arrivals), given_leave))
            arrivals.append(now + trip * share * MILLISECOND // 100)
    for at in arrivals:
        assert sum(at - bucket.window < other <= at for other in arrivals) <= bucket.limit * 85 // 100


# ---- from one process to the next


def successor(legacy: Legacy, now: int, limits: tuple[Bucket, ...] = (WEIGHT,)) -> tuple[Pace, list[Legacy]]:
    """A process that takes up what another left; and what it leaves itself, as it goes on."""
    left = [legacy]
    common = common_budget(limits, left.append)
    common.inherit(legacy, now)
    return Pace(limits, common), left


def test_a_successor_has_only_what_its_predecessor_left() -> None:
    """What was spent a while ago comes back in its own time, and what was under way a whole window after the beginning."""
    cost = (Charge("weight", 100),)
    one, left = successor(NOTHING_LEFT, START)
    first = one.admit(cost, Urgency.ENTER, START)
    assert isinstance(first, Permit)
    one.landed(first, START)
    assert isinstance(one.admit(cost, Urgency.ENTER, START + 20 * SECOND), Permit)
    assert left[-1] == Legacy(START + 20 * SECOND, {"weight": Known(((START, 100),), under_way=100)})
    begun = START + 30 * SECOND
    other, _ = successor(left[-1], begun)
    assert spend_all(other, Urgency.ENTER, begun, cost) == 5
    assert spend_all(other, Urgency.ENTER, START + MINUTE, cost) == 1
    assert isinstance(other.admit(cost, Urgency.ENTER, begun + MINUTE - 1), Wait)


def test_what_the_venue_tells_by_itself_is_not_left() -> None:
    """A quota of which each reply says what is used begins empty: the first reply says what the predecessor spent."""
    told = Bucket("weight", 1000, MINUTE, shared=True, told=True)
    one, left = successor(NOTHING_LEFT, START, (told,))
    spend_all(one, Urgency.ENTER, charges=(Charge("weight", 10),))
    assert left[-1] == Legacy(START)
    other, _ = successor(left[-1], START, (told,))
    other.read((Gauge("weight", 300),), START)
    assert spend_all(other, Urgency.ENTER, charges=(Charge("weight", 10),)) == 40


def test_a_stop_after_a_restart_has_the_whole_reserve() -> None:
    """A predecessor that spent all that reads may have leaves the rest to protection, at once."""
    cost = (Charge("weight", 10),)
    one, left = successor(NOTHING_LEFT, START)
    spend_all(one, Urgency.ASK, charges=cost)
    other, _ = successor(left[-1], START + SECOND)
    assert isinstance(other.admit(cost, Urgency.ASK, START + SECOND), Wait)
    assert spend_all(other, Urgency.PROTECT, START + SECOND, cost) == 16


def test_what_a_predecessor_had_under_way_is_forgotten_like_any() -> None:
    """A process that begins long after owes nothing for it."""
    legacy, begun = Legacy(START, {"weight": Known((), under_way=1000)}), START + FORGOTTEN
    assert spend_all(successor(legacy, begun)[0], Urgency.ENTER, begun, (Charge("weight", 10),)) == 70


def test_the_venues_word_outlives_the_process() -> None:
    """A successor keeps silent until the ban is over, and then makes the single attempt."""
    one, left = successor(NOTHING_LEFT, START)
    one.pause(STOP, START)
    after = START + 30 * SECOND
    other, _ = successor(left[-1], START + SECOND)
    assert other.admit((), Urgency.PROTECT, after - 1) == Wait(after, STOP.detail, by_venue=True)
    assert isinstance(other.admit((), Urgency.PROTECT, after), Permit)
    assert isinstance(other.admit((), Urgency.PROTECT, after), Wait)


def test_a_clock_that_was_set_back_prolongs_nothing() -> None:
    """What lies ahead of us was spent just now, and a word lasts as long as it still had to last."""
    ahead = START + 3600 * SECOND
    legacy = Legacy(ahead, {"weight": Known(((ahead, 1000),))}, {"": Word(ahead + 10 * SECOND, "418")})
    other, _ = successor(legacy, START)
    assert isinstance(other.admit((), Urgency.PROTECT, START + 10 * SECOND - 1), Wait)
    assert isinstance(other.admit((Charge("weight", 10),), Urgency.ENTER, START + MINUTE), Permit)


def test_the_budget_says_which_word_is_in_force() -> None:
    """For whoever asks why nothing leaves, with the seconds that are left."""
    budget = common_budget((WEIGHT,))
    assert budget.words(START) == ""
    budget.pause(STOP, START)
    assert budget.words(START + SECOND // 2) == "429, retry after 30 s: wait 30 s"
    assert budget.words(START + 30 * SECOND) == ""


@given(
    trips=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 9_000), st.integers(0, 100), st.booleans()), max_size=150
    )
)
def test_whenever_processes_die_no_window_holds_more_than_was_permitted(
    trips: list[tuple[int, int, int, bool]],
) -> None:
    """However short they live: what each leaves is known to the next, and a request of the dead arrives before it."""
    bucket = Bucket("weight", 10, 5 * SECOND, shared=True)
    cost, now = (Charge("weight", 1),), START
    budget, left = successor(NOTHING_LEFT, now, (bucket,))
    arrivals: list[int] = []
    answers: list[tuple[int, int, Permit]] = []
    for pause, trip, share, dies in trips:
        now += pause * MILLISECOND
        if dies:
            arrivals = [min(at, now) for at in arrivals]
            answers = []
            budget, left = successor(left[-1], now, (bucket,))
        for at, number, leave in sorted(answers, key=lambda answer: answer[:2]):
            if at <= now:
                answers.remove((at, number, leave))
                budget.landed(leave, at)
        leave_now = budget.admit(cost, Urgency.ASK, now)
        if isinstance(leave_now, Permit):
            answers.append((now + trip * MILLISECOND, len(arrivals), leave_now))
            arrivals.append(now + trip * share * MILLISECOND // 100)
    for at in arrivals:
        assert sum(at - bucket.window < other <= at for other in arrivals) <= bucket.limit * 85 // 100
