"""The naked timer with many positions at once: it bounds what stands naked, and holds when a venue refuses every stop."""

from __future__ import annotations

import pytest

from seawall.model.ids import Side, VenueName
from seawall.model.times import SECOND
from seawall.sagas.phase import Phase
from tests.adversary.stage import BINANCE, BYBIT, Stage, leftovers, wrongs
from venuesim.faults import Fault

CODES = {BINANCE: (-4509, "GTE order needs a position"), BYBIT: (10001, "can not set tp/sl/ts for zero position")}


def _refusing(venue: VenueName, coins: int) -> tuple[Stage, int]:
    """A venue that refuses every stop; on Bybit the attached one is cancelled by a hand as soon as it stands."""
    stage = Stage(venue, coins=coins)
    code, text = CODES[venue]
    number = stage.box.faults.add(Fault(fault="stop_refused", call="stop.create", code=code, text=text))
    for n, coin in enumerate(stage.coins):
        stage.send(f"s{n}", coin, side=Side.BUY if n % 2 else Side.SELL)
    stage.run(most=SECOND)
    if venue is BYBIT:
        for coin in stage.coins:
            stage.cancel_stops(coin)
    return stage, number


@pytest.mark.parametrize("venue", [BINANCE, BYBIT])
def test_one_position_that_gets_no_stop_is_closed_at_max_naked(venue: VenueName) -> None:
    """A position whose every stop is refused stands naked for max_naked and no longer."""
    stage, _ = _refusing(venue, 1)
    stage.run(most=8 * SECOND)
    assert not stage.held()
    assert stage.calm()
    assert stage.phase("s0") is Phase.FLAT
    assert 4 * SECOND < stage.box.judge(stage.now).longest_naked_us < 6 * SECOND
    assert (wrongs(stage), leftovers(stage)) == ([], [])


@pytest.mark.parametrize("venue", [BINANCE, BYBIT])
def test_a_venue_that_refuses_every_stop_does_not_lose_its_owner_every_position(venue: VenueName) -> None:
    """Of five naked positions at most two are closed in the first minute; the rest get their stops when they may."""
    stage, number = _refusing(venue, 5)
    stage.run(most=30 * SECOND)
    held = [coin for coin in stage.coins if stage.held(coin)]
    assert len(held) >= 3, [stage.phase(f"s{n}") for n in range(5)]
    stage.box.faults.clear(number)
    stage.run(most=3 * SECOND)
    covered = {one.symbol for one in stage.box.judge(stage.now).positions if one.covered}
    assert covered == set(held)
    assert stage.calm()
    assert {coin for n, coin in enumerate(stage.coins) if stage.phase(f"s{n}") is Phase.PROTECTED} == set(held)
    assert (wrongs(stage), leftovers(stage)) == ([], [])
