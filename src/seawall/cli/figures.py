"""A receipt as lines of a name and a figure, for people."""

from __future__ import annotations

from dataclasses import asdict

from seawall.cli.common import amount, span
from seawall.history.asked import Asked, Move, Part, RungView
from seawall.history.exits import Exit, ExitKind
from seawall.history.naked import Naked
from seawall.history.positions import PositionView
from seawall.history.receipt import Receipt
from seawall.service.views import readable


def figures(told: Receipt) -> list[tuple[str, str]]:
    """Name and figure of each line of a receipt."""
    naked = told.naked
    steps = asdict(told.durations)
    return [
        ("signal", told.signal_id),
        ("state", told.state.value + (f" ({told.reason})" if told.reason else "")),
        ("detail", told.detail),
        ("account", told.account),
        ("symbol", told.symbol),
        ("side", told.side.value if told.side else ""),
        ("intended", amount(told.intended)),
        ("filled", amount(told.quantity)),
        ("average", "" if told.average is None else readable(told.average)),
        ("closed", amount(told.exit_quantity) if told.exit_quantity else ""),
        ("closed at", "" if told.exit_average is None else readable(told.exit_average)),
        *(("by", _exit(one)) for one in told.exits),
        ("written off", amount(told.written_off) if told.written_off else ""),
        *_gain(told),
        ("fees", _fees(told)),
        *_asked(told.asked),
        ("stop, provisional", amount(told.provisional)),
        ("stop, final", amount(told.final)),
        ("stop, seen live", amount(told.live)),
        ("watches", told.trigger_by.value if told.trigger_by else ""),
        ("proven first by", told.spoke_first),
        ("sources that spoke", ", ".join(told.sources)),
        ("naked", "" if naked is None else _naked(naked)),
        ("naked dollar-seconds", "" if naked is None else f"{naked.dollar_seconds:.4f}"),
        *((f"until {name.replace('_', ' ')}", span(steps[name])) for name in steps),
        ("our names", " ".join(told.names)),
        ("the venue's ids", " ".join(told.venue_ids)),
        ("failures", ", ".join(told.failures)),
    ]


def _naked(told: Naked) -> str:
    """As "at most 352 ms"; of one that stands naked, how long by the last word that was recorded."""
    still = " so far, and still" if told.is_open else ""
    return f"{'at most ' if told.at_most and not told.is_open else ''}{span(told.total)}{still}"


def opinions(view: PositionView) -> list[str]:
    """Who says how much of a position, as "read 0 (said 2.1 s ago, before ours)". A word that only repeats the last one
    is not recorded, so that the age is that of the last new one; what differs from ours and is older may be overtaken.
    """
    ours = view.ours
    words = []
    for who, told in (("ours", ours), ("stream", view.stream), ("read", view.read)):
        if told is None:
            words.append(f"{who} says nothing")
        else:
            overtaken = ", before ours" if told.amount != ours.amount and told.at < ours.at else ""
            words.append(f"{who} {amount(told.amount)} (said {span(told.age)} ago{overtaken})")
    return words


_BY = {
    ExitKind.STOP: "the stop",
    ExitKind.TAKE_PROFIT: "take-profit",
    ExitKind.CLOSE: "our close",
    ExitKind.HAND: "another hand",
    ExitKind.LIQUIDATION: "liquidation",
    ExitKind.DELEVERAGING: "deleveraging",
    ExitKind.SETTLEMENT: "settlement",
    ExitKind.UNKNOWN: "unknown",
}


_UNKNOWN = "unknown"


def _exit(one: Exit) -> str:
    """As "take-profit 1: 13 at 0.19, realised 0.13"."""
    who = f"{_BY[one.kind]}{'' if one.rung is None else f' {one.rung + 1}'}"
    price = "an unknown price" if one.average is None else readable(one.average)
    realised = "" if one.realised is None else f", realised {readable(one.realised)}"
    return f"{who}: {amount(one.quantity)} at {price}{realised}"


def _gain(told: Receipt) -> list[tuple[str, str]]:
    """What was realised: by our arithmetic, after fees, and by the venue's word where that is another."""
    gain = told.gain
    if gain.realised is None:
        return []
    unpriced = f" (without {amount(gain.unpriced)} at an unknown price)" if gain.unpriced else ""
    differs = "" if gain.differs is None else f"{readable(gain.differs)} more than ours, on the exits that it told of"
    return [
        ("realised, before fees", readable(gain.realised) + unpriced),
        ("realised, after fees", _UNKNOWN if told.fees is None else readable(gain.realised - told.fees)),
        ("the venue says realised", "" if gain.by_venue is None else readable(gain.by_venue)),
        ("THE VENUE DIFFERS", differs),
    ]


def _fees(told: Receipt) -> str:
    """What was charged: a part of it is never shown as all."""
    if told.fees is not None:
        return amount(told.fees)
    return f"{_UNKNOWN}: not every trade was told with its fee" if told.quantity else ""


def _asked(told: Asked) -> list[tuple[str, str]]:
    """Parts closed, moves of the stop, and the ladder in force."""
    parts = [("part closed", f"{amount(one.quantity)}, to keep {amount(one.keep)}: {_fate(one)}") for one in told.parts]
    moves = [
        ("stop moved", f"from {amount(one.before)} to {amount(one.trigger)}: {_fate(one)}, naked {span(one.naked)}")
        for one in told.moves
    ]
    return [*parts, *moves, *((f"take-profit {one.rung + 1}", _rung(one)) for one in told.ladder)]


def _fate(one: Part | Move) -> str:
    return one.fate.value + ("" if one.took is None else f" in {span(one.took)}")


def _rung(one: RungView) -> str:
    """As "50 % at 0.19, placed, 13 taken"."""
    where = f"{amount(one.percent)} % gain" if one.price is None else amount(one.price)
    taken = f", {amount(one.filled)} taken" if one.filled else ""
    return f"{amount(one.share)} % at {where}, {'placed' if one.is_placed else 'not placed'}{taken}"
