"""One owner for one account, where two keys hide that they open the same one.

Of two desks on one account each would take the other's orders for its own, adopt its positions and clear its stops
away. Two accounts with one key are refused with the configuration (`accounts`). Two keys of one account are known from
two accounts by the venue's word alone: Bybit tells with the key whose it is, `userID` (bybit.md 1.7). Binance's
`accountAlias` (binance.md 1.4) is nowhere said to be one account's alone, so there it is for whoever writes the
configuration to know, and docs/configuration.md says so.
"""

from __future__ import annotations

from seawall.model.ids import Account, VenueName
from seawall.model.inputs import Input, ReadAnswered
from seawall.model.queries import AskModes
from seawall.service.problems import ConfigError
from seawall.service.settings import AccountSettings, Environment

_TELLS = (VenueName.BYBIT,)
"""The venues whose word for an account is one account's alone."""


class Claims:
    """Which account of the configuration holds which of a venue's."""

    def __init__(self) -> None:
        self._holders: dict[tuple[VenueName, str, str], Account] = {}

    def claim(self, account: AccountSettings, account_id: str) -> None:
        """Takes the venue's account `account_id`. Raises ConfigError if another has taken it."""
        if account.venue not in _TELLS or not account_id:
            return
        where = account.rest if account.environment is Environment.SIM else account.environment.value
        holder = self._holders.setdefault((account.venue, where, account_id), account.name)
        if holder != account.name:
            raise ConfigError(
                f"accounts.{account.name}: expected a key of an account of its own, came one of the account of "
                f"accounts.{holder} ({account.venue} {account_id}): one account has one owner; take one of the two out"
            )

    def hear(self, account: AccountSettings, one: Input) -> None:
        """Learns from an answer of the venue's. Raises as `claim` does."""
        if isinstance(one, ReadAnswered) and isinstance(one.query, AskModes):
            for modes in one.told.modes:
                self.claim(account, modes.account_id)
