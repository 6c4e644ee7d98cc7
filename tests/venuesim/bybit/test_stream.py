"""The private and the public socket: logging in, topics, what is told and what is not (bybit.md 2.1, 2.3)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.venuesim.bybit.box import KEY, SYMBOL, Box, order_values
from venuesim.dialects.bybit.auth import socket_signature
from venuesim.facts import Side

STOPPED = {"stopLoss": "0.0013000", "slTriggerBy": "MarkPrice", "tpslMode": "Full"}
ALL = ("order", "execution", "position", "wallet")


def listening(*topics: str, **switches: Any) -> Box:
    """A box with a logged-in socket 1 on these topics."""
    box = Box(**switches)
    box.listen(*(topics or ALL))
    return box


def rows(box: Box, topic: str) -> list[Any]:
    """Every row of a topic's messages, in order."""
    return [row for said in box.heard(topic) for row in said["data"]]


def test_login_subscribe_and_ping_are_answered_in_the_private_dialect() -> None:
    """success, ret_msg, conn_id and the request's own id, number or text; the pong has its time in args."""
    box = Box()
    box.connect(1)
    assert box.accepted == [1]
    answer = box.login(1)
    assert (answer["success"], answer["ret_msg"], answer["op"]) == (True, "", "auth")
    (subscribed,) = box.say(1, op="subscribe", req_id=7, args=["order"])
    assert (subscribed["success"], subscribed["req_id"], subscribed["op"]) == (True, 7, "subscribe")
    assert subscribed["conn_id"] == answer["conn_id"]
    (pong,) = box.say(1, op="ping", req_id="a")
    assert (pong["op"], pong["req_id"], len(pong["args"])) == ("pong", "a", 1)


def test_an_expiry_may_be_a_text_or_a_number_and_must_lie_ahead() -> None:
    """ccxt sends a text, pybit allows one second; the past and a wrong signature are refused."""
    box = Box()
    box.connect(1)
    expires = box.now // 1000 + 1000
    assert box.say(1, op="auth", args=[KEY, str(expires), socket_signature("testsecret", expires)])[0]["success"]
    assert not box.login(1, skew_ms=-1)["success"]
    assert not box.login(1, secret="other")["success"]
    assert not box.say(1, op="auth", args=[KEY])[0]["success"]


@pytest.mark.parametrize(
    ("topics", "text"),
    [
        (["order", "position.linear"], "Params Error: all-in-one and categorised topics in one request"),
        (["nonsense"], "error:handler not found,topic:nonsense"),
        (["order"] * 11, "args size >10"),
        ([], "Params Error: args is required"),
    ],
)
def test_topics_that_cannot_be_had_are_refused(topics: list[str], text: str) -> None:
    """success false and a reason; nothing is subscribed."""
    box = Box()
    box.connect(1)
    assert box.say(1, op="subscribe", args=["order"])[0]["ret_msg"] == "Request not authorized"
    box.login(1)
    answer = box.say(1, op="subscribe", args=topics)[0]
    assert (answer["success"], answer["ret_msg"]) == (False, text)
    box.order()
    assert box.heard("order") == []


def test_nothing_is_told_on_subscribing_and_nothing_again_after_a_reconnect() -> None:
    """Updates only: no snapshot, no replay."""
    box = Box()
    box.order(**STOPPED)
    box.listen(*ALL)
    box.wait(1_000_000)
    assert [name for _, name, _ in box.frames if name in ALL] == []
    box.exchange.disconnect(1, box.now)
    box.order()
    box.listen(*ALL, conn=2)
    assert [name for _, name, _ in box.frames if name in ALL] == []


def test_a_market_fill_is_told_by_four_topics_that_share_one_sequence() -> None:
    """One Filled without a New before it; id of order and execution is uid, symbol, seq; the position has the seq."""
    box = listening(*ALL, "execution.fast")
    placed = box.order(orderLinkId="one")
    (order,) = [row for row in rows(box, "order") if row["orderId"] == placed["orderId"]]
    fills = rows(box, "execution")
    assert (order["orderStatus"], order["orderLinkId"], order["category"], order["cumExecQty"]) == (
        "Filled", "one", "linear", "10000",
    )  # fmt: skip
    seq = fills[-1]["seq"]
    uid = box.exchange.book.ledger.accounts["main"].uid
    assert {said["id"] for topic in ("order", "execution") for said in box.heard(topic)} == {f"{uid}_{SYMBOL}_{seq}"}
    position = rows(box, "position")[-1]
    assert (position["seq"], position["size"], position["side"]) == (seq, "10000", "Buy")
    assert "avgPrice" not in position
    assert Decimal(position["entryPrice"]) > 0
    fast = box.heard("execution.fast")[0]
    assert "id" not in fast
    assert (fast["data"][0]["seq"], fast["data"][0]["orderLinkId"]) == (seq, "one")
    assert Decimal(rows(box, "wallet")[-1]["totalWalletBalance"]) < 10_000


