"""What must hold at the end of one signal: said by the box's judge, and held against the fold of the journal.

Safety is read from the venue's book alone. From our side one thing is asked: that journal and judge agree about the
end. The checks know nothing of how the house was driven, so virtual time and real sockets are judged by the same ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from seawall.model.amounts import ZERO
from seawall.model.events import Recorded, SignalAccepted
from seawall.model.ids import Account, SignalId, Symbol
from seawall.model.times import Bounds
from seawall.sagas.evidence.exposure import unclosed
from seawall.sagas.evidence.fold import apply, begin
from seawall.sagas.evidence.state import SagaState
from seawall.sagas.phase import Phase
from venuesim.judge import Verdict

ENDS = (Phase.PROTECTED, Phase.FLAT)


def fold(recorded: Iterable[Recorded], states: dict[SignalId, SagaState] | None = None) -> dict[SignalId, SagaState]:
    """Every signal's state as the journal tells it; `states` is what earlier rows have come to, and is changed."""
    found = {} if states is None else states
    for row in recorded:
        event = row.event
        if isinstance(event, SignalAccepted) and event.opens:
            found[event.signal_id] = begin(event)
        elif event.signal_id in found:
            found[event.signal_id] = apply(found[event.signal_id], event)
    return found


def on_slot(verdict: Verdict, account: Account, symbol: Symbol) -> Verdict:
    """What the judge says about one slot, as if the venue held nothing else."""
    episodes = [one for one in verdict.episodes if (one.account, one.symbol) == (account, symbol)]
    return msgspec.structs.replace(
        verdict,
        episodes=episodes,
        positions=[one for one in verdict.positions if (one.account, one.symbol) == (account, symbol)],
        orphans=[one for one in verdict.orphans if (one.account, one.symbol) == (account, symbol)],
        naked_us=sum(one.naked_us for one in episodes),
        longest_naked_us=max((one.longest_naked_us for one in episodes), default=0),
        opposite_positions=sum(one.turned_over for one in episodes),
        increases=sum(one.increases for one in episodes),
    )


def breaches(verdict: Verdict, state: SagaState | None, *, spares: bool) -> Iterator[str]:
    """What did not hold for the one signal of a slot, from the book: each a sentence.

    `state` is the signal's, folded from the journal; None if the journal does not know it. `spares`: the venue would
    have taken the stop within `max_naked`, so that a close of ours would have been needless.
    """
    if verdict.opposite_positions:
        yield "an opposite position"
    if verdict.increases:
        yield f"{verdict.increases} entries too many"
    if len(verdict.episodes) > 1:
        yield f"{len(verdict.episodes)} positions for one signal"
    for orphan in verdict.orphans:
        yield f"an orphan {orphan.kind} {orphan.client_id or orphan.id}"
    for position in verdict.positions:
        if not position.covered:
            yield f"{position.quantity} naked at the end"
    yield from disagreements(state, open_at_venue=bool(verdict.positions))
    ours = any(close.what == "order" for episode in verdict.episodes for close in episode.closes)
    if ours and spares:
        yield f"a needless rollback ({state.end if state else ''})"


def disagreements(state: SagaState | None, *, open_at_venue: bool) -> Iterator[str]:
    """Whether the journal's end and the judge's are the same, and whether it is an end at all."""
    if state is None:
        if open_at_venue:
            yield "something is open and no signal answers for it"
        return
    if state.phase is Phase.PROTECTED and not open_at_venue:
        yield "journal says protected, the venue is flat"
    if state.phase is Phase.FLAT and open_at_venue:
        yield "journal says flat, the venue holds a position"
    if state.phase not in ENDS:
        yield f"no end: {state.phase.value}"


def other_quantities(verdict: Verdict, states: Iterable[SagaState]) -> Iterator[str]:
    """Of slots that nobody else has touched: where the journal says protected of another quantity than stands."""
    held = {one.symbol: abs(one.quantity) for one in verdict.positions}
    for state in states:
        told, stands = unclosed(state), held.get(state.signal.symbol)
        if state.phase is Phase.PROTECTED and stands is not None and stands not in (told, *_until_reads_agree(state)):
            yield f"journal says that {told} are protected, the venue holds {stands}"


def _until_reads_agree(state: SagaState) -> set[Decimal]:
    """What counts beside, until reads have agreed for `read_lag`: what both sources last told, since a word of the very
    instant of our own fill may be of the moment before; and what others' trades have left, which the stream alone tells
    of while nothing can be read.
    """
    read, amounts = state.opinions.read, {abs(word.amount) for word in state.opinions.words()}
    if read is not None and read.is_confirmed_after(state.last_fill_heard_at, Bounds().read_lag):
        return set()
    theirs = (fill.quantity for fill in state.foreign_fills.values() if fill.side is state.side.opposite)
    return {unclosed(state) - sum(theirs, ZERO)} | (amounts if len(amounts) == 1 else set())
