"""The fault vocabulary: each fault does what its name says, to what it names, and counts only if it changed anything."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from tests.venuesim.plain import MS, SECOND, START, Asker, box
from venuesim.facts import OrderStatus, Side, StopStatus
from venuesim.faults import VOCABULARY, parse
from venuesim.wire import Answer, Frame, HalfBody, Hangup, Rejected, Reset


def planned(venue: str = "binance", **fault: object) -> Asker:
    """Return an asker at a box with one fault in force."""
    asker = Asker(box(venue))
    asker.exchange.faults.add(parse(fault))
    return asker


def held(asker: Asker) -> Decimal:
    """Return what the account holds of BTCUSDT."""
    return asker.exchange.book.position("a", "BTCUSDT").quantity


def fired(asker: Asker) -> list[str]:
    """Return the names of what has fired."""
    return [strike.fault for strike in asker.exchange.faults.fired]


def listening(asker: Asker) -> Asker:
    """Log connection 1 in to the stream of the account."""
    asker.exchange.connect(1, "/stream", (), asker.now)
    asker.exchange.frame(1, "a", asker.now)
    asker.run(1 * MS)
    asker.outputs.clear()
    return asker


def frames(asker: Asker) -> list[str]:
    """Return the texts that came on the stream."""
    return [output.text for _, output in asker.outputs if isinstance(output, Frame)]


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ({"fault": "dealy"}, "the nearest is 'delay'"),
        ({"fault": "delay", "cut": 3}, "delay.cut: expected only"),
        ({"fault": "delay", "where": "nowhere"}, "expected one of request, engine, reply"),
        ({"fault": "delay", "ms": "soon"}, "ms"),
        ({"fault": "delay", "colour": 1}, "colour"),
        ({"fault": "price_jump", "symbol": "BTCUSDT"}, "exactly one of to and pct"),
        ({"fault": "price_jump", "pct": "-5"}, "price_jump.symbol"),
        ({"fault": "partial_fill"}, "expected parts or fraction"),
        ({"fault": "delay", "nth": 0}, "expected 1 or more"),
        ({"fault": "stop_moved", "call": "stop.create"}, "stop_moved.pct: expected by how many percent"),
        ({"fault": "wrong_status", "ended": "LOST"}, "expected one of CANCELED, EXPIRED, REJECTED"),
    ],
)
def test_a_fault_that_is_no_fault_is_refused_with_field_and_expectation(plain: dict[str, object], words: str) -> None:
    """What is not of the vocabulary, or has wrong parameters, is refused in words that help."""
    with pytest.raises(ValueError, match=words):
        parse(plain)


def test_every_word_of_the_vocabulary_can_be_written_down() -> None:
    """Each name with what it needs is accepted by the parser."""
    needs: dict[str, object] = {"account": "a", "symbol": "BTCUSDT"}
    own: dict[str, dict[str, object]] = {
        "partial_fill": {"fraction": "0.5"},
        "price_jump": {"to": "1"},
        "hand_trade": {"quantity": "1"},
        "stop_moved": {"pct": "1"},
    }
    assert [parse({"fault": name, **needs, **own.get(name, {})}).fault for name in VOCABULARY] == list(VOCABULARY)


def test_a_delayed_request_acts_late_and_a_delayed_reply_answers_late() -> None:
    """Delay before the venue moves the act; delay after it moves only the answer."""
    asker = planned(fault="delay", call="order.create", ms=500)
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
    asker.run(400 * MS)
    assert held(asker) == 0
    asker.run(200 * MS)
    assert held(asker) > 0
    asker = planned(fault="delay", call="order.create", ms=500, where="reply")
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
    assert asker.run(400 * MS) == []
    assert held(asker) > 0
    assert [type(output) for output in asker.run(200 * MS)] == [Answer]


def test_a_delay_in_the_engine_shows_the_dialect_a_later_clock() -> None:
    """The dialect is told of the delay, waits, and submits when it is over."""
    asker = planned(fault="delay", call="order.create", ms=500, where="engine")
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id="x")
    asker.run(SECOND)
    [order] = asker.exchange.book.orders_named("a", "x")
    assert order.created_at == START + 500 * MS
    assert fired(asker) == ["delay"]


def test_a_lost_request_never_acts_and_a_lost_reply_has_acted() -> None:
    """Both reset the connection or stay silent; only the second has opened a position."""
    for name, acted in (("request_lost", False), ("reply_lost", True)):
        for mode, came in (("reset", [Reset]), ("hang", [])):
            asker = planned(fault=name, call="order.create", mode=mode)
            asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
            assert [type(output) for output in asker.run(SECOND)] == came
            assert (held(asker) > 0) == acted
            assert asker.exchange.log[-1].outcome == ("silent" if mode == "hang" else "reset")


def test_a_request_delivered_twice_acts_twice_and_answers_once() -> None:
    """The second delivery fills again; the client sees one answer."""
    asker = planned(fault="request_twice", call="order.create", ms=5)
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
    assert [type(output) for output in asker.run(SECOND)] == [Answer]
    assert held(asker) == Decimal("0.02")


def test_a_status_comes_with_or_without_effect() -> None:
    """The same refusal may stand for an order that was or was not carried out."""
    for effect in (False, True):
        asker = planned(fault="status", call="order.create", code=-1006, text="unknown", effect=effect)
        reply = asker.buy()
        assert (reply.status, reply.body) == (400, b"-1006 unknown")
        assert (held(asker) > 0) == effect


@pytest.mark.parametrize(
    ("venue", "fault", "status"),
    [
        ("binance", {"code": -1001}, 400),
        ("binance", {"code": -1007}, 503),
        ("binance", {"text": "<html>"}, 503),
        ("binance", {"code": -1003, "status": 429}, 429),
        ("bybit", {"code": 10016}, 200),
        ("bybit", {"status": 403, "text": "access too frequent"}, 403),
    ],
)
def test_a_refusal_has_the_venue_s_usual_status_unless_the_plan_names_one(
    venue: str, fault: dict[str, object], status: int
) -> None:
    """Business errors are 400 on Binance and 200 on Bybit; a body without a code is a 503."""
    asker = Asker(box(venue))
    asker.exchange.faults.add(parse({"fault": "status", "call": "order.create", **fault}))
    assert asker.buy().status == status


def test_half_a_body_is_cut_where_the_plan_says() -> None:
    """The output carries the whole reply and where to cut it."""
    asker = planned(fault="half_body", call="order.create", cut=7)
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
    [output] = asker.run(SECOND)
    assert isinstance(output, HalfBody)
    assert output.cut == 7 < len(output.reply.body)


def test_the_nth_call_is_counted_among_those_that_match() -> None:
    """Only the second order of the symbol is lost, whatever else is asked in between."""
    asker = planned(fault="request_lost", call="order.*", symbol="BTCUSDT", nth=2)
    asker.buy()
    asker.buy("ETHUSDT", "0.1")
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
    asker.run(10 * MS)
    asker.buy()
    assert held(asker) == Decimal("0.02")
    assert len(fired(asker)) == 1


def test_a_fault_lives_between_after_and_until() -> None:
    """Before and behind its span it does nothing."""
    asker = planned(fault="request_lost", call="order.create", after=SECOND, until=2 * SECOND)
    asker.buy()
    asker.run(SECOND)
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01")
    asker.run(SECOND)
    asker.buy()
    assert held(asker) == Decimal("0.02")


def test_a_fill_in_parts_comes_part_by_part() -> None:
    """Three parts fill with time between them and add up to the whole."""
    asker = planned(fault="partial_fill", call="order.create", parts=["0.2", "0.3", "0.5"], gap_ms=100)
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id="x")
    course = []
    for _ in range(4):
        asker.run(90 * MS)
        course.append(held(asker))
    assert course == [Decimal("0.002"), Decimal("0.005"), Decimal("0.010"), Decimal("0.010")]
    assert asker.exchange.book.orders_named("a", "x")[0].status is OrderStatus.FILLED


def test_a_fraction_fills_and_then_the_order_ends() -> None:
    """Half is filled, the rest expires."""
    asker = planned(fault="partial_fill", call="order.create", fraction="0.5")
    asker.buy(id="x")
    [order] = asker.exchange.book.orders_named("a", "x")
    assert (order.status, order.filled) == (OrderStatus.EXPIRED, Decimal("0.005"))


def test_a_bent_read_counts_only_if_it_shows_something_else() -> None:
    """Nothing found where there is nothing is no fault; nothing found where there is an order is one."""
    asker = planned(fault="empty_read", call="order.get")
    asker.ask("order.get", id="x")
    assert fired(asker) == []
    asker.buy(id="x")
    assert asker.ask("order.get", id="x").body == b"[]"
    assert fired(asker) == ["empty_read"]
    asker.exchange.faults.clear()
    assert asker.ask("order.get", id="x").body != b"[]"


def test_a_stale_read_stands_still_and_a_lagging_read_comes_after() -> None:
    """The stale view never shows the order; the lagging one shows it when its lag is over."""
    for name, late in (("stale_read", b"[]"), ("read_lag", b"FILLED")):
        asker = Asker(box())
        bent = {"fault": name, "call": "order.get", **({"ms": 1000} if name == "read_lag" else {})}
        asker.exchange.faults.add(parse(bent))
        asker.ask("order.get", id="x")
        asker.buy(id="x")
        assert asker.ask("order.get", id="x").body == b"[]"
        asker.run(2 * SECOND)
        assert late in asker.ask("order.get", id="x").body


def test_pushed_frames_are_dropped_doubled_delayed_and_silenced() -> None:
    """Each stream fault bends the frames of its topic and leaves the others alone."""
    opened = ["order x NEW 0", "order x FILLED 0.010", "position 0.010"]
    expected: dict[str, list[str]] = {
        "stream_drop": ["position 0.010"],
        "stream_silence": ["position 0.010"],
        "stream_duplicate": [opened[0], opened[0], opened[1], opened[1], opened[2]],
        "stream_delay": [opened[2], opened[0], opened[1]],
    }
    for name, texts in expected.items():
        asker = listening(Asker(box()))
        bent = {"fault": name, "call": "stream.order", **({} if name == "stream_drop" else {"ms": 50})}
        asker.exchange.faults.add(parse(bent))
        asker.buy(quantity="0.010", id="x")
        asker.run(SECOND)
        assert sorted(frames(asker)) == sorted(texts)
        if name == "stream_delay":
            assert frames(asker) == texts


def test_a_reordered_frame_comes_after_the_next_one() -> None:
    """The frame held back goes out behind the one that follows it."""
    asker = listening(planned(fault="stream_reorder", call="stream.order", nth=2))
    asker.buy(quantity="0.010", id="x")
    assert frames(asker) == ["order x NEW 0", "position 0.010", "order x FILLED 0.010"]


def test_silence_ends_after_its_time() -> None:
    """Frames are swallowed for the given time from the first, and then come again."""
    asker = listening(planned(fault="stream_silence", call="stream.*", ms=1000))
    asker.buy(id="x")
    asker.run(SECOND)
    assert frames(asker) == []
    asker.buy(id="y")
    assert "order y NEW 0" in frames(asker)


def test_a_cut_hangs_up_and_nothing_is_replayed() -> None:
    """The matching frame is lost with the connection."""
    asker = listening(planned(fault="stream_cut", call="stream.order", nth=2, code=1001))
    asker.buy(id="x")
    assert [output for _, output in asker.outputs if isinstance(output, Hangup)] == [Hangup(1, 1001)]
    assert frames(asker) == ["order x NEW 0"]


def test_the_world_moves_beside_a_call() -> None:
    """A price jumps at the moment the stop is placed, and the stop is refused for it."""
    asker = planned(fault="price_jump", call="stop.create", pct="-2", nth=1)
    asker.buy()
    assert asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000").body == b"would_trigger"
    assert fired(asker) == ["price_jump"]


def test_the_world_moves_at_its_time() -> None:
    """Without a call a hand trades at `after`."""
    asker = planned(fault="hand_trade", account="a", symbol="BTCUSDT", side="SELL", quantity="0.01", after=SECOND)
    asker.run(SECOND - 1)
    assert held(asker) == 0
    asker.run(1)
    assert held(asker) == Decimal("-0.01")


def test_a_vanished_stop_has_fired_only_if_it_was_there() -> None:
    """The venue ends the live stop; without one nothing has happened."""
    asker = planned(fault="stop_vanishes", call="stop.create", ms=50, times=5)
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000")
    asker.run(SECOND)
    assert fired(asker) == []
    asker.buy()
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000")
    asker.run(SECOND)
    assert fired(asker) == ["stop_vanishes"]
    assert [stop.status for stop in asker.exchange.book.ledger.stops.values()] == [StopStatus.CANCELED]


def test_a_stuck_stop_never_reaches_the_engine() -> None:
    """It stays TRIGGERING, the position stays open, and the judge calls it naked after two seconds."""
    asker = planned(fault="stop_stuck", account="a", symbol="BTCUSDT")
    asker.buy()
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000")
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(105000))
    triggered = asker.now
    asker.run(5 * SECOND)
    assert held(asker) > 0
    [standing] = asker.exchange.judge().positions
    assert not standing.covered
    [episode] = asker.exchange.judge().episodes
    assert episode.longest_naked_us == asker.now - triggered - 2 * SECOND


def test_a_liquidation_and_a_cut_of_all_streams_happen_only_where_there_is_something() -> None:
    """Flat there is nothing to liquidate; with a position it falls; every connection is hung up."""
    asker = listening(planned(fault="liquidation", call="order.get", symbol="BTCUSDT"))
    asker.exchange.faults.add(parse({"fault": "streams_cut", "call": "positions.get", "code": 1001}))
    asker.ask("order.get", symbol="BTCUSDT", id="x")
    assert fired(asker) == []
    asker.buy()
    asker.ask("order.get", symbol="BTCUSDT", id="x")
    assert held(asker) == 0
    asker.ask("positions.get", symbol="BTCUSDT")
    asker.ask("positions.get", symbol="BTCUSDT")
    assert fired(asker) == ["liquidation", "streams_cut"]
    assert Hangup(1, 1001) in [output for _, output in asker.outputs]


def test_a_deleveraging_takes_its_fraction_and_only_of_what_is_there() -> None:
    """Flat nothing is taken; of a position the fraction goes, under the venue's own name."""
    asker = planned(fault="adl", call="order.get", symbol="BTCUSDT", fraction="0.5", times=2)
    asker.ask("order.get", symbol="BTCUSDT", id="x")
    asker.buy()
    asker.ask("order.get", symbol="BTCUSDT", id="x")
    assert held(asker) == Decimal("0.005")
    assert fired(asker) == ["adl"]
    assert asker.exchange.book.orders_named("a", "adl_autoclose")[0].filled == Decimal("0.005")


