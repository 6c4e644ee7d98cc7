"""What lagging readers are shown: the truth of an earlier moment, never anything else."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tests.venuesim.plain import MS, SECOND, Asker, box
from venuesim.views import Lag


def seen(asker: Asker) -> object:
    """Return what the order query answers now."""
    return msgspec.json.decode(asker.ask("order.get", id="x").body)


def test_a_view_shows_the_truth_as_of_its_lag() -> None:
    """With a lag of one second an order is nowhere for a second, and then it is there as filled."""
    asker = Asker(box())
    asker.exchange.set_lag("order.get", Lag(least=SECOND, most=SECOND))
    asker.buy(id="x")
    assert seen(asker) == []
    asker.run(SECOND)
    [order] = msgspec.json.decode(asker.ask("order.get", id="x").body)
    assert order["status"] == "FILLED"


def test_views_lag_each_for_itself() -> None:
    """The position may be visible while the order is not."""
    asker = Asker(box())
    asker.exchange.set_lag("order.get", Lag(least=SECOND, most=SECOND))
    asker.buy(id="x")
    position = msgspec.json.decode(asker.ask("positions.get", symbol="BTCUSDT").body)
    assert Decimal(position["quantity"]) == Decimal("0.01")
    assert seen(asker) == []


def test_two_reads_may_disagree_unless_they_must_not() -> None:
    """Drawn lags make a view go back and forth; with monotone_reads what was seen once stays seen."""
    verdicts = {}
    for monotone in ("no", "yes"):
        asker = Asker(box(monotone_reads=monotone))
        asker.exchange.set_lag("order.get", Lag(least=0, most=SECOND))
        asker.buy(id="x")
        sightings = [bool(seen(asker)) for _ in range(60)]
        verdicts[monotone] = sightings == sorted(sightings)
    assert verdicts == {"no": False, "yes": True}


def test_the_venue_s_lags_are_small_draws_that_repeat_with_the_seed() -> None:
    """Two boxes of one seed show the same things at the same times."""
    courses = []
    for _ in range(2):
        asker = Asker(box(lag="venue"))
        asker.buy(id="x")
        courses.append([bool(seen(asker)) for _ in range(30)])
        asker.run(20_000 * MS)
        assert seen(asker)
    assert courses[0] == courses[1]
