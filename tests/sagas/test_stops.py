"""What is known of one stop, how it grows, and what it is worth as cover at each border."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.ids import ClientId, Leg, SignalId, VenueId
from seawall.model.reports import Source, StopReport, StopStatus
from seawall.model.signal import TriggerBy
from seawall.sagas.evidence.stops import Cover, StopFacts, conclude, found, intended, join_stop, miss, worth
from tests.sagas.builders import BOUNDS, STOP_AT, SYMBOL, D, ms, stop

NAME = ClientId("swabcd-0123456789-stkxp2x02")
LAG = BOUNDS.read_lag
ENDED = (StopStatus.REJECTED, StopStatus.EXPIRED, StopStatus.CANCELLED, StopStatus.FINISHED)


def facts(**changes: object) -> StopFacts:
    """A closePosition stop intended at T0."""
    return replace(StopFacts(NAME, 2, STOP_AT, TriggerBy.MARK, None, ms(0), attached=False), **changes)  # type: ignore[arg-type]


def concluded(outcome: Outcome, reason: Reason = Reason.NONE, at: float = 50, **more: int) -> ev.ActConcluded:
    """The answer to the placing."""
    return ev.ActConcluded(SignalId("s"), SYMBOL, NAME, Leg.STOP, outcome, reason, "", "", ms(0), ms(at), **more)


def asked(sending: int = 1, at: float = 0) -> ev.StopIntended:
    """The intention, or the same name again."""
    return ev.StopIntended(SignalId("s"), SYMBOL, NAME, 2, STOP_AT, TriggerBy.MARK, None, ms(at), sending)


def test_an_intended_stop_is_pending_until_it_is_answered() -> None:
    """Between intention and answer an act may be under way; an attached stop has no act of its own."""
    assert intended(asked(), None).is_pending
    assert not conclude(intended(asked(), None), concluded(Outcome.UNKNOWN)).is_pending
    assert not facts(attached=True).is_pending


def test_the_same_name_again_forgets_the_answer_and_keeps_the_rest() -> None:
    """A repeat under the same name is pending again, counted, and still knows what it knew."""
    before = join_stop(conclude(intended(asked(), None), concluded(Outcome.UNKNOWN)), stop(NAME, venue_id=VenueId("9")))
    again = intended(asked(2, at=300), before)
    assert (again.is_pending, again.sendings, again.intended_at) == (True, 2, ms(300))
    assert (again.venue_id, again.status) == ("9", StopStatus.LIVE)


@pytest.mark.parametrize("later", [Outcome.UNKNOWN, Outcome.REFUSED, Outcome.NOT_SENT])
def test_an_acknowledgement_is_not_taken_back(later: Outcome) -> None:
    """What was acknowledged once stays so, whatever a later word about the act says."""
    acknowledged = conclude(facts(), concluded(Outcome.ACKNOWLEDGED))
    assert conclude(acknowledged, concluded(later)) == acknowledged


def test_an_acknowledgement_ends_a_count_of_misses() -> None:
    """Reads that missed it before it was acknowledged say nothing about it after."""
    missed = miss(facts(), ms(20))
    assert conclude(missed, concluded(Outcome.ACKNOWLEDGED)).missed_first == 0
    assert conclude(missed, concluded(Outcome.REFUSED, retry_after=7)).missed_first == ms(20)


@given(st.lists(st.sampled_from(list(StopStatus)), min_size=1, max_size=6), st.data())
def test_any_order_of_words_about_a_stop_gives_the_same_status(words: list[StopStatus], data: st.DataObject) -> None:
    """A stop's status only moves on, so that an old LIVE heard late revives nothing; its ids are learnt once."""

    def known(order: list[StopStatus]) -> tuple[object, ...]:
        said = [stop(NAME, word, venue_id=VenueId("9"), order_id=VenueId("10")) for word in order]
        after = reduce(join_stop, said, facts())
        return (after.status, after.is_ended, after.venue_id, after.order_id, after.seen_at)

    assert known(data.draw(st.permutations(words))) == known(words) == known([*words, *words])