def test_a_position_message_is_sent_on_every_order_action() -> None:
    """The create of a market order pushes the flat position before the fill pushes the real one."""
    box = listening("position")
    box.order()
    sizes = [row["size"] for row in rows(box, "position")]
    assert (sizes[0], sizes[-1]) == ("0", "10000")
    quiet = listening("position", extra_position_push="no")
    quiet.order()
    assert "0" not in [row["size"] for row in rows(quiet, "position")]


def test_a_market_order_may_be_told_as_new_first() -> None:
    """Recordings show no New; the switch shows one."""
    for answer, expected in (("no", ["Filled"]), ("yes", ["New", "Filled"])):
        box = listening("order", new_before_filled=answer)
        box.order()
        assert [row["orderStatus"] for row in rows(box, "order")] == expected


def test_the_child_is_told_as_an_untriggered_order_in_a_message_of_its_own() -> None:
    """Its id is no match id, its link id is empty, its parent is the entry."""
    box = listening("order", "position")
    box.order(orderLinkId="entry", **STOPPED)
    child = box.heard("order")[-1]
    assert child["id"].count("-") == 4
    (row,) = child["data"]
    assert (row["orderStatus"], row["stopOrderType"], row["orderLinkId"], row["parentOrderLinkId"]) == (
        "Untriggered", "StopLoss", "", "entry",
    )  # fmt: skip
    assert rows(box, "position")[-1]["stopLoss"] == "0.0013"


def test_the_closing_message_has_the_cleared_child_before_the_filled_order() -> None:
    """Deactivated, CancelByTpSlTsClear, then Filled, in one message."""
    box = listening("order", "position")
    box.order(**STOPPED)
    box.order("Sell", reduceOnly=True)
    cleared, filled = box.heard("order")[-1]["data"]
    assert (cleared["orderStatus"], cleared["cancelType"], cleared["leavesQty"]) == (
        "Deactivated", "CancelByTpSlTsClear", "0",
    )  # fmt: skip
    assert (filled["orderStatus"], filled["side"]) == ("Filled", "Sell")
    flat = rows(box, "position")[-1]
    assert (flat["size"], flat["side"], flat["stopLoss"]) == ("0", "", "0")


def test_a_fired_stop_is_told_as_triggered_and_then_filled_under_one_id() -> None:
    """Untriggered, Triggered, Filled: the same order all the way."""
    box = listening("order", "execution")
    box.order(**STOPPED)
    box.price("0.0012900")
    box.wait()
    child = [row for row in rows(box, "order") if row["stopOrderType"] == "StopLoss"]
    assert [row["orderStatus"] for row in child] == ["Untriggered", "Triggered", "Filled"]
    assert len({row["orderId"] for row in child}) == 1
    fill = rows(box, "execution")[-1]
    assert (fill["orderId"], fill["stopOrderType"], fill["createType"]) == (
        child[0]["orderId"], "StopLoss", "CreateByStopLoss",
    )  # fmt: skip


def test_moving_and_cancelling_a_resting_order_and_a_stop_are_told() -> None:
    """New and Cancelled for the order; the moved child stays Untriggered with its new trigger."""
    box = listening("order")
    box.order(orderType="Limit", price="0.0013900", timeInForce="GTC", orderLinkId="rest")
    box.post("/v5/order/cancel", symbol=SYMBOL, orderLinkId="rest")
    box.wait()
    assert [row["orderStatus"] for row in rows(box, "order")] == ["New", "Cancelled"]
    box.order(**STOPPED)
    box.post("/v5/position/trading-stop", symbol=SYMBOL, tpslMode="Full", stopLoss="0.00135", slTriggerBy="MarkPrice")
    box.wait()
    last = rows(box, "order")[-1]
    assert (last["orderStatus"], last["triggerPrice"]) == ("Untriggered", "0.00135")


