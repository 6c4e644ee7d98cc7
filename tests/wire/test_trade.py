"""Order entry by the trade socket, the shipped service before the box on real sockets, both venues."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seawall.drill.checks import breaches
from seawall.drill.wire.stage import Stage, opening, staged
from seawall.model.ids import SignalId, VenueName
from seawall.sagas.phase import Phase
from seawall.service.settings import OrderEntry

BOTH = pytest.mark.parametrize("venue", VenueName)
QUIET = {"lag": "none", "binance.result_reply": "filled"}
ACTS = ("order.create", "stop.create", "order.cancel", "stop.cancel")


def roads(stage: Stage) -> list[str]:
    """The road of each act that the venue saw, in order."""
    return ["frame" if one.method == "WS" else "request" for one in stage.calls(*ACTS)]


async def _opened(stage: Stage, name: str) -> None:
    assert (await stage.post(opening(name, "main", "ETHUSDT", size={"quote": "500"}))).status == 202
    await stage.reaches(name, Phase.PROTECTED)
    assert list(breaches(stage.judged(), stage.witness.states[SignalId(name)], spares=True)) == []


@BOTH
@pytest.mark.parametrize(("asked", "road"), [(OrderEntry.AUTO, "frame"), (OrderEntry.REST, "request")])
def test_acts_leave_by_the_road_that_is_configured(
    tmp_path: Path, venue: VenueName, asked: OrderEntry, road: str
) -> None:
    """By default entry and stop go by frame; with order_entry = "rest" no trade socket is opened at all."""

    async def work() -> None:
        async with staged(tmp_path, venue, switches=QUIET, order_entry=asked) as stage:
            await _opened(stage, "one")
            assert set(roads(stage)) == {road}

    asyncio.run(work())


@BOTH
def test_a_socket_cut_with_the_entry_under_way_costs_nothing_but_the_answer(tmp_path: Path, venue: VenueName) -> None:
    """The venue executed the frame and the socket is cut: one entry, found by its name, protected all the same."""

    async def work() -> None:
        async with staged(tmp_path, venue, switches=QUIET) as stage:
            stage.fault(fault="reply_lost", call="order.create", nth=1)
            await _opened(stage, "cut")
            assert len(stage.calls("order.create")) == 1
            assert roads(stage)[0] == "frame"

    asyncio.run(work())
