"""Which word about a position is newer than what, and which are not words about it at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model.reports import PositionReport, Source
from seawall.sagas.evidence.positions import Moment, Opinions, adds, in_direction, join_position, says_the_same
from tests.sagas.builders import BOUNDS, D, ms, position

LAG = BOUNDS.read_lag
LAG_MS = LAG // 1_000
STREAM = Source.STREAM
FILL = Moment(ms(100), 0, ms(120), is_fill=True)
INTENT = Moment(ms(0), 0, ms(0))


def heard(*words: PositionReport) -> Opinions:
    """The opinions after these words."""
    opinions = Opinions()
    for word in words:
        opinions = join_position(opinions, word)
    return opinions


def newer(opinions: Opinions, moment: Moment) -> list[str]:
    """The amounts of the words that are newer than a moment."""
    return [str(word.amount) for word in opinions.newer_than(moment, LAG)]


@pytest.mark.parametrize(("told", "is_newer"), [(89, False), (90, True), (99, True), (100, True), (None, True)])
def test_a_read_begun_late_enough_after_a_fill_is_newer_unless_dated_before_it(
    told: float | None, *, is_newer: bool
) -> None:
    """The venue's dates of one fill may lie a moment apart, and a flat row may have none: then it matters when it was
    read. A row that is surely dated before the fill stays stale.
    """
    assert (newer(heard(position(0, 120 + LAG_MS, told=told)), FILL) == ["0"]) is is_newer


@pytest.mark.parametrize(("told", "is_newer"), [(99.999, False), (100, True), (101, True), (None, False)])
def test_a_read_that_may_lag_behind_a_fill_is_newer_by_its_own_date_alone(
    told: float | None, *, is_newer: bool
) -> None:
    """Until `read_lag` after we heard of the fill, only a date at or past the fill's counts."""
    assert (newer(heard(position(0, 119 + LAG_MS, told=told)), FILL) == ["0"]) is is_newer


def test_the_streams_word_is_newer_than_a_fill_by_its_own_date_alone() -> None:
    """When it came says nothing: frames are held up and repeated."""
    assert newer(heard(position(0, 60_000, told=99, source=STREAM)), FILL) == []
    assert newer(heard(position(0, 60_000, told=100, source=STREAM)), FILL) == ["0"]


def test_a_sequence_decides_before_any_date() -> None:
    """Where both have one, a row dated before the fill is newer, and one dated after it is stale."""
    fill = FILL._replace(seq=7)
    assert newer(heard(position(0, 200, told=99, seq=7)), fill) == ["0"]
    assert newer(heard(position(0, 60_000, told=103, seq=6)), fill) == []


def test_a_stale_row_after_a_known_fill_never_counts_however_often_it_is_read() -> None:
    """Twelve seconds of reads that agree on an old zero (I01) are twelve seconds of staleness."""
    old = [position(0, 200 + second * 1_000, told=50) for second in range(13)]
    assert newer(heard(*old), FILL) == []


def test_without_a_fill_two_agreeing_reads_a_lag_apart_count() -> None:
    """A position that may rightly not have moved carries an old time for ever: agreement stands in for it."""
    first = position(0, 10, told=None)
    assert newer(heard(first), INTENT) == []
    assert newer(heard(first, position(0, 10 + LAG_MS - 0.001, told=None)), INTENT) == []
    assert newer(heard(first, position(0, 10 + LAG_MS, told=None)), INTENT) == ["0"]


def test_reads_begun_before_the_moment_do_not_start_the_agreement() -> None:
    """Only what was asked after the moment counts from it."""
    early, late = position(0, -500, told=None), position(0, LAG_MS - 0.001, told=None)
    assert newer(heard(early, late), INTENT) == []
    assert newer(heard(early, position(0, LAG_MS, told=None)), INTENT) == ["0"]
    assert newer(heard(position(0, -LAG_MS - 1, told=None), position(0, -1, told=None)), INTENT) == []


def test_a_word_that_differs_begins_the_agreement_anew() -> None:
    """Reads that disagree in between agree since the last change only."""
    words = [position(0, 10), position(5, 5_000), position(0, 10_100)]
    assert newer(heard(*words), INTENT) == []
    assert newer(heard(*words, position(0, 10_100 + LAG_MS)), INTENT) == ["0"]


