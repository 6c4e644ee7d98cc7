"""A seed's plan as a page: what the storm drew can be read, shrunk, kept, and played again like any other page."""

from __future__ import annotations

from typing import Literal

from seawall.drill.lengths import Length
from seawall.drill.page import Ask, Clock, FaultLine, JournalLine, Kill, Must, Page
from seawall.drill.plans import Plan


def page_of(plan: Plan) -> Page:
    """The page of a plan. Its lines need not strike; a plan that spares the position forbids a close of ours."""
    after, lasts, trouble = plan.journal
    lines = [JournalLine(does=_TROUBLES[trouble], at=Length(after), lasts=Length(lasts))] if trouble else []
    return Page(
        title=f"The plan of seed {plan.seed} on {plan.venue}",
        venues=(plan.venue,),
        switches=dict(plan.switches),
        signal=Ask(
            side="buy" if plan.side == "buy" else "sell",
            stop_is="percent" if plan.percent_stop else "price",
        ),
        order_entry="rest" if plan.rest_only else "auto",
        clock=Clock(ahead=Length(plan.skew)),
        fault=tuple(FaultLine(line=dict(line)) for line in plan.faults),
        kill=tuple(Kill(at=Length(at), pause=Length(pause)) for at, pause in plan.kills),
        journal=tuple(lines),
        must={
            plan.venue: Must(
                end=("protected", "flat", "refused", "none"), closes=0 if plan.spares else None, fired="any"
            )
        },
    )


_TROUBLES: dict[str, Literal["stall", "full"]] = {"stall": "stall", "fail": "full"}
