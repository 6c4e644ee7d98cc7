"""The venue's floor: book, views, prices, accounts and switches as a dialect is handed them (`dialects.port.Core`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from venuesim import switches as known_switches
from venuesim.agenda import Agenda
from venuesim.book import Book, Setting
from venuesim.chance import Chance
from venuesim.dialects.port import Margins
from venuesim.facts import Account, Instrument
from venuesim.market import Market
from venuesim.views import Views, lags_of


class Floor:
    """Everything a dialect may ask for; the exchange owns it and turns its knobs."""

    def __init__(
        self, venue: str, seed: int, start: int, switches: Mapping[str, str], instruments: Mapping[str, Instrument]
    ) -> None:
        self.venue = venue
        self.agenda = Agenda()
        self.engine_delay = 0
        self._chance = Chance(seed)
        self._switches = known_switches.settle(switches)
        self.latency = int(self.switch("latency_us"))
        """How long anything takes through the venue, one way, in microseconds."""
        self._rules = dict(instruments)
        self.book = Book(Setting(venue, self._rules, start, self.agenda, self._chance, self._switches))
        self.views = Views(
            self.book.ledger,
            self._chance,
            lags_of(venue, self.switch("lag")),
            monotone=self.switch("monotone_reads") == "yes",
        )

    @property
    def instruments(self) -> Mapping[str, Instrument]:
        """The symbols and their rules as they stand."""
        return self._rules

    def change_rules(self, rules: Instrument) -> None:
        """Put other rules in force for a listed symbol."""
        self._rules[rules.symbol] = rules

    @property
    def market(self) -> Market:
        """Prices."""
        return self.book.market

    def switch(self, name: str) -> str:
        """Return the setting of a switch; KeyError for a name that is not in `venuesim.switches`."""
        return self._switches[name]

    def set_switch(self, name: str, answer: str) -> None:
        """Change a switch while the box runs; ValueError says what was expected."""
        known_switches.check(name, answer)
        self._switches[name] = answer
        if name == "latency_us":
            self.latency = int(answer)
        if name == "lag":
            self.views.set_lags(lags_of(self.venue, answer))

    @property
    def switches(self) -> dict[str, str]:
        """All switches as they stand."""
        return dict(self._switches)

    def draw(self, name: str, *keys: str) -> int:
        """Draw a repeatable number in 0..999 from (seed, name, keys)."""
        return self._chance.number(1000, name, *keys)

    def number(self, below: int, name: str, *keys: str | int) -> int:
        """Draw a repeatable number in 0..below-1."""
        return self._chance.number(below, name, *keys)

    def account_of_key(self, key: str) -> Account | None:
        """Return the account of an API key, or None."""
        return next((account for account in self.book.ledger.accounts.values() if account.key == key), None)

    def account(self, name: str) -> Account:
        """Return an account by name; KeyError if there is none."""
        return self.book.ledger.accounts[name]

    def set_hedge(self, name: str, hedge: bool) -> None:  # noqa: FBT001  a venue's mode is one flag
        """Change an account's position mode."""
        self.book.set_hedge(name, hedge=hedge)

    def margins(self, account: str, now: int) -> Margins:
        """Return an account's sums at this moment, at the mark."""
        return self.book.margin.sums(account)

    def liquidation_price(self, account: str, symbol: str) -> Decimal:
        """Return the estimated liquidation price of the position as it stands."""
        return self.book.margin.liquidation_price(self.book.position(account, symbol))
