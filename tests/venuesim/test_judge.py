"""The judge: what it says of naked time, covers, closes, doubles and orphans, from the history alone."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tests.venuesim.plain import MS, SECOND, START, Asker, box
from venuesim.facts import Side
from venuesim.judge import judge

STOP = {"symbol": "BTCUSDT", "side": "SELL", "trigger": "106000"}


def test_naked_time_runs_from_the_first_fill_to_the_live_stop() -> None:
    """Half a second between fill and stop is half a second naked, in time and in dollars."""
    asker = Asker(box())
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id="x")
    asker.run(502 * MS)
    asker.ask("stop.create", id="s", **STOP)
    asker.run(5 * SECOND)
    [episode] = asker.exchange.judge().episodes
    assert (episode.opened_at, episode.covered_at) == (START + 2 * MS, START + 502 * MS)
    assert (episode.naked_us, episode.longest_naked_us) == (500 * MS, 500 * MS)
    assert episode.naked_usd_us == 500 * MS * Decimal("0.01") * Decimal("107282.10")
    assert [(entry.client_id, entry.intended) for entry in episode.entries] == [("x", Decimal("0.01"))]


def test_a_gap_while_a_stop_is_replaced_is_naked_and_streaks_are_kept_apart() -> None:
    """The longest streak is the longer of two gaps, the sum is both."""
    asker = Asker(box())
    asker.buy()
    asker.run(100 * MS)
    asker.ask("stop.create", id="s", **STOP)
    [stop] = asker.exchange.book.open_stops("a", None)
    asker.run(SECOND)
    asker.exchange.cancel_by_hand(stop.stop_id, asker.now)
    asker.run(300 * MS)
    asker.ask("stop.create", id="t", **STOP)
    asker.run(SECOND)
    [episode] = asker.exchange.judge().episodes
    assert (episode.naked_us, episode.longest_naked_us) == (408 * MS, 300 * MS)
    assert [(span.client_id, span.end) for span in episode.stops] == [("s", "CANCELED"), ("t", "LIVE")]


def test_quantity_stops_cover_when_they_add_up() -> None:
    """One stop for half the size covers nothing; a second one covers the whole."""
    asker = Asker(box())
    asker.buy(quantity="0.02")
    asker.ask("stop.create", quantity="0.01", **STOP)
    assert not asker.exchange.judge().positions[0].covered
    asker.ask("stop.create", quantity="0.01", **STOP)
    assert asker.exchange.judge().positions[0].covered


def test_a_stop_on_the_winning_side_covers_nothing() -> None:
    """A waiting sell above the price of a long is no protection."""
    asker = Asker(box())
    asker.exchange.trade_by_hand("a", "BTCUSDT", Side.SELL, Decimal("0.01"), asker.now)
    asker.ask("stop.create", symbol="BTCUSDT", side="BUY", trigger="109000", quantity="0.03")
    assert asker.exchange.judge().positions[0].covered
    asker.exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.02"), asker.now)
    assert not asker.exchange.judge().positions[0].covered


def test_a_second_entry_is_an_increase_and_a_flip_an_opposite_position() -> None:
    """Two buys are one increase; selling more than is held turns the position over and begins another episode."""
    asker = Asker(box())
    asker.buy(id="x")
    asker.buy(id="y")
    asker.sell(quantity="0.05", id="z")
    verdict = asker.exchange.judge()
    assert (verdict.increases, verdict.opposite_positions) == (1, 1)
    assert [(episode.side, episode.turned_over) for episode in verdict.episodes] == [("BUY", True), ("SELL", False)]


def test_closes_say_by_what() -> None:
    """Hand, order and stop are told apart."""
    asker = Asker(box())
    asker.buy(quantity="0.03")
    asker.exchange.trade_by_hand("a", "BTCUSDT", Side.SELL, Decimal("0.01"), asker.now)
    asker.sell(reduce="1", id="close")
    asker.ask("stop.create", id="s", **STOP)
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(105900))
    asker.run(SECOND)
    [episode] = asker.exchange.judge().episodes
    assert [(close.what, close.client_id) for close in episode.closes] == [
        ("hand", "web_1"), ("order", "close"), ("stop", "s")
    ]  # fmt: skip
    assert episode.closed_at is not None


def test_the_verdict_can_be_asked_of_an_earlier_moment_and_written_as_json() -> None:
    """As of before the fill there is no episode; decimals are strings in JSON."""
    asker = Asker(box())
    asker.buy()
    assert judge("binance", asker.exchange.history, START).episodes == []
    plain = msgspec.json.decode(msgspec.json.encode(asker.exchange.judge()))
    assert plain["positions"][0]["quantity"] == "0.010"


def test_the_judge_reads_nothing_but_the_history() -> None:
    """Judging a copied list of facts gives the same verdict as the box does."""
    asker = Asker(box())
    asker.buy()
    asker.ask("stop.create", **STOP)
    asker.run(SECOND)
    assert judge("binance", list(asker.exchange.history), asker.now) == asker.exchange.judge(asker.now)
