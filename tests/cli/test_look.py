"""Commands that look at a journal: everything that it has is shown, and what it does not have is not called nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seawall.journal.sqlite import SqliteJournal
from seawall.model import events as ev
from seawall.model.ids import Account
from seawall.service.problems import Exit
from tests.cli.terminal import command, process
from tests.history.stories import Story, velvet

ALPHA = Account("alpha")
MANY = 2_400


def recorded(folder: Path, story: Story, more: int = 0) -> Path:
    """A folder with a journal of one story, and so many more events behind it."""
    (folder / "seawall.toml").write_text(
        '[service]\ncontrol = "127.0.0.1:9"\n[accounts.alpha]\nvenue = "binance"\nenvironment = "sim"\n'
    )
    (folder / "data").mkdir()
    journal = SqliteJournal(folder / "data" / "journal.sqlite", {ALPHA: "binance"}, grown=0)
    told = [(one.at, one.event) for one in story.recorded()]
    last = told[-1][0]
    told += [(last + n, ev.SourceFailing("", "", "stream", f"number {n}")) for n in range(more)]  # type: ignore[arg-type]
    journal.append(ALPHA, 1, 0, told)
    journal.close()
    return folder


def test_as_many_events_as_were_asked_for(tmp_path: Path) -> None:
    """More than one piece of the journal, up to its very end; fewer than none is refused."""
    ran = command(recorded(tmp_path, velvet(), MANY), "events", "-n", str(MANY))
    lines = ran.out.splitlines()
    assert (ran.code, len(lines), f"number {MANY - 1}" in lines[-1]) == (Exit.OK, MANY, True)
    assert command(tmp_path, "events", "-n", "-1").code == Exit.CONFIG


@pytest.mark.parametrize("words", [("events",), ("export",), ("export", "--what", "receipts"), ("naked",)])
def test_an_account_that_the_journal_does_not_have_is_not_an_empty_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A misspelt name is refused by name, and nothing is printed."""
    recorded(tmp_path, velvet())
    ran = command(tmp_path, *words, "--account", "alhpa")
    assert (ran.code, ran.out) == (Exit.USAGE, "")
    assert "expected one of alpha, came 'alhpa'" in ran.err
    assert command(tmp_path, *words, "--account", "alpha").code == Exit.OK


@pytest.mark.parametrize("what", ["signals", "fills", "events", "receipts"])
def test_a_table_without_rows_has_its_head(tmp_path: Path, what: str) -> None:
    """The same one as with rows."""
    recorded(tmp_path, velvet())
    full = command(tmp_path, "export", "--what", what).out.splitlines()
    none = command(tmp_path, "export", "--what", what, "--since", "2999-01-01").out.splitlines()
    assert (none, len(full) > 1) == (full[:1], True)


def test_the_beginning_of_time_is_a_day_like_any_other(tmp_path: Path) -> None:
    """With a zone, too, in which it lies before the first of all days."""
    recorded(tmp_path, velvet())
    ran = command(tmp_path, "export", "--since", "0001-01-01T00:00:00+23:59")
    assert (ran.code, len(ran.out.splitlines())) == (Exit.OK, 3)


@pytest.mark.parametrize(
    ("story", "word", "code"),
    [
        (velvet(), "PROTECTED", Exit.OK),
        (velvet().lost(900), "UNPROTECTED", Exit.UNPROTECTED),
        (velvet().lost(900).confirmed(950, 940), "ARMED", Exit.UNPROTECTED),
        (velvet().rollback(900), "CLOSING", Exit.UNPROTECTED),
    ],
)
def test_the_state_is_the_receipts_own(tmp_path: Path, story: Story, word: str, code: Exit) -> None:
    """What is open and not protected ends with 8, on its way home as well."""
    ran = command(recorded(tmp_path, story), "positions")
    assert (ran.code, f"VELVETUSDT on alpha: {word}, sell 27" in ran.out) == (code, True)
    assert f"velvet-1: {word}" in command(tmp_path, "show", "velvet-1").out


@pytest.mark.parametrize("timeout", ["nan", "inf", "-1"])
@pytest.mark.parametrize(
    "words",
    [("flatten", "all", "--direct", "--yes"), ("signal", "open", "BTCUSDT", "buy", "--size", "1", "--stop-pct", "2")],
)
def test_what_is_no_time_to_wait_is_refused_before_anything_is_done(
    tmp_path: Path, words: tuple[str, ...], timeout: str
) -> None:
    """No halt is written and nothing is sent."""
    recorded(tmp_path, velvet())
    ran = command(tmp_path, *words, f"--timeout={timeout}")
    assert (ran.code, "--timeout: expected 0 to" in ran.err) == (Exit.CONFIG, True)
    assert not list((tmp_path / "data").glob("halted*"))


@pytest.mark.parametrize("words", [("halt",), ("resume",), ("flatten", "all", "--yes", "--account")])
def test_no_name_is_not_everybodys(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A variable that was not set means no account, not all of them."""
    recorded(tmp_path, velvet())
    (tmp_path / "data" / "halted").write_text('{"reason": "news", "at": 1}')
    ran = command(tmp_path, *words, "")
    assert (ran.code, "expected all or one of alpha, came ''" in ran.err) == (Exit.USAGE, True)
    assert (tmp_path / "data" / "halted").exists()


def test_nobody_is_called_all(tmp_path: Path) -> None:
    """Whoever says it means every account."""
    (tmp_path / "seawall.toml").write_text('[accounts.all]\nvenue = "binance"\nenvironment = "sim"\n')
    ran = command(tmp_path, "positions")
    assert (ran.code, "accounts.all: expected another name" in ran.err) == (Exit.CONFIG, True)


def test_what_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    """A file where a folder should be, say: no traceback, code 3."""
    (tmp_path / "here").write_text("")
    ran = process(tmp_path, "init", "here")
    assert (ran.code, ran.out, ran.err.count("\n")) == (Exit.CONFIG, "", 1)
    assert ran.err.startswith("seawall: ")


def test_the_doctor_looks_at_the_folder(tmp_path: Path) -> None:
    """One that is a file, or lies beneath one, cannot hold a journal: that is said, and is in the way."""
    recorded(tmp_path, velvet())
    assert "folder" in command(tmp_path, "doctor").out
    text = (tmp_path / "seawall.toml").read_text().replace("[service]", '[service]\nfolder = "installation/data"')
    (tmp_path / "seawall.toml").write_text(text)
    (tmp_path / "installation").write_text("test\n")
    found = json.loads(command(tmp_path, "doctor", "--json").out)["findings"]
    assert [(one["grade"], "no folder" in one["said"]) for one in found if one["what"] == "folder"] == [("bad", True)]
