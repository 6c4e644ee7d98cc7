"""What a process spent of a venue's quotas, in a file that outlives it, whatever it dies of.

A venue counts by address (binance.md 1.3, bybit.md 1.3), and goes on counting when a process is killed. So what `pace`
knows of an address is written down before anything leaves, and the next process on the folder takes it up: it spends
only what its predecessors left, and keeps silent for as long as the venue asked them to. One file an address, written
in place and not forced to the disk: a kill loses nothing of it, and a machine that loses its power takes longer to come
back than the windows last. A ban that is lost that way costs one refusal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from seawall.model.ids import Account, VenueName
from seawall.model.times import Instant
from seawall.service.settings import AccountSettings
from seawall.service.venues import codec_of
from seawall.venues.legacy import NOTHING_LEFT, Legacy
from seawall.venues.pace import Budget, common_budget

Complain = Callable[[str], None]
"""Takes what is wrong, in words."""


class Ledger:
    """The file of one address."""

    def __init__(self, file: Path, complain: Complain) -> None:
        """Opens the file, and makes it if there is none. Raises OSError."""
        self._file = file
        self._complain = complain
        self._is_kept = True
        self._held = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self._length = os.fstat(self._held).st_size

    def close(self) -> None:
        """Lets the file go."""
        os.close(self._held)

    def keep(self, legacy: Legacy) -> None:
        """Writes down what is known; a failure is told when it begins, and holds nothing up."""
        line = msgspec.json.encode(legacy)
        self._length = max(self._length, len(line))
        try:
            os.pwrite(self._held, line.ljust(self._length), 0)
        except OSError as error:
            if self._is_kept:
                self._complain(f"{self._file.name} cannot be written, so the next process will know less: {error}")
            self._is_kept = False
        else:
            self._is_kept = True


def file_of(folder: Path, account: AccountSettings) -> Path:
    """The file of an account's address."""
    return folder / f"spent-{account.venue}-{urlsplit(account.rest).netloc.replace(':', '-')}.json"


def last_known(file: Path, complain: Complain) -> Legacy:
    """What the last process left; nothing if there was none, or, with a complaint, if it cannot be read."""
    try:
        told = file.read_bytes().strip()
        return msgspec.json.decode(told, type=Legacy) if told else NOTHING_LEFT
    except FileNotFoundError:
        return NOTHING_LEFT
    except (OSError, msgspec.DecodeError) as error:
        complain(f"{file.name} cannot be read, so what was spent of the venue's quotas is not known: {error}")
        return NOTHING_LEFT


def budgets_beside(
    folder: Path, accounts: Sequence[AccountSettings], now: Instant, complain: Complain
) -> dict[Account, Budget]:
    """The budget of each account's address, as `budget_beside` makes it, one for all accounts there."""
    found: dict[tuple[VenueName, str], Budget] = {}
    for account in accounts:
        address = (account.venue, account.rest)
        if address not in found:
            found[address] = budget_beside(folder, account, now, complain)
    return {account.name: found[account.venue, account.rest] for account in accounts}


def budget_beside(folder: Path, account: AccountSettings, now: Instant, complain: Complain) -> Budget:
    """The budget of an account's address for who only asks beside a service, or after it: it keeps to what is known
    there, and leaves nothing.
    """
    budget = common_budget(codec_of(account).buckets())
    budget.inherit(last_known(file_of(folder, account), complain), now)
    return budget
