"""What sets Bybit apart: its traits, the calls that we use and the quotas by which it counts them.

Two kinds of quota (bybit.md 1.3). Per account, each endpoint has a rolling second of its own: a breach answers 10006
with HTTP 200, and `X-Bapi-Limit-Status` on each private reply says how many calls remain. Per IP address there are 600
calls in five seconds over all endpoints: a breach is HTTP 403 "access too frequent", and means ten minutes of silence.
Only that text proves it, since banned regions and odd requests get a 403 as well.

The figures are those of an account without VIP rank; a higher rank only makes the gauges read lower than our own count.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from seawall.model.times import MINUTE, SECOND, Duration, Instant
from seawall.model.venue import Traits
from seawall.venues.bybit.wire import Envelope, Garbled, instant, read
from seawall.venues.port import Bucket, Charge, Gauge, Pause, Reply, Request

TRAITS: Final = Traits(
    attaches_stop=True,  # tpslMode Full on order/create, made at the first fill: bybit.md 3.5
    names_stops=False,  # children carry orderLinkId "": bybit.md 3.3
    one_stop_per_position=True,  # trading-stop Full is an upsert: bybit.md 1.6
    engine_checks_window=False,  # the window is checked at the gateway only, as far as documented: bybit.md 1.1
    position_shows_stop=True,  # position.stopLoss: bybit.md 1.6, 3.5
    book_batch=2,  # one request either way: bybit.md 1.3
    names_fills=True,  # orderLinkId on every row: bybit.md 1.5
    closes_whole=True,  # qty "0" with reduceOnly and closeOnTrigger: bybit.md 1.5
)


class Endpoint(StrEnum):
    """The paths that we call; each private one is also the name of the bucket that counts it."""

    CREATE = "/v5/order/create"
    CANCEL = "/v5/order/cancel"
    REALTIME = "/v5/order/realtime"
    HISTORY = "/v5/order/history"
    EXECUTIONS = "/v5/execution/list"
    POSITIONS = "/v5/position/list"
    TRADING_STOP = "/v5/position/trading-stop"
    SET_LEVERAGE = "/v5/position/set-leverage"
    WALLET = "/v5/account/wallet-balance"
    ACCOUNT = "/v5/account/info"
    KEY = "/v5/user/query-api"
    INSTRUMENTS = "/v5/market/instruments-info"
    TICKERS = "/v5/market/tickers"
    TIME = "/v5/market/time"


IP_BUCKET: Final = "ip"
_IP_WINDOW: Final = 5 * SECOND
_IP_BAN: Final = 10 * MINUTE
_ROLLING_SECOND: Final = 1 * SECOND
_GOOD: Final = b'{"retCode":0,'
"""How a reply begins that asks for nothing: by far the most do, and need not be read for that."""
_BY_PATH: Final[Mapping[str, Endpoint]] = {endpoint.value: endpoint for endpoint in Endpoint}
_PER_SECOND: Final[Mapping[Endpoint, int]] = {
    Endpoint.CREATE: 10,
    Endpoint.CANCEL: 10,
    Endpoint.REALTIME: 50,
    Endpoint.HISTORY: 50,
    Endpoint.EXECUTIONS: 50,
    Endpoint.POSITIONS: 50,
    Endpoint.TRADING_STOP: 10,
    Endpoint.SET_LEVERAGE: 10,
    Endpoint.WALLET: 50,
    Endpoint.ACCOUNT: 50,
    Endpoint.KEY: 10,
}

BUCKETS: Final = (
    Bucket(IP_BUCKET, limit=600, window=_IP_WINDOW, shared=True),
    *(Bucket(endpoint, limit, _ROLLING_SECOND) for endpoint, limit in _PER_SECOND.items()),
)


def charges(endpoints: tuple[Endpoint, ...]) -> tuple[Charge, ...]:
    """What calls of these endpoints cost together: each one of its own bucket, if it has one, and one of the IP's."""
    if not endpoints:
        return ()
    own = {endpoint: endpoints.count(endpoint) for endpoint in endpoints if endpoint in _PER_SECOND}
    return (Charge(IP_BUCKET, len(endpoints)), *(Charge(endpoint, count) for endpoint, count in own.items()))


def header(reply: Reply, name: str) -> str:
    """A header's value, found without regard to case; empty if there is none."""
    return next((value for key, value in reply.headers if key.lower() == name), "")


def gauges(reply: Reply, request: Request | None) -> tuple[Gauge, ...]:
    """What `X-Bapi-Limit-Status` leaves of the bucket of the endpoint that was called (bybit.md 1.2, 1.3).

    The reply does not name the endpoint, so without the request it says nothing; refused creates come without headers.
    """
    limit = _PER_SECOND.get(endpoint) if (endpoint := endpoint_of(request)) else None
    remaining = header(reply, "x-bapi-limit-status")
    if endpoint is None or limit is None or not remaining.isdecimal():
        return ()
    return (Gauge(endpoint, max(0, limit - int(remaining))),)


def endpoint_of(request: Request | None) -> Endpoint | None:
    """The endpoint that a request calls; None for one that is not ours."""
    return _BY_PATH.get(request.target.partition("?")[0]) if request else None


def pause(reply: Reply, request: Request | None, at: Instant) -> Pause | None:
    """The venue's word to stop, if this reply is one (bybit.md 1.3).

    403 with "access too frequent" is the IP ban; any other 403 proves none, and we wait one window of the IP's quota.
    10006 binds the endpoint that was called; without the request, everything. `at` serves where the reply has no time.
    """
    if reply.status == 403:
        banned = b"too frequent" in reply.body.lower()
        return Pause(_IP_BAN if banned else _IP_WINDOW, "HTTP 403", IP_BUCKET)
    if reply.status in (418, 429):
        return Pause(_asked_wait(reply), f"HTTP {reply.status}", IP_BUCKET)
    return _code_pause(reply, request, at)


def _code_pause(reply: Reply, request: Request | None, at: Instant) -> Pause | None:
    if reply.body.startswith(_GOOD):
        return None
    try:
        envelope = read(Envelope, reply.body)
        if envelope.code in (429, 10018, 10403, 10429):
            return Pause(_asked_wait(reply), f"retCode {envelope.code}", IP_BUCKET)
        if envelope.code in (10006, 20003):
            wait = _until_reset(reply, instant(envelope.time) or at)
            return Pause(wait, f"retCode {envelope.code}", endpoint_of(request) or "")
    except Garbled:
        return None  # half a body asks for nothing; what it means for the act is said in replies.py
    return None


def _asked_wait(reply: Reply) -> Duration:
    """`Retry-After` in seconds where the venue sends one; otherwise the shortest window that it counts."""
    seconds = header(reply, "retry-after")
    return int(seconds) * SECOND if seconds.isdecimal() else _ROLLING_SECOND


def _until_reset(reply: Reply, now: Instant) -> Duration:
    """From `now` to `X-Bapi-Limit-Reset-Timestamp`; a whole window where either is missing or the instant is past."""
    reset = header(reply, "x-bapi-limit-reset-timestamp")
    wait = instant(reset) - now if reset.isdecimal() and now else 0
    return wait if wait > 0 else _ROLLING_SECOND