def test_a_price_that_jumps_nowhere_has_not_fired() -> None:
    """A jump to where the price is, or on no listed symbol, changes nothing."""
    asker = planned(fault="price_jump", call="order.get", to="107282.10", symbol="BTCUSDT")
    asker.exchange.faults.add(parse({"fault": "price_jump", "call": "order.get", "to": "5", "price": "last"}))
    asker.ask("order.get", id="x")
    assert fired(asker) == []
    asker.ask("order.get", symbol="ETHUSDT", id="x")
    prices = asker.exchange.book.market.prices("ETHUSDT")
    assert (prices.last, prices.mark) == (Decimal("5.00"), Decimal("2432.21"))


def test_frames_from_a_client_are_lost_and_delayed_like_requests() -> None:
    """A lost login is never answered; a delayed one late; one whose reply is lost has worked."""
    for name, answers, logged_in in (("request_lost", 0, False), ("reply_lost", 0, True), ("delay", 1, True)):
        asker = Asker(box())
        asker.exchange.faults.add(parse({"fault": name, "call": "auth", "ms": 50 if name == "delay" else 0}))
        asker.exchange.connect(1, "/stream", (), asker.now)
        asker.exchange.frame(1, "a", asker.now)
        asker.run(20 * MS)
        assert len(frames(asker)) == 0
        asker.run(40 * MS)
        assert len(frames(asker)) == answers
        asker.buy(id="x")
        assert ("order x NEW 0" in frames(asker)) == logged_in


