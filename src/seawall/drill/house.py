"""One living process of the deterministic world: its desk, its connection, and what only its memory holds; and what
outlives it beside the journal: what it spent of the venue's quotas, as `service/ledger.py` keeps it on the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from seawall.engine.desk import Desk
from seawall.engine.settings import DeskSettings
from seawall.model.ids import Account, VenueName
from seawall.model.times import Duration, Instant
from seawall.model.work import Answer
from seawall.venues import binance, bybit
from seawall.venues import venue as machine
from seawall.venues.legacy import NOTHING_LEFT, Legacy
from seawall.venues.pace import Budget, common_budget
from seawall.venues.port import Codec, Credentials

INSTALLATION = "dril"
KEYS = Credentials("drill-key", "drill-secret")
_CODECS: Mapping[VenueName, Callable[[Credentials], Codec]] = {
    VenueName.BINANCE: binance.codec,
    VenueName.BYBIT: bybit.codec,
}


@dataclass(slots=True)
class House:
    """One living process: a desk, its connection, and what only its memory holds."""

    desk: Desk
    venue: machine.Venue
    durable: int
    term: int = 0
    answers: list[Answer] = field(default_factory=list)
    woken_for: Instant = 0
    retrying: bool = False
    is_healthy: bool = True
    """Whether the desk was last told that its journal takes what it is given."""
    skew: Duration = 0
    """How far the machine's clock was ahead when this process began to count on from it."""
    since: Instant = 0


@dataclass(slots=True)
class Ledger:
    """What the last process on the address knew of the venue's quotas; it outlives whoever dies."""

    left: Legacy = NOTHING_LEFT

    def keep(self, legacy: Legacy) -> None:
        """Puts down what is known now, in the place of what was."""
        self.left = legacy

    def budget(self, venue: VenueName, now: Instant) -> Budget:
        """The budget of the address for a process that begins: it takes up what is known, and goes on putting down."""
        budget = common_budget(codec_of(venue).buckets(), self.keep)
        budget.inherit(self.left, now)
        return budget


def codec_of(venue: VenueName) -> Codec:
    """A venue's codec, with the keys of the drill."""
    return _CODECS[venue](KEYS)


def desk_of(account: Account, venue: VenueName, settings: DeskSettings) -> Desk:
    """A desk of this installation that knows nothing yet."""
    return Desk(
        account=account,
        venue=venue,
        traits=codec_of(venue).traits,
        installation=INSTALLATION,
        settings=settings,
    )
