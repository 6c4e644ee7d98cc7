"""Rows: what is read back is what was written, for every event of the vocabulary, by old programs and by new."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.journal.encoding import VERSION, Row, created_at, decode, encode, order_id
from seawall.journal.port import EventRefused, JournalBroken
from seawall.model.events import ACCOUNT_WIDE, EVENT_TYPES, Event, FillReported, PositionError, StopReported
from seawall.model.ids import ClientId, Side, SignalId, VenueId
from seawall.model.reports import FillReport, Source, StopReport, StopStatus
from tests.journal.samples import ALPHA, ENTRY, START, VELVET, anything, intended, poison, proven


def _row(event: Event) -> Row:
    return encode(ALPHA, "binance", 7, 3, START, event)


@given(st.one_of(*(anything(kind) for kind in EVENT_TYPES)))
def test_every_event_comes_back_as_it_was(event: object) -> None:
    """Encoding then decoding any event gives an equal event, with its place."""
    assert isinstance(event, Event)
    recorded = decode(_row(event))
    assert (recorded.seq, recorded.epoch, recorded.at, recorded.event) == (7, 3, START, event)


def test_amounts_are_strings_and_enumerations_are_values() -> None:
    """A reader that knows only JSON sees exact amounts and words."""
    data = json.loads(_row(intended()).event_data)
    assert (data["quantity"], data["trigger"], data["side"], data["trigger_by"]) == ("27", "0.2060", "sell", "mark")


def test_the_symbol_stands_in_event_data() -> None:
    """The monitoring query takes the symbol out of event_data, so it is there."""
    failed = PositionError(SignalId("a"), VELVET, "naked_too_long", "")
    assert json.loads(_row(failed).event_data)["symbol"] == "VELVETUSDT"


def test_columns_repeat_what_is_searched_for() -> None:
    """Signal, symbol, order and event type can be found without opening the JSON."""
    row = _row(intended())
    assert (row.event_type, row.signal_id, row.symbol, row.order_id, row.venue) == (
        "entry_intended",
        "velvet-1",
        "VELVETUSDT",
        ENTRY,
        "binance",
    )


def test_created_at_sorts_and_is_cut_as_a_date() -> None:
    """The text of an instant has microseconds and the blank that SQLite's own date functions use."""
    assert created_at(START + 1) == "2026-11-23 15:34:12.000001"


def test_order_id_is_our_name_or_the_venues() -> None:
    """An event about an order without our name is found by the venue's id; one about no order has none."""
    child = StopReport(VELVET, ClientId(""), StopStatus.LIVE, Source.STOPS, START, venue_id=VenueId("991"))
    trade = FillReport(VELVET, "t1", Side.BUY, Decimal(1), Decimal(2), Source.FILLS, START, START, client_id=ENTRY)
    assert order_id(StopReported(SignalId("a"), VELVET, child)) == "991"
    assert order_id(FillReported(SignalId("a"), VELVET, trade)) == ENTRY
    assert order_id(proven()) == ""


def test_an_old_row_without_a_newer_field_takes_the_default() -> None:
    """A field that was added later, with a default, is not missed in rows from before."""
    row = _row(intended())
    old = json.loads(row.event_data)
    del old["price_bound"]
    assert decode(replace(row, event_data=json.dumps(old))).event == intended()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"version": VERSION + 1}, "newer Seawall"),
        ({"event_type": "moon_landed"}, "moon_landed"),
        ({"event_data": "{"}, "event_data"),
        ({"event_data": "{}"}, "missing required field"),
        ({"event_data": '{"signal_id": 5, "symbol": ""}', "event_type": "stream_proven"}, "signal_id"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_never_guessed_at(change: dict[str, object], word: str) -> None:
    """A row of a newer schema, of an unknown type or of other content is an error with its place."""
    with pytest.raises(JournalBroken, match=word) as caught:
        decode(replace(_row(intended()), **change))  # type: ignore[arg-type]
    assert "account alpha, seq 7" in str(caught.value)


def test_an_event_without_a_text_is_refused() -> None:
    """Half a surrogate pair has no UTF-8, so the event is refused before it reaches any store."""
    with pytest.raises(EventRefused, match="SourceFailing"):
        _row(poison())


def test_a_class_that_is_no_event_of_ours_is_refused() -> None:
    """Only the closed vocabulary can be recorded."""
    with pytest.raises(EventRefused, match="Event"):
        _row(Event(ACCOUNT_WIDE, VELVET))
