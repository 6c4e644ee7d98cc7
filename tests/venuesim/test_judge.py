"""The judge: what it says of naked time, covers, closes, doubles and orphans, from the history alone."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tests.venuesim.plain import MS, SECOND, START, Asker, box
from venuesim.control import Control
from venuesim.facts import Purpose, Side
from venuesim.hands import WantedMove, WantedStop
from venuesim.judge import judge
from venuesim.wire import Request

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


def guarded(venue: str = "binance", **asked: str) -> Asker:
    """A long of 0.02 with a stop at 106000, a second old."""
    asker = Asker(box(venue))
    asker.buy(quantity="0.02", id="entry")
    asker.ask("stop.create", id="s", **{**STOP, **asked})
    asker.run(SECOND)
    return asker


def cancel(asker: Asker, name: str) -> None:
    """Cancel the stop of this name now."""
    [stop] = [stop for stop in asker.exchange.book.open_stops("a", None) if stop.client_id == name]
    asker.exchange.cancel_by_hand(stop.stop_id, asker.now)


def test_a_move_over_a_bridge_is_one_move_without_naked_time() -> None:
    """A quantity stop, the old one away, the new one, the bridge away: one change of the guard, never naked."""
    asker = guarded()
    asker.ask("stop.create", id="bridge", **{**STOP, "trigger": "106500"}, quantity="0.02")
    cancel(asker, "s")
    asker.ask("stop.create", id="t", **{**STOP, "trigger": "106500"})
    cancel(asker, "bridge")
    verdict = asker.exchange.judge()
    [move] = verdict.episodes[0].moves
    assert (move.from_trigger, move.to_trigger, move.naked_us) == (Decimal(106000), Decimal(106500), 0)
    assert (verdict.moves, verdict.moves_naked_us) == (1, 0)


def test_a_move_with_a_gap_has_its_own_naked_time() -> None:
    """Each gap is counted with its move; one whose new stop never came has no trigger to go to."""
    asker = guarded()
    cancel(asker, "s")
    asker.run(300 * MS)
    asker.ask("stop.create", id="t", **{**STOP, "trigger": "105000"})
    asker.run(SECOND)
    cancel(asker, "t")
    asker.run(200 * MS)
    moves = asker.exchange.judge(asker.now).episodes[0].moves
    assert [(move.to_trigger, move.naked_us) for move in moves] == [(Decimal(105000), 300 * MS), (None, 200 * MS)]


def test_a_stop_amended_in_place_is_a_move_without_naked_time() -> None:
    """Bybit's Full stop gets another trigger and never ceases to watch."""
    asker = Asker(box("bybit"))
    asker.buy(stop_loss="68000", id="entry")
    asker.run(SECOND)
    asker.exchange.move_stop_by_hand("a", "BTCUSDT", WantedMove(Decimal(69000)), asker.now)
    [episode] = asker.exchange.judge().episodes
    assert [(move.to_trigger, move.naked_us) for move in episode.moves] == [(Decimal(69000), 0)]
    assert [(span.origin, span.purpose) for span in episode.stops] == [("hand", "stop")]


def test_a_stop_outgrown_by_a_fill_is_no_move() -> None:
    """A quantity stop that covers no longer because the position grew was not moved when another joins it."""
    asker = guarded(quantity="0.02")
    asker.exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.01"), asker.now)
    asker.run(SECOND)
    asker.ask("stop.create", quantity="0.01", **STOP)
    [episode] = asker.exchange.judge().episodes
    assert episode.moves == []
    assert episode.naked_us >= SECOND


def test_take_profits_liquidation_and_deleveraging_are_told_apart() -> None:
    """By trigger or at rest a take-profit is one; what the venue forces has its own names."""
    asker = guarded()
    asker.sell(quantity="0.005", kind="LIMIT", price="109000", reduce="1", id="tp")
    asker.exchange.set_stop_by_hand(
        "a", "BTCUSDT", WantedStop(Decimal(110000), purpose=Purpose.TAKE_PROFIT, quantity=Decimal("0.005")), asker.now
    )
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(110000), last=Decimal(110000))
    asker.run(SECOND)
    asker.exchange.deleverage("a", "BTCUSDT", Decimal("0.5"), asker.now)
    asker.exchange.liquidate("a", "BTCUSDT", asker.now)
    [episode] = asker.exchange.judge().episodes
    assert [close.what for close in episode.closes] == ["take_profit", "take_profit", "adl", "liquidation"]


def test_what_is_left_on_a_flat_slot_says_what_it_is() -> None:
    """A take-profit and an entry that still rest, and a quantity stop, are orphans."""
    exchange = box(binance__reduce_only_overtaken="stay", binance__reduce_only_blocked="knock_out")
    asker = Asker(exchange)
    asker.buy(id="entry")
    asker.sell(kind="LIMIT", price="109000", reduce="1", id="tp")
    asker.buy(kind="LIMIT", price="105000", id="more")
    asker.ask("stop.create", id="s", quantity="0.01", **STOP)
    asker.sell(reduce="1", id="close")
    left = [(orphan.kind, orphan.client_id, orphan.what) for orphan in exchange.judge().orphans]
    assert left == [("order", "tp", "take_profit"), ("order", "more", "entry"), ("stop", "s", "stop")]


def test_a_position_of_another_hand_is_adopted_when_a_client_covers_it() -> None:
    """The owner's own stop adopts nothing; a client's stop does, and a client's entry needs none."""
    asker = Asker(box())
    asker.exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.01"), asker.now)
    asker.exchange.set_stop_by_hand("a", "BTCUSDT", WantedStop(Decimal(105000), quantity=Decimal("0.01")), asker.now)
    assert asker.exchange.judge().episodes[0].adopted_at is None
    asker.run(SECOND)
    asked_at = asker.now
    asker.ask("stop.create", id="s", **STOP)
    assert asker.exchange.judge().episodes[0].adopted_at == asked_at
    assert guarded().exchange.judge().episodes[0].adopted_at is None


def test_the_log_tells_what_could_have_changed_something() -> None:
    """Reads are in the log and not among the writes; a write is, whatever became of it."""
    asker = guarded()
    before = len(asker.exchange.log)
    asker.ask("positions.get", symbol="BTCUSDT")
    assert len(asker.exchange.log) == before + 1
    assert asker.exchange.writes("a", before) == []
    asker.sell(quantity="0.0000001")
    assert [entry.call for entry in asker.exchange.writes("a", before)] == ["order.create"]
    target = f"/requests?since={before}&account=a"
    control = Control({"binance": asker.exchange})
    calls = [
        [entry["call"] for entry in msgspec.json.decode(control.handle(Request("GET", asked), asker.now).body)]
        for asked in (target, f"{target}&writes=1")
    ]
    assert calls == [["positions.get", "order.create"], ["order.create"]]
