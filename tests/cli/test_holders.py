"""Whose end a close waits for: of every position that stands, however long ago its signal came."""

from __future__ import annotations

from pathlib import Path

from seawall.cli.http import doors
from seawall.service.config import load
from seawall.service.problems import Exit
from tests.cli.terminal import command, rig

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2")


def test_a_close_waits_for_a_position_that_is_older_than_the_latest_signals(tmp_path: Path) -> None:
    """A hundred signals have come since and were refused: the close still names whom it closes, and waits for it."""
    with rig(tmp_path):
        assert command(tmp_path, *OPEN, "--id", "first", "--wait", "protected").code == Exit.OK
        where = doors(load(tmp_path / "seawall.toml"))
        body = {"symbol": "BTCUSDT", "action": "open", "side": "buy", "size": {"quote": "9"}, "stop": {"pct": "2"}}
        for n in range(101):
            assert where.ask("POST", f"{where.intake}/signal", body | {"id": f"late-{n}"}).status == 422
        ran = command(tmp_path, "signal", "close", "BTCUSDT", "--wait", "flat")
        assert (ran.code, ran.out[:11], ran.err) == (Exit.OK, "first: FLAT", "")
