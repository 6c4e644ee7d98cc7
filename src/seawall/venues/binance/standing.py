"""What stands rather than happens: prices, leverage, the account's modes, its wallet (binance.md 1.4).

Each is told whole or not at all: a mark without a last price, or modes without the right to trade, raise Incomplete.
"""

from __future__ import annotations

from typing import Final

from seawall.model.ids import Symbol
from seawall.model.inputs import Told
from seawall.model.queries import AskLeverage, AskMark, AskModes, AskWallet
from seawall.model.reports import LeverageReport, MarkReport, ModesReport, WalletReport
from seawall.model.times import Instant
from seawall.venues.binance import wire
from seawall.venues.binance.wire import Incomplete
from seawall.venues.port import Reply

ISOLATED: Final = "ISOLATED"
"""The margin type is written in capitals and, by some reads, told in small letters (binance.md 6, fact 20)."""


def standing_of(query: AskMark | AskLeverage | AskModes | AskWallet, replies: tuple[Reply, ...], at: Instant) -> Told:
    """Prices, leverage, modes, wallet: what stands, rather than what happens."""
    match query:
        case AskMark():
            return Told(marks=_marks(query, replies[0], replies[1], at))
        case AskLeverage():
            return Told(leverages=_leverages(query, replies[0]))
        case AskModes():
            return Told(modes=(_modes(*replies),))
        case AskWallet():
            return Told(wallets=(_wallet(replies[0]),))


def _leverages(query: AskLeverage, reply: Reply) -> tuple[LeverageReport, ...]:
    """symbolConfig, a list also where a symbol is given (binance.md 1.4)."""
    found = wire.read(list[wire.LeverageRow], reply.body)
    if query.symbol is None:
        return tuple(leverage_of(row, row.symbol) for row in found)
    asked = [row for row in found if row.symbol == query.symbol]
    if len(asked) != 1:
        raise Incomplete(f"leverage: expected one row of {query.symbol}, came {len(asked)}")
    return (leverage_of(asked[0], query.symbol),)


def _marks(query: AskMark, premium: Reply, ticker: Reply, at: Instant) -> tuple[MarkReport, ...]:
    """One object for one symbol, lists without (binance.md 1.4). A contract without both prices has no report there."""
    if query.symbol is not None:
        mark = wire.read(wire.Mark, premium.body).mark_price.positive
        last = wire.read(wire.Price, ticker.body).price.positive
        if mark is None or last is None:
            raise Incomplete(f"price: expected mark and last above 0, came {mark} and {last}")
        return (MarkReport(query.symbol, mark, last, at),)
    prices = {row.symbol: row.price.positive for row in wire.read(list[wire.Price], ticker.body)}
    found = ((row, prices.get(row.symbol)) for row in wire.read(list[wire.Mark], premium.body))
    return tuple(
        MarkReport(Symbol(row.symbol), row.mark_price.positive, last, at)
        for row, last in found
        if row.symbol and row.mark_price.positive is not None and last is not None
    )


def _modes(mode: Reply, config: Reply, balance: Reply) -> ModesReport:
    """`canWithdraw` is said of the account, not of the key, and nearly every account may: so `may_withdraw` is None."""
    hedge = wire.read(wire.Mode, mode.body).dual_side_position
    settings = wire.read(wire.Config, config.body)
    balances = wire.read(list[wire.Balance], balance.body)
    if hedge is None or settings.can_trade is None:
        raise Incomplete("modes: expected dualSidePosition and canTrade, came not both")
    return ModesReport(
        hedge=hedge or bool(settings.dual_side_position),
        may_trade=settings.can_trade,
        account_id=next((row.account_alias for row in balances if row.account_alias), ""),
        detail="multi-assets margin" if settings.multi_assets_margin else "",
        multi_assets=bool(settings.multi_assets_margin),
    )


def _wallet(reply: Reply) -> WalletReport:
    totals = wire.read(wire.Totals, reply.body)
    equity, available = totals.total_margin_balance.value, totals.available_balance.value
    if equity is None or available is None:
        raise Incomplete("wallet: expected totalMarginBalance and availableBalance, came not both")
    return WalletReport(equity, available)


def leverage_of(row: wire.LeverageRow, asked: str | None) -> LeverageReport:
    """One row of leverage, of a read or of the reply to setting it; `asked` stands in for a row that names none."""
    symbol = row.symbol or asked
    if row.leverage.positive is None or not symbol:
        raise Incomplete(f"leverage: expected a number above 0 and a symbol, came {row.leverage.value} and {symbol}")
    isolated = None if row.margin_type is None else row.margin_type.upper() == ISOLATED
    return LeverageReport(Symbol(symbol), row.leverage.positive, isolated)
