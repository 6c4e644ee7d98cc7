"""Who only looks keeps to what a service on the same folder has spent, and does not ask a venue that wants silence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from seawall.model.ids import Account
from seawall.model.times import MINUTE, Instant
from seawall.service.clock import UtcClock
from seawall.service.config import load
from seawall.service.ledger import Ledger, budgets_beside, file_of
from seawall.service.problems import Exit
from seawall.venues.legacy import Legacy, Word
from tests.cli.terminal import command, rig


def forbidden(folder: Path, until: Instant) -> None:
    """Leaves word that the venue wants silence until then, as a service that was told so does."""
    settings = load(folder / "seawall.toml")
    settings.folder.mkdir(parents=True, exist_ok=True)
    complaints: list[str] = []
    ledger = Ledger(file_of(settings.folder, settings.accounts[0]), complaints.append)
    ledger.keep(Legacy(UtcClock()(), words={"ip": Word(until, "HTTP 403")}))
    ledger.close()
    assert complaints == []


@pytest.mark.parametrize("venue", ["binance", "bybit"])
@pytest.mark.parametrize(("looks", "undone"), [("audit", "judged"), ("reconcile", "compared")])
def test_a_venue_that_wants_silence_is_not_asked(tmp_path: Path, venue: str, looks: str, undone: str) -> None:
    """The box sees not one request; the command says who asked for silence, and for how long."""
    with rig(tmp_path, venue, service=False) as one:
        forbidden(tmp_path, UtcClock()() + MINUTE)
        ran = command(tmp_path, looks)
        told = json.loads(command(tmp_path, looks, "--json").out)["accounts"][0]
        assert (ran.code, ran.err) == (Exit.UNREACHABLE, "")
        assert "the venue has said HTTP 403: wait" in ran.out
        assert f"so nothing was {undone}" in ran.out
        assert (told["reached"], told["unreached"][:26]) == (False, "the venue has said HTTP 40")
        assert one.box.log == []


@pytest.mark.parametrize("looks", ["audit", "reconcile"])
def test_a_silence_that_is_over_holds_nothing_up(tmp_path: Path, looks: str) -> None:
    """What the last service was told has run out: the venue is asked, and answers."""
    with rig(tmp_path, "bybit", service=False) as one:
        forbidden(tmp_path, UtcClock()() - 1)
        assert command(tmp_path, looks).code != Exit.UNREACHABLE
        assert "positions.get" in [entry.call for entry in one.box.log]


def test_what_cannot_be_read_of_the_quotas_is_said(tmp_path: Path) -> None:
    """The look goes on, and standard error has it."""
    with rig(tmp_path, "bybit", service=False):
        forbidden(tmp_path, 0)
        settings = load(tmp_path / "seawall.toml")
        file_of(settings.folder, settings.accounts[0]).write_text("{")
        ran = command(tmp_path, "audit")
        assert ran.code != Exit.UNREACHABLE
        assert "cannot be read, so what was spent of the venue's quotas is not known" in " ".join(ran.err.split())


def test_accounts_of_one_address_share_one_budget(tmp_path: Path) -> None:
    """Looked at side by side, they spend what the address has once."""
    with rig(tmp_path, "bybit", service=False):
        account = load(tmp_path / "seawall.toml").accounts[0]
        other = replace(account, name=Account("other"))
        budgets = budgets_beside(tmp_path, (account, other), UtcClock()(), list[str]().append)
        assert budgets[account.name] is budgets[other.name]
