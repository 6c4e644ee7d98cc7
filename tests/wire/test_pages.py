"""`seawall drill --wire`: pages unchanged on real sockets, the service as a process."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import aiohttp
import pytest

from seawall.drill.command import BROKEN, HELD, Options, drill
from seawall.drill.hands import Hands
from seawall.drill.page import Hand, Page
from seawall.drill.wire.house import House
from seawall.drill.wire.remote import Remote
from seawall.drill.wire.senders import Senders
from seawall.drill.world import World
from seawall.model.ids import VenueName

KILLED = """
title = "Killed once the venue has acted"
lasts = "1 s"
[[kill]]
call = "order.create"
when = "acted"
pause = "100 ms"
[[hand]]
at = "0 s"
does = "repeat"
[must]
end = "protected"
entries = 1
orders = 1
closes = 0
stops = 1
"""
WRONG = """
title = "A page that asks for what cannot be"
lasts = "1 s"
[[fault]]
fault = "reply_lost"
call = "order.create"
nth = 1
[must]
end = "flat"
entries = 0
"""
LONG = 'title = "Ten minutes"\nlasts = "10 min"\n[must]\nend = "protected"\n'


def on_sockets(*files: str, as_json: bool = False) -> Options:
    """The command's options for pages on one venue, in the quick form."""
    return Options(files, venue=VenueName.BINANCE, as_json=as_json, wire=True, quick=True)


@pytest.mark.long
def test_a_process_killed_at_the_nth_request_on_sockets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The box stands still at the order, the process dies of kill -9, the next one finds the order and protects it."""
    page = tmp_path / "killed.toml"
    page.write_text(KILLED, encoding="utf-8")
    assert drill(on_sockets(str(page), as_json=True)) == HELD
    told = json.loads(capsys.readouterr().out)
    assert (told["end"], told["breaches"]) == ("protected", [])
    assert told["naked_us"] > 100_000


def test_a_page_that_does_not_hold_on_sockets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What did not hold, the page, the timeline and the command are printed as in virtual time; too long ones by name."""
    pages = {"wrong": WRONG, "long": LONG}
    for name, text in pages.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    assert drill(on_sockets(str(tmp_path))) == BROKEN
    out = capsys.readouterr().out
    assert re.search(r"skipped \S+long\.toml on binance: it takes 10 min of real time, and at most 5 are allowed", out)
    assert "end: expected flat, came protected" in out
    assert "entries: expected 0, the venue filled 1" in out
    assert 'fault = "reply_lost"' in out
    assert "PROTECTED" in out
    assert re.search(r"again: seawall drill \S+wrong\.toml --venue binance --seed 1 --wire", out)
    assert "1 runs, 1 broken" in out


def test_every_deed_of_a_page_is_known_in_virtual_time_and_on_sockets(tmp_path: Path) -> None:
    """What a page's hand may do is done in both; but nobody sets this machine's clock, and `unfit` says so."""

    async def deeds_on_sockets() -> set[str]:
        async with aiohttp.ClientSession() as web:
            house, box = House(tmp_path, "", {}, web), Remote("", web)
            return set(Senders(house, box, Page(title=""), VenueName.BINANCE, "main", 1, lambda: 0)._deeds)

    written = set(get_args(get_type_hints(Hand)["does"]))
    assert set(Hands(World(VenueName.BINANCE), Page(title=""), 1)._deeds) == written
    assert asyncio.run(deeds_on_sockets()) == written - {"set_clock"}
