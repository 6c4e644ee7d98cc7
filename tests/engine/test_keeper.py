"""The keeper alone: what it puts out at each look, and what of a find it forgets with it."""

from __future__ import annotations

from seawall.engine.keeper import Keeper
from seawall.engine.settings import DeskSettings, NakedForeign
from seawall.engine.slots import Slots
from seawall.engine.view import AccountView
from seawall.model import events as ev
from seawall.model import inputs as inp
from seawall.model.acts import CancelOrder, PlaceTakeProfit
from seawall.model.ids import Account, ClientId, Leg, Side, SignalId, VenueId, client_id
from seawall.model.queries import AskInstruments, AskMark, AskOpenOrders, AskOrders, AskPositions, AskStops
from seawall.model.reports import OrderReport, OrderStatus, PositionReport
from tests.sagas.builders import (
    BOUNDS,
    INSTALLATION,
    INSTRUMENT,
    STOP_AT,
    SYMBOL,
    TERM,
    laddered,
    mark,
    ms,
    order,
    position,
    stop,
    told,
)

HELD = 27


def a_keeper() -> Keeper:
    """One that guards whatever stands naked, and knows neither the rules nor the prices of its symbol."""
    settings = DeskSettings(naked_foreign=NakedForeign.PROTECT)
    return Keeper(Account("alpha"), settings, AccountView(INSTALLATION, BOUNDS), Slots())


def reads(
    keeper: Keeper, after: float, query: AskPositions | AskOrders, *reports: PositionReport | OrderReport
) -> None:
    """A complete read, to the view and to the keeper, as the desk does it."""
    item = inp.ReadAnswered(query, ms(after - 20), ms(after), told(*reports))
    keeper.view.hear(item)
    keeper.hear(item)


def adoption_put_off(keeper: Keeper, after: float) -> float:
    """A position shows, and lists explain nothing of it for `read_lag`; how long its adoption, for want of rules, then
    waits (ms).
    """
    lag = BOUNDS.read_lag // 1_000
    for at in (after, after + lag + 100):
        reads(keeper, at, AskPositions(), position(HELD, at - 20, told=after))
        keeper.look(TERM, ms(at))
        reads(keeper, at + 50, AskOrders(SYMBOL, 0))
        keeper.look(TERM, ms(at + 50))
    due = keeper.next_wake()
    assert due is not None
    return (due - ms(after + lag + 150)) / 1_000


def test_a_later_find_waits_for_nothing_that_an_earlier_one_had_put_off() -> None:
    """The growing wait is that find's: the next on the symbol begins with the first wait."""
    keeper = a_keeper()
    first = adoption_put_off(keeper, 0)
    for at in range(12_000, 60_000, 6_000):
        keeper.look(TERM, ms(at))
        reads(keeper, at + 50, AskOrders(SYMBOL, 0))
        keeper.look(TERM, ms(at + 50))
    due = keeper.next_wake()
    assert due is not None
    assert due - ms(54_050) == BOUNDS.ask_slowest
    reads(keeper, 70_000, AskPositions(), position(0, 69_980, told=69_000))
    keeper.look(TERM, ms(70_000))
    assert keeper.next_wake() is None
    assert adoption_put_off(keeper, 80_000) == first == BOUNDS.ask_first / 1_000


def test_what_a_look_puts_out_is_nobody_elses() -> None:
    """Whoever adds to it adds to nothing that a later look gives out."""
    keeper = a_keeper()
    keeper.look(TERM, ms(0)).ask(AskStops(SYMBOL))
    assert keeper.look(TERM, ms(10)).asks == []