def test_the_answer_to_the_placing_names_the_stop_and_does_not_show_it_live() -> None:
    """LIVE means read back: the reply to the create call only teaches the venue's id."""
    told = join_stop(facts(), stop(NAME, source=Source.REPLY, venue_id=VenueId("9")))
    assert (told.status, told.venue_id, told.live_at) == (None, "9", 0)
    assert join_stop(told, stop(NAME, source=Source.REPLY)).venue_id == "9"


def test_the_first_sight_of_it_live_is_kept_with_its_source() -> None:
    """When and by whom the stop was first seen live is what the receipt tells."""
    told = join_stop(join_stop(facts(), stop(NAME, at=90, source=Source.STREAM)), stop(NAME, at=200))
    assert (told.live_at, told.source) == (ms(90), Source.STREAM)
    undated = StopReport(SYMBOL, NAME, StopStatus.LIVE, Source.STOPS, ms(70))
    assert join_stop(facts(), undated).live_at == ms(70)


@given(
    st.permutations([(90, StopStatus.LIVE), (70, StopStatus.LIVE), (0, StopStatus.LIVE), (95, StopStatus.CANCELLED)])
)
def test_the_newest_word_by_which_it_stood_is_kept(heard: list[tuple[int, StopStatus]]) -> None:
    """In whatever order they come: the latest that the venue has dated. What ended it is no sighting of it."""
    words = [replace(stop(NAME, word, at=at), venue_at=ms(at) if at else 0) for at, word in heard]
    once = reduce(join_stop, words, facts())
    assert once.seen_at == ms(90)
    assert reduce(join_stop, words, once).seen_at == ms(90)


def test_being_seen_ends_a_count_of_misses() -> None:
    """A stop that is seen is not missing, however often it was missed before."""
    assert join_stop(miss(facts(), ms(20)), stop(NAME)).missed_first == 0


def test_a_trigger_that_differs_from_ours_was_moved_by_hand() -> None:
    """Another trigger under our stop's name is what the owner changed; a word without a trigger changes nothing."""
    moved = join_stop(facts(), stop(NAME, trigger=D("0.18")))
    assert (moved.trigger, moved.moved_by_hand) == (D("0.18"), True)
    same = join_stop(facts(), stop(NAME, trigger=STOP_AT))
    silent = join_stop(moved, stop(NAME))
    assert not same.moved_by_hand
    assert (silent.trigger, silent.moved_by_hand) == (D("0.18"), True)


@pytest.mark.parametrize("ended", ENDED)
def test_a_name_used_again_after_its_stop_ended_is_known_by_the_newer_stop(ended: StopStatus) -> None:
    """Two lives under one name, told in either order: only the one with the later id counts."""
    first, second = stop(NAME, ended, venue_id=VenueId("9")), stop(NAME, at=90, venue_id=VenueId("10"))
    for told in ((first, second), (second, first), (first, second, first)):
        known = reduce(join_stop, told, facts())
        assert (known.status, known.venue_id, known.live_at) == (StopStatus.LIVE, "10", ms(90))


def test_the_reply_that_names_a_newer_stop_leaves_the_ended_one_behind() -> None:
    """The same name again was answered with another id: what was said of the first no longer counts."""
    ended = join_stop(facts(), stop(NAME, StopStatus.EXPIRED, venue_id=VenueId("9")))
    renamed = join_stop(ended, stop(NAME, source=Source.REPLY, venue_id=VenueId("10")))
    assert join_stop(renamed, stop(NAME, venue_id=VenueId("10"))).status is StopStatus.LIVE


def test_ids_that_do_not_count_upwards_are_told_apart_by_what_ended() -> None:
    """Bybit's ids are random: another one counts only if the known has ended and it has not."""
    ended = join_stop(facts(), stop(NAME, StopStatus.CANCELLED, venue_id=VenueId("c-b")))
    assert join_stop(ended, stop(NAME, venue_id=VenueId("c-a"))).status is StopStatus.LIVE
    live = join_stop(facts(), stop(NAME, venue_id=VenueId("c-a")))
    assert join_stop(live, stop(NAME, StopStatus.CANCELLED, venue_id=VenueId("c-b"))).status is StopStatus.LIVE


