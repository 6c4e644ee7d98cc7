"""The user data stream, event by event (binance.md 3.1 to 3.3)."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from seawall.model.ids import ClientId, Side, VenueId
from seawall.model.inputs import NOTHING_TOLD, Told
from seawall.model.reports import (
    FillKind,
    FillReport,
    LeverageReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
)
from seawall.model.signal import TriggerBy
from seawall.venues.port import Heard, LinkWord
from tests.venues.binance.given import CAME, CODEC, ENTRY, STOP, VELVET, VENUE_AT, VENUE_MS
from tests.venues.binance.shapes import account_update, algo_update, order_update, position_news, trade_lite

FILLED = OrderReport(
    symbol=VELVET,
    client_id=ENTRY,
    status=OrderStatus.FILLED,
    source=Source.STREAM,
    at=CAME,
    venue_at=VENUE_AT,
    venue_id=VenueId("88937381063"),
    side=Side.SELL,
    quantity=Decimal(27),
    filled=Decimal(27),
    average=Decimal("0.2035"),
    reduce_only=False,
)
FILL = FillReport(
    symbol=VELVET,
    trade_id="5501",
    side=Side.SELL,
    quantity=Decimal(27),
    price=Decimal("0.2035"),
    source=Source.STREAM,
    at=CAME,
    venue_at=VENUE_AT,
    client_id=ENTRY,
    venue_id=VenueId("88937381063"),
    fee=Decimal("0.00274725"),
    profit=Decimal(0),
)
SHORT = PositionReport(
    symbol=VELVET,
    amount=Decimal(-27),
    source=Source.STREAM,
    began_at=CAME,
    at=CAME,
    venue_at=VENUE_AT,
    entry_price=Decimal("0.2035"),
)
LIVE = StopReport(
    symbol=VELVET,
    client_id=STOP,
    status=StopStatus.LIVE,
    source=Source.STREAM,
    at=CAME,
    venue_at=VENUE_AT,
    venue_id=VenueId("1000000033225453"),
    side=Side.BUY,
    trigger=Decimal("0.2155"),
    trigger_by=TriggerBy.MARK,
)


def _hear(frame: object) -> Heard:
    return CODEC.hear(frame if isinstance(frame, str) else json.dumps(frame), CAME)


def _news(frame: object) -> Told:
    heard = _hear(frame)
    assert heard.word is LinkWord.NEWS, heard
    return heard.told


def test_a_fill_is_told_with_its_order() -> None:
    """ORDER_TRADE_UPDATE x=TRADE is the order's state and one trade under our name."""
    assert _news(order_update()) == Told(orders=(FILLED,), fills=(FILL,))


def test_an_order_s_news_without_a_trade_is_no_fill() -> None:
    """Trade id 0 means none; N and n are absent then (3.3)."""
    frame = order_update(x="NEW", X="NEW", l="0", z="0", L="0", ap="0", t=0)
    del frame["o"]["N"], frame["o"]["n"]
    assert _news(frame) == Told(orders=(replace(FILLED, status=OrderStatus.OPEN, filled=Decimal(0), average=None),))


def test_a_market_order_may_expire_with_a_fill() -> None:
    """EXPIRED with a quantity holds a position; why it expired is told (4.5, er 9)."""
    (order,) = _news(order_update(x="EXPIRED", X="EXPIRED", z="11", l="0", t=0, er="9")).orders
    assert (order.status, order.filled, order.reason) == (OrderStatus.EXPIRED, Decimal(11), "er 9")


def test_the_child_of_a_stop_bears_the_stop_s_name() -> None:
    """Its fills come under the clientAlgoId and a new order id (3.2)."""
    told = _news(order_update(c=STOP, i=88937381099, S="BUY", R=True, ot="STOP_MARKET"))
    assert [(order.client_id, order.venue_id, order.reduce_only) for order in told.orders] == [
        (STOP, "88937381099", True)
    ]
    assert [(fill.client_id, fill.side) for fill in told.fills] == [(STOP, Side.BUY)]


@pytest.mark.parametrize(
    ("name", "execution", "kind"),
    [
        ("autoclose-1764000000200", "CALCULATED", FillKind.LIQUIDATION),
        ("autoclose-1764000000200", "TRADE", FillKind.LIQUIDATION),
        ("adl_autoclose", "CALCULATED", FillKind.DELEVERAGING),
        ("settlement_autoclose-1", "TRADE", FillKind.SETTLEMENT),
        ("x-somebody", "CALCULATED", FillKind.LIQUIDATION),
        ("x-somebody", "TRADE", FillKind.TRADE),
    ],
)
def test_what_the_venue_closes_itself_is_told_under_its_name(name: str, execution: str, kind: FillKind) -> None:
    """A liquidation is an order and a fill like any other, under a name that is not ours, and says what it is (3.3)."""
    told = _news(order_update(c=name, x=execution, X="FILLED"))
    assert (told.orders[0].client_id, told.fills[0].client_id) == (ClientId(name), ClientId(name))
    assert (told.orders[0].kind, told.fills[0].kind) == (kind, kind)
    assert _news(trade_lite(c=name)).fills[0].kind is (kind if name != "x-somebody" else FillKind.TRADE)


