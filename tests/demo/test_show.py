"""The plan of the show, and what the page and the exit code make of it."""

from __future__ import annotations

from collections import Counter

import pytest

from seawall.drill.demo.show import SHOW, End, Scene
from seawall.model.ids import VenueName
from venuesim import catalogue
from venuesim.faults import parse


def test_ten_signals_a_venue() -> None:
    """Each venue gets ten signals, and no two of them meet in a slot or share an id."""
    assert Counter(scene.venue for scene in SHOW) == {VenueName.BINANCE: 10, VenueName.BYBIT: 10}
    assert len({scene.id for scene in SHOW}) == len(SHOW)
    assert len({(scene.venue, scene.symbol) for scene in SHOW}) == len(SHOW)


def test_faults_of_every_kind_that_was_asked_for() -> None:
    """At least six signals have faults: lost replies on both venues, refused stops, a dropped stream, partial fills."""
    faulty = [scene for scene in SHOW if scene.fault]
    kinds = {(scene.venue, str(trouble.line["fault"])) for scene in faulty for trouble in scene.troubles}
    assert len(faulty) >= 6
    assert all(bool(scene.troubles) == bool(scene.fault) == bool(scene.story) for scene in SHOW)
    assert {(venue, kind) for venue in VenueName for kind in ("reply_lost", "partial_fill")} <= kinds
    assert {kind for _, kind in kinds} >= {"stop_refused", "stream_cut", "stream_silence", "empty_read"}


def test_the_two_founding_incidents_come_first() -> None:
    """The report's two signals open the show, sell 27 VELVETUSDT at Binance and buy 1000000BABYDOGEUSDT at Bybit."""
    first = {venue: next(scene for scene in SHOW if scene.venue is venue) for venue in VenueName}
    assert (first[VenueName.BINANCE].symbol, first[VenueName.BINANCE].side.value) == ("VELVETUSDT", "sell")
    assert first[VenueName.BINANCE].quantity == 27
    assert (first[VenueName.BYBIT].symbol, first[VenueName.BYBIT].side.value) == ("1000000BABYDOGEUSDT", "buy")


@pytest.mark.parametrize("scene", SHOW, ids=lambda scene: scene.id)
def test_a_scene_is_in_the_words_of_its_venue(scene: Scene) -> None:
    """Each symbol trades at its venue, each quantity fits its steps, and each fault is in the box's vocabulary."""
    rules = catalogue.load(scene.venue.value)[scene.symbol]
    assert rules.status in ("TRADING", "Trading")
    assert scene.quantity % rules.step == 0
    assert scene.expected % rules.step == 0
    assert (scene.expected == 0) == (scene.must is End.FLAT)
    for trouble in scene.troubles:
        parse({**trouble.line, "account": scene.account})
