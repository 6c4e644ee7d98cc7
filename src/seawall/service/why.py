"""Where a signal stands and why, in a paragraph for someone who trades and does not read journals."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.history.exits import ExitKind
from seawall.history.facts import History, last
from seawall.history.receipt import Receipt, State, receipt
from seawall.history.words import sentence, source_of
from seawall.model.amounts import plain
from seawall.model.events import DistressEnded, DistressKind, DistressRaised, StopConfirmed
from seawall.model.ids import Side
from seawall.model.signal import Action
from seawall.model.times import MILLISECOND, SECOND, Duration, Instant
from seawall.service.views import readable


@dataclass(frozen=True, slots=True)
class Why:
    """A state and its reasons."""

    state: State
    text: str


_STANDS: dict[State, str] = {
    State.ACCEPTED: "It is recorded; nothing has been sent for it yet.",
    State.ENTERING: "The entry has been intended, and no source has proven a fill or its absence yet; asking goes on.",
    State.UNPROTECTED: "A fill is proven and no stop is known to stand yet: placing goes on, and what cannot be covered"
    " is closed.",
    State.ARMED: "A stop has been acknowledged by the venue; it has not been seen by reading it back together with the"
    " final size, which PROTECTED asks for.",
    State.CLOSING: "It is on its way to FLAT; the stop stays until flat is proven.",
    State.FLAT_TOLD: "All that is told says that nothing of it is open any more, and that cannot be proven yet: it is"
    " called protected no longer, and flat not yet; asking goes on.",
    State.FLAT_SEEN: "Nothing of it is open, which two sources showed; its names are watched a little longer before the"
    " slot is free.",
    State.FLAT: "Nothing of it is open and nothing of it can come back.",
}


def why_it_stands(history: History, now: Instant) -> Why | None:
    """The paragraph; None for a history without its signal."""
    told = receipt(history)
    if told is None:
        return None
    parts = [_first(told), _stands(told), _proof(told), _stop(told, history), _naked(told)]
    parts += [_left(told), _pending(told)]
    parts += [_distress(history), _latest(history, now)]
    return Why(told.state, " ".join(part for part in parts if part))


def _stands(told: Receipt) -> str:
    """What the state means; a request about another's position has no state of its own beyond being recorded."""
    if told.action is not Action.OPEN and told.state is State.ACCEPTED:
        return "It is recorded; what became of it stands in the story of the signal whose position it is about."
    return _STANDS.get(told.state, "")


def _first(told: Receipt) -> str:
    """As "velvet-1 is PROTECTED: short 27 VELVETUSDT on main, at 0.19 on average."."""
    reason = f" because of {told.reason.replace('_', ' ')}" if told.reason else ""
    detail = f" ({told.detail})" if told.detail else ""
    return f"{told.signal_id} is {told.state.value.upper().replace('_', ' ')}{reason}{detail}: {_what(told)}."


def _what(told: Receipt) -> str:
    if told.side is None:
        return f"a request to {told.action.value} {told.symbol or 'everything'} on {told.account}"
    word = "long" if told.side is Side.BUY else "short"
    amount = told.quantity or told.intended
    price = f", at {readable(told.average)} on average" if told.average else ""
    adopted = ", adopted" if told.adopted else ""
    return f"{word} {f'{plain(amount)} ' if amount else ''}{told.symbol} on {told.account}{price}{adopted}"


def _proof(told: Receipt) -> str:
    if not told.spoke_first:
        return ""
    others = [source for source in told.sources if source != told.spoke_first]
    heard = f"; {', '.join(others)} spoke as well" if others else "; nobody else spoke"
    return f"Its fill was proven first by the {told.spoke_first} source{heard}."


def _stop(told: Receipt, history: History) -> str:
    confirmed = last(history, StopConfirmed)
    if confirmed is None or told.live is None or told.state in (State.FLAT, State.FLAT_SEEN):
        return ""
    watched = f" on the {told.trigger_by.value} price" if told.trigger_by else ""
    if told.state not in (State.PROTECTED, State.ARMED):
        return (
            f"Its stop was last seen to stand at {plain(told.live)}{watched}, by the {confirmed.source.value} source."
        )
    return f"Its stop stands at {plain(told.live)}{watched}, last confirmed by the {confirmed.source.value} source."


def _naked(told: Receipt) -> str:
    if told.naked is None:
        return ""
    if told.naked.is_open:
        return f"It stands naked now, for {_span(told.naked.total)} in all by the last word."
    most = "at most " if told.naked.at_most else ""
    return f"It stood without a live stop for {most}{_span(told.naked.total)} in the venue's clock."


def _left(told: Receipt) -> str:
    """What of it has left, and what that was worth by our own arithmetic."""
    if not told.exits or not told.quantity:
        return ""
    by = ", ".join(dict.fromkeys(_who(one.kind) for one in told.exits))
    price = f" at {readable(told.exit_average)} on average" if told.exit_average is not None else ""
    worth = f", which realised {readable(told.gain.realised)} before fees" if told.gain.realised is not None else ""
    return f"{plain(told.exit_quantity)} of {plain(told.quantity)} have left{price} (by {by}){worth}."


def _who(kind: ExitKind) -> str:
    return "somebody unknown" if kind is ExitKind.UNKNOWN else kind.value.replace("_", " ")


def _pending(told: Receipt) -> str:
    return f"Asked for and not done yet: {'; '.join(told.asked.pending)}." if told.asked.pending else ""


def _distress(history: History) -> str:
    """What a person must look at, as far as it is not over."""
    raised: dict[DistressKind, str] = {}
    for recorded in history:
        match recorded.event:
            case DistressRaised(kind=kind, detail=detail):
                raised[kind] = detail
            case DistressEnded(kind=kind):
                raised.pop(kind, None)
            case _:
                continue
    told = "; ".join(f"{kind.value.replace('_', ' ')}, {detail}" for kind, detail in raised.items())
    return f"LOOK AT IT: {told}." if told else ""


def _latest(history: History, now: Instant) -> str:
    told = history[-1]
    return f"The last word, {_span(max(0, now - told.at))} ago, by {source_of(told.event)}: {sentence(told.event)}."


def _span(duration: Duration) -> str:
    return f"{duration / MILLISECOND:.1f} ms" if duration < SECOND else f"{duration / SECOND:.1f} s"
