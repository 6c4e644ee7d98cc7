"""Stops: the Full stop of a position, Partial stops, plain conditionals and their moves (bybit.md 1.6, 3.5-3.7).

``trading-stop`` answers ``{}`` and no id. In Full mode it upserts the single stop of the position; the same value
again is 34040, and a flat position is 10001 ``zero position``. In Partial mode each call adds a stop of its own
quantity. The venue clears both kinds when the position closes; a plain conditional stays.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from venuesim.dialects.bybit.calls import Ask, check_index, require_linear, rules_of
from venuesim.dialects.bybit.errors import WRONG_INDEX, Denial, parameter, price_suffix, wrong_side, wrong_trigger
from venuesim.dialects.bybit.forms import MODES, conditional_ticket, trigger_source
from venuesim.facts import (
    Direction,
    Instrument,
    OrderKind,
    Purpose,
    Reason,
    Refusal,
    Side,
    StopScope,
    StopState,
    StopTicket,
    TriggerBy,
)

if TYPE_CHECKING:
    from venuesim.dialects.port import Quote
    from venuesim.facts import PositionState

TRIGGERS = ("takeProfit", "stopLoss", "trailingStop")


def place_conditional(ask: Ask, rules: Instrument, quantity: Decimal) -> str:
    """A create with ``triggerPrice``; 110092 or 110093 when the market is beyond the trigger (bybit.md 3.8)."""
    ticket = conditional_ticket(ask.params, rules, quantity)
    watched = watched_price(ask.core.market.quote(rules.symbol, ask.now), ticket.trigger_by)
    rising = ticket.direction is Direction.RISE
    if ticket.trigger <= watched if rising else ticket.trigger >= watched:
        raise wrong_trigger(rising, ticket.trigger, watched, price_suffix(ticket.trigger_by.value))
    return ask.book.place_stop(ask.name, ticket, ask.now).stop_id


def watched_price(quote: Quote, trigger_by: TriggerBy) -> Decimal:
    """The price that a stop of this trigger source watches."""
    return quote.mark if trigger_by is TriggerBy.MARK else quote.last


def trading_stop(ask: Ask) -> object:
    """POST /v5/position/trading-stop: ``{}`` (bybit.md 1.6)."""
    params = ask.params
    require_linear(params)
    rules = rules_of(ask)
    _check_index(ask)
    _check_form(ask)
    if not any(name in params for name in TRIGGERS):
        raise Denial(34040)
    if params.choice("tpslMode", MODES, "Full") == "Partial":
        return _add_partial(ask, rules)
    _set_full(ask, rules)
    return {}


def _check_index(ask: Ask) -> None:
    """A wrong ``positionIdx`` has a text of its own, or finds no position there (bybit.md 7, switch)."""
    try:
        check_index(ask)
    except Denial as denial:
        if denial.message == WRONG_INDEX and ask.core.switch("bybit.wrong_index_stop") == "zero":
            raise Refusal(Reason.NO_POSITION) from denial
        raise


def _check_form(ask: Ask) -> None:
    params = ask.params
    if "tpslMode" not in params and ("slOrderType" in params or "tpOrderType" in params):
        raise parameter("params error: tpslMode is required with slOrderType or tpOrderType")
    if params.amount("trailingStop"):
        raise parameter("this box holds no trailing stops")
    if params.text("slOrderType", "Market") != "Market" or params.text("tpOrderType", "Market") != "Market":
        raise parameter("this box holds market stops only")


def _set_full(ask: Ask, rules: Instrument) -> None:
    """Upsert the position's stop; not sent leaves one as it is, ``"0"`` removes it."""
    held = ask.book.position(ask.name, rules.symbol)
    ask.book.set_position_stop(
        ask.name,
        rules.symbol,
        ask.params.amount("stopLoss"),
        ask.params.amount("takeProfit"),
        _source(ask, "slTriggerBy", held.stop_loss, held.stop_loss_by),
        _source(ask, "tpTriggerBy", held.take_profit, held.take_profit_by),
        ask.now,
    )


def _source(ask: Ask, name: str, held: Decimal | None, held_by: TriggerBy) -> TriggerBy:
    """The trigger source sent, else the one of the stop that is there, else LastPrice."""
    return held_by if name not in ask.params and held else trigger_source(ask.params, name)


def _check_visible(ask: Ask, symbol: str) -> None:
    """For a while after the fill this service may not see the position yet (bybit.md 3.6, switch)."""
    position = ask.book.position(ask.name, symbol)
    delay = int(ask.core.switch("bybit.position_delay_us"))
    if not position.quantity or ask.now < position.opened_at + delay:
        raise Refusal(Reason.NO_POSITION)


def _add_partial(ask: Ask, rules: Instrument) -> object:
    """Append stops of their own quantity; they end with the position (bybit.md 1.6, 3.5)."""
    _check_visible(ask, rules.symbol)
    position = ask.book.position(ask.name, rules.symbol)
    wanted = (
        ("stopLoss", "slSize", "slTriggerBy", Purpose.STOP),
        ("takeProfit", "tpSize", "tpTriggerBy", Purpose.TAKE_PROFIT),
    )
    tickets = []
    for name, size, source, purpose in wanted:
        trigger = ask.params.amount(name)
        if trigger:
            tickets.append(_partial(ask, rules, position, trigger, size, source, purpose))
    for ticket in tickets:
        ask.book.place_stop(ask.name, ticket, ask.now)
    return {}


def _partial(
    ask: Ask, rules: Instrument, position: PositionState, trigger: Decimal, size: str, source: str, purpose: Purpose
) -> StopTicket:
    trigger_by = trigger_source(ask.params, source)
    base = watched_price(ask.core.market.quote(rules.symbol, ask.now), trigger_by)
    is_long, loss = position.quantity > 0, purpose is Purpose.STOP
    falls = is_long == loss
    if trigger >= base if falls else trigger <= base:
        label = "StopLoss" if loss else "TakeProfit"
        raise wrong_side(label, rules.symbol, trigger, base, price_suffix(trigger_by.value), is_long=is_long, loss=loss)
    return StopTicket(
        symbol=rules.symbol,
        side=Side.SELL if is_long else Side.BUY,
        trigger=trigger,
        trigger_by=trigger_by,
        direction=Direction.FALL if falls else Direction.RISE,
        scope=StopScope.QUANTITY,
        purpose=purpose,
        kind=OrderKind.MARKET,
        quantity=ask.params.require_amount(size),
        gives_way=True,
    )


def move_stop(ask: Ask, stop: StopState) -> StopState:
    """Amend a waiting stop's trigger; its id stays (bybit.md 1.5, 3.5)."""
    trigger = ask.params.amount("triggerPrice")
    if not trigger:
        raise Denial(34040)
    if stop.scope is StopScope.POSITION:
        _move_full(ask, stop, trigger)
    else:
        ask.book.amend_stop(ask.name, stop.stop_id, trigger, ask.now)
    return stop


def _move_full(ask: Ask, stop: StopState, trigger: Decimal) -> None:
    """Move the position's own stop through the position, so that both show the same trigger."""
    loss = stop.purpose is not Purpose.TAKE_PROFIT
    by = trigger_source(ask.params, "triggerBy") if "triggerBy" in ask.params else stop.trigger_by
    held = ask.book.position(ask.name, stop.symbol)
    ask.book.set_position_stop(
        ask.name,
        stop.symbol,
        trigger if loss else None,
        None if loss else trigger,
        by if loss else held.stop_loss_by,
        held.take_profit_by if loss else by,
        ask.now,
    )
