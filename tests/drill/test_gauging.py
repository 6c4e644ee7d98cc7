"""How the guarding drill counts what a service asks of its venues, and how late its loop was."""

from __future__ import annotations

import os

from seawall.drill.wire.gauging import Lags, Requests, memory, processor, waited
from seawall.model.ids import VenueName
from seawall.model.times import SECOND
from venuesim.traffic import LogEntry


def asked(at: float, call: str = "order.create", account: str = "a", status: int = 200, reply: str = "") -> LogEntry:
    """A line of a box's log, `at` so many seconds."""
    when = int(at * SECOND)
    return LogEntry(1, when, account, call, None, None, "GET", "/", "", reads=True, status=status, reply=reply)


def test_bybits_address_is_counted_over_any_five_seconds() -> None:
    """The greatest number in a window that may begin anywhere, over all accounts; what comes by the socket is not in it."""
    requests = Requests(VenueName.BYBIT)
    requests.take([asked(at, account=f"a{at}") for at in (0, 3, 4, 4.9, 5.1, 20)])
    assert (requests.count, requests.most_by_address) == (6, 4)


def test_an_accounts_orders_are_counted_by_the_venues_own_window() -> None:
    """Ten seconds at Binance, entries and stops together; one second for each endpoint at Bybit."""
    log = [asked(0), asked(0.5, "stop.create"), asked(0.9), asked(8, "stop.create"), asked(8, account="b")]
    for venue, most in ((VenueName.BINANCE, 4), (VenueName.BYBIT, 2)):
        requests = Requests(venue)
        requests.take(log)
        assert requests.most_by_account == most


def test_the_venues_word_to_stop_is_seen_in_status_and_text() -> None:
    """429 is a status, Bybit's 10006 a code within HTTP 200."""
    requests = Requests(VenueName.BYBIT)
    requests.take([asked(0, status=429), asked(1, reply='{"retCode": 10006}'), asked(2, reply='{"retCode": 0}')])
    assert dict(requests.refused) == {"order.create 429": 1, "order.create 200": 1}


def test_the_gap_between_two_looks_at_a_slots_stops() -> None:
    """Each slot's own; the first look has none."""
    requests = Requests(VenueName.BYBIT)
    assert requests.gap(1) == 0
    requests.take([asked(at, "stops.open") for at in (0, 30, 75)])
    requests.take([asked(80, "stops.open", account="b")])
    assert (requests.gap(0), requests.gap(1)) == (30 * SECOND, 45 * SECOND)


def test_lags_are_bounds_and_only_what_has_come_since() -> None:
    """A quantile is the upper bound under which it lies, in milliseconds."""
    before = Lags({0.001: 5, 0.01: 10, 1.0: 10})
    since = Lags({0.001: 55, 0.01: 109, 1.0: 110}).since(before)
    assert [since.quantile(part) for part in (0.5, 0.99, 1)] == [1, 10, 1000]


def test_a_process_is_measured_by_the_operating_system() -> None:
    """This one has taken some processor time and keeps more than a megabyte."""
    assert processor(os.getpid()) > 0
    assert memory(os.getpid()) > 1
    assert waited(os.getpid()) >= 0
