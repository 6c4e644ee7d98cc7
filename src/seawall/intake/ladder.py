"""The take-profits of a signal: a list of rungs, each of a part of the position at a price or a percent.

    "take_profit": [{"pct": "2", "share": "50"}, {"price": "71000", "share": "50"}]

Whether the prices lie on the winning side, and in order, is not a question of form: it depends on the entry's price,
and the heart asks it.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from seawall.intake.example import RIGHT
from seawall.intake.form import RungFields, is_absent, rungs_of
from seawall.intake.numbers import amount
from seawall.intake.problem import Objection
from seawall.model.amounts import HUNDRED, ZERO, plain
from seawall.model.signal import TakeProfit

FIELD = "take_profit"
MOST_RUNGS = 10
_FARTHEST = Decimal(1_000)
"""Percent of the entry's average beyond which nobody's take-profit lies: ten times the price."""


def ladder(raw: msgspec.Raw) -> tuple[TakeProfit, ...] | None:
    """The rungs in their order, empty for an empty list; None for a field that is absent or null. Raises Objection."""
    if is_absent(raw):
        return None
    told = rungs_of(raw, FIELD)
    if len(told) > MOST_RUNGS:
        raise Objection("bad_value", FIELD, f"at most {MOST_RUNGS} rungs", f"{len(told)} rungs", RIGHT[FIELD])
    rungs = tuple(_rung(one, f"{FIELD}.{place}", alone=len(told) == 1) for place, one in enumerate(told))
    total = sum((rung.share for rung in rungs), ZERO)
    if total > HUNDRED:
        right = [_spelled(rung, HUNDRED // len(rungs)) for rung in rungs]
        raise Objection("bad_value", FIELD, "shares that sum to at most 100", f"{plain(total)} in all", right)
    return rungs


def _rung(told: RungFields, path: str, *, alone: bool) -> TakeProfit:
    price = amount(told.price, f"{path}.price", "100")
    percent = amount(told.pct, f"{path}.pct", "2", _FARTHEST)
    if (price is None) == (percent is None):
        code, came = ("missing", "nothing") if price is None else ("bad_value", "both")
        raise Objection(code, path, "exactly one of price, pct", came, {"pct": "2", "share": "50"})
    return TakeProfit(_share(told, path, alone=alone), price, percent)


def _share(told: RungFields, path: str, *, alone: bool) -> Decimal:
    """A ladder of one rung takes all of the position there, unless it says otherwise."""
    share = amount(told.share, f"{path}.share", "50", HUNDRED)
    if share is not None:
        return share
    if alone:
        return HUNDRED
    expected = "the percent of the position that leaves here, since there are several rungs"
    raise Objection("missing", f"{path}.share", expected, "nothing", "50")


def _spelled(rung: TakeProfit, share: Decimal) -> dict[str, str]:
    where = {"price": rung.price, "pct": rung.percent}
    return {name: plain(value) for name, value in where.items() if value is not None} | {"share": plain(share)}