def test_the_streams_silence_confirms_nothing() -> None:
    """The same frame twice, a lag apart, is still only as new as its own time."""
    assert newer(heard(position(0, 10, source=STREAM), position(0, 20_000, source=STREAM)), INTENT) == []


@pytest.mark.parametrize(("seq", "is_newer"), [(6, False), (7, True), (8, True)])
def test_a_cross_sequence_decides_where_both_have_one(seq: int, *, is_newer: bool) -> None:
    """Bybit's sequence outweighs times: at or past the fill's is newer."""
    moment = Moment(ms(100), 7, ms(120), is_fill=True)
    assert bool(newer(heard(position(5, 1, told=1 if is_newer else 500, seq=seq)), moment)) is is_newer


def test_a_sequence_on_one_side_only_leaves_it_to_the_times() -> None:
    """A word with a sequence about a moment without one is judged by its time."""
    assert newer(heard(position(5, 1, told=100, seq=3)), FILL) == ["5"]
    assert newer(heard(position(5, 1, told=100)), Moment(ms(100), 7, ms(120), is_fill=True)) == ["5"]


def test_an_older_word_of_the_same_source_is_dropped() -> None:
    """A read that was begun earlier and came later changes nothing; nor does a frame the venue dates earlier."""
    reads = heard(position(5, 100), position(0, 90))
    stream = heard(position(5, 100, told=100, source=STREAM), position(0, 110, told=90, source=STREAM))
    assert reads.read is not None
    assert stream.stream is not None
    assert (reads.read.report.amount, stream.stream.report.amount) == (D(5), D(5))


def test_stream_and_reads_are_kept_apart() -> None:
    """Two opinions that disagree are both known; each is found by any of its sources."""
    opinions = heard(position(5, 100, told=100, source=STREAM), position(0, 100, told=100))
    assert opinions.of(STREAM) is opinions.stream
    assert opinions.of(Source.REPLY) is opinions.of(Source.POSITIONS) is opinions.read
    assert newer(opinions, FILL) == ["5", "0"]


def test_a_word_adds_when_it_is_first_new_or_confirms_after_the_lag() -> None:
    """What is recorded: the first word, a change, an agreement that now spans the lag; never an older one."""
    first = position(0, 100)
    known = heard(first)
    assert adds(Opinions(), first, LAG)
    assert not adds(known, first, LAG)
    assert adds(known, position(1, 110), LAG)
    assert not adds(known, position(1, 90), LAG)
    assert not adds(known, position(0, 100 + LAG_MS - 1), LAG)
    assert adds(known, position(0, 100 + LAG_MS), LAG)


def test_two_reports_say_the_same_apart_from_when_they_were_asked() -> None:
    """Amount, shown stop, venue time and sequence are what a report says."""
    assert says_the_same(position(1, 0, told=5), position(1, 99, told=5))
    assert not says_the_same(position(1, 0, told=5), position(1, 0, told=6))
    assert not says_the_same(position(1, 0), position(1, 0, stop_loss=D("0.19")))


def test_in_direction_is_positive_the_way_of_the_entry() -> None:
    """A short's growth counts as positive against the baseline."""
    assert in_direction(D(-27), D(0), -1) == 27
    assert in_direction(D(5), D(10), 1) == -5


_words = st.lists(
    st.builds(
        lambda amount, began, told, source: position(amount, began, told=told, source=source),
        st.integers(-2, 2),
        st.integers(0, 30),
        st.one_of(st.none(), st.integers(0, 30)),
        st.sampled_from((STREAM, Source.POSITIONS)),
    ),
    max_size=8,
    unique_by=lambda word: (word.source, word.began_at),  # one source says one thing at a time
)


@given(_words, st.data())
def test_repetition_of_words_changes_no_opinion(words: list[PositionReport], data: st.DataObject) -> None:
    """Each source's latest word stays, however often any earlier one is heard again afterwards."""
    again = data.draw(st.lists(st.sampled_from(words), max_size=5)) if words else []
    known, repeated = heard(*words), heard(*words, *again)
    for source in (STREAM, Source.POSITIONS):
        one, other = known.of(source), repeated.of(source)
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert (one.report.venue_at, one.report.began_at) == (other.report.venue_at, other.report.began_at)
