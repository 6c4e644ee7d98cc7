"""Authority: whether an entry may be intended on the account at all, and if not, why. Protection never asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from seawall.engine.view import AccountView
from seawall.model import events as ev
from seawall.model.inputs import AuthorityChanged, JournalChanged


@dataclass(slots=True)
class Authority:
    """What speaks against entries: the owner or another process, the journal, and what the account itself shows."""

    view: AccountView
    outside: AuthorityChanged = field(default_factory=lambda: AuthorityChanged(0, may_enter=True))
    journal: JournalChanged = field(default_factory=lambda: JournalChanged(0, healthy=True))
    why_not: str = ""
    """Why entries are stopped, as it was last recorded; empty while they are not."""

    def hear(self, item: AuthorityChanged | JournalChanged) -> ev.Event | None:
        """What a word of the owner, or of the journal, changes."""
        if isinstance(item, JournalChanged):
            self.journal = item
        else:
            self.outside = item
        return self.check()

    def check(self) -> ev.Event | None:
        """What has changed since it was last looked at, once."""
        before, self.why_not = self.why_not, "; ".join(self._objections())
        if self.why_not and self.why_not != before:
            return ev.EntriesStopped(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL, self.why_not)
        if before and not self.why_not:
            return ev.EntriesResumed(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL)
        return None

    @property
    def unfit(self) -> str:
        """What of the account itself keeps entries from it, whoever allows them; empty if nothing does."""
        return "; ".join(self._of_the_account())

    def _objections(self) -> Iterator[str]:
        if not self.journal.healthy:
            yield f"the journal does not take appends: {self.journal.detail}"
        if not self.outside.may_enter:
            yield self.outside.detail or "this process may not act on the account"
        yield from self._of_the_account()

    def _of_the_account(self) -> Iterator[str]:
        modes, strangers = self.view.modes, self.view.strangers()
        if modes is not None and modes.hedge:
            yield "the account is in hedge mode; one-way mode is expected"
        if strangers:
            yield f"another installation's orders are on the account: {', '.join(strangers)}"
        if modes is not None and not modes.may_trade:
            yield "the key may not trade"
        if modes is not None and modes.may_withdraw:
            yield "the key may withdraw or transfer; use one that may only trade"