def test_a_walk_moves_every_price_in_small_steps_until_it_is_ended() -> None:
    """A seeded walk of 10 bps a second moves each price, never more than that, and stops when told."""
    asker = Asker(box())
    market = asker.exchange.book.market
    before = {symbol: market.prices(symbol).last for symbol in ("BTCUSDT", "ETHUSDT", "SOLUSDT")}
    asker.exchange.walk(10, SECOND, asker.now)
    asker.run(SECOND)
    after = {symbol: market.prices(symbol).last for symbol in before}
    assert all(0 < abs(after[symbol] / before[symbol] - 1) <= Decimal("0.0011") for symbol in before)
    asker.exchange.walk(0, SECOND, asker.now)
    asker.run(10 * SECOND)
    assert {symbol: market.prices(symbol).last for symbol in before} == after


def test_a_stop_refusal_means_the_placing_of_stops() -> None:
    """Without a call named, a stop refusal means placing a stop, and leaves orders alone."""
    asker = planned(fault="stop_refused", code=-2021, text="Order would immediately trigger.")
    assert asker.buy().status == 200
    reply = asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000")
    assert (reply.status, reply.body) == (400, b"-2021 Order would immediately trigger.")
    assert asker.exchange.book.open_stops("a", None) == []


def test_an_edited_reply_lacks_or_bears_what_the_plan_says() -> None:
    """A field is taken out, emptied or given another type; an edit that finds nothing has not fired."""
    asker = planned(fault="reply_edit", call="order.get", path="*.side")
    asker.buy(id="x")
    [order] = msgspec.json.decode(asker.ask("order.get", id="x").body)
    assert "side" not in order
    assert fired(asker) == ["reply_edit"]
    asker = planned(fault="reply_edit", call="order.get", path="0.quantity", value=0)
    asker.ask("order.get", id="x")
    assert fired(asker) == []
    asker.buy(id="x")
    assert msgspec.json.decode(asker.ask("order.get", id="x").body)[0]["quantity"] == 0
    asker = planned(fault="reply_edit", call="order.get", value=[])
    asker.buy(id="x")
    assert asker.ask("order.get", id="x").body == b"[]"


