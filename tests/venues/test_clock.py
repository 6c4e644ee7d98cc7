"""The venue's clock: what a round trip proves, how certainty ages, and how a wrong clock is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.times import MILLISECOND, MINUTE, SECOND
from seawall.venues.clock import AGAIN_SLOWEST, EVERY, FIRST_SAMPLES, FIRST_SLOWEST, Clock
from tests.venues.plain import START


def sample(clock: Clock, at: int, *, offset: int, trip: int = 20 * MILLISECOND) -> None:
    """A symmetric round trip that ends at `at`, with a venue whose clock is `offset` ahead of ours."""
    truth = at - trip // 2 + offset
    clock.sampled(at - trip, at, truth // MILLISECOND * MILLISECOND)


def test_nothing_is_known_before_the_first_sample() -> None:
    """Without a sample the clock says so, and gives our own time."""
    clock = Clock()
    assert (clock.is_known, clock.error(START), clock.venue_now(START)) == (False, None, START)


def test_a_clock_two_seconds_fast_is_found_by_the_first_sample() -> None:
    """Our clock 2 s ahead of the venue's gives an offset of -2 s within half the round trip."""
    clock = Clock()
    sample(clock, START, offset=-2 * SECOND)
    assert clock.is_known
    assert abs(clock.offset(START) + 2 * SECOND) <= MILLISECOND
    assert abs(clock.venue_now(START) - (START - 2 * SECOND)) <= MILLISECOND


