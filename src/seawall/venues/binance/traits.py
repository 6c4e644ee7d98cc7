"""How this venue differs where a rule of the house depends on it, and what it counts.

Weight is counted by address, orders by account (binance.md 1.3). Placing an order or a stop costs no weight, only one
of each order count; everything else costs weight (binance.md 1.4, 1.9). The demo venue allows 6000 a minute; we keep
to the production figure everywhere, since a budget that holds there holds here.
"""

from __future__ import annotations

from typing import Final

from seawall.model.acts import Act, CancelOrder, ClosePosition, PlaceStop, PlaceTakeProfit, SetLeverage, SubmitEntry
from seawall.model.queries import (
    AskBothSides,
    AskFills,
    AskInstruments,
    AskLeverage,
    AskMark,
    AskModes,
    AskOpenOrders,
    AskOrder,
    AskOrders,
    AskPositions,
    AskStop,
    AskStops,
    AskWallet,
    Query,
)
from seawall.model.times import MINUTE, SECOND
from seawall.model.venue import Traits
from seawall.venues.port import Bucket, Charge

TRAITS: Final = Traits(
    attaches_stop=False,  # binance.md 4.4: no atomicity of entry and stop, and -4509 before the position exists
    names_stops=True,  # binance.md 1.9: clientAlgoId
    one_stop_per_position=False,  # binance.md 0.1 fact 4: a second closePosition stop is refused with -4130
    engine_checks_window=True,  # binance.md 0.1 fact 5: -5028
    position_shows_stop=False,  # binance.md 1.8: no such field
    book_batch=40,  # weight 1 by symbol, 40 without: binance.md 1.4
    names_fills=False,  # userTrades has orderId alone: binance.md 1.4
)

WEIGHT: Final = "weight"
ORDERS_TEN_SECONDS: Final = "orders-10s"
ORDERS_MINUTE: Final = "orders-1m"
WEIGHT_LIMIT: Final = 2_400
WEIGHT_HEADER: Final = "x-mbx-used-weight-1m"

BUCKETS: Final = (
    Bucket(WEIGHT, WEIGHT_LIMIT, MINUTE, shared=True, told=True),  # binance.md 1.3: REQUEST_WEIGHT MINUTE x 1
    Bucket(ORDERS_TEN_SECONDS, 300, 10 * SECOND),  # binance.md 1.3: ORDERS SECOND x 10
    Bucket(ORDERS_MINUTE, 1_200, MINUTE),  # binance.md 1.3: ORDERS MINUTE x 1
)

USED_HEADERS: Final = (
    (WEIGHT_HEADER, WEIGHT),
    ("x-mbx-order-count-10s", ORDERS_TEN_SECONDS),
    ("x-mbx-order-count-1m", ORDERS_MINUTE),
)
"""Reply header, in lower case, to the bucket whose use it tells (binance.md 1.3)."""

_ONE_ORDER: Final = (Charge(ORDERS_TEN_SECONDS, 1), Charge(ORDERS_MINUTE, 1))


def lists(count: int) -> tuple[Charge, ...]:
    """What so many requests of userTrades or allOrders cost (binance.md 1.4)."""
    return (Charge(WEIGHT, 5 * count),) if count else ()


def charges(ask: Act | Query) -> tuple[Charge, ...]:
    """What an act, or a query that one round of requests answers, costs; weights of binance.md 1.4 and 1.9."""
    match ask:
        case SubmitEntry() | ClosePosition() | PlaceTakeProfit() | PlaceStop():
            return _ONE_ORDER
        case CancelOrder() | SetLeverage() | AskOrder() | AskStop():
            return (Charge(WEIGHT, 1),)
        case AskStops() | AskOpenOrders():
            return (Charge(WEIGHT, 40 if ask.symbol is None else 1),)
        case AskFills() | AskOrders() | AskPositions() | AskBothSides() | AskLeverage() | AskWallet():
            return (Charge(WEIGHT, 5),)
        case AskMark():
            return (Charge(WEIGHT, 12 if ask.symbol is None else 2),)  # premiumIndex and ticker/price
        case AskModes():
            return (Charge(WEIGHT, 40),)  # positionSide/dual 30, accountConfig 5, balance 5
        case AskInstruments():
            return (Charge(WEIGHT, 41),)  # exchangeInfo 1, which one client budgets as 40; leverageBracket 1