def test_an_edited_frame_is_no_frame_without_json() -> None:
    """The plain stream of this test speaks no JSON, so an edit of a field changes nothing."""
    asker = listening(planned(fault="stream_edit", call="stream.order", path="o.X", value="NEW"))
    asker.buy(quantity="0.010", id="x")
    assert frames(asker) == ["order x NEW 0", "order x FILLED 0.010", "position 0.010"]
    assert fired(asker) == []


def test_a_thin_book_has_fired_when_an_order_takes_something_else_for_it() -> None:
    """A thousand levels of the usual worth change nothing, one of 20 does, and so does an empty one."""
    for levels, notional, expected in ((1_000, 250_000, []), (1, 20, ["book_depth"]), (0, 250_000, ["book_depth"])):
        asker = planned(fault="book_depth", call="order.create", nth=1, levels=levels, notional=notional)
        asker.buy(quantity="0.010")
        assert fired(asker) == expected


def test_the_engine_may_reject_a_stop_that_fires() -> None:
    """The stop ends REJECTED with a text, and the position stands bare."""
    asker = planned(fault="stop_rejected", account="a", symbol="BTCUSDT")
    asker.buy()
    asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000", id="s")
    asker.exchange.set_price("BTCUSDT", asker.now, mark=Decimal(105900))
    asker.run(SECOND)
    [stop] = asker.exchange.book.stops_named("a", "s")
    assert (stop.status, stop.fail_text) == (StopStatus.REJECTED, "Order rejected")
    assert held(asker) > 0


