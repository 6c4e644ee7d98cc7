"""The note by which the commands find the service: what it holds is a help, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.cli.http import WHEREABOUTS
from seawall.service.config import load
from seawall.service.problems import Exit
from tests.cli.terminal import command, rig

NOTES = ["", "{", "[]", "null", '{"pid": 7}', "\x00\x00\x00"]


@pytest.mark.parametrize("note", NOTES)
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, note: str) -> None:
    """A disk that was full leaves an empty note: a halt is written and told all the same."""
    (tmp_path / "seawall.toml").write_text('[service]\nfolder = "data"\ncontrol = "127.0.0.1:9"\n')
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / WHEREABOUTS).write_text(note)
    ran = command(tmp_path, "halt")
    assert (ran.code, ran.err) == (Exit.OK, "")
    assert "no service answers" in ran.out


def test_the_last_resort_does_not_fall_over_the_note(tmp_path: Path) -> None:
    """It brings home what it can reach, whether or not it finds the service to tell it of the halt."""
    with rig(tmp_path, service=False):
        with (tmp_path / "seawall.toml").open("a") as file:
            file.write("\n[bounds]\nread_lag = 1\n")
        (tmp_path / "installation").write_text("test\n")
        folder = load(tmp_path / "seawall.toml").folder
        folder.mkdir(exist_ok=True)
        (folder / WHEREABOUTS).write_text("")
        ran = command(tmp_path, "flatten", "all", "--direct", "--yes")
    assert (ran.code, ran.err) == (Exit.OK, "")
    assert "main: nothing of ours stands there" in ran.out


OPEN = (
    "signal",
    "open",
    "BTCUSDT",
    "buy",
    "--size",
    "1000",
    "--stop-pct",
    "2",
    "--wait",
    "protected",
    "--id",
    "theirs",
)


def test_no_word_reaches_another_installations_service(tmp_path: Path) -> None:
    """A dead service's note names an address at which another's has begun since: nothing is closed, opened, halted or
    resolved there, and every command says that nobody of its own answers.
    """
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    theirs.mkdir()
    with rig(theirs) as one:
        assert command(theirs, *OPEN).code == Exit.OK
        mine.mkdir()
        text = (theirs / "seawall.toml").read_text().replace(one.addresses.rest, "http://127.0.0.1:9")
        (mine / "seawall.toml").write_text(text)
        (mine / "installation").write_text("mine\n")
        note = load(theirs / "seawall.toml").folder / WHEREABOUTS
        folder = load(mine / "seawall.toml").folder
        folder.mkdir()
        (folder / WHEREABOUTS).write_text(note.read_text())
        for words in (
            ("signal", "close", "BTCUSDT"),
            ("signal", "close", "BTCUSDT", "--wait", "flat"),
            ("signal", "open", "SOLUSDT", "buy", "--size", "1000", "--stop-pct", "2"),
            ("resolve", "theirs", "--detail", "gone", "--yes"),
            ("reconcile", "--apply"),
            ("flatten", "BTCUSDT", "--yes", "--timeout", "1"),
        ):
            assert command(mine, *words).code == Exit.UNREACHABLE, words
        assert "no service answers" in command(mine, "halt").out
        held = one.do(lambda: [one.box.book.position("main", name).quantity for name in ("BTCUSDT", "SOLUSDT")])
        assert [bool(quantity) for quantity in held] == [True, False]
        assert command(theirs, "positions").out.startswith("BTCUSDT on main: PROTECTED")
