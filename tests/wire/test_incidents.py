"""The incidents that began this project, replayed with the times of their own logs (incidents.md I01, I02, I03)."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.drill.checks import breaches
from seawall.drill.wire.stage import Stage, opening, staged
from seawall.history.failures import MONITORING
from seawall.model import events as ev
from seawall.model.ids import SignalId, VenueName
from seawall.model.reports import Source
from seawall.model.times import MILLISECOND, SECOND, Duration
from seawall.sagas.phase import Phase

BUSY_READS = "[bounds]\nstop_reread = 1\n"
"""Positions and stops are read again each second, so that what lies to a reader can lie often."""
QUICK_ABSENCE = "[bounds]\nread_lag = 1\n"
"""A box without lag needs no ten seconds between two reads that agree."""
NEVER = 3_600 * SECOND


def test_velvet_on_binance_ends_protected(tmp_path: Path) -> None:
    """VELVETUSDT, SELL 27: the stream speaks first, the order is read later, positions are read empty for 12 s."""
    asyncio.run(_velvet(tmp_path))


async def _velvet(home: Path) -> None:
    switches = {"lag": "none", "binance.result_reply": "new"}
    async with staged(home, VenueName.BINANCE, switches=switches, more=BUSY_READS) as stage:
        stage.box.walk(1, SECOND, stage.clock.now())
        stage.fault(fault="delay", call="order.create", ms=1_200, where="reply")
        stage.fault(fault="stream_delay", call="stream.position", ms=716)
        for topic in ("stream.order", "stream.fill", "stream.stop"):
            stage.fault(fault="stream_drop", call=topic)
        stage.fault(fault="empty_read", call="order.get", until_now=1_323 * MILLISECOND)
        stage.fault(fault="empty_read", call="positions.get", until_now=12 * SECOND)
        body = opening("velvet", "main", "VELVETUSDT", side="sell", size={"base": "27"})
        assert (await stage.post(body)).status == 202
        await stage.reaches("velvet", Phase.PROTECTED)
        _check_velvet(stage)
        await _three_more_reads(stage)
        _check_kept(stage, "velvet", Decimal(-27))


def _check_velvet(stage: Stage) -> None:
    """Protected at the stream's word, long before the 10 s after which the report's bot gave up."""
    (created,) = stage.calls("order.create")
    (proof,) = [one for one in stage.witness.events("velvet") if isinstance(one, ev.EntryFilled)]
    state = stage.witness.states[SignalId("velvet")]
    assert (proof.source, proof.quantity) == (Source.STREAM, Decimal(27))
    assert proof.at - created.at >= 716 * MILLISECOND
    assert state.protected_at - created.at < 5 * SECOND


async def _three_more_reads(stage: Stage) -> None:
    """Positions go on being read empty, and nobody believes it."""
    before = len(stage.calls("positions.get"))
    await stage.bell.until(lambda: len(stage.calls("positions.get")) >= before + 3, what="three more reads")


def _check_kept(stage: Stage, signal_id: str, quantity: Decimal) -> None:
    verdict = stage.judged()
    state = stage.witness.states[SignalId(signal_id)]
    assert state.phase is Phase.PROTECTED
    assert [one.quantity for one in verdict.positions] == [quantity]
    assert list(breaches(verdict, state, spares=True)) == []


@pytest.mark.parametrize(
    ("unseen_for", "stream_speaks"),
    [
        pytest.param(500 * MILLISECOND, True, id="half a second, the stream speaks"),
        pytest.param(1_400 * MILLISECOND, False, id="1.4 s, the stream is silent"),
        pytest.param(6 * SECOND, True, id="6 s, the stream speaks"),
        pytest.param(6 * SECOND, False, id="6 s, the stream is silent", marks=pytest.mark.long),
        pytest.param(30 * SECOND, True, id="30 s, the stream speaks", marks=pytest.mark.long),
        pytest.param(30 * SECOND, False, id="30 s, the stream is silent", marks=pytest.mark.long),
        pytest.param(NEVER, True, id="never, the stream speaks"),
        pytest.param(NEVER, False, id="never, the stream is silent"),
    ],
)
def test_babydoge_on_bybit_ends_protected(tmp_path: Path, unseen_for: Duration, stream_speaks: bool) -> None:
    """1000000BABYDOGEUSDT, BUY: the reply names only an id, and no order query finds the order for a while, or ever."""
    asyncio.run(_babydoge(tmp_path, unseen_for, stream_speaks))


async def _babydoge(home: Path, unseen_for: Duration, stream_speaks: bool) -> None:
    """The stream is 0.35 s late as in I03, or silent; then positions and executions are the sources that speak."""
    async with staged(home, VenueName.BYBIT, switches={"lag": "none"}, more=BUSY_READS) as stage:
        if stream_speaks:
            stage.fault(fault="stream_delay", call="stream.*", ms=350)
        else:
            stage.fault(fault="stream_drop", call="stream.*")
        for read in ("order.get", "order.history"):
            stage.fault(fault="empty_read", call=read, until_now=unseen_for)
        body = opening("babydoge", "main", "1000000BABYDOGEUSDT", size={"quote": "20"})
        assert (await stage.post(body)).status == 202
        await stage.reaches("babydoge", Phase.PROTECTED)
        await _three_more_reads(stage)
        (created,) = stage.calls("order.create")
        assert set(json.loads(created.reply)["result"]) == {"orderId", "orderLinkId"}
        (held,) = stage.judged().positions
        assert held.quantity > 0
        _check_kept(stage, "babydoge", held.quantity)


@pytest.mark.parametrize(
    ("venue", "entry", "stop"),
    [
        (VenueName.BINANCE, (-2019, "Margin is insufficient."), (-2021, "Order would immediately trigger.")),
        (VenueName.BYBIT, (110007, "ab not enough for new order"), None),
    ],
)
def test_a_planted_failure_is_counted(
    tmp_path: Path, venue: VenueName, entry: tuple[int, str], stop: tuple[int, str] | None
) -> None:
    """An entry that the venue refuses, and a position that had to be given up, are rows of the report's own query."""
    rows = asyncio.run(_planted(tmp_path, venue, entry, stop))
    assert rows["signal_execution_failed"][:1] == ["ETHUSDT"]
    assert rows.get("position_error", []) == (["BTCUSDT"] if stop else [])


