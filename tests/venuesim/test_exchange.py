"""The edge of the box: answers, streams, time, and the same bytes for the same inputs."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal

import pytest

from tests.venuesim.plain import MS, SECOND, START, Asker, PlainDialect, box
from venuesim.exchange import Exchange
from venuesim.facts import Side
from venuesim.wire import Accepted, Answer, Frame, Rejected, Request

COURSE = """
from tests.venuesim.plain import Asker, box, SECOND
asker = Asker(box(lag="venue"))
asker.exchange.walk(20, 100_000, asker.now)
asker.exchange.connect(1, "/stream", (), asker.now)
asker.exchange.frame(1, "a", asker.now)
for number in range(20):
    asker.ask("order.create", symbol="SOLUSDT", side="BUY" if number % 3 else "SELL", quantity="3", id=f"x{number}")
    asker.ask("order.get", id=f"x{number}")
    asker.run(SECOND // 3)
print(asker.outputs)
print(list(asker.exchange.history))
print(asker.exchange.judge())
"""


def test_an_answer_comes_out_of_advance_and_not_before() -> None:
    """A request is answered at its instant, through `advance`; `next_wake` announces it."""
    exchange = box()
    exchange.request(1, Request("POST", "/order.get?account=a&id=x"), START)
    assert exchange.next_wake() == START
    [answer] = exchange.advance(START)
    assert isinstance(answer, Answer)
    assert (answer.key, answer.reply.body) == (1, b"[]")
    assert exchange.next_wake() is None


def test_latency_counts_both_ways() -> None:
    """With 25 ms of latency the order reaches the venue after 25 ms and the answer comes after 50."""
    asker = Asker(box(latency_us="25000"))
    asker.send("order.create", symbol="BTCUSDT", side="BUY", quantity="0.01", id="x")
    asker.run(49 * MS)
    assert asker.outputs == []
    asker.run(1 * MS)
    assert [at for at, _ in asker.outputs] == [START + 50 * MS]
    assert asker.exchange.book.orders_named("a", "x")[0].created_at == START + 25 * MS


def test_a_stream_tells_what_happens_while_it_stands() -> None:
    """Frames come while the connection is open and are lost when it is not; nothing is replayed."""
    asker = Asker(box())
    asker.exchange.connect(1, "/stream", (), asker.now)
    asker.exchange.connect(2, "/elsewhere", (), asker.now)
    asker.exchange.frame(1, "a", asker.now)
    assert asker.run(0) == [Accepted(1), Rejected(2, 404), Frame(1, "hello a")]
    asker.buy(id="x")
    assert Frame(1, "order x NEW 0") in [output for _, output in asker.outputs]
    asker.exchange.disconnect(1, asker.now)
    asker.outputs.clear()
    asker.buy(id="y")
    assert [output for _, output in asker.outputs if isinstance(output, Frame)] == []


def test_frames_of_one_topic_never_overtake_each_other() -> None:
    """Even with drawn lags an order's NEW comes before its FILLED."""
    asker = Asker(box(lag="venue"))
    asker.exchange.connect(1, "/stream", (), asker.now)
    asker.exchange.frame(1, "a", asker.now)
    for number in range(50):
        asker.buy("ETHUSDT", "0.01", id=f"x{number}")
    asker.run(SECOND)
    told = [o.text for _, o in asker.outputs if isinstance(o, Frame) and o.text.startswith("order")]
    assert told == [f"order x{n} {what}" for n in range(50) for what in ("NEW 0", "FILLED 0.010")]


def test_time_never_runs_backwards() -> None:
    """An instant before the last one counts as the last one."""
    asker = Asker(box())
    asker.run(SECOND)
    order = asker.exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.01"), START)
    assert order.created_at == START + SECOND


def test_a_hand_trades_whole_steps() -> None:
    """Half of an odd position is no quantity that a venue takes: what is traded is cut to the step."""
    asker = Asker(box())
    order = asker.exchange.trade_by_hand("a", "BTCUSDT", Side.BUY, Decimal("0.0135"), asker.now)
    assert order.filled == Decimal("0.013")


def test_the_log_tells_each_request_and_what_became_of_it() -> None:
    """Call, account, symbol, client id, times and the reply stand in one line."""
    asker = Asker(box())
    asker.buy(id="x")
    [entry] = asker.exchange.log
    assert (entry.call, entry.account, entry.symbol, entry.client_id) == ("order.create", "a", "BTCUSDT", "x")
    assert (entry.outcome, entry.status, entry.answered_at) == ("answered", 200, START)
    assert "NEW" in entry.reply


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"venue": "kraken"}, "expected one of binance, bybit, got 'kraken'"),
        ({"switches": {"binance.result_replay": "new"}}, "the nearest is binance.result_reply"),
        ({"switches": {"lag": "huge"}}, "switch lag: expected one of 'venue', 'none', got 'huge'"),
        ({"symbols": ["BTCUSDT", "NOSUCH"]}, "expected names of the binance catalogue, got NOSUCH"),
    ],
)
def test_a_box_that_cannot_be_is_refused_in_words(wrong: dict[str, object], words: str) -> None:
    """Unknown venue, switch, answer or symbol: each says what was expected and what came."""
    made: dict[str, object] = {"venue": "binance", "seed": 1, "start": START, "dialect": PlainDialect, **wrong}
    venue = made.pop("venue")
    with pytest.raises(ValueError, match=words):
        Exchange(venue, **made)  # type: ignore[arg-type]  # the wrong types are the point


def test_both_catalogues_hold_what_was_asked_of_them() -> None:
    """At least twenty symbols a venue, the two of the founding incidents among them, each with sound rules."""
    for venue, founding in (("binance", "VELVETUSDT"), ("bybit", "1000000BABYDOGEUSDT")):
        instruments = Exchange(venue, seed=1, start=START, dialect=PlainDialect).instruments
        assert len(instruments) >= 20
        assert founding in instruments
        for rules in instruments.values():
            assert rules.start_price % rules.tick == 0
            assert rules.min_quantity % rules.step == 0
            assert rules.market_max_quantity % rules.step == 0
            assert rules.min_price <= rules.start_price <= rules.max_price
            floors = [step.floor for step in rules.brackets]
            assert floors == sorted(floors)
            assert all(
                bracket.cum >= 0 and bracket.cap > bracket.floor and 0 < bracket.maintenance_rate <= 1
                for bracket in rules.brackets
            )


def test_the_same_inputs_give_the_same_bytes_in_another_process_with_another_hash_seed() -> None:
    """A course with drawn lags, a walk and streams prints the same outputs, history and verdict."""
    printed = []
    for hash_seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", COURSE],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        )
        printed.append(run.stdout)
    assert printed[0] == printed[1]
    assert len(printed[0]) > 10_000