def test_a_forced_order_without_a_trade_still_says_whose_it_is() -> None:
    """With trade id 0 there is no fill to tell of, but the order's own report is one of a liquidation."""
    told = _news(order_update(c="autoclose-1", x="CALCULATED", X="FILLED", t=0))
    assert [(order.kind, order.filled) for order in told.orders] == [(FillKind.LIQUIDATION, Decimal(27))]
    assert told.fills == ()


def test_the_stream_says_what_a_trade_realised() -> None:
    """rp is the venue's own figure (3.3)."""
    assert _news(order_update(rp="-0.81")).fills[0].profit == Decimal("-0.81")


def test_a_trade_in_brief_is_a_fill() -> None:
    """TRADE_LITE tells the trade before the order's own event, without a fee."""
    assert _news(trade_lite()) == Told(fills=(replace(FILL, fee=None, profit=None),))


def test_a_changed_position_is_told_with_the_time_of_the_change() -> None:
    """ACCOUNT_UPDATE tells changed positions only, signed, under its T (3.3)."""
    assert _news(account_update(position_news(), position_news(pa="0", ep="0"))) == Told(
        positions=(SHORT, replace(SHORT, amount=Decimal(0), entry_price=None))
    )


def test_an_account_update_may_tell_no_position() -> None:
    """Crossed funding has no P; the event proves the stream all the same."""
    frame = account_update()
    del frame["a"]["P"]
    assert _news(frame) == NOTHING_TOLD


def test_a_hedge_side_is_no_net_position() -> None:
    """A row of LONG or SHORT is left out, and named."""
    assert _news(account_update(position_news(ps="LONG"))) == Told(missing=("position.ps=LONG",))


def test_a_stop_s_news_is_a_report() -> None:
    """ALGO_UPDATE NEW under our name: the stop is seen."""
    assert _news(algo_update()) == Told(stops=(LIVE,))


def test_a_take_profit_s_news_is_an_order() -> None:
    """What waits for a gain is no stop, and what became of a fired one its own order tells."""
    waiting = replace(
        FILLED,
        status=OrderStatus.OPEN,
        venue_id=LIVE.venue_id,
        client_id=ClientId("web_1"),
        side=Side.BUY,
        quantity=None,
        filled=Decimal(0),
        average=None,
        reduce_only=True,
        reason="TAKE_PROFIT_MARKET",
    )
    assert _news(algo_update(o="TAKE_PROFIT_MARKET", caid="web_1")) == Told(orders=(waiting,))
    part = _news(algo_update(o="TAKE_PROFIT", X="FINISHED", cp=False, q="13")).orders
    assert [(one.status, one.quantity, one.reduce_only) for one in part] == [(OrderStatus.UNTOLD, Decimal(13), None)]
    assert _news(algo_update(o="TAKE_PROFIT", s="")) == Told(missing=("algo.s",))


def test_a_refused_stop_says_why() -> None:
    """REJECTED at the trigger carries rm (4.4); a real TRIGGERED frame carries the child's id and no rm."""
    refused = _news(algo_update(X="REJECTED", rm="Reduce Only reject")).stops
    assert refused == (replace(LIVE, status=StopStatus.REJECTED, reason="Reduce Only reject"),)
    triggered = _news(algo_update(X="TRIGGERED", ai="88937381063", act="MARKET", ap="0.2156", aq="27")).stops
    assert triggered == (replace(LIVE, status=StopStatus.TRIGGERED, order_id=VenueId("88937381063")),)


def test_a_changed_leverage_is_told() -> None:
    """ACCOUNT_CONFIG_UPDATE tells a symbol's leverage, or the multi-assets mode, which is none of ours."""
    event = {"e": "ACCOUNT_CONFIG_UPDATE", "E": VENUE_MS, "T": VENUE_MS}
    assert _news({**event, "ac": {"s": "VELVETUSDT", "l": 10}}) == Told(
        leverages=(LeverageReport(VELVET, Decimal(10)),)
    )
    assert _news({**event, "ai": {"j": True}}) == NOTHING_TOLD


@pytest.mark.parametrize("event", ["MARGIN_CALL", "CONDITIONAL_ORDER_TRIGGER_REJECT"])
def test_other_account_events_prove_the_stream(event: str) -> None:
    """They tell nothing that another event does not."""
    assert _hear({"e": event, "E": VENUE_MS, "p": []}) == Heard(LinkWord.NEWS, detail=event)


@pytest.mark.parametrize("frame", [order_update(), account_update(position_news()), algo_update(), trade_lite()])
def test_a_frame_wrapped_by_its_stream_says_the_same(frame: object) -> None:
    """`/private/stream` wraps each event in {stream, data} (3.1)."""
    assert _hear({"stream": "the-key", "data": frame}) == _hear(frame)


