"""What holds for every journal: the same cards, played by the one on disk and by the one in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.journal.memory import MemoryJournal
from seawall.journal.port import EventRefused, Journal, JournalError, SequenceConflict
from seawall.journal.sqlite import SqliteJournal
from seawall.model.content import content_digest
from seawall.model.events import (
    CloseAccepted,
    EndReason,
    EntryFilled,
    FlatDenied,
    FlatSeen,
    FlatTold,
    ProtectionLost,
    RollbackWithdrawn,
    SagaReopened,
    SignalRefused,
)
from seawall.model.ids import Account, Side, SignalId
from seawall.model.reports import Source
from tests.journal.samples import (
    ALPHA,
    BETA,
    START,
    VELVET,
    VENUES,
    accepted,
    dated,
    opening,
    poison,
    proven,
    signal,
    way_home,
)


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    """A new, empty journal of each kind."""
    made: dict[str, Callable[[], Journal]] = {
        "memory": lambda: MemoryJournal(VENUES),
        "sqlite": lambda: SqliteJournal(tmp_path / "journal.db", VENUES, grown=0),
    }
    journal = made[request.param]()
    yield journal
    journal.close()


def test_what_was_appended_is_read_in_order(journal: Journal) -> None:
    """Events come back with contiguous numbers from 1, with their epoch and instant."""
    assert journal.append(ALPHA, 4, 0, dated(*opening())) == 6
    found = journal.read(ALPHA, 0, 100)
    assert [recorded.event for recorded in found] == opening()
    assert [(recorded.seq, recorded.epoch, recorded.at) for recorded in found[:2]] == [(1, 4, START), (2, 4, START + 1)]


def test_readers_resume_where_they_stopped(journal: Journal) -> None:
    """Reading in pieces by (account, seq) gives the same as reading at once."""
    journal.append(ALPHA, 1, 0, dated(*opening()))
    pieces = [journal.read(ALPHA, after, 4) for after in (0, 4, 6)]
    assert [len(piece) for piece in pieces] == [4, 2, 0]
    assert pieces[0] + pieces[1] == journal.read(ALPHA, 0, 100)


def test_each_account_counts_for_itself(journal: Journal) -> None:
    """Two accounts have two streams, each from 1."""
    journal.append(BETA, 1, 0, dated(proven()))
    journal.append(ALPHA, 1, 0, dated(proven(), proven()))
    assert journal.accounts() == (ALPHA, BETA)
    assert [recorded.seq for recorded in journal.read(ALPHA, 0, 9)] == [1, 2]
    assert [recorded.seq for recorded in journal.read(BETA, 0, 9)] == [1]


@pytest.mark.parametrize("expected_seq", [0, 1, 3])
def test_a_wrong_place_is_a_conflict_and_writes_nothing(journal: Journal, expected_seq: int) -> None:
    """Whoever is wrong about the last number is told both numbers, and the record stays as it was."""
    journal.append(ALPHA, 1, 0, dated(proven(), proven()))
    with pytest.raises(SequenceConflict, match=f"expected 2, the last one recorded, came {expected_seq}") as caught:
        journal.append(ALPHA, 1, expected_seq, dated(accepted()))
    assert (caught.value.expected, caught.value.came) == (2, expected_seq)
    assert len(journal.read(ALPHA, 0, 9)) == 2


def test_the_very_same_append_again_is_answered_and_not_written_twice(journal: Journal) -> None:
    """An append whose answer was lost may be repeated; the same from another epoch may not."""
    events = dated(*opening())
    journal.append(ALPHA, 1, 0, events)
    journal.append(ALPHA, 1, 6, dated(proven()))
    assert journal.append(ALPHA, 1, 0, events) == 6
    assert len(journal.read(ALPHA, 0, 99)) == 7
    with pytest.raises(SequenceConflict):
        journal.append(ALPHA, 2, 0, events)


def test_nothing_to_append_is_answered_with_the_place(journal: Journal) -> None:
    """An empty append changes nothing and says where the account stands."""
    assert journal.append(ALPHA, 1, 0, []) == 0


def test_an_unknown_account_is_refused(journal: Journal) -> None:
    """An account without a venue is a mistake in the configuration and gets no stream."""
    with pytest.raises(EventRefused, match="account gamma: expected one of"):
        journal.append(Account("gamma"), 1, 0, dated(proven()))


@pytest.mark.parametrize("place", [0, 1])
def test_a_poisonous_event_leaves_nothing_of_its_append(journal: Journal, place: int) -> None:
    """An append is whole or absent, wherever in it the event stands that cannot be recorded."""
    events = dated(*opening())
    events.insert(place, (START, poison()))
    with pytest.raises(EventRefused):
        journal.append(ALPHA, 1, 0, events)
    assert (journal.accounts(), journal.positions(), journal.find_signal(SignalId("velvet-1"))) == ((), (), None)


def test_a_failed_append_is_never_skipped(journal: Journal) -> None:
    """What follows a failed append gets its failure, until the failed one itself has come again and succeeded."""
    with pytest.raises(EventRefused, match="SourceFailing"):
        journal.append(ALPHA, 1, 0, dated(poison()))
    with pytest.raises(EventRefused, match="SourceFailing"):
        journal.append(ALPHA, 1, 1, dated(proven()))
    assert journal.append(BETA, 1, 0, dated(proven())) == 1
    assert journal.append(ALPHA, 1, 0, dated(proven())) == 1
    assert journal.append(ALPHA, 1, 1, dated(proven())) == 2


def test_the_repetition_of_an_earlier_append_lifts_no_hold(journal: Journal) -> None:
    """Only the failed append itself, come again, lets what follows it be tried: until then that gets its failure."""
    journal.append(ALPHA, 1, 0, dated(proven()))
    with pytest.raises(EventRefused, match="SourceFailing"):
        journal.append(ALPHA, 1, 1, dated(poison()))
    assert journal.append(ALPHA, 1, 0, dated(proven())) == 1
    with pytest.raises(EventRefused, match="SourceFailing"):
        journal.append(ALPHA, 1, 2, dated(proven()))
    assert journal.append(ALPHA, 1, 1, dated(proven())) == 2
    assert journal.append(ALPHA, 1, 2, dated(proven())) == 3


def test_a_signal_is_known_for_ever(journal: Journal) -> None:
    """An accepted signal is found by its id, with its content's digest, its place and its newest state."""
    assert journal.find_signal(SignalId("velvet-1")) is None
    journal.append(ALPHA, 1, 0, dated(proven(), *opening()))
    known = journal.find_signal(SignalId("velvet-1"))
    assert known is not None
    assert (known.account, known.digest, known.seq, known.state) == (ALPHA, content_digest(signal()), 2, "protected")
    journal.append(ALPHA, 1, 7, dated(*way_home()))
    known = journal.find_signal(SignalId("velvet-1"))
    assert known is not None
    assert (known.seq, known.state) == (2, "flat")


