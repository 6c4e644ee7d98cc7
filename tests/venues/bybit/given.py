"""What the tests of this codec have in common: one account, one entry, its stop, and the instants around them."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from seawall.model.acts import (
    Act,
    CancelOrder,
    ClosePosition,
    Outcome,
    PlaceStop,
    PlaceTakeProfit,
    SetLeverage,
    SubmitEntry,
)
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, VenueId, client_id
from seawall.model.inputs import ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import Query
from seawall.model.signal import TriggerBy
from seawall.venues.bybit import codec
from seawall.venues.port import Credentials, Headers, Heard, Reading, Reply, Request, Stamp

KEY = "testkey"
SECRET = "testsecret"
CODEC = codec(Credentials(KEY, SECRET))

BABY = Symbol("1000000BABYDOGEUSDT")
SENT = 1_764_000_000_123_456
CAME = SENT + 350_000
STAMP = Stamp(venue_now=SENT, window=2_000_000)
VENUE_MS = 1_764_000_000_200
VENUE_AT = VENUE_MS * 1_000
ORDER_ID = VenueId("c0f8a3a5-7a3c-4f0e-9d3a-2f6f2f4d1b11")
STOP_ID = VenueId("5b1f2d60-0c1d-4a42-8e4a-1f5f5a1d2c22")


def name(leg: Leg, n: int = 0) -> ClientId:
    """The n-th name of a leg of the one signal."""
    return client_id("abcd", SignalId("babydoge"), leg, 1_764_000_000, n)


ENTRY = name(Leg.ENTRY)
STOP = name(Leg.STOP)
CLOSE = name(Leg.CLOSE)
TAKE = name(Leg.TAKE_PROFIT)
DIRECT = name(Leg.DIRECT)

TRIGGER = Decimal("0.00133")
SUBMIT = SubmitEntry(BABY, ENTRY, Side.BUY, Decimal(10_000), TRIGGER, TriggerBy.MARK, SENT + 30_000_000)
PLACE = PlaceStop(BABY, STOP, Side.SELL, TRIGGER, TriggerBy.MARK)
PLACE_PART = PlaceStop(BABY, STOP, Side.SELL, TRIGGER, TriggerBy.LAST, Decimal(10_000))
CLOSING = ClosePosition(BABY, CLOSE, Side.SELL, Decimal(10_000))
TAKING = PlaceTakeProfit(BABY, TAKE, Side.SELL, Decimal(4_000), Decimal("0.0016"))
CANCEL = CancelOrder(BABY, DIRECT, ENTRY)
CANCEL_STOP = CancelOrder(BABY, DIRECT, STOP, is_stop=True, venue_id=STOP_ID)
CLEAR_STOP = CancelOrder(BABY, DIRECT, STOP, is_stop=True)
LEVERAGE = SetLeverage(BABY, DIRECT, Decimal(5))

Row = dict[str, object]


# ---- what the venue says


def reply(body: object, status: int = 200, headers: Headers = ()) -> Reply:
    """A reply with a JSON body, or with the bytes given."""
    return Reply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def success(result: object = None, text: str = "OK") -> Reply:
    """A good reply in the venue's envelope (bybit.md 1.2)."""
    result = {} if result is None else result
    return reply({"retCode": 0, "retMsg": text, "result": result, "retExtInfo": {}, "time": VENUE_MS})


def failure(code: int, text: str = "said the venue", status: int = 200, headers: Headers = ()) -> Reply:
    """A business error, which comes with HTTP 200 (bybit.md 1.2)."""
    body = {"retCode": code, "retMsg": text, "result": {}, "retExtInfo": {}, "time": VENUE_MS}
    return reply(body, status, headers)


def listing(*rows: Row, cursor: str = "") -> Reply:
    """A page of a list (bybit.md 1.5, 1.6)."""
    return success({"category": "linear", "list": list(rows), "nextPageCursor": cursor})


def order_row(**changes: object) -> Row:
    """A market entry that has filled, as order/realtime and order/history show it (bybit.md 1.5)."""
    row: Row = {
        "orderId": ORDER_ID,
        "orderLinkId": ENTRY,
        "parentOrderLinkId": "",
        "symbol": BABY,
        "side": "Buy",
        "orderType": "Market",
        "price": "0.0016093",
        "qty": "10000",
        "positionIdx": 0,
        "orderStatus": "Filled",
        "cancelType": "UNKNOWN",
        "rejectReason": "EC_NoError",
        "avgPrice": "0.0014",
        "leavesQty": "0.000",
        "cumExecQty": "10000",
        "timeInForce": "IOC",
        "stopOrderType": "",
        "tpslMode": "",
        "triggerPrice": "",
        "triggerBy": "UNKNOWN",
        "triggerDirection": 0,
        "stopLoss": "0.00133",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "createdTime": str(VENUE_MS - 5),
        "updatedTime": str(VENUE_MS),
    }
    return row | changes