def test_what_only_a_stop_of_ours_explains_waits_for_its_order() -> None:
    """It may be the late fill of a signal that has ended: the first list can be from the instant before it."""
    keeper = a_keeper()
    keeper.view.hear(inp.ReadAnswered(AskInstruments(), ms(0), ms(10), inp.Told(instruments=(INSTRUMENT,))))
    name, lag, adopted_at = client_id(INSTALLATION, SignalId("s1"), Leg.STOP, TERM, 2), BOUNDS.read_lag // 1_000, 0
    stands = inp.ReadAnswered(AskStops(), ms(80), ms(100), told(stop(name, at=90, trigger=STOP_AT, side=Side.SELL)))
    keeper.view.hear(stands)
    for at in range(100, 2 * lag, 1_000):
        keeper.view.hear(inp.ReadAnswered(AskMark(SYMBOL), ms(at - 10), ms(at), inp.Told(marks=(mark(at=ms(at)),))))
        reads(keeper, at, AskPositions(), position(HELD, at - 20, told=90))
        keeper.look(TERM, ms(at))
        reads(keeper, at + 50, AskOrders(SYMBOL, 0))
        if keeper.look(TERM, ms(at + 50)).adoptions:
            adopted_at = at
            break
    assert lag <= adopted_at < lag + 2_000


def test_a_covered_position_waits_for_an_entry_of_ours_that_seems_not_to_have_filled() -> None:
    """Nobody's stop is behind it, so nothing hurries; but the list that shows our order may be behind the fill."""
    keeper = a_keeper()
    keeper.view.hear(inp.ReadAnswered(AskInstruments(), ms(0), ms(10), inp.Told(instruments=(INSTRUMENT,))))
    keeper.view.hear(
        inp.ReadAnswered(AskStops(), ms(80), ms(100), told(stop("web_1", trigger=STOP_AT, side=Side.SELL)))
    )
    name = client_id(INSTALLATION, SignalId("lost"), Leg.ENTRY, TERM, 1)
    reads(keeper, 120, AskPositions(), position(HELD, 100, told=90))
    keeper.look(TERM, ms(120))
    reads(keeper, 150, AskOrders(SYMBOL, 0), order(name, OrderStatus.OPEN, at=60, side=Side.BUY))
    assert keeper.look(TERM, ms(150)).adoptions == []
    due = keeper.next_wake()
    assert due is not None
    assert AskOrders in [type(ask.query) for ask in keeper.look(TERM, due).asks]
    keeper.view.hear(inp.ReadAnswered(AskMark(SYMBOL), due, due, inp.Told(marks=(mark(at=due),))))
    reads(keeper, 900, AskOrders(SYMBOL, 0), order(name, filled=HELD, at=90, side=Side.BUY))
    assert len(keeper.look(TERM, ms(900)).adoptions) == 1


def ended_rung(after: float) -> tuple[Keeper, ClientId]:
    """A keeper beside a protected signal, one of whose take-profits was told rejected `after`; with its name."""
    case = laddered()
    name = case.sent(PlaceTakeProfit)[0].client_id
    case.hears(after, order(name, OrderStatus.REJECTED, at=after))
    keeper = a_keeper()
    accepted = ev.SignalAccepted(case.state.signal.id, SYMBOL, case.state.signal)
    keeper.slots.take_up(accepted).state = case.state
    return keeper, name


def shows(keeper: Keeper, after: float, name: ClientId) -> list[CancelOrder]:
    """The whole book is read, and shows an order standing; what the keeper then cancels."""
    shown = order(name, OrderStatus.OPEN, at=after, venue_id=VenueId("v-1"))
    item = inp.ReadAnswered(AskOpenOrders(), ms(after - 20), ms(after), told(shown))
    keeper.view.hear(item)
    keeper.hear(item)
    return keeper.look(TERM, ms(after)).acts


def test_an_order_that_was_told_ended_and_stands_is_taken_down() -> None:
    """Its signal has laid another in its place; a read that lags shows it a little longer, and is no proof."""
    keeper, name = ended_rung(1_000)
    assert shows(keeper, 1_000 + BOUNDS.read_lag / 1_000, name) == []
    assert [act.target for act in shows(keeper, 1_100 + BOUNDS.read_lag / 1_000, name)] == [name]
    assert shows(keeper, 1_200 + BOUNDS.read_lag / 1_000, name) == []


def test_an_order_that_stands_and_was_not_told_ended_is_its_signals() -> None:
    """The keeper leaves alone what a signal answers for."""
    keeper, _ = ended_rung(1_000)
    (saga,) = keeper.slots.by_signal.values()
    standing = [rung.client_id for rung in saga.state.rungs if not saga.state.orders[rung.client_id].is_terminal]
    assert standing
    assert shows(keeper, 60_000, standing[0]) == []
