"""The venue says "not now" to an entry: it was not executed, so it may come again while the signal is fresh."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seawall.drill.checks import breaches
from seawall.drill.wire.stage import opening, staged
from seawall.model.ids import SignalId, VenueName
from seawall.sagas.phase import Phase


@pytest.mark.parametrize(("venue", "code"), [(VenueName.BINANCE, -1015), (VenueName.BYBIT, 10006)])
def test_an_entry_refused_for_a_limit_comes_again(tmp_path: Path, venue: VenueName, code: int) -> None:
    """After the wait the slot is looked at again and the second attempt opens; the first is never counted as a doubt."""
    asyncio.run(_comes_again(tmp_path, venue, code))


async def _comes_again(home: Path, venue: VenueName, code: int) -> None:
    async with staged(home, venue, switches={"lag": "none"}) as stage:
        stage.fault(fault="status", call="order.create", nth=1, code=code, text="too many")
        assert (await stage.post(opening("again", "main", "ETHUSDT", size={"quote": "500"}))).status == 202
        await stage.reaches("again", Phase.PROTECTED, Phase.FLAT, within=45)
        state = stage.witness.states[SignalId("again")]
        assert state.phase is Phase.PROTECTED
        assert len(stage.calls("order.create")) == 2
        assert list(breaches(stage.judged(), state, spares=True)) == []