def test_a_lapsed_key_is_expired() -> None:
    """listenKeyExpired: the socket stays open and says no more (3.1)."""
    assert _hear({"e": "listenKeyExpired", "E": VENUE_MS, "listenKey": "k"}).word is LinkWord.EXPIRED
    wrapped = {"stream": "k", "data": {"e": "listenKeyExpired", "E": VENUE_MS, "listenKey": "k"}}
    assert _hear(wrapped).word is LinkWord.EXPIRED


@pytest.mark.parametrize(
    "frame",
    [
        {"result": None, "id": 1},
        {"e": "STRATEGY_UPDATE", "T": 1, "E": 2},
        {"e": "GRID_UPDATE"},
        {"e": "markPriceUpdate", "s": "VELVETUSDT", "p": "0.2"},
        {"stream": "k", "data": {}},
        {},
    ],
)
def test_what_is_not_of_the_account_proves_nothing(frame: object) -> None:
    """Answers to requests, market events and strategies are heard and mean nothing for the stream's trust."""
    heard = _hear(frame)
    assert (heard.word, heard.told) == (LinkWord.NOTHING, NOTHING_TOLD)


def test_a_refused_request_on_the_stream_is_said() -> None:
    """An error in answer to a frame of ours is REFUSED, with the venue's words."""
    heard = _hear({"error": {"code": 2, "msg": "Invalid request"}, "id": 1})
    assert (heard.word, heard.detail) == (LinkWord.REFUSED, "2 Invalid request")


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "pong",
        "<html>",
        "[]",
        "null",
        '{"e":7}',
        '{"e":"ORDER_TRADE_UPDATE"}',
        '{"e":"ORDER_TRADE_UPDATE","o":{"q":"abc"}}',
        '{"e":"ACCOUNT_UPDATE","a":{"P":{}}}',
        '{"e":"ALGO_UPDATE","o":[]}',
        '{"e":"TRADE_LITE","l":"1","t":{}}',
        '{"stream":"k"}',
        '{"stream":"k","data":"x"}',
        '{"e":"TRADE_LITE","T":1',
    ],
)
def test_a_frame_that_cannot_be_read_is_nothing_and_says_why(frame: str) -> None:
    """Garbage is never an exception and never news; that a frame was lost so is told."""
    heard = _hear(frame)
    assert (heard.word, heard.told) == (LinkWord.NOTHING, Told(missing=("frame",)))
    assert heard.detail.startswith("garbled: ")


@pytest.mark.parametrize(
    ("frame", "missing"),
    [
        (order_update(s=""), ("order.s", "fill.symbol")),
        (trade_lite(L="", s=""), ("fill.symbol", "fill.price")),
        (trade_lite(S="SHORT", c=""), ("fill.side",)),
        (account_update(position_news(pa="")), ("position.pa",)),
        (account_update(position_news(s=None)), ("position.s",)),
        (algo_update(X=""), ("stop.X",)),
        (algo_update(X="PAUSED"), ("stop.X=PAUSED",)),
        (algo_update(s=None), ("stop.s",)),
    ],
)
def test_news_without_what_makes_a_report_names_what_is_missing(frame: object, missing: tuple[str, ...]) -> None:
    """No report is made that would say nothing or something false; the stream is proven all the same."""
    assert _news(frame) == Told(missing=missing)


@pytest.mark.parametrize(("price", "gap"), [("", "fill.price"), ("0", "fill.price=0"), ("-1", "fill.price=-1")])
def test_a_trade_without_a_price_proves_its_quantity_and_no_more(price: str, gap: str) -> None:
    """0 is no price (a stop was moved there): no fill is told, and the order still says how much of it has filled."""
    whole = _news(order_update(L=price))
    assert (whole.orders, whole.fills, whole.missing) == ((FILLED,), (), (gap,))
    brief = _news(trade_lite(L=price))
    proven = replace(FILLED, status=OrderStatus.UNTOLD, quantity=None, average=None, reduce_only=None)
    assert brief == Told(orders=(proven,), missing=(gap,))


@pytest.mark.parametrize("average", ["", "0", "0.0", "-1", None])
def test_an_average_of_nothing_is_none(average: str | None) -> None:
    """0 is one more spelling of no price."""
    assert _news(order_update(ap=average)).orders == (replace(FILLED, average=None),)


def test_a_stop_at_trigger_zero_is_a_stop_without_one() -> None:
    """A trigger of 0 would say that ours was moved by hand; it is left out, and named."""
    assert _news(algo_update(tp="0")) == Told(stops=(replace(LIVE, trigger=None),), missing=("stop.tp=0",))


def test_news_with_less_than_promised_is_a_report_with_less() -> None:
    """An order without side, name or status is still an order, and its gaps are named."""
    told = _news(order_update(S=None, c="", X="PENDING", t=0))
    assert told.orders == (replace(FILLED, side=None, client_id=ClientId(""), status=OrderStatus.UNTOLD),)
    assert told.missing == ("order.c", "order.X=PENDING", "order.S")