def test_a_cancel_that_races_a_fill_may_be_acknowledged_and_told_as_filled_again() -> None:
    """The second Filled has a cancel type and a reason and is no second fill; or the cancel is refused."""
    box = listening("order", "execution", cancel_race="acknowledged")
    placed = box.post("/v5/order/create", **order_values())
    box.wait(4_000)
    assert box.post("/v5/order/cancel", symbol=SYMBOL, orderId=placed["orderId"]) == placed
    box.wait()
    first, second = rows(box, "order")
    assert (first["orderStatus"], first["cancelType"]) == ("Filled", "UNKNOWN")
    assert (second["orderStatus"], second["cancelType"], second["rejectReason"]) == (
        "Filled", "CancelByUser", "EC_OrigClOrdIDDoesNotExist",
    )  # fmt: skip
    assert len(box.heard("execution")) == 1
    plain = Box()
    placed = plain.post("/v5/order/create", **order_values())
    plain.wait(4_000)
    assert plain.refused("/v5/order/cancel", symbol=SYMBOL, orderId=placed["orderId"])[0] == 110001


def test_a_change_of_leverage_repeats_the_last_sequence() -> None:
    """A settings change is a position message that carries no new seq; a symbol never traded has -1."""
    box = listening("position")
    box.post("/v5/position/set-leverage", symbol=SYMBOL, buyLeverage="7", sellLeverage="7")
    box.wait()
    row = rows(box, "position")[-1]
    assert (row["leverage"], row["seq"], row["size"]) == ("7", -1, "0")


def test_another_hand_has_no_link_id_and_is_told_all_the_same() -> None:
    """What the owner does by hand is on the stream as well."""
    box = listening("execution")
    box.exchange.trade_by_hand("main", SYMBOL, Side.BUY, Decimal(5000), box.now)
    box.wait()
    assert [(row["orderLinkId"], row["execQty"]) for row in rows(box, "execution")] == [("", "5000")]


def test_an_account_hears_only_itself_and_only_its_topics() -> None:
    """Another account's order is not told, and categorised topics work alone."""
    box = Box()
    box.exchange.open_account("other", key="k2", secret="s2", balance=Decimal(100))
    box.listen("order.linear")
    box.exchange.trade_by_hand("other", SYMBOL, Side.BUY, Decimal(1000), box.now)
    box.wait()
    assert box.heard("order") == []
    box.order()
    assert len(box.heard("order")) == 1
    assert box.heard("position") == []


def test_a_silent_socket_is_cut_and_a_ping_keeps_it() -> None:
    """Ten minutes, or what it asked for."""
    box = Box()
    box.connect(1, "/v5/private?max_active_time=30s")
    box.wait(20_000_000)
    box.say(1, op="ping")
    box.wait(20_000_000)
    assert box.hangups == []
    box.wait(11_000_000)
    assert [hangup.conn for hangup in box.hangups] == [1]


def test_a_frame_that_is_no_json_is_answered_and_an_unknown_path_is_no_socket() -> None:
    """The socket stays open; 404 for a path that is not there."""
    box = Box()
    box.connect(1)
    box.exchange.frame(1, "{", box.now)
    box.wait(1_000)
    assert box.frames[-1][2]["success"] is False
    box.connect(2, "/v5/nothing")
    assert [(rejected.conn, rejected.status) for rejected in box.rejected] == [(2, 404)]


def test_the_public_ticker_is_a_snapshot_and_then_only_what_changed() -> None:
    """The delta has the symbol and the new prices; the public pong is another one than the private."""
    box = Box()
    box.connect(3, "/v5/public/linear")
    said = box.say(3, op="subscribe", req_id="t", args=[f"tickers.{SYMBOL}"])
    assert (said[0]["success"], said[0]["ret_msg"]) == (True, "subscribe")
    assert (said[1]["type"], said[1]["data"]["markPrice"]) == ("snapshot", "0.0014000")
    box.price("0.0014100", last="0.0014000")
    box.wait()
    delta = box.frames[-1][2]
    assert delta["type"] == "delta"
    assert delta["data"]["markPrice"] == "0.0014100"
    assert "lastPrice" not in delta["data"]
    (pong,) = box.say(3, op="ping", req_id="p")
    assert (pong["success"], pong["ret_msg"], pong["op"], pong["req_id"]) == (True, "pong", "ping", "p")
    assert box.say(3, op="subscribe", args=["tickers.NOPE"])[0]["success"] is False


def test_the_same_seed_sends_the_same_bytes() -> None:
    """Ids and all: two boxes that live the same life send the same frames."""

    def life() -> str:
        box = listening(*ALL, lag="venue")
        box.order(orderLinkId="entry", **STOPPED)
        box.price("0.0012900")
        box.wait(2_000_000)
        return json.dumps(box.frames)

    assert life() == life()


def test_an_entry_refused_for_its_stop_is_not_told_at_all() -> None:
    """A synchronous refusal leaves no trace on the stream."""
    box = listening()
    box.refused("/v5/order/create", **order_values(stopLoss="0.0015"))
    box.wait()
    assert [name for _, name, _ in box.frames if name in ALL] == []