def test_rules_modes_depth_and_balance_change_between_two_calls() -> None:
    """What the world changes is in force for the next call, and says so; of a thin book only an order does."""
    asker = Asker(box())
    changes: list[dict[str, object]] = [
        {"fault": "filters_changed", "tick": "1", "step": "0.1"},
        {"fault": "book_depth", "levels": 0},
        {"fault": "mode_flipped"},
        {"fault": "balance_changed", "amount": "-9000"},
    ]
    for change in changes:
        asker.exchange.faults.add(parse({**change, "call": "order.create", "nth": 1}))
    assert asker.buy().body == b"quantity_step"
    assert fired(asker) == ["filters_changed", "mode_flipped", "balance_changed"]
    assert asker.exchange.book.market.best("BTCUSDT", Side.BUY) is None
    assert asker.exchange.book.ledger.accounts["a"].hedge
    assert asker.exchange.book.ledger.wallet("a").balance == 1_000


def test_two_replicas_take_turns() -> None:
    """Of two reads in a row the first shows the past and the second the present, again and again."""
    asker = planned(fault="replicas_disagree", call="positions.get", ms=60_000)
    asker.buy(quantity="0.010")
    shown = [b'"0.010"' in asker.ask("positions.get", symbol="BTCUSDT").body for _ in range(4)]
    assert shown == [False, True, False, True]
    assert fired(asker) == ["replicas_disagree"] * 2


def test_a_symbol_is_left_out_of_a_read() -> None:
    """The rows of the named symbol are missing, those of another are there."""
    asker = planned(fault="symbol_omitted", call="stops.open", omits="BTCUSDT")
    for symbol, trigger in (("BTCUSDT", "106000"), ("ETHUSDT", "1000")):
        asker.buy(symbol, "0.10")
        asker.ask("stop.create", symbol=symbol, side="SELL", trigger=trigger, id=f"on-{symbol}")
    body = asker.ask("stops.open").body
    assert b"on-BTCUSDT" not in body
    assert b"on-ETHUSDT" in body