def child_row(**changes: object) -> Row:
    """The entry's attached stop once the entry has filled (bybit.md 3.5)."""
    row = order_row(
        orderId=STOP_ID,
        orderLinkId="",
        parentOrderLinkId=ENTRY,
        side="Sell",
        price="0",
        orderStatus="Untriggered",
        avgPrice="",
        leavesQty="10000",
        cumExecQty="0",
        stopOrderType="StopLoss",
        createType="CreateByStopLoss",
        tpslMode="Full",
        triggerPrice="0.00133",
        triggerBy="MarkPrice",
        triggerDirection=2,
        stopLoss="",
        reduceOnly=True,
        closeOnTrigger=True,
    )
    return row | changes


def execution_row(**changes: object) -> Row:
    """One trade of the entry (bybit.md 1.5)."""
    row: Row = {
        "symbol": BABY,
        "orderId": ORDER_ID,
        "orderLinkId": ENTRY,
        "side": "Buy",
        "execId": "e-1",
        "execPrice": "0.0014",
        "execQty": "10000",
        "execFee": "0.0077",
        "execType": "Trade",
        "execTime": str(VENUE_MS),
        "orderType": "Market",
        "isMaker": False,
        "seq": 8_093_271_558,
    }
    return row | changes


def position_row(**changes: object) -> Row:
    """An open long with its stop, as position/list shows it (bybit.md 1.6)."""
    row: Row = {
        "positionIdx": 0,
        "symbol": BABY,
        "side": "Buy",
        "size": "10000",
        "avgPrice": "0.0014",
        "leverage": "10",
        "markPrice": "0.0014001",
        "liqPrice": "",
        "takeProfit": "",
        "stopLoss": "0.00133",
        "positionStatus": "Normal",
        "seq": 8_093_271_558,
        "createdTime": "1677287853003",
        "updatedTime": str(VENUE_MS),
        "tpslMode": "Full",
    }
    return row | changes


def flat_row(**changes: object) -> Row:
    """The row of a symbol without a position (bybit.md 1.6)."""
    return position_row(side="", size="0", avgPrice="0", stopLoss="", liqPrice="") | changes


# ---- what the codec makes of it


def request_of(act: Act, stamp: Stamp = STAMP) -> Request:
    """The request of an act that is not too late."""
    made = CODEC.act_request(act, stamp)
    assert isinstance(made, Request)
    return made


def path_of(request: Request) -> str:
    """The path without its query."""
    return urlsplit(request.target).path


def params_of(request: Request) -> dict[str, str]:
    """What a GET asks."""
    return dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))


def body_of(request: Request) -> Row:
    """What a POST says."""
    body: Row = json.loads(request.body)
    return body


def answer(act: Act, came: Reply) -> ActAnswered:
    """What became of an act."""
    return CODEC.act_answer(act, came, SENT, CAME)


def acknowledged(act: Act, came: Reply) -> Told:
    """What an acknowledgement told."""
    answered = answer(act, came)
    assert answered.outcome is Outcome.ACKNOWLEDGED, answered
    return answered.told


def read(query: Query, *came: Reply | None) -> Told:
    """What a complete answer told."""
    answered = CODEC.query_answer(Reading(query, SENT, came), CAME)
    assert isinstance(answered, ReadAnswered), answered
    return answered.told


def read_fails(query: Query, *came: Reply | None) -> ReadFailed:
    """The failure of a read."""
    answered = CODEC.query_answer(Reading(query, SENT, came), CAME)
    assert isinstance(answered, ReadFailed), answered
    return answered


def heard(frame: object) -> Heard:
    """What a frame of the stream says."""
    return CODEC.hear(frame if isinstance(frame, str) else json.dumps(frame), CAME)


def news(topic: str, *rows: Row) -> Heard:
    """What a message under a topic says (bybit.md 2.1)."""
    return heard({"id": "x", "topic": topic, "creationTime": VENUE_MS + 5, "data": list(rows)})
