"""The user stream and the mark-price stream as a client hears them (binance.md 3)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.venuesim.binance.box import KEY, SYMBOL, Box, stop_values
from venuesim.faults import Fault
from venuesim.market import Depth
from venuesim.wire import Request

HOUR = 3_600_000_000


def listening(target: str = "/private/ws/{key}", **switches: str) -> tuple[Box, str]:
    """A box with connection 1 open on the account's key."""
    box = Box(switches)
    key = box.listen()
    box.connect(1, target.format(key=key))
    return box, key


def test_a_market_order_is_heard_as_new_then_account_then_trade() -> None:
    """NEW, then TRADE_LITE and ACCOUNT_UPDATE before the fill's ORDER_TRADE_UPDATE (3.2)."""
    box, _ = listening()
    placed = box.order(newClientOrderId="one")
    assert box.heard(1) == ["ORDER_TRADE_UPDATE", "TRADE_LITE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]
    new, done = box.event("ORDER_TRADE_UPDATE")["o"], box.event("ORDER_TRADE_UPDATE", 1)["o"]
    assert (new["x"], new["X"], new["t"], new["c"], new["z"]) == ("NEW", "NEW", 0, "one", "0")
    assert "N" not in new
    assert (done["x"], done["X"], done["z"], done["i"]) == ("TRADE", "FILLED", "27", placed["orderId"])
    assert (done["f"], done["p"], done["N"], done["R"], done["er"]) == ("GTC", "0", "USDT", False, "0")
    account = box.event("ACCOUNT_UPDATE")
    position = account["a"]["P"][0]
    assert (position["s"], position["pa"], position["mt"], position["ma"]) == (SYMBOL, "-27", "cross", "USDT")
    assert account["a"]["m"] == "ORDER"
    assert Decimal(account["a"]["B"][0]["wb"]) < 10_000
    assert account["T"] == box.event("ORDER_TRADE_UPDATE", 1)["T"]


def test_trade_lite_can_be_switched_off() -> None:
    """Without TRADE_LITE the fill is told by ORDER_TRADE_UPDATE alone."""
    box, _ = listening(trade_lite="no")
    box.order()
    assert box.heard(1) == ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"]


@pytest.mark.parametrize(("answer", "last"), [("yes", ["FINISHED"]), ("no", ["TRIGGERED", "FINISHED"])])
def test_a_stop_is_heard_live_fired_and_finished(answer: str, last: list[str]) -> None:
    """ALGO_UPDATE tells NEW, TRIGGERING and the end; the child's fill comes before TRIGGERED or after it (3.2)."""
    box, _ = listening(child_fill_first=answer)
    box.order()
    placed = box.stop(clientAlgoId="guard")
    box.exchange.set_price(SYMBOL, mark=Decimal("0.23"), last=Decimal("0.23"), now=box.now)
    box.wait(100_000)
    stops = [event["o"] for _, name, event in box.frames if name == "ALGO_UPDATE"]
    assert [stop["X"] for stop in stops][:2] == ["NEW", "TRIGGERING"]
    assert [stop["X"] for stop in stops][-len(last) :] == last
    live, done = stops[0], stops[-1]
    assert (live["caid"], live["aid"], live["ai"], live["f"]) == ("guard", placed["algoId"], "", "GTE_GTC")
    assert (live["q"], live["cp"], live["R"], live["wt"]) == ("0", True, True, "MARK_PRICE")
    assert "rm" not in live
    assert (done["act"], done["aq"]) == ("MARKET", "27")
    child = [event["o"] for _, name, event in box.frames if name == "ORDER_TRADE_UPDATE"][-1]
    assert (child["c"], child["X"], str(child["i"]), child["ot"]) == ("guard", "FILLED", done["ai"], "STOP_MARKET")


def test_a_closed_positions_stop_is_heard_expired() -> None:
    """GTE_GTC ends EXPIRED when the position closes (4.4)."""
    box, _ = listening()
    box.order()
    box.stop()
    box.order("BUY", reduceOnly="true")
    box.wait(1_000_000)
    assert [event["o"]["X"] for _, name, event in box.frames if name == "ALGO_UPDATE"] == ["NEW", "EXPIRED"]


def test_a_market_order_into_a_thin_book_ends_expired_with_er_9() -> None:
    """A MARKET order may end EXPIRED and hold a position (4.5)."""
    box, _ = listening()
    box.exchange.set_depth(SYMBOL, Depth(levels=1, notional=Decimal(10)))
    box.order(quantity="1000")
    last = box.event("ORDER_TRADE_UPDATE", 2)["o"]
    assert (last["x"], last["X"], last["er"]) == ("EXPIRED", "EXPIRED", "9")
    assert 0 < Decimal(last["z"]) < 1000


@pytest.mark.parametrize("target", ["/private/ws/bogus", "/ws/{key}", "/market/ws/{key}", "/private/ws"])
def test_an_open_socket_proves_nothing(target: str) -> None:
    """A bogus key, an unrouted or wrongly routed address and no key at all: open and mute (3.1)."""
    box, _ = listening(target)
    box.order()
    assert box.heard(1) == []


def test_the_unrouted_address_delivers_on_the_testnet_by_switch() -> None:
    """The testnet still delivered on /ws/<listenKey> (1.1)."""
    box, _ = listening("/ws/{key}", unrouted_stream="deliver")
    box.order()
    assert "ACCOUNT_UPDATE" in box.heard(1)


def test_an_unknown_address_is_not_accepted() -> None:
    """Anything but the venue's addresses is refused at the handshake."""
    box = Box()
    box.exchange.connect(1, "/nowhere", (), box.now)
    box.wait(0)
    assert box.accepted == []


def test_events_can_be_chosen_in_the_address() -> None:
    """events=... limits what one key's connection hears (3.1)."""
    box, _ = listening("/private/ws?listenKey={key}&events=ACCOUNT_UPDATE/ALGO_UPDATE")
    box.order()
    assert box.heard(1) == ["ACCOUNT_UPDATE"]


def test_the_combined_address_wraps_each_frame() -> None:
    """/private/stream sends {"stream", "data"} (3.1)."""
    box, key = listening("/private/stream?listenKey={key}&events=ACCOUNT_UPDATE")
    box.order()
    wrapped = box.frames[-1][2]
    assert (wrapped["stream"], wrapped["data"]["e"]) == (key, "ACCOUNT_UPDATE")


def test_subscribing_by_frame_is_answered_and_works() -> None:
    """SUBSCRIBE with a key on the private path is answered with its id and then heard (3.1)."""
    box, key = listening("/private/ws")
    box.exchange.frame(1, json.dumps({"method": "SUBSCRIBE", "params": [key], "id": 9}), box.now)
    box.wait(0)
    assert box.frames[-1][2] == {"result": None, "id": 9}
    box.order()
    assert "ACCOUNT_UPDATE" in box.heard(1)
    box.exchange.frame(1, json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": 10}), box.now)
    box.wait(0)
    assert box.frames[-1][2] == {"result": [key], "id": 10}
    for text, code in (("{", 3), ('{"method":"DANCE","id":1}', 2)):
        box.exchange.frame(1, text, box.now)
        box.wait(0)
        assert box.frames[-1][2]["error"]["code"] == code


def test_a_lapsed_key_is_announced_and_then_mute() -> None:
    """After 60 minutes listenKeyExpired comes, the socket stays open and says nothing more (3.1)."""
    box, key = listening()
    box.wait(HOUR + 1)
    assert box.heard(1) == ["listenKeyExpired"]
    assert box.event("listenKeyExpired")["listenKey"] == key
    box.order()
    assert box.heard(1) == ["listenKeyExpired"]
    assert box.hangups == []


def test_a_key_can_be_made_to_lapse_before_its_time() -> None:
    """The fault `key_expired` announces the end of the key long before the hour is over, and the socket goes mute."""
    box, _ = listening()
    box.exchange.faults.add(Fault(fault="key_expired", call="order.create", nth=1))
    box.order()
    assert box.heard(1)[0] == "listenKeyExpired"
    heard = len(box.heard(1))
    box.order()
    assert len(box.heard(1)) == heard


def test_an_extended_key_lives_on() -> None:
    """PUT gives 60 more minutes."""
    box, _ = listening()
    box.wait(HOUR - 1_000_000)
    box.raw(Request("PUT", "/fapi/v1/listenKey", (("X-MBX-APIKEY", KEY),)))
    box.wait(HOUR - 1_000_000)
    box.order()
    assert "ACCOUNT_UPDATE" in box.heard(1)


def test_deleting_the_key_silences_every_connection() -> None:
    """One process's DELETE makes its sisters deaf (1.4)."""
    box, key = listening()
    box.connect(2, f"/private/ws/{key}")
    box.raw(Request("DELETE", "/fapi/v1/listenKey", (("X-MBX-APIKEY", KEY),)))
    box.order()
    assert box.frames == []


def test_every_connection_is_cut_after_a_day() -> None:
    """24 hours, whatever happens on it (3.1)."""
    box, _ = listening()
    box.wait(24 * HOUR)
    assert [(one.conn, one.code) for one in box.hangups] == [(1, 1001)]


def test_a_new_leverage_is_told() -> None:
    """ACCOUNT_CONFIG_UPDATE carries symbol and leverage (3.3)."""
    box, _ = listening()
    box.call("POST", "/fapi/v1/leverage", symbol=SYMBOL, leverage=3)
    box.wait(50_000)
    assert box.heard(1) == ["ACCOUNT_CONFIG_UPDATE"]
    assert box.event("ACCOUNT_CONFIG_UPDATE")["ac"] == {"s": SYMBOL, "l": 3}


def test_mark_prices_come_each_second_to_who_subscribed() -> None:
    """<symbol>@markPrice@1s comes on every full second and stops with the subscription (3.3)."""
    box = Box()
    stream = f"{SYMBOL.lower()}@markPrice@1s"
    box.connect(1, f"/market/ws/{stream}")
    box.connect(2, f"/market/stream?streams={stream}")
    box.wait(3_000_000)
    assert len([name for name in box.heard(1) if name == "markPriceUpdate"]) == 3
    assert box.event("markPriceUpdate")["p"] == "0.20000000"
    assert {event["stream"] for conn, _, event in box.frames if conn == 2} == {stream}
    box.exchange.frame(1, json.dumps({"method": "UNSUBSCRIBE", "params": [stream], "id": 1}), box.now)
    box.exchange.disconnect(2, box.now)
    box.wait(0)
    heard = len(box.frames)
    box.wait(3_000_000)
    assert len(box.frames) == heard


def test_a_stop_denied_at_its_trigger_says_why() -> None:
    """A quantity stop that fires flat is REJECTED, with the reason in rm (1.9, 4.4)."""
    box, _ = listening()
    box.order()
    box.call("POST", "/fapi/v1/algoOrder", **stop_values(closePosition=None, quantity="27", reduceOnly="true"))
    box.order("BUY", reduceOnly="true")
    box.exchange.set_price(SYMBOL, box.now, mark=Decimal("0.23"), last=Decimal("0.23"))
    box.wait(100_000)
    last = [event["o"] for _, name, event in box.frames if name == "ALGO_UPDATE"][-1]
    assert (last["X"], last["rm"], last["ai"]) == ("REJECTED", "Reduce Only reject", "")


def test_a_deposit_is_told_without_positions() -> None:
    """ACCOUNT_UPDATE with a balance alone (3.3)."""
    box, _ = listening()
    box.exchange.deposit("main", Decimal(5), box.now)
    box.wait(1_000)
    event = box.event("ACCOUNT_UPDATE")["a"]
    assert (event["m"], event["P"], event["B"][0]["wb"]) == ("DEPOSIT", [], "10005.00000000")


def test_a_liquidation_closes_under_the_venues_own_name() -> None:
    """The closing order's client id begins with autoclose- (3.3)."""
    box, _ = listening()
    box.order()
    box.exchange.liquidate("main", SYMBOL, box.now)
    box.wait(100_000)
    last = [event["o"] for _, name, event in box.frames if name == "ORDER_TRADE_UPDATE"][-1]
    assert (last["c"].split("-")[0], last["X"], last["S"]) == ("autoclose", "FILLED", "BUY")
