"""What `flatten` says through the service, and its exit code: 0 is said of what is proven, and of nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from seawall.cli.flatten import _of_ours
from seawall.cli.http import doors
from seawall.service.config import load
from seawall.service.problems import Exit
from tests.cli.terminal import WITHIN, Ran, command, process, rig, running
from venuesim.faults import Fault

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2", "--wait", "protected")


def test_what_is_proven_is_0_and_says_what_is_not_meant(tmp_path: Path) -> None:
    """Ours is flat; what others hold is none of it, and is said to stay. Where nothing of ours is, that is said too."""
    with rig(tmp_path):
        assert command(tmp_path, *OPEN).code == Exit.OK
        ran = command(tmp_path, "flatten", "BTCUSDT", "--yes")
        assert (ran.code, "main: ours is flat; what others hold there stays" in _one_line(ran)) == (Exit.OK, True)
        ran = command(tmp_path, "flatten", "all", "--yes")
        assert (ran.code, "main: the service knows of nothing of ours" in _one_line(ran)) == (Exit.OK, True)


def test_a_service_that_has_not_read_its_account_proves_nothing(tmp_path: Path) -> None:
    """With a refused key it knows of no position, whatever stands: the exit code is 7, and the reason is told."""
    with rig(tmp_path, service=False, secret="another"):
        service = subprocess.Popen(
            [sys.executable, "-m", "seawall", "run"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert service.stdout is not None
            assert re.search(r"control (\S+);", service.stdout.readline())
            where, until = doors(load(tmp_path / "seawall.toml")), time.monotonic() + WITHIN
            while "AskModes" not in where.ask("GET", f"{where.control}/readyz").body["accounts"]["main"]["why"]:
                assert time.monotonic() < until
            ran = command(tmp_path, "flatten", "all", "--yes")
        finally:
            service.kill()
            service.communicate()
    assert ran.code == Exit.UNREACHABLE
    assert "main: the service does not know what stands there" in _one_line(ran)
    assert "-1022" in _one_line(ran)


def test_a_service_that_dies_on_the_way_home_proves_nothing(tmp_path: Path) -> None:
    """It took the wish on and is gone: the position may stand, so the exit code is 8, whatever comes of other accounts."""
    with rig(tmp_path, service=False) as one, running(tmp_path) as service:
        assert command(tmp_path, *OPEN).code == Exit.OK
        one.do(lambda: one.box.faults.add(Fault(fault="request_lost", call="order.create")))
        found: list[Ran] = []
        asking = threading.Thread(target=lambda: found.append(process(tmp_path, "flatten", "all", "--yes")))
        asking.start()
        service.until(lambda: "close_intended" in command(tmp_path, "events").out)
        service.kill()
        asking.join(WITHIN)
    (ran,) = found
    assert ran.code == Exit.UNPROTECTED
    assert "main: it was taken on, and is not proven flat" in _one_line(ran)


@pytest.mark.parametrize(
    ("signals", "code", "expected"),
    [
        (["s1"], Exit.OK, Exit.OK),
        (["s1"], Exit.REFUSED, Exit.UNPROTECTED),
        (["s1"], Exit.UNPROTECTED, Exit.UNPROTECTED),
        ([], Exit.OK, Exit.UNPROTECTED),
    ],
)
def test_only_signals_that_are_flat_are_0(signals: list[str], code: int, expected: Exit) -> None:
    """One that still stands protected when the time is over is not flat, and none at all proves nothing."""
    assert _of_ours(signals, code)[0] is expected


def _one_line(ran: Ran) -> str:
    return " ".join((ran.out + ran.err).split())
