"""The stage: both venues in the box, served on loopback ports that the system chooses; for each account of ours one of
the report's bot beside it, with as much money; and the faults, put in force for both when their signal is sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal

from seawall.drill.demo.show import Scene, bot_account
from seawall.model.ids import VenueName
from seawall.model.times import Instant
from seawall.venues.port import Credentials
from venuesim.exchange import Exchange
from venuesim.faults import parse
from venuesim.judge import Verdict
from venuesim.server import Addresses, Clock, serve
from venuesim.views import VENUE_LAGS, Lag

BALANCE = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class Stage:
    """Both venues, where they are reached, and the clock they live by."""

    boxes: Mapping[VenueName, Exchange]
    addresses: Mapping[VenueName, Addresses]
    clock: Clock

    def arm(self, scene: Scene) -> None:
        """Puts a scene's faults in force from now on, once for our account and once for the bot's."""
        box = self.boxes[scene.venue]
        for trouble in scene.troubles:
            line = dict(trouble.line)
            if not trouble.whole_account:
                line["symbol"] = scene.symbol
            if trouble.lasts is not None:
                line["until"] = self.clock.now() - box.start + trouble.lasts
            for account in (scene.account, bot_account(scene.account)):
                box.faults.add(parse({**line, "account": account}))

    def judge(self) -> dict[VenueName, Verdict]:
        """What the venues' own books say now."""
        now: Instant = self.clock.now()
        return {venue: box.judge(now) for venue, box in self.boxes.items()}

    def tick(self, scene: Scene) -> Decimal:
        """The price step of a scene's symbol."""
        return self.boxes[scene.venue].instruments[scene.symbol].tick


def keys_of(account: str) -> Credentials:
    """The key and secret of an account of the box; worth nothing anywhere else."""
    return Credentials(f"key-of-{account}", f"secret-of-{account}")


@asynccontextmanager
async def raised(scenes: Sequence[Scene], seed: int) -> AsyncIterator[Stage]:
    """The stage for these scenes while the block runs."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        boxes, addresses = {}, {}
        for venue in VenueName:
            boxes[venue] = _box(venue, scenes, seed, clock.now())
            addresses[venue] = await stack.enter_async_context(serve(boxes[venue], clock=clock))
        yield Stage(boxes, addresses, clock)


def _box(venue: VenueName, scenes: Sequence[Scene], seed: int, now: Instant) -> Exchange:
    """One venue, with its usual lags but without their rare long tails: what strikes is what the show names."""
    box = Exchange(venue.value, seed=seed, start=now)
    for view, lag in VENUE_LAGS[venue.value].items():
        box.set_lag(view, Lag(lag.least, lag.most))
    mine = [scene for scene in scenes if scene.venue is venue]
    for account in dict.fromkeys(scene.account for scene in mine):
        for name in (account, bot_account(account)):
            keys = keys_of(name)
            box.open_account(name, key=keys.key, secret=keys.secret, balance=BALANCE)
    for scene in mine:
        if scene.price is not None:
            box.set_price(scene.symbol, now, mark=scene.price, last=scene.price)
    return box
