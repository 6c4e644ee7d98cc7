"""The README's first look around, command by command as it stands there, in real processes.

Only what two runs on one machine would fight over is changed: the box's three ports, and the service's two.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import blocks

STAYS = {"venuesim serve": '{"binance"', "seawall run": "seawall runs"}
"""What stays in the foreground, and the words with which each says that it is there."""
NOT_READY, TRIES = 7, 60
"""The exit code of a service that is still reading its accounts; the same command is then sent again (docs/api.md)."""
PORTS = ("9301", "9302", "9303")


def lines() -> list[str]:
    """The commands of the block, with free ports for those of the box."""
    [text] = [block.text for block in blocks("sh") if "venuesim serve" in block.text]
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in PORTS]
        for port, free in zip(PORTS, held, strict=True):
            text = text.replace(port, str(free.getsockname()[1]))
    return text.splitlines()


@contextmanager
def staying(command: list[str], folder: Path, says: str) -> Iterator[None]:
    """A process that runs on while the block does, from the moment at which it says that it is there."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment()
    )
    try:
        assert process.stdout is not None
        heard = ""
        while says not in heard:
            heard = process.stdout.readline()
            assert heard, f"{command} has ended"
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def environment() -> dict[str, str]:
    """That of the tests, with the programs of their own virtual environment first on the path."""
    return os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }


def test_the_first_look_around_goes_as_the_readme_says(tmp_path: Path) -> None:
    """Every command of the block ends well, `show` tells of PROTECTED, and the close ends FLAT."""
    commands = lines()
    rest, said = {}, {}
    with ExitStack() as stack:
        for line in commands:
            words = shlex.split(line)
            stays = next((known for known in STAYS if line.startswith(known)), None)
            if stays is not None:
                stack.enter_context(staying(words, tmp_path, STAYS[stays]))
                continue
            said[line] = _run(words, tmp_path)
            if words[0] == "curl":
                venue = words[-1].split("/")[3]
                rest[venue] = commands[0].split()[3 if venue == "binance" else 5]
            if line == "seawall init":
                _other_ports(tmp_path / "seawall.toml", rest)
    assert "PROTECTED: " in said["seawall show first"]
    assert "first: FLAT" in said["seawall signal close BTCUSDT --account binance --wait flat"]


def _run(words: list[str], folder: Path) -> str:
    for _ in range(TRIES):
        ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=environment())
        if ran.returncode != NOT_READY:
            break
    assert ran.returncode == 0, f"{words}: {ran.stdout}{ran.stderr}"
    return ran.stdout


def _other_ports(file: Path, rest: dict[str, str]) -> None:
    """The configuration that `seawall init` wrote, with the box where it is and the service's doors on free ports."""
    text = (
        file.read_text(encoding="utf-8")
        .replace("127.0.0.1:8480", "127.0.0.1:0")
        .replace("127.0.0.1:8481", "127.0.0.1:0")
    )
    for venue, port in rest.items():
        text = text.replace(f'venue = "{venue}"\n', f'venue = "{venue}"\nrest = "http://127.0.0.1:{port}"\n', 1)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_the_block_opens_an_account_at_each_venue(venue: str) -> None:
    """The keys of sim mode are given to the box of either venue."""
    assert any(line.startswith("curl") and f"/{venue}/accounts" in line and '"sim-key"' in line for line in lines())