def test_a_stop_found_without_its_intention_is_acknowledged_as_it_is_shown() -> None:
    """Its process died before the record: what the venue shows is all that is known."""
    known = found(stop(NAME, trigger=D("0.18"), trigger_by=TriggerBy.LAST, quantity=D(5)))
    assert (known.trigger, known.trigger_by, known.quantity) == (D("0.18"), TriggerBy.LAST, D(5))
    assert (known.outcome, known.n, known.is_pending) == (Outcome.ACKNOWLEDGED, 0, False)
    bare = found(stop(NAME))
    assert (bare.trigger, bare.trigger_by) == (D(0), TriggerBy.MARK)


def test_missing_takes_two_reads_read_lag_apart() -> None:
    """One read that does not show a stop is no news; the second, a lag later, is."""
    once = miss(facts(), ms(100))
    assert not once.is_missing(LAG)
    assert not miss(once, ms(100) + LAG - 1).is_missing(LAG)
    assert miss(once, ms(100) + LAG).is_missing(LAG)
    assert not miss(once, ms(50)).is_missing(LAG)


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NOT_SENT])
def test_a_refused_or_unsent_stop_may_not_live_unless_it_was_seen(outcome: Outcome) -> None:
    """A definite no ends it; being seen at the venue outweighs the word of the reply."""
    refused = conclude(facts(), concluded(outcome))
    assert not refused.may_live
    assert join_stop(refused, stop(NAME)).may_live


@pytest.mark.parametrize("status", ENDED)
def test_an_ended_stop_is_no_cover(status: StopStatus) -> None:
    """Finished, cancelled, expired or rejected: gone for good, whatever was acknowledged."""
    ended = join_stop(conclude(facts(), concluded(Outcome.ACKNOWLEDGED)), stop(NAME, status))
    assert not ended.may_live
    assert worth(ended, D(27), ms(60), BOUNDS.triggering) is Cover.NONE


def test_a_triggered_stop_is_no_cover() -> None:
    """TRIGGERED means its order is on its way, not that the position is covered."""
    assert worth(join_stop(facts(), stop(NAME, StopStatus.TRIGGERED)), D(27), ms(60), BOUNDS.triggering) is Cover.NONE


def test_triggering_covers_for_two_seconds_and_no_longer() -> None:
    """A stop seen TRIGGERING counts through the bound; a microsecond more and it is stuck (binance.md 4.4)."""
    stuck = join_stop(join_stop(facts(), stop(NAME)), stop(NAME, StopStatus.TRIGGERING, at=100))
    border = ms(100) + BOUNDS.triggering
    assert worth(stuck, D(27), border, BOUNDS.triggering) is Cover.LIVE
    assert worth(stuck, D(27), border + 1, BOUNDS.triggering) is Cover.NONE
    again = join_stop(stuck, stop(NAME, StopStatus.TRIGGERING, at=900))
    assert again.fired_at == ms(100)


def test_a_quantity_stop_covers_only_what_it_carries() -> None:
    """Enough quantity is cover, one lot too little is none; a stop for the whole position fits any."""
    bridge = join_stop(facts(quantity=D(27)), stop(NAME))
    assert worth(bridge, D(27), ms(0), BOUNDS.triggering) is Cover.LIVE
    assert worth(bridge, D(28), ms(0), BOUNDS.triggering) is Cover.NONE
    assert worth(join_stop(facts(), stop(NAME)), D(9_999), ms(0), BOUNDS.triggering) is Cover.LIVE


@pytest.mark.parametrize(
    ("outcome", "cover"),
    [
        (None, Cover.UNKNOWN),
        (Outcome.ACKNOWLEDGED, Cover.ACKNOWLEDGED),
        (Outcome.UNKNOWN, Cover.UNKNOWN),
        (Outcome.REFUSED, Cover.REFUSED),
        (Outcome.NOT_SENT, Cover.NONE),
    ],
)
def test_an_unseen_stop_is_worth_what_its_answer_says(outcome: Outcome | None, cover: Cover) -> None:
    """Only acknowledged or seen stops the naked clock; the order of the values says so."""
    assert worth(facts(outcome=outcome), D(27), ms(0), BOUNDS.triggering) is cover
    assert (cover >= Cover.ACKNOWLEDGED) == (outcome is Outcome.ACKNOWLEDGED)