async def _planted(
    home: Path, venue: VenueName, entry: tuple[int, str], stop: tuple[int, str] | None
) -> dict[str, list[str]]:
    """The monitoring query's symbols by event type, asked of the service's own file with plain SQLite."""
    async with staged(home, venue, switches={"lag": "none"}, more=QUICK_ABSENCE) as stage:
        stage.fault(fault="status", call="order.create", symbol="ETHUSDT", code=entry[0], text=entry[1])
        await stage.post(opening("refused", "main", "ETHUSDT", size={"quote": "500"}))
        await _failed(stage, "refused", ev.SignalExecutionFailed)
        if stop is not None:
            stage.fault(fault="stop_refused", code=stop[0], text=stop[1])
            await stage.post(opening("unstopped", "main", "BTCUSDT", size={"quote": "500"}))
            await _failed(stage, "unstopped", ev.PositionError)
        connection = sqlite3.connect(f"file:{home / 'data' / 'journal.sqlite'}?mode=ro", uri=True)
        found = connection.execute(MONITORING).fetchall()
        connection.close()
        return {kind: json.loads(symbols) for _, kind, _, symbols in found}


async def _failed(stage: Stage, signal_id: str, kind: type[ev.Event]) -> None:
    """Waits until a failure of a signal is recorded."""
    await stage.bell.until(
        lambda: any(isinstance(one, kind) for one in stage.witness.events(signal_id)), what=kind.__name__
    )
