"""An account in, all that is wrong with it out, the worst first."""

from __future__ import annotations

from seawall.audit.account import judge_account
from seawall.audit.findings import Finding, Severity
from seawall.audit.slots import judge_slot
from seawall.audit.snapshot import Snapshot

POSITIONS, STOPS = "positions", "stops"
"""The reads that the slots are judged by, as `Unread.what` names them."""


def examine(snapshot: Snapshot) -> tuple[Finding, ...]:
    """Every finding, by severity, then in the order of symbols. Without the positions no slot is judged at all: an
    order is an orphan, and a position naked, only against a list that is known to be whole.
    """
    unread = [one.what for one in snapshot.unread]
    found = list(judge_account(snapshot))
    if POSITIONS not in unread:
        for slot in snapshot.slots():
            found += judge_slot(slot, snapshot.now, stops_known=STOPS not in unread)
    return tuple(sorted(found, key=lambda finding: -finding.severity))


def worst(findings: tuple[Finding, ...]) -> Severity | None:
    """The worst of them; None where nothing was found."""
    return max((finding.severity for finding in findings), default=None)
