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
from seawall.model.ids import ClientId, Leg, Side, SignalId, Symbol, client_id
from seawall.model.inputs import ActAnswered, ReadAnswered, ReadFailed, Told
from seawall.model.queries import Query
from seawall.model.signal import TriggerBy
from seawall.venues.binance import codec
from seawall.venues.port import Credentials, Reading, Reply, Request, Stamp

SECRET = "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"
CODEC = codec(Credentials("the-key", SECRET))

VELVET = Symbol("VELVETUSDT")
SENT = 1_764_000_000_123_456
CAME = SENT + 350_000
STAMP = Stamp(venue_now=SENT, window=2_000_000)
VENUE_MS = 1_764_000_000_200
VENUE_AT = VENUE_MS * 1_000


def name(leg: Leg, n: int = 0) -> ClientId:
    """The n-th name of a leg of the one signal."""
    return client_id("abcd", SignalId("velvet"), leg, 1_764_000_000, n)


ENTRY = name(Leg.ENTRY)
STOP = name(Leg.STOP)
CLOSE = name(Leg.CLOSE)
TAKE = name(Leg.TAKE_PROFIT)

SUBMIT = SubmitEntry(VELVET, ENTRY, Side.SELL, Decimal(27), Decimal("0.2155"), TriggerBy.MARK, SENT + 30_000_000)
PLACE = PlaceStop(VELVET, STOP, Side.BUY, Decimal("0.2155"), TriggerBy.MARK)
CLOSING = ClosePosition(VELVET, CLOSE, Side.BUY, Decimal(27))
TAKING = PlaceTakeProfit(VELVET, TAKE, Side.BUY, Decimal(10), Decimal("0.1950"))
CANCEL = CancelOrder(VELVET, name(Leg.DIRECT), ENTRY)
CANCEL_STOP = CancelOrder(VELVET, name(Leg.DIRECT), STOP, is_stop=True)
LEVERAGE = SetLeverage(VELVET, name(Leg.DIRECT), Decimal(5))


def reply(body: object, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A reply with a JSON body, or with the bytes given."""
    return Reply(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())


def failure(code: int, text: str = "said the venue", status: int = 400) -> Reply:
    """A business error (binance.md 4.2)."""
    return reply({"code": code, "msg": text}, status)


def request_of(act: Act, stamp: Stamp = STAMP) -> Request:
    """The request of an act that is not too late."""
    made = CODEC.act_request(act, stamp)
    assert isinstance(made, Request)
    return made


def path_of(request: Request) -> str:
    """The path without its query."""
    return urlsplit(request.target).path


def params_of(request: Request) -> dict[str, str]:
    """What a request asks, without time and signature."""
    pairs = dict(parse_qsl(urlsplit(request.target).query, keep_blank_values=True))
    return {key: value for key, value in pairs.items() if key not in ("timestamp", "recvWindow", "signature")}


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
