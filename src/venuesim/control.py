"""The experimenter's API: plain JSON beside the venue's own, on a port of its own, without any I/O of its own.

    POST /accounts   {"name", "key", "secret", "balance", "hedge"?, "permissions"?, "ips"?}
    GET, POST, DELETE /faults[?number=N]   the plan and what has fired; one fault or a list; lift one or all
    POST /calm       lifts all faults, and puts back what they have changed and a venue would not keep
    POST /market     {"symbol", "mark"?, "last"?} or {"symbol", "jump_pct"} or {"symbol", "depth": {...}} or
                     {"walk_bps", "every_ms"}
    POST /hand       {"do": ..., ...}   a deed of the venue, of the owner or of the experimenter (`lent`)
    POST /watch      {"call", "when"?, "nth"?, "freeze"?, "zero_us"?}: a moment to be told of (`moments`)
    GET  /moments[?after=N]   the moments met from the Nth on; the server answers once there is one, or after a while
    POST /thaw       lets a frozen box run on
    GET  /clock      the box's time and the time of its start, in microseconds UTC
    GET  /judge      the verdict as of now
    GET  /requests[?since=N][&account=NAME][&writes=1]   the request log, or of it what could change something
    GET  /book       positions, open orders, open stops, balances, prices, as they are
    GET, POST /switches   {"name": "answer", ...}

With several venues in one process every path begins with the venue: /binance/judge.  Decimals are strings.  A bad body
is answered 422 with the field, what was expected and what came; an unknown path 404 with the list of paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec

from venuesim.exchange import Exchange
from venuesim.facts import Refusal
from venuesim.faults import parse
from venuesim.lent import HandWish, lend
from venuesim.market import Depth
from venuesim.moments import Moments, Watch
from venuesim.wire import Reply, Request

JSON = (("Content-Type", "application/json"),)
Wish = TypeVar("Wish")


class AccountWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /accounts."""

    name: str
    key: str
    secret: str
    balance: Decimal
    hedge: bool = False
    permissions: tuple[str, ...] = ("read", "trade")
    ips: tuple[str, ...] = ()


class MarketWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /market."""

    symbol: str = ""
    mark: Decimal | None = None
    last: Decimal | None = None
    jump_pct: Decimal | None = None
    depth: Depth | None = None
    walk_bps: int | None = None
    every_ms: int = 1000


class Control:
    """Answers the experimenter for one or several venues."""

    def __init__(self, exchanges: Mapping[str, Exchange]) -> None:
        self._exchanges = exchanges
        self._routes: Mapping[tuple[str, str], Callable[[Exchange, Request, int], object]] = {
            ("POST", "/accounts"): _open_account,
            ("GET", "/faults"): _show_faults,
            ("POST", "/faults"): _add_faults,
            ("DELETE", "/faults"): _clear_faults,
            ("POST", "/calm"): _calm,
            ("POST", "/market"): _market,
            ("POST", "/hand"): _hand,
            ("POST", "/watch"): lambda exchange, request, _: {"number": exchange.watch(_wish(request, Watch))},
            ("GET", "/moments"): lambda exchange, request, _: exchange.moments.met[_number(request, "after") :],
            ("POST", "/thaw"): _thaw,
            ("GET", "/clock"): lambda exchange, _, now: {"now": now, "start": exchange.start},
            ("GET", "/judge"): lambda exchange, _, now: exchange.judge(now),
            ("GET", "/requests"): _requests,
            ("GET", "/book"): _book,
            ("GET", "/switches"): lambda exchange, *_: exchange.switches,
            ("POST", "/switches"): _set_switches,
        }

    def handle(self, request: Request, now: int) -> Reply:
        """Answer one request at `now` (microseconds UTC); never raises on bad input."""
        path = urlsplit(request.target).path
        exchange, rest = self._addressed(path)
        route = self._routes.get((request.method, rest))
        if exchange is None or route is None:
            paths = ", ".join(f"{method} {known}" for method, known in self._routes)
            return _reply(404, {"error": f"path: expected one of {paths}, got {request.method} {path}"})
        try:
            return _reply(200, route(exchange, request, now))
        except (ValueError, msgspec.ValidationError) as wrong:
            return _reply(422, {"error": str(wrong)})
        except Refusal as refusal:
            return _reply(409, {"refused": refusal.reason})
        except KeyError as missing:
            return _reply(422, {"error": f"expected a known name, got {missing}"})

    def awaited(self, request: Request) -> Moments | None:
        """The moments that a request would wait for: it asks for news and there is none."""
        exchange, rest = self._addressed(urlsplit(request.target).path)
        if exchange is None or (request.method, rest) != ("GET", "/moments"):
            return None
        after = _query(request).get("after", "0")
        return exchange.moments if after.isdecimal() and len(exchange.moments.met) <= int(after) else None

    def _addressed(self, path: str) -> tuple[Exchange | None, str]:
        if len(self._exchanges) == 1:
            only = next(iter(self._exchanges))
            return self._exchanges[only], path.removeprefix(f"/{only}")
        venue, _, rest = path.lstrip("/").partition("/")
        return self._exchanges.get(venue), f"/{rest}"


def _reply(status: int, body: object) -> Reply:
    return Reply(status, JSON, msgspec.json.encode(body))


def _query(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(request.target).query).items()}


def _number(request: Request, name: str) -> int:
    given = _query(request).get(name, "0")
    if not given.isdecimal():
        message = f"{name}: expected a number, got {given!r}"
        raise ValueError(message)
    return int(given)


def _wish(request: Request, kind: type[Wish]) -> Wish:
    return msgspec.json.decode(request.body, type=kind)


def _thaw(exchange: Exchange, request: Request, now: int) -> object:
    exchange.thaw(now)
    return {"frozen": exchange.moments.frozen}


def _open_account(exchange: Exchange, request: Request, now: int) -> object:
    wish = msgspec.json.decode(request.body, type=AccountWish)
    account = exchange.open_account(
        wish.name,
        key=wish.key,
        secret=wish.secret,
        balance=wish.balance,
        hedge=wish.hedge,
        permissions=wish.permissions,
        ips=wish.ips,
        now=now,
    )
    return {"name": account.name, "uid": account.uid}


def _show_faults(exchange: Exchange, request: Request, now: int) -> object:
    return {"plan": exchange.faults.plan, "fired": exchange.faults.fired}


def _add_faults(exchange: Exchange, request: Request, now: int) -> object:
    wanted: Any = msgspec.json.decode(request.body)
    plans = wanted if isinstance(wanted, list) else [wanted]
    return {"numbers": [exchange.faults.add(fault) for fault in [parse(plan) for plan in plans]]}


def _clear_faults(exchange: Exchange, request: Request, now: int) -> object:
    number = _query(request).get("number")
    exchange.faults.clear(None if number is None else int(number))
    return {"plan": exchange.faults.plan}


def _calm(exchange: Exchange, request: Request, now: int) -> object:
    exchange.calm(now)
    return {"plan": exchange.faults.plan}


def _market(exchange: Exchange, request: Request, now: int) -> object:
    wish = msgspec.json.decode(request.body, type=MarketWish)
    if wish.walk_bps is not None:
        exchange.walk(wish.walk_bps, wish.every_ms * 1000, now)
        return {"walk_bps": wish.walk_bps}
    if wish.depth is not None:
        exchange.set_depth(wish.symbol, wish.depth)
    if wish.jump_pct is not None:
        prices = exchange.book.market.prices(wish.symbol)
        factor = 1 + wish.jump_pct / 100
        exchange.set_price(wish.symbol, now, mark=prices.mark * factor, last=prices.last * factor)
    if wish.mark is not None or wish.last is not None:
        exchange.set_price(wish.symbol, now, mark=wish.mark, last=wish.last)
    prices = exchange.book.market.prices(wish.symbol)
    tick = exchange.instruments[wish.symbol].tick
    return {"symbol": wish.symbol, "mark": prices.mark, "last": prices.last, "tick": tick}


def _hand(exchange: Exchange, request: Request, now: int) -> object:
    return lend(exchange, msgspec.json.decode(request.body, type=HandWish), now)


def _requests(exchange: Exchange, request: Request, now: int) -> object:
    since, query = _number(request, "since"), _query(request)
    account = query.get("account")
    if query.get("writes") == "1":
        return exchange.writes(account, since)
    return [entry for entry in exchange.log[since:] if account in (None, entry.account)]


def _book(exchange: Exchange, request: Request, now: int) -> object:
    ledger = exchange.book.ledger
    return {
        "positions": [held for name in exchange.account_names() for held in ledger.positions(name) if held.quantity],
        "orders": ledger.live_orders(),
        "stops": ledger.live_stops(),
        "wallets": [ledger.wallet(name) for name in exchange.account_names()],
        "prices": {symbol: exchange.book.market.prices(symbol) for symbol in exchange.instruments},
    }


def _set_switches(exchange: Exchange, request: Request, now: int) -> object:
    for name, answer in msgspec.json.decode(request.body, type=dict[str, str]).items():
        exchange.set_switch(name, answer)
    return exchange.switches