@given(
    offset=st.integers(-3600 * SECOND, 3600 * SECOND),
    out=st.integers(0, 4 * SECOND),
    back=st.integers(0, 4 * SECOND),
    age=st.integers(0, 5 * MINUTE),
)
def test_the_truth_lies_within_the_error(offset: int, out: int, back: int, age: int) -> None:
    """However lopsided the trip, the true offset is never further off than the error told, now or later."""
    clock = Clock()
    venue_at = START + out + offset
    report = clock.sampled(START, START + out + back, venue_at // MILLISECOND * MILLISECOND)
    assert abs(report.offset - offset) <= report.error
    later = START + out + back + age
    assert abs(clock.offset(later) - offset) <= (clock.error(later) or 0)


def test_the_quickest_trip_counts() -> None:
    """A slow round trip after a quick one does not make the offset less certain."""
    clock = Clock()
    sample(clock, START, offset=SECOND, trip=10 * MILLISECOND)
    clock.sampled(START + SECOND, START + 3 * SECOND, START + 2 * SECOND + SECOND + 400 * MILLISECOND)
    assert abs(clock.offset(START + 3 * SECOND) - SECOND) <= MILLISECOND
    assert (clock.error(START + 3 * SECOND) or 0) < 7 * MILLISECOND


def test_certainty_ages() -> None:
    """Two clocks drift apart, so an hour-old sample is worth less than a fresh one of twice the trip."""
    clock = Clock()
    sample(clock, START, offset=0, trip=10 * MILLISECOND)
    young, old = clock.error(START) or 0, clock.error(START + 60 * MINUTE) or 0
    assert old - young == 360 * MILLISECOND
    sample(clock, START + 60 * MINUTE, offset=200 * MILLISECOND, trip=20 * MILLISECOND)
    assert abs(clock.offset(START + 60 * MINUTE) - 200 * MILLISECOND) <= MILLISECOND


def test_a_clock_set_anew_forgets_the_older_samples() -> None:
    """A sample that cannot be true together with the older ones replaces them, however quick they were."""
    clock = Clock()
    for n in range(5):
        sample(clock, START + n * SECOND, offset=0, trip=2 * MILLISECOND)
    sample(clock, START + 9 * SECOND, offset=90 * SECOND, trip=800 * MILLISECOND)
    assert abs(clock.offset(START + 9 * SECOND) - 90 * SECOND) <= MILLISECOND


def test_venue_time_stands_still_rather_than_run_back_a_little() -> None:
    """A correction of 300 ms backwards is waited out: no time told is before one told earlier."""
    clock = Clock()
    sample(clock, START, offset=400 * MILLISECOND, trip=900 * MILLISECOND)
    told = clock.venue_now(START)
    sample(clock, START + MILLISECOND, offset=100 * MILLISECOND, trip=2 * MILLISECOND)
    assert clock.venue_now(START + MILLISECOND) == told
    assert clock.venue_now(START + SECOND) > told


def test_a_mend_of_more_than_a_second_is_taken_at_once() -> None:
    """A clock that was ten minutes ahead is not held still for ten minutes."""
    clock = Clock()
    sample(clock, START, offset=600 * SECOND)
    clock.venue_now(START)
    sample(clock, START + SECOND, offset=0)
    assert abs(clock.venue_now(START + SECOND) - (START + SECOND)) <= MILLISECOND


def test_the_first_samples_follow_one_another_and_then_one_a_minute() -> None:
    """The first trip opens the connection and says little, so a few are taken before the period begins."""
    clock = Clock()
    dues = []
    for n in range(FIRST_SAMPLES):
        sample(clock, START + n, offset=0)
        dues.append(clock.due_at - (START + n))
    assert dues == [0] * (FIRST_SAMPLES - 1) + [EVERY]


def test_failed_rounds_are_tried_again_ever_more_slowly() -> None:
    """The wait after a failure doubles up to its bound, and a success ends that."""
    clock = Clock()
    sample(clock, START, offset=0)
    waits = []
    for _ in range(6):
        clock.asked(START)
        clock.missed(START)
        waits.append((clock.due_at - START) // SECOND)
    assert waits == [1, 2, 4, 8, 16, AGAIN_SLOWEST // SECOND]
    clock.asked(START)
    sample(clock, START, offset=0)
    clock.asked(START)
    clock.missed(START)
    assert clock.due_at == START + SECOND


def test_a_clock_that_has_never_been_known_is_asked_for_more_often() -> None:
    """Nothing of a new process moves before: a venue that has come back is asked soon."""
    clock, waits = Clock(), []
    for _ in range(5):
        clock.asked(START)
        clock.missed(START)
        waits.append((clock.due_at - START) // SECOND)
    assert waits == [1, 2, 4, 4, FIRST_SLOWEST // SECOND]


def test_while_nothing_is_known_no_round_waits_for_the_answer_to_another() -> None:
    """Four go a second apart, the rest ever more slowly; the first answer, whichever it is, brings back the period."""
    clock, at, waits = Clock(), START, []
    for _ in range(9):
        clock.asked(at)
        waits.append((clock.due_at - at) // SECOND)
        at = clock.due_at
    assert waits == [1, 1, 1, 1, 2, 4, 4, 4, FIRST_SLOWEST // SECOND]
    asked_at = at - FIRST_SLOWEST
    sample(clock, at - SECOND, offset=0)
    assert (clock.is_known, clock.due_at) == (True, asked_at + EVERY)
    for _ in range(8):
        clock.missed(at)
    assert clock.due_at == at


def test_a_round_of_several_ends_with_its_last_and_one_good_answer_is_enough() -> None:
    """Asked over three connections at once, the next round waits for all of them and forgives two failures."""
    clock = Clock()
    clock.side_by_side = 3
    for n in range(2):
        assert clock.asked(START) == 3
        sample(clock, START + n, offset=0)
        clock.missed(START + n)
        assert clock.due_at == START + EVERY
        sample(clock, START + n, offset=0)
        assert clock.due_at == START + n
    clock.asked(START)
    for _ in range(2):
        clock.missed(START + SECOND)
    sample(clock, START + SECOND, offset=0)
    assert clock.due_at == START + SECOND
    clock.asked(START + SECOND)
    for _ in range(3):
        sample(clock, START + 2 * SECOND, offset=0)
    assert clock.due_at == START + 2 * SECOND + EVERY


def test_a_refused_timestamp_makes_the_clock_unknown_until_the_next_sample() -> None:
    """After the venue refused a timestamp the clock is asked at once, and not believed before the answer."""
    clock = Clock()
    for n in range(FIRST_SAMPLES):
        sample(clock, START + n, offset=0)
    clock.doubted(START + SECOND)
    assert (clock.is_known, clock.due_at) == (False, START + SECOND)
    clock.asked(START + SECOND)
    clock.doubted(START + SECOND + 1)
    assert clock.due_at == START + 2 * SECOND
    sample(clock, START + 2 * SECOND, offset=0)
    assert clock.is_known


@pytest.mark.parametrize(("after", "is_due"), [(SECOND, False), (6 * SECOND, True)])
def test_a_failed_read_brings_the_next_sample_forward_but_not_many(after: int, *, is_due: bool) -> None:
    """A read that failed may mean a wrong clock, but a sample just asked for is enough."""
    clock = Clock()
    for n in range(FIRST_SAMPLES):
        clock.asked(START)
        sample(clock, START + n, offset=0)
    clock.suspected(START + after)
    assert (clock.due_at <= START + after) is is_due
