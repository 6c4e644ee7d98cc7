"""The reason that a signal gives for its end, held against what the venue's book says became of its position.

A receipt that says "never filled" of an entry that filled, or "our stop" of what a hand has sold, is a lie in a status
field. What we close ourselves may end by a stop that fires in the same second, so of that only the fill is asked, and
nothing of an entry that an old copy of the journal has never heard of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seawall.model.events import EndReason
from seawall.model.ids import Leg, SignalId, parse_client_id
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from venuesim.judge import Episode
from venuesim.verdict import Close

_NEVER_FILLED: Final = (
    EndReason.STALE,
    EndReason.UNFIT,
    EndReason.ENTRY_REFUSED,
    EndReason.NOT_SENT,
    EndReason.ABSENT,
    EndReason.NOT_FILLED,
    EndReason.INTERRUPTED,
)
_CLOSED_BY: Final[Mapping[EndReason, str]] = {
    EndReason.STOP_FILLED: "stop",
    EndReason.TAKEN_PROFIT: "take_profit",
    EndReason.LIQUIDATED: "liquidation",
    EndReason.DELEVERAGED: "adl",
    EndReason.CLOSED_OUTSIDE: "hand",
    EndReason.CLOSED_UNRECORDED: "order",
}


def false_reasons(episodes: Sequence[Episode], states: Mapping[SignalId, SagaState]) -> Iterator[str]:
    """The signals that ended for another reason than they say, each in a sentence."""
    for name, state in states.items():
        if state.phase is not Phase.FLAT:
            continue
        known = {attempt.client_id for attempt in state.attempts}
        ours = [episode for episode in episodes if any(entry.client_id in known for entry in episode.entries)]
        if state.end in _NEVER_FILLED and ours:
            yield f"{name} ended as {state.end}, and its entry had filled"
        closed_by = _CLOSED_BY.get(state.end)
        done = sorted({what for episode in ours for what in _closes(episode)})
        if closed_by is not None and ours and closed_by not in done:
            yield f"{name} ended as {state.end}, and was closed by {' and '.join(done) or 'nobody'}"


def _closes(episode: Episode) -> Iterator[str]:
    """What took from a position; a stop of the owner's own may be told as ours or as his (`is_owners`)."""
    for close in episode.closes:
        if is_owners(close):
            yield "hand"
        if not _is_direct(close):
            yield close.what


def is_owners(close: Close) -> bool:
    """Whether its owner's doing took it: his hand, his `flatten --direct`, a take-profit of his, or a stop of his that
    stood in the place of ours or beside it. Only where such a stop was taken for ours (design, rule 18) is it told as
    one of ours. A stop without a name may be ours, a take-profit of ours always has one.
    """
    is_anothers = parse_client_id(close.client_id) is None
    is_his_stop = close.what == "stop" and bool(close.client_id) and is_anothers
    is_his_gain = close.what == "take_profit" and is_anothers
    return close.what == "hand" or _is_direct(close) or is_his_stop or is_his_gain


def _is_direct(close: Close) -> bool:
    made = parse_client_id(close.client_id)
    return made is not None and made.leg is Leg.DIRECT
