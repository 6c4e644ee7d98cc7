"""Reads that are the same for every account at one address: asked once, told to all, and nobody waits for the dead."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from seawall.model.acts import Act, Urgency
from seawall.model.ids import Symbol
from seawall.model.inputs import Input, ReadAnswered, ReadFailed
from seawall.model.queries import AskInstruments, AskMark, AskModes, Query
from seawall.model.times import SECOND, Bounds
from seawall.service.commons import Commons, Sharing
from tests.service.house import exchange, opening, running
from venuesim.server import Clock, serve


@dataclass
class Account:
    """One account's ends of the wire: what it has sent, and what it was told."""

    commons: Commons
    sent: list[Act | Query] = field(default_factory=list)
    told: list[Input] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sharing = Sharing(self.commons, self.told.append)
        self.sharing.wire = self

    def submit(self, ask: Act | Query, urgency: Urgency) -> None:
        """The wire: takes what is really sent."""
        self.sent.append(ask)

    def asks(self, query: Query) -> None:
        """The account's desk asks."""
        self.sharing.submit(query, Urgency.ASK)


@dataclass
class Street:
    """Three accounts at one address, and the time."""

    now: int = 1_000 * SECOND

    def __post_init__(self) -> None:
        commons = Commons(Bounds(), lambda: self.now)
        self.accounts = [Account(commons) for _ in range(3)]

    def answer(self, query: Query) -> ReadAnswered:
        """The venue's answer, now."""
        return ReadAnswered(query, self.now - 1_000, self.now)


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    """Three accounts ask for the marks; one request leaves; all three hear its answer."""
    street = Street()
    one, two, three = street.accounts
    for each in street.accounts:
        each.asks(AskMark())
    assert [each.sent for each in street.accounts] == [[AskMark()], [], []]
    answer = street.answer(AskMark())
    one.sharing.hear(answer)
    assert one.told == two.told == three.told == [answer]


def test_a_fresh_answer_serves_who_comes_after() -> None:
    """Just after an answer it is given again under its own time; later it is asked anew."""
    street = Street()
    one, two, _ = street.accounts
    one.asks(AskMark())
    answer = street.answer(AskMark())
    one.sharing.hear(answer)
    street.now += SECOND
    two.asks(AskMark())
    assert (two.sent, two.told) == ([], [answer])
    street.now += SECOND
    two.asks(AskMark())
    assert two.sent == [AskMark()]


def test_a_failure_is_told_and_never_kept() -> None:
    """Who waited hears that the read failed, and the next one that asks asks the venue."""
    street = Street()
    one, two, three = street.accounts
    one.asks(AskInstruments())
    two.asks(AskInstruments())
    failure = ReadFailed(AskInstruments(), street.now, street.now, "lost")
    one.sharing.hear(failure)
    assert one.told == two.told == [failure]
    three.asks(AskInstruments())
    assert three.sent == [AskInstruments()]


def test_nobody_waits_for_an_account_that_has_stopped() -> None:
    """A read whose answer has not come within a reply's time is asked by whoever asks next."""
    street = Street()
    one, two, _ = street.accounts
    one.asks(AskMark())
    street.now += Bounds().reply_timeout + 2 * SECOND
    two.asks(AskMark())
    assert two.sent == [AskMark()]


def test_what_is_an_accounts_own_is_not_shared() -> None:
    """Modes, one symbol's mark, and their answers go their own way."""
    street = Street()
    one, two, _ = street.accounts
    for query in (AskModes(), AskMark(Symbol("BTCUSDT"))):
        one.asks(query)
        two.asks(query)
    assert one.sent == two.sent
    assert len(one.sent) == 2
    one.sharing.hear(street.answer(AskModes()))
    assert (len(one.told), two.told) == (1, [])


def test_ten_accounts_behind_one_address(tmp_path: Path) -> None:
    """Ten Binance accounts hear the instruments by one read, all become ready, and each opens a position at once."""
    clock = Clock()
    box = exchange("binance", clock)
    for place in range(1, 10):
        money = Decimal(100_000)
        box.open_account(f"a{place}", key=f"key-{place}", secret=f"secret-{place}", balance=money, now=clock.now())

    async def story() -> None:
        async with serve(box, clock=clock) as addresses:
            text = '[service]\nintake = "127.0.0.1:0"\ncontrol = "127.0.0.1:0"\n'
            environ: dict[str, str] = {}
            for place in range(10):
                text += f'[accounts.a{place}]\nvenue = "binance"\nrest = "{addresses.rest}"\n'
                if place:
                    environ |= {f"K{place}": f"key-{place}", f"S{place}": f"secret-{place}"}
                    text += f'key_env = "K{place}"\nsecret_env = "S{place}"\n'
            async with running(tmp_path, text, box, clock, environ=environ) as one:
                await one.ready()
                sent = [one.post(opening(f"s{place}", account=f"a{place}")) for place in range(10)]
                assert [told.status for told in await asyncio.gather(*sent)] == [202] * 10
                for place in range(10):
                    assert await one.reaches(f"s{place}", "protected", "flat") == "protected"
        calls = [line.call for line in box.log]
        assert calls.count("instruments.get") <= 2

    asyncio.run(story())