@pytest.mark.parametrize("account", [ALPHA, BETA])
def test_a_signal_cannot_be_accepted_twice(journal: Journal, account: Account) -> None:
    """The second acceptance of an id, on whatever account, is refused, so that no entry can follow it."""
    journal.append(ALPHA, 1, 0, dated(accepted()))
    with pytest.raises(EventRefused):
        journal.append(account, 1, 1 if account == ALPHA else 0, dated(accepted(account=account)))
    known = journal.find_signal(SignalId("velvet-1"))
    assert known is not None
    assert (known.account, known.seq) == (ALPHA, 1)


def test_a_refusal_does_not_unseat_the_first_word(journal: Journal) -> None:
    """A signal that was accepted stays so when a repetition of it is refused, here or on another account."""
    refused = SignalRefused(SignalId("velvet-1"), VELVET, signal(), "duplicate", "")
    journal.append(ALPHA, 1, 0, dated(accepted(), refused))
    journal.append(BETA, 1, 0, dated(refused, *way_home()))
    known = journal.find_signal(SignalId("velvet-1"))
    assert known is not None
    assert (known.account, known.state) == (ALPHA, "accepted")


def test_a_refused_signal_is_known_too(journal: Journal) -> None:
    """A refusal is the first word about its signal where there was none before."""
    journal.append(ALPHA, 1, 0, dated(SignalRefused(SignalId("velvet-1"), VELVET, signal(), "occupied", "")))
    known = journal.find_signal(SignalId("velvet-1"))
    assert known is not None
    assert known.state == "refused"


def test_the_position_record_begins_at_the_first_fill(journal: Journal) -> None:
    """A record with an id is made at the first proof of a fill, with what was intended, in the venue's time."""
    journal.append(ALPHA, 1, 0, dated(*opening()[:2]))
    assert journal.positions() == ()
    journal.append(ALPHA, 1, 2, dated(opening()[2]))
    (record,) = journal.positions()
    assert (record.id, record.state, record.side, record.quantity, record.opened_at, record.trigger, record.venue) == (
        1,
        "open",
        Side.SELL,
        Decimal(20),
        START + 350,
        Decimal("0.2060"),
        "binance",
    )


def test_the_position_record_follows_to_protected_and_flat(journal: Journal) -> None:
    """Quantity, average, trigger, instants and reason are those of the events."""
    journal.append(ALPHA, 1, 0, dated(*opening()))
    (record,) = journal.positions()
    assert (record.state, record.quantity, record.average, record.trigger, record.protected_at, record.closed_at) == (
        "protected",
        Decimal(27),
        Decimal("0.1999"),
        Decimal("0.2059"),
        START + 800,
        0,
    )
    journal.append(ALPHA, 1, 6, dated(*way_home()))
    (record,) = journal.positions()
    assert (record.id, record.state, record.closed_at, record.reason) == (1, "flat", START + 1000, "naked_too_long")


