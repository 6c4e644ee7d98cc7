"""Every path this box serves: method, function, canonical call name, limit of the rolling second (bybit.md 1.3 to 1.7).

The canonical name is how faults are aimed: an entry with an attached stop is ``order.create``, ``trading-stop`` and a
conditional are ``stop.create``; a read by id is ``order.get``, a list of what is open ``orders.open``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.bybit import rest_account, rest_market, rest_orders, rest_queries, rest_stops
from venuesim.dialects.bybit.calls import Ask
from venuesim.dialects.bybit.params import Params

if TYPE_CHECKING:
    from venuesim.dialects.port import BookPort

Endpoint = Callable[[Ask], object]
Namer = Callable[[Params, "BookPort"], str]


class Route(Struct, frozen=True):
    """One endpoint. ``limit`` is requests of one account in a rolling second, 0 for what anybody may read."""

    method: str
    path: str
    endpoint: Endpoint
    name: Namer
    limit: int
    trades: bool = False

    @property
    def word(self) -> str:
        """The last part of the path, which tells apart the codes of one reason."""
        return self.path.rpartition("/")[2]


def _always(call: str) -> Namer:
    return lambda params, book: call


def _create(params: Params, book: BookPort) -> str:
    return "stop.create" if "triggerPrice" in params else "order.create"


def _on_order(suffix: str) -> Namer:
    """``order.cancel`` or ``stop.cancel``, whichever the id names."""

    def name(params: Params, book: BookPort) -> str:
        waits = book.stop_by_id(str(params.text("orderId"))) is not None if "orderId" in params else False
        return f"stop.{suffix}" if waits else f"order.{suffix}"

    return name


def _realtime(params: Params, book: BookPort) -> str:
    family = "stop" if params.text("orderFilter") in ("StopOrder", "tpslOrder") else "order"
    by_id = "orderId" in params or "orderLinkId" in params
    return f"{family}.get" if by_id else f"{family}s.open"


def _history(params: Params, book: BookPort) -> str:
    return "stop.history" if params.text("orderFilter") in ("StopOrder", "tpslOrder") else "order.history"


ROUTES: Final = (
    Route("GET", "/v5/market/time", rest_market.server_time, _always("time.get"), 0),
    Route("GET", "/v5/market/instruments-info", rest_market.instruments, _always("instruments.get"), 0),
    Route("GET", "/v5/market/tickers", rest_market.tickers, _always("price.get"), 0),
    Route("GET", "/v5/market/price-limit", rest_market.price_limit, _always("limits.get"), 0),
    Route("GET", "/v5/market/risk-limit", rest_market.risk_limit, _always("brackets.get"), 0),
    Route("POST", "/v5/order/create", rest_orders.create, _create, 10, trades=True),
    Route("POST", "/v5/order/amend", rest_orders.amend, _on_order("amend"), 10, trades=True),
    Route("POST", "/v5/order/cancel", rest_orders.cancel, _on_order("cancel"), 10, trades=True),
    Route("POST", "/v5/order/cancel-all", rest_orders.cancel_all, _always("orders.cancel_all"), 10, trades=True),
    Route("GET", "/v5/order/realtime", rest_queries.realtime, _realtime, 50),
    Route("GET", "/v5/order/history", rest_queries.history, _history, 50),
    Route("GET", "/v5/execution/list", rest_queries.executions, _always("fills.get"), 50),
    Route("GET", "/v5/position/list", rest_account.positions, _always("positions.get"), 50),
    Route("POST", "/v5/position/trading-stop", rest_stops.trading_stop, _always("stop.create"), 10, trades=True),
    Route("POST", "/v5/position/set-leverage", rest_account.set_leverage, _always("leverage.set"), 10, trades=True),
    Route("POST", "/v5/position/switch-mode", rest_account.switch_mode, _always("mode.set"), 10, trades=True),
    Route("GET", "/v5/position/closed-pnl", rest_account.closed_pnl, _always("other"), 50),
    Route("GET", "/v5/account/wallet-balance", rest_account.wallet, _always("wallet.get"), 50),
    Route("GET", "/v5/account/info", rest_account.account_info, _always("modes.get"), 50),
    Route("POST", "/v5/account/set-margin-mode", rest_account.set_margin_mode, _always("margin.set"), 5, trades=True),
    Route("GET", "/v5/user/query-api", rest_account.query_api, _always("account.get"), 10),
    Route("GET", "/v5/asset/coin/query-info", rest_account.coins, _always("other"), 10),
)

BY_PATH: Final = {(route.method, route.path): route for route in ROUTES}
