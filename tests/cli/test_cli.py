"""The command line as a user meets it: what it prints, with which code it ends, in a pipe and in a narrow window."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from seawall.service.config import load
from seawall.service.problems import Exit
from tests.cli.terminal import Ran, command, process, rig
from venuesim.faults import Fault

OPEN = ("signal", "open", "BTCUSDT", "buy", "--size", "1000", "--stop-pct", "2")


def told(ran: Ran) -> Any:
    """The JSON that a command printed."""
    return json.loads(ran.out)


def test_from_an_order_to_flat(tmp_path: Path) -> None:
    """open --wait protected, positions, show, why, receipt, events, close --wait flat: the whole story, exit code 0."""
    with rig(tmp_path) as one:
        ran = command(tmp_path, *OPEN, "--id", "first", "--wait", "protected")
        assert (ran.code, ran.err) == (Exit.OK, "")
        assert ran.out == "first: PROTECTED, BTCUSDT\n"
        ran = command(tmp_path, "positions")
        assert ran.code == Exit.OK
        assert re.match(r"BTCUSDT on main: PROTECTED, buy 0\.\d+, stop [\d.]+, signal first\n  ours 0\.\d+ \(", ran.out)
        ran = command(tmp_path, "show", "first")
        assert ran.code == Exit.OK
        assert "first: PROTECTED; buy BTCUSDT on main" in ran.out
        assert "the stream says" in ran.out
        ran = command(tmp_path, "why", "first")
        assert re.search(r"first is PROTECTED: long 0\.\d+ BTCUSDT on main", ran.out)
        assert "Its fill was proven first by" in " ".join(ran.out.split())
        ran = command(tmp_path, "receipt", "first")
        assert "stop, seen live" in ran.out
        ran = command(tmp_path, "events", "-n", "1000")
        assert "position_protected first BTCUSDT" in ran.out
        ran = command(tmp_path, "signal", "close", "BTCUSDT", "--wait", "flat")
        assert (ran.code, ran.out.startswith("first: FLAT")) == (Exit.OK, True)
        assert command(tmp_path, "positions").out == "nothing is open\n"
        assert one.box.judge(one.clock.now()).positions == []


def test_everything_has_a_json_form(tmp_path: Path) -> None:
    """With --json each command prints JSON and nothing else; amounts are texts in plain digits."""
    with rig(tmp_path, "bybit"):
        ran = command(tmp_path, *OPEN, "--id", "j", "--json", "--wait", "protected")
        assert told(ran)["signals"][0]["state"] == "protected"
        assert told(command(tmp_path, "show", "j", "--json"))["receipt"]["signal_id"] == "j"
        assert told(command(tmp_path, "why", "j", "--json"))["state"] == "protected"
        assert re.fullmatch(r"0\.\d+", told(command(tmp_path, "receipt", "j", "--json"))["quantity"])
        assert told(command(tmp_path, "positions", "--json"))["positions"][0]["record"]["symbol"] == "BTCUSDT"
        lines = command(tmp_path, "events", "--json", "-n", "3").out.splitlines()
        assert [set(json.loads(line)) >= {"account", "seq", "event_type", "data"} for line in lines] == [True] * 3
        assert {one["grade"] for one in told(command(tmp_path, "doctor", "--json"))["findings"]} <= {"ok", "note"}
        again = command(tmp_path, *OPEN, "--id", "j", "--json")
        assert (again.code, told(again)["status"]) == (Exit.STALE, 200)


def test_exit_codes_of_what_is_refused(tmp_path: Path) -> None:
    """Refused 4, duplicate or stale 5, unknown signal and usage 2: a script can tell them apart."""
    with rig(tmp_path):
        ran = command(tmp_path, *OPEN[:-2])
        assert (ran.code, "no stop, no entry" in ran.out, "for example" in ran.out) == (Exit.REFUSED, True, True)
        assert command(tmp_path, *OPEN, "--max-age", "0.000001").code == Exit.STALE
        assert command(tmp_path, *OPEN, "--id", "x").code == Exit.OK
        assert command(tmp_path, *OPEN, "--id", "x").code == Exit.STALE
        other = command(tmp_path, "signal", "open", "BTCUSDT", "sell", "--size", "1", "--stop-pct", "2", "--id", "x")
        assert (other.code, "conflict" in other.out) == (Exit.STALE, True)
        ran = command(tmp_path, "show", "nobody")
        assert (ran.code, ran.err) == (Exit.USAGE, "seawall: no signal 'nobody' was ever recorded here\n")
        assert command(tmp_path, "signal", "open", "BTCUSDT", "hold", "--size", "1").code == Exit.USAGE
        assert command(tmp_path, "nonsense").code == Exit.USAGE


def test_looking_works_while_the_service_is_down(tmp_path: Path) -> None:
    """show, why, positions, events and receipt read the journal itself; only sending needs the service."""
    with rig(tmp_path):
        assert command(tmp_path, *OPEN, "--id", "first", "--wait", "protected").code == Exit.OK
    assert "first: PROTECTED" in command(tmp_path, "show", "first").out
    for arguments in (("why", "first"), ("positions",), ("events",), ("receipt", "first")):
        assert command(tmp_path, *arguments).code == Exit.OK
    ran = command(tmp_path, *OPEN)
    assert (ran.code, "no `seawall run` answers" in ran.err) == (Exit.UNREACHABLE, True)


@pytest.mark.parametrize("columns", ["60", "200"])
def test_no_colour_in_a_pipe_and_no_line_too_long(tmp_path: Path, columns: str) -> None:
    """In a pipe, with NO_COLOR and in 60 columns the output is plain text that fits."""
    with rig(tmp_path):
        assert command(tmp_path, *OPEN, "--id", "first", "--wait", "protected").code == Exit.OK
        for arguments in (
            ("show", "first"),
            ("why", "first"),
            ("positions",),
            ("receipt", "first"),
            ("doctor",),
        ):
            ran = command(tmp_path, *arguments, environ={"COLUMNS": columns, "NO_COLOR": "1"})
            assert ran.code == Exit.OK
            assert "\x1b" not in ran.out
            assert max(len(line) for line in ran.out.splitlines()) <= int(columns)


def test_help_fits_a_narrow_window(tmp_path: Path) -> None:
    """The help of a command fits into 60 columns and has no colour in a pipe."""
    ran = process(tmp_path, "signal", "open", "--help", environ={"COLUMNS": "60"})
    assert (ran.code, "\x1b" in ran.out, "--stop-pct" in ran.out) == (Exit.OK, False, True)
    assert max(len(line) for line in ran.out.splitlines()) <= 60


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`seawall events | head -1` ends quietly."""
    with rig(tmp_path):
        command(tmp_path, *OPEN, "--id", "first", "--wait", "protected")
    line = f"{shlex.quote(sys.executable)} -m seawall events -n 1000 --json | head -1"
    done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1