def test_a_read_gives_a_filled_order_another_end() -> None:
    """An order that filled is shown as expired with nothing filled."""
    asker = planned(fault="wrong_status", call="order.get", ended="EXPIRED", nth=1)
    asker.buy(id="x")
    shown = [msgspec.json.decode(asker.ask("order.get", id="x").body)[0]["status"] for _ in range(2)]
    assert shown == ["EXPIRED", "FILLED"]


def test_maintenance_refuses_every_call_and_every_connection() -> None:
    """Nothing is carried out, whatever is asked, and a handshake is turned away until it is over."""
    asker = planned(fault="maintenance", until=SECOND)
    assert asker.buy().body == b"-1016 This service is no longer available."
    asker.exchange.connect(1, "/stream", (), asker.now)
    assert [output.status for output in asker.run(MS) if isinstance(output, Rejected)] == [503]
    asker.run(SECOND)
    listening(asker)
    assert asker.buy().status == 200


def test_a_mute_subscription_answers_and_says_no_more_until_the_next_connection() -> None:
    """The first frame and all after it are swallowed; what the client sends is answered; a new connection hears."""
    asker = listening(planned(fault="stream_mute", call="stream.order", nth=1))
    asker.buy(quantity="0.010", id="x")
    assert frames(asker) == ["position 0.010"]
    asker.exchange.frame(1, "a", asker.now)
    asker.run(MS)
    assert frames(asker)[-1] == "hello a"
    assert asker.exchange.answers(1)
    asker.exchange.disconnect(1, asker.now)
    listening(asker)
    asker.buy(quantity="0.010", id="y")
    assert "order y FILLED 0.010" in frames(asker)


def test_a_half_open_connection_stands_and_nothing_passes() -> None:
    """Frames are lost both ways, and not even a ping of the protocol's own comes back."""
    asker = listening(planned(fault="stream_half_open", call="stream.order", nth=1))
    asker.buy()
    asker.exchange.frame(1, "a", asker.now)
    asker.run(SECOND)
    assert frames(asker) == []
    assert not asker.exchange.answers(1)
    assert "stream_half_open" in fired(asker)
    asker.exchange.faults.clear()
    asker.sell()
    assert frames(asker) == []


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_the_owner_moves_a_stop_by_hand(venue: str) -> None:
    """The live stop stands elsewhere: amended, or taken out and set anew."""
    asker = planned(venue, fault="stop_moved", call="positions.get", nth=1, pct="-2")
    asker.buy(stop_loss="60000")
    if venue == "binance":
        asker.ask("stop.create", symbol="BTCUSDT", side="SELL", trigger="60000", id="s")
    asker.ask("positions.get", symbol="BTCUSDT")
    [stop] = [one for one in asker.exchange.book.open_stops("a", "BTCUSDT") if one.status is StopStatus.LIVE]
    assert stop.trigger == Decimal(58800)
    assert fired(asker) == ["stop_moved"]


def test_a_mode_is_not_flipped_while_a_position_is_open() -> None:
    """The venue refuses another hand's change of mode under a position, so that the fault has not fired."""
    asker = planned(fault="mode_flipped", call="positions.get", nth=1)
    asker.buy()
    asker.ask("positions.get", symbol="BTCUSDT")
    assert fired(asker) == []
    assert not asker.exchange.book.ledger.accounts["a"].hedge


def test_a_mode_is_not_flipped_between_an_order_and_its_match() -> None:
    """Taken and not matched yet, it is an open order: the venue refuses then too."""
    asker = Asker(box(match_latency_us="5000"))
    asker.exchange.faults.add(parse({"fault": "mode_flipped", "call": "order.create", "nth": 1, "ms": 1}))
    asker.buy()
    assert (fired(asker), held(asker) > 0) == ([], True)
    assert not asker.exchange.book.ledger.accounts["a"].hedge


def test_a_world_fault_beside_a_call_counts_from_its_arrival_at_the_venue() -> None:
    """With 25 ms on the way, a stop that vanishes 5 ms after its placing has been there for 5 ms."""
    asker = Asker(box(latency_us="25000"))
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id="x")
    asker.run(SECOND)
    asker.exchange.faults.add(parse({"fault": "stop_vanishes", "call": "stop.create", "ms": 5}))
    begun = asker.now
    asker.send("stop.create", symbol="BTCUSDT", side="SELL", trigger="106000", id="s")
    asker.run(SECOND)
    [fired] = asker.exchange.faults.fired
    assert fired.at == begun + 30 * MS