def test_a_late_fill_opens_the_same_record_again(journal: Journal) -> None:
    """A fill after the end belongs to its own signal's record, which closes once more."""
    journal.append(ALPHA, 1, 0, dated(*opening(), *way_home()))
    journal.append(ALPHA, 1, 9, dated(SagaReopened(SignalId("velvet-1"), VELVET, Decimal(3), START + 2000)))
    (record,) = journal.positions()
    assert (record.id, record.state, record.quantity, record.closed_at) == (1, "open", Decimal(3), 0)
    assert (record.reason, record.protected_at) == ("late_fill", 0)
    journal.append(ALPHA, 1, 10, dated(FlatSeen(SignalId("velvet-1"), VELVET, EndReason.LATE_FILL, START + 3000)))
    assert [(record.id, record.state, record.reason) for record in journal.positions()] == [
        (1, "flat_seen", "late_fill"),
    ]


def test_a_late_fill_after_an_end_without_one_makes_the_record(journal: Journal) -> None:
    """A signal that was thought absent, and filled after all, has a position from then on."""
    flat = FlatSeen(SignalId("velvet-1"), VELVET, EndReason.ABSENT, START + 1000)
    late = SagaReopened(SignalId("velvet-1"), VELVET, Decimal(27), START + 2000)
    journal.append(ALPHA, 1, 0, dated(*opening()[:2], flat, late))
    (record,) = journal.positions()
    assert (record.state, record.quantity, record.opened_at, record.side) == (
        "open",
        Decimal(27),
        START + 2000,
        Side.SELL,
    )


def test_a_cover_that_is_lost_and_a_rollback_that_is_withdrawn_leave_the_record_open(journal: Journal) -> None:
    """The record follows the decisions in both directions, and grows with the fills."""
    sid = SignalId("velvet-1")
    journal.append(ALPHA, 1, 0, dated(*opening(), ProtectionLost(sid, VELVET, "expired", START + 900)))
    assert [(record.state, record.protected_at) for record in journal.positions()] == [("open", 0)]
    asked = CloseAccepted(sid, VELVET, "signal close-7", START + 950)
    journal.append(ALPHA, 1, 7, dated(asked))
    assert [(record.state, record.reason) for record in journal.positions()] == [("closing", "signal close-7")]
    more = EntryFilled(sid, VELVET, Decimal(30), Source.FILLS, START + 960, START + 970)
    journal.append(ALPHA, 1, 8, dated(RollbackWithdrawn(sid, VELVET, "live", START + 960), more))
    assert [(record.state, record.reason, record.quantity) for record in journal.positions()] == [
        ("open", "", Decimal(30))
    ]


def test_a_record_that_is_told_to_be_flat_says_so_until_that_is_denied(journal: Journal) -> None:
    """It is neither protected nor flat, and what it is was never the cover's fault."""
    sid = SignalId("velvet-1")
    journal.append(ALPHA, 1, 0, dated(*opening(), FlatTold(sid, VELVET, "expired", START + 900)))
    assert [record.state for record in journal.positions()] == ["flat_told"]
    journal.append(ALPHA, 1, 7, dated(FlatDenied(sid, VELVET, "live", START + 950)))
    assert [record.state for record in journal.positions()] == ["open"]


def test_positions_of_two_accounts_have_two_ids(journal: Journal) -> None:
    """Each signal has one record, whatever account it stands on."""
    journal.append(ALPHA, 1, 0, dated(*opening("a")))
    journal.append(BETA, 1, 0, dated(*opening("b", BETA)))
    assert [(record.id, record.account, record.venue) for record in journal.positions()] == [
        (1, ALPHA, "binance"),
        (2, BETA, "bybit"),
    ]


def test_a_fill_that_nothing_intended_is_refused(journal: Journal) -> None:
    """Intent before act: a fill of an entry without a recorded intention is a fault and not a position."""
    with pytest.raises(EventRefused, match="expected entry_intended before"):
        journal.append(ALPHA, 1, 0, dated(accepted(), opening()[2]))


def test_a_signals_own_events_are_read_together(journal: Journal) -> None:
    """The history of one signal holds its events alone; account-wide events belong to no signal."""
    journal.append(ALPHA, 1, 0, dated(proven(), *opening("a"), *opening("b")))
    assert [recorded.event for recorded in journal.read_signal(SignalId("b"))] == opening("b")
    assert journal.read_signal(SignalId("")) == ()


def test_an_error_reads_as_a_message_with_its_remedy(journal: Journal) -> None:
    """What the operator reads is the docstring, in one line, and the detail in brackets."""
    assert str(JournalError("disk")) == "The journal could not do what was asked. [disk]"
    with pytest.raises(SequenceConflict) as caught:
        journal.append(ALPHA, 1, 5, dated(proven()))
    assert "stop one of the two" in str(caught.value)
    assert "\n" not in str(caught.value)