def test_events_are_followed_until_interrupted(tmp_path: Path) -> None:
    """`events -f` prints what comes, and ends with 0 when interrupted, though somebody still reads."""
    with rig(tmp_path), hearing_interrupts():
        following = subprocess.Popen(
            [sys.executable, "-m", "seawall", "events", "-f", "-n", "1", "--json"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert following.stdout is not None
        following.stdout.readline()
        assert command(tmp_path, *OPEN, "--id", "first", "--wait", "protected").code == Exit.OK
        kinds: list[str] = []
        while "position_protected" not in kinds:
            kinds.append(json.loads(following.stdout.readline())["event_type"])
        assert kinds[:2] == ["signal_accepted", "entry_intended"]
        following.send_signal(signal.SIGINT)
        following.communicate(timeout=10)
        assert following.returncode == 0


@contextmanager
def hearing_interrupts() -> Iterator[None]:
    """What is started meanwhile hears an interrupt, though whoever started us in the background had us ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_configuration_is_made_once(tmp_path: Path) -> None:
    """init writes a file that can be used as it is, names the installation, and never writes over one."""
    ran = command(tmp_path, "init", "here")
    assert (ran.code, "this installation is called" in ran.out) == (Exit.OK, True)
    assert [one.name for one in load(tmp_path / "here" / "seawall.toml", {}).accounts] == ["binance", "bybit"]
    again = command(tmp_path, "init", "here")
    assert (again.code, "is there already" in again.err) == (Exit.CONFIG, True)


def test_a_wrong_configuration_ends_with_3(tmp_path: Path) -> None:
    """A mistake in the file, and a file that is not there, are one line on standard error."""
    (tmp_path / "seawall.toml").write_text('[service]\nfoldr = "x"\n')
    for arguments in (("run",), ("doctor",), ("positions",), ("show", "x")):
        ran = command(tmp_path, *arguments)
        assert (ran.code, ran.out) == (Exit.CONFIG, "")
        assert ran.err == "seawall: seawall.toml:2: service.foldr: unknown key; did you mean folder?\n"
    assert command(tmp_path, "run", "--config", "gone.toml").code == Exit.CONFIG


def test_the_doctor_explains(tmp_path: Path) -> None:
    """Hedge mode and refused keys are told with their mend, code 3; a venue that is silent is code 7; nothing is made."""
    with rig(tmp_path, service=False, hedge=True):
        ran = command(tmp_path, "doctor")
        assert (ran.code, "hedge mode" in ran.out, "One-way" in ran.out) == (Exit.CONFIG, True, True)
    with rig(tmp_path, "bybit", service=False, secret="another"):
        ran = command(tmp_path, "doctor")
        assert (ran.code, "check key and secret" in " ".join(ran.out.split())) == (Exit.CONFIG, True)
    ran = command(tmp_path, "doctor")
    assert (ran.code, "silent" in ran.out) == (Exit.UNREACHABLE, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["seawall.toml"]


def test_a_process_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """`seawall run` says where it listens, refuses a second one in its folder with code 3, and ends with 0 on SIGTERM."""
    with rig(tmp_path, service=False):
        running = subprocess.Popen(
            [sys.executable, "-m", "seawall", "run"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert running.stdout is not None
        assert running.stdout.readline().startswith("seawall runs: intake http://127.0.0.1:")
        second = process(tmp_path, "run")
        assert (second.code, f"process {running.pid}" in second.err) == (Exit.CONFIG, True)
        (tmp_path / "data" / "lock").unlink()
        assert process(tmp_path, "run").code == Exit.CONFIG
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=15)
        assert (running.returncode, err) == (0, "")
        assert not (tmp_path / "data" / "service.json").exists()


def test_what_is_under_way_is_named_at_the_end(tmp_path: Path) -> None:
    """Told to stop in the middle of an opening that the venue leaves unanswered, `run` waits; told again it ends at once,
    with code 8 and the signal's name.
    """
    with rig(tmp_path, service=False) as one:
        running = subprocess.Popen(
            [sys.executable, "-m", "seawall", "run"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert running.stdout is not None
        running.stdout.readline()
        one.box.faults.add(Fault(fault="request_lost", call="order.create", mode="hang"))
        while (sent := command(tmp_path, *OPEN, "--id", "first")).code == Exit.UNREACHABLE:
            assert "not_ready" in sent.out
        assert sent.code == Exit.OK
        running.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.5)
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=15)
        assert running.returncode == Exit.UNPROTECTED
        assert "not settled: first on main: entering; the next `seawall run` goes on with it" in err


def test_looking_loads_no_web_framework() -> None:
    """A command in a hurry imports neither the web framework nor the metrics."""
    code = (
        "import sys; import seawall.cli.look, seawall.cli.send; "
        "print([name for name in ('aiohttp', 'prometheus_client', 'jinja2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "[]\n"
