"""Every endpoint the box serves: path, canonical call, what it demands, what it costs (binance.md 1.4).

``OPEN`` needs nothing, ``KEYED`` the key header alone, ``READ`` and ``TRADE`` a signature within its window;
``TRADE`` also the key's permission to trade. ``weight`` counts with a symbol given, ``weight_all`` without one.
``counts`` marks what also costs an order of the account's count.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from venuesim.dialects.binance import rest_market as market
from venuesim.dialects.binance import rest_orders as orders
from venuesim.dialects.binance import rest_positions as positions
from venuesim.dialects.binance import rest_settings as settings
from venuesim.dialects.binance import rest_stops as stops

if TYPE_CHECKING:
    from venuesim.dialects.binance.asks import Endpoint


class Demand(StrEnum):
    """What an endpoint demands of the one who asks (binance.md 1.2)."""

    OPEN = "open"
    KEYED = "keyed"
    READ = "read"
    TRADE = "trade"


class Route(Struct, frozen=True):
    """One endpoint; ``reads`` tells that it changes nothing."""

    call: str
    demand: Demand
    serve: Endpoint
    weight: int
    weight_all: int
    reads: bool
    counts: bool = False
    id_name: str = ""


def _read(
    call: str, demand: Demand, serve: Endpoint, weight: int, weight_all: int | None = None, ids: str = ""
) -> Route:
    return Route(call, demand, serve, weight, weight if weight_all is None else weight_all, reads=True, id_name=ids)


def _act(call: str, demand: Demand, serve: Endpoint, weight: int, *, counts: bool = False, ids: str = "") -> Route:
    return Route(call, demand, serve, weight, weight, reads=False, counts=counts, id_name=ids)


_ORDER_ID: Final = "origClientOrderId"
_ALGO_ID: Final = "clientAlgoId"

ROUTES: Final[dict[tuple[str, str], Route]] = {
    ("GET", "/fapi/v1/ping"): _read("time.get", Demand.OPEN, market.ping, 1),
    ("GET", "/fapi/v1/time"): _read("time.get", Demand.OPEN, market.server_time, 1),
    ("GET", "/fapi/v1/exchangeInfo"): _read("instruments.get", Demand.OPEN, market.exchange_info, 1),
    ("GET", "/fapi/v1/premiumIndex"): _read("price.get", Demand.OPEN, market.premium_index, 1, 10),
    ("GET", "/fapi/v1/ticker/price"): _read("price.get", Demand.OPEN, market.ticker_price, 1, 2),
    ("GET", "/fapi/v2/ticker/price"): _read("price.get", Demand.OPEN, market.ticker_price, 1, 2),
    ("GET", "/fapi/v1/ticker/bookTicker"): _read("price.get", Demand.OPEN, market.book_ticker, 2, 5),
    ("POST", "/fapi/v1/order"): _act(
        "order.create", Demand.TRADE, orders.place_order, 0, counts=True, ids="newClientOrderId"
    ),
    ("GET", "/fapi/v1/order"): _read("order.get", Demand.READ, orders.get_order, 1, ids=_ORDER_ID),
    ("DELETE", "/fapi/v1/order"): _act("order.cancel", Demand.TRADE, orders.cancel_order, 1, ids=_ORDER_ID),
    ("GET", "/fapi/v1/openOrder"): _read("orders.open", Demand.READ, orders.get_open_order, 1, ids=_ORDER_ID),
    ("GET", "/fapi/v1/openOrders"): _read("orders.open", Demand.READ, orders.open_orders, 1, 40),
    ("GET", "/fapi/v1/allOrders"): _read("order.history", Demand.READ, orders.all_orders, 5),
    ("DELETE", "/fapi/v1/allOpenOrders"): _act("orders.cancel_all", Demand.TRADE, orders.cancel_all_orders, 1),
    ("GET", "/fapi/v1/userTrades"): _read("fills.get", Demand.READ, orders.user_trades, 5),
    ("POST", "/fapi/v1/algoOrder"): _act("stop.create", Demand.TRADE, stops.place_stop, 0, counts=True, ids=_ALGO_ID),
    ("GET", "/fapi/v1/algoOrder"): _read("stop.get", Demand.READ, stops.get_stop, 1, ids=_ALGO_ID),
    ("DELETE", "/fapi/v1/algoOrder"): _act("stop.cancel", Demand.TRADE, stops.cancel_stop, 1, ids=_ALGO_ID),
    ("GET", "/fapi/v1/openAlgoOrders"): _read("stops.open", Demand.READ, stops.open_stops, 1, 40),
    ("GET", "/fapi/v1/allAlgoOrders"): _read("stop.history", Demand.READ, stops.all_stops, 5),
    ("DELETE", "/fapi/v1/algoOpenOrders"): _act("stops.cancel_all", Demand.TRADE, stops.cancel_all_stops, 1),
    ("GET", "/fapi/v2/positionRisk"): _read("positions.get", Demand.READ, positions.position_rows_2, 5),
    ("GET", "/fapi/v3/positionRisk"): _read("positions.get", Demand.READ, positions.position_rows_3, 5),
    ("GET", "/fapi/v2/balance"): _read("wallet.get", Demand.READ, positions.balances, 5),
    ("GET", "/fapi/v3/balance"): _read("wallet.get", Demand.READ, positions.balances, 5),
    ("GET", "/fapi/v2/account"): _read("account.get", Demand.READ, positions.account_2, 5),
    ("GET", "/fapi/v3/account"): _read("account.get", Demand.READ, positions.account_3, 5),
    ("GET", "/fapi/v1/accountConfig"): _read("modes.get", Demand.READ, settings.account_config, 5),
    ("GET", "/fapi/v1/symbolConfig"): _read("modes.get", Demand.READ, settings.symbol_config, 5),
    ("POST", "/fapi/v1/leverage"): _act("leverage.set", Demand.TRADE, settings.set_leverage, 1),
    ("POST", "/fapi/v1/marginType"): _act("margin.set", Demand.TRADE, settings.set_margin_type, 1),
    ("GET", "/fapi/v1/positionSide/dual"): _read("modes.get", Demand.READ, settings.position_mode, 30),
    ("POST", "/fapi/v1/positionSide/dual"): _act("mode.set", Demand.TRADE, settings.set_position_mode, 1),
    ("GET", "/fapi/v1/multiAssetsMargin"): _read("modes.get", Demand.READ, settings.assets_mode, 30),
    ("POST", "/fapi/v1/multiAssetsMargin"): _act("mode.set", Demand.TRADE, settings.set_assets_mode, 1),
    ("GET", "/fapi/v1/commissionRate"): _read("other", Demand.READ, settings.commission_rate, 20),
    ("GET", "/fapi/v1/leverageBracket"): _read("brackets.get", Demand.READ, settings.leverage_brackets, 1),
    ("GET", "/fapi/v1/rateLimit/order"): _read("limits.get", Demand.READ, settings.order_limits, 1),
    ("POST", "/fapi/v1/listenKey"): _act("listenkey.create", Demand.KEYED, settings.create_listen_key, 1),
    ("PUT", "/fapi/v1/listenKey"): _act("listenkey.extend", Demand.KEYED, settings.extend_listen_key, 1),
    ("DELETE", "/fapi/v1/listenKey"): _act("listenkey.delete", Demand.KEYED, settings.delete_listen_key, 1),
}
"""(method, path) to endpoint. Weights are binance.md 1.4's; accountConfig and symbolConfig, unpriced there, cost 5."""
