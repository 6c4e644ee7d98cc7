"""The table: how a signal gets from accepted to PROTECTED or FLAT, and what is done at every place in between.

**The theory.** A venue is a distributed system that answers when it likes. An acknowledgement is not an order, an order
is not a fill, a fill is not a position that a read will show, and silence is not any of them. So a saga never asks
"did my call succeed?". It keeps *evidence*, which only grows, and asks a judge one question at every step: what does
all of it together say now? The judge answers with one *finding* out of a closed list. This table then says, for the
phase in which the saga stands, where that finding takes it and what must be done there.

Three asymmetries run through every row.

*Presence needs one witness, absence needs a proof.* One attributable report of a fill, from whichever source speaks
first, moves ENTERING to PROTECTING. Nothing moves it to the way home but a definite refusal, an act that never left, or
absence proven under the venue's own rules (`judgement.py`). Not found, empty, None and a timeout stay UNDECIDED: they
were the founding incidents (I01, I02), where filled orders were rolled back.

*Protection comes first and goes last.* A stop is placed at the first proof of a fill, before anything about the entry
is tidied up; on the way home the stop stays until flat is proven, and only then is it cleared.

*Knowing less never makes us do more.* Acknowledged-but-unseen cover (ARMED) is asked about and never closed for. A
contrary position gets a person, not an order. A position is closed only when it has stood naked too long (OVERDUE),
when its stop cannot be placed because the market has passed it, or is too far from it for the venue (PASSED), or
because its owner asked; a part of it (EXCESS) only because its owner asked, and only behind a live stop. Take-profits
are laid and kept while all is well and taken away when nothing is open any more; in between they are in nobody's way
unless the venue says so.

**The phases.** PREPARING reads what an entry needs. ENTERING has an intention on record: something may be open.
PROTECTING has proof that something *is* open. PROTECTED has seen the whole: entry terminal, fill known, stop live.
CLOSING is the way home. QUARANTINE has seen flat by two sources, and waits until nothing of ours can come back. FLAT is
the end that frees the slot. Even FLAT is not deaf: a late fill reopens its own signal.

Odd rows name the incident that taught them (`docs/incidents.md` lists the sources). A pair that is not in the table
cannot arise from the judge in that phase, and `tests/sagas/test_table.py` proves that every pair is either here or
excluded by a named reason.
"""

from __future__ import annotations

from dataclasses import dataclass

from seawall.sagas.phase import Duty, Finding, Phase

P, F, D = Phase, Finding, Duty


@dataclass(frozen=True, slots=True)
class Row:
    """Where a finding leads, what is then to be done, and why where it is not plain."""

    to: Phase
    duties: Duty
    why: str = ""


_SETTLE_ENTRY = D.ASK_ENTRY | D.ASK_POSITION
_COVER = D.PLACE | _SETTLE_ENTRY | D.ASK_STOP
_GO_HOME = D.CLOSE | D.CANCEL_ENTRY | _SETTLE_ENTRY | D.ASK_STOP
_PROVE_FLAT = D.CLEAR | D.CLEAR_LADDER | D.CANCEL_ENTRY | _SETTLE_ENTRY | D.ASK_STOP
_REDUCE = D.REDUCE | _SETTLE_ENTRY

TABLE: dict[tuple[Phase, Finding], Row] = {
    # ---- PREPARING: nothing of ours is at the venue yet
    (P.PREPARING, F.UNREADY): Row(P.PREPARING, D.PREPARE),
    (P.PREPARING, F.READY): Row(P.ENTERING, D.ENTER),
    (P.PREPARING, F.UNFIT): Row(P.FLAT, D.NOTHING, "nothing was sent, so nothing needs proving"),
    # ---- ENTERING: an entry may have left; only proof moves us
    (P.ENTERING, F.UNDECIDED): Row(P.ENTERING, _SETTLE_ENTRY, "I01, I02, I03: empty reads are not absence"),
    (P.ENTERING, F.DEFERRED): Row(P.ENTERING, D.ENTER, "refused as not executed; the next attempt has its own name"),
    (P.ENTERING, F.NAKED): Row(P.PROTECTING, _COVER, "the first witness suffices, whichever it is"),
    (P.ENTERING, F.OVERDUE): Row(P.PROTECTING, _COVER, "it had seemed gone again, and came back"),
    (P.ENTERING, F.ARMED): Row(P.PROTECTING, _SETTLE_ENTRY | D.ASK_STOP),
    (P.ENTERING, F.COVERED): Row(P.PROTECTING, _SETTLE_ENTRY | D.ASK_STOP),
    (P.ENTERING, F.MISPLACED): Row(P.PROTECTING, _SETTLE_ENTRY | D.ASK_STOP),
    (P.ENTERING, F.PROTECTED): Row(P.PROTECTING, D.WATCH),
    (P.ENTERING, F.CONTRARY): Row(P.ENTERING, D.ALARM | _SETTLE_ENTRY, "I04: a wrong-way order doubled the position"),
    (P.ENTERING, F.EMPTY): Row(P.ENTERING, _PROVE_FLAT, "refused, absent, or opened and stopped before we looked"),
    (P.ENTERING, F.GONE): Row(P.QUARANTINE, D.NOTHING),
    # ---- PROTECTING: something is open; cover it, then learn the rest
    (P.PROTECTING, F.NAKED): Row(P.PROTECTING, _COVER),
    (P.PROTECTING, F.OVERDUE): Row(P.CLOSING, _COVER | _GO_HOME, "max_naked is over; placing goes on beside the close"),
    (P.PROTECTING, F.PASSED): Row(P.CLOSING, _GO_HOME, "I13, I23: a stop behind the market can never be placed"),
    (P.PROTECTING, F.ARMED): Row(P.PROTECTING, _COVER, "I15: what is acknowledged is asked about, never closed for"),
    (P.PROTECTING, F.COVERED): Row(P.PROTECTING, _SETTLE_ENTRY | D.ASK_STOP),
    (P.PROTECTING, F.MISPLACED): Row(P.PROTECTING, D.MOVE | D.ASK_STOP, "a provisional stop protects while it moves"),
    (P.PROTECTING, F.PROTECTED): Row(P.PROTECTED, D.WATCH),
    (P.PROTECTING, F.CONTRARY): Row(P.PROTECTING, D.ALARM | _SETTLE_ENTRY | D.ASK_STOP),
    (P.PROTECTING, F.EMPTY): Row(P.PROTECTING, _PROVE_FLAT, "the stop fired, or a hand closed it: prove it"),
    (P.PROTECTING, F.GONE): Row(P.QUARANTINE, D.NOTHING),
    # ---- PROTECTED: live stops are read again on a period
    (P.PROTECTED, F.PROTECTED): Row(P.PROTECTED, D.LADDER | D.WATCH),
    (P.PROTECTED, F.EXCESS): Row(P.PROTECTED, _REDUCE, "a part is closed as asked; the stop stays for the rest"),
    (P.PROTECTED, F.COVERED): Row(P.PROTECTED, _SETTLE_ENTRY | D.ASK_STOP, "an attempt thought absent is told of"),
    (P.PROTECTED, F.MISPLACED): Row(P.PROTECTED, D.MOVE | D.ASK_STOP),
    (P.PROTECTED, F.ARMED): Row(P.PROTECTED, _COVER, "missing from two reads: placing it again lets the venue decide"),
    (P.PROTECTED, F.NAKED): Row(P.PROTECTING, _COVER, "cancelled, stuck, rejected or expired at the venue"),
    (P.PROTECTED, F.OVERDUE): Row(P.PROTECTING, _COVER),
    (P.PROTECTED, F.PASSED): Row(P.CLOSING, _GO_HOME),
    (P.PROTECTED, F.CONTRARY): Row(P.PROTECTED, D.ALARM | D.ASK_POSITION | D.ASK_STOP),
    (P.PROTECTED, F.EMPTY): Row(P.PROTECTED, _PROVE_FLAT),
    (P.PROTECTED, F.UNPROVEN): Row(P.PROTECTING, D.NOTHING, "gone, by all that is told, and no proof comes: say so"),
    (P.PROTECTED, F.GONE): Row(P.QUARANTINE, D.NOTHING),
    # ---- CLOSING: close exactly what is ours; the stop stays until flat is proven
    (P.CLOSING, F.UNDECIDED): Row(P.CLOSING, _SETTLE_ENTRY | D.CANCEL_ENTRY, "no fill yet, but it may still come"),
    (P.CLOSING, F.NAKED): Row(P.CLOSING, _COVER | _GO_HOME),
    (P.CLOSING, F.OVERDUE): Row(P.CLOSING, _COVER | _GO_HOME),
    (P.CLOSING, F.PASSED): Row(P.CLOSING, _COVER | _GO_HOME, "while no close fills, a stop may be taken again"),
    (P.CLOSING, F.ARMED): Row(P.CLOSING, _GO_HOME),
    (P.CLOSING, F.COVERED): Row(P.CLOSING, _GO_HOME),
    (P.CLOSING, F.MISPLACED): Row(P.CLOSING, _GO_HOME),
    (P.CLOSING, F.PROTECTED): Row(P.CLOSING, _GO_HOME),
    (P.CLOSING, F.SPARED): Row(P.PROTECTING, _SETTLE_ENTRY | D.ASK_STOP, "the stop took hold before any close did"),
    (P.CLOSING, F.CONTRARY): Row(P.CLOSING, D.ALARM | _SETTLE_ENTRY, "I40: the other side is never ours to trade"),
    (P.CLOSING, F.EMPTY): Row(P.CLOSING, _PROVE_FLAT, "I10, I44: a close acknowledged is not a position closed"),
    (P.CLOSING, F.GONE): Row(P.QUARANTINE, D.NOTHING),
    # ---- QUARANTINE: flat was seen; a late fill is protected first and then closed exactly
    (P.QUARANTINE, F.GONE): Row(P.QUARANTINE, D.WATCH),
    (P.QUARANTINE, F.SETTLED): Row(P.FLAT, D.NOTHING),
    (P.QUARANTINE, F.UNDECIDED): Row(P.QUARANTINE, _SETTLE_ENTRY, "an entry thought dead is listed as open: ask on"),
    (P.QUARANTINE, F.EMPTY): Row(P.QUARANTINE, _PROVE_FLAT, "I66: a stop outlived its position"),
    (P.QUARANTINE, F.CONTRARY): Row(P.QUARANTINE, D.WATCH, "what is open now is not ours"),
    (P.QUARANTINE, F.NAKED): Row(P.CLOSING, _COVER | _GO_HOME, "a fill after the end: its own signal answers for it"),
    (P.QUARANTINE, F.OVERDUE): Row(P.CLOSING, _COVER | _GO_HOME),
    (P.QUARANTINE, F.PASSED): Row(P.CLOSING, _GO_HOME),
    (P.QUARANTINE, F.ARMED): Row(P.CLOSING, _GO_HOME),
    (P.QUARANTINE, F.COVERED): Row(P.CLOSING, _GO_HOME),
    (P.QUARANTINE, F.MISPLACED): Row(P.CLOSING, _GO_HOME),
    (P.QUARANTINE, F.PROTECTED): Row(P.CLOSING, _GO_HOME),
    # ---- FLAT: the slot is free; ids stay watched
    (P.FLAT, F.UNFIT): Row(P.FLAT, D.NOTHING),
    (P.FLAT, F.SETTLED): Row(P.FLAT, D.NOTHING),
    (P.FLAT, F.GONE): Row(P.FLAT, D.NOTHING),
    (P.FLAT, F.EMPTY): Row(P.FLAT, D.NOTHING, "what is said of the slot now may be another signal's"),
    (P.FLAT, F.UNDECIDED): Row(P.FLAT, D.NOTHING),
    (P.FLAT, F.CONTRARY): Row(P.FLAT, D.NOTHING),
    (P.FLAT, F.NAKED): Row(P.CLOSING, _COVER | _GO_HOME, "cancelled, then filled: the late fill reopens its signal"),
    (P.FLAT, F.OVERDUE): Row(P.CLOSING, _COVER | _GO_HOME),
    (P.FLAT, F.PASSED): Row(P.CLOSING, _GO_HOME),
    (P.FLAT, F.ARMED): Row(P.CLOSING, _GO_HOME),
    (P.FLAT, F.COVERED): Row(P.CLOSING, _GO_HOME),
    (P.FLAT, F.MISPLACED): Row(P.CLOSING, _GO_HOME),
    (P.FLAT, F.PROTECTED): Row(P.CLOSING, _GO_HOME),
}

EXCLUDED: dict[str, tuple[tuple[Phase, ...], tuple[Finding, ...]]] = {
    "nothing was intended, so nothing can be found at the venue": (
        (P.PREPARING,),
        tuple(found for found in F if found not in (F.UNREADY, F.READY, F.UNFIT)),
    ),
    "an intention is on record, so preparation is over": (
        (P.ENTERING, P.PROTECTING, P.PROTECTED, P.CLOSING, P.QUARANTINE),
        (F.UNREADY, F.READY, F.UNFIT),
    ),
    "a signal that ended unprepared stays unfit": ((P.FLAT,), (F.UNREADY, F.READY)),
    "a fill, an end or a way home is on record, so no attempt is deferred": (
        (P.PROTECTING, P.PROTECTED, P.CLOSING, P.QUARANTINE, P.FLAT),
        (F.DEFERRED,),
    ),
    "a first fill is on record, so what is not open is to be proven gone": (
        (P.PROTECTING, P.PROTECTED),
        (F.UNDECIDED,),
    ),
    "no stop was asked for but one that travels with the entry, and that is refused with it": (
        (P.ENTERING,),
        (F.PASSED,),
    ),
    "flat has not been seen, so nothing is settled": (
        (P.ENTERING, P.PROTECTING, P.PROTECTED, P.CLOSING),
        (F.SETTLED,),
    ),
    "a part is closed only of a position that is to stay": (
        (P.ENTERING, P.PROTECTING, P.CLOSING, P.QUARANTINE, P.FLAT),
        (F.EXCESS,),
    ),
    "only what is called protected can be called so no longer": (
        (P.ENTERING, P.PROTECTING, P.CLOSING, P.QUARANTINE, P.FLAT),
        (F.UNPROVEN,),
    ),
    "only a way home for want of a stop can be spared": (
        (P.ENTERING, P.PROTECTING, P.PROTECTED, P.QUARANTINE, P.FLAT),
        (F.SPARED,),
    ),
}
"""Why the pairs that are not in the table cannot arise: reason to (phases, findings)."""


def row_for(phase: Phase, finding: Finding) -> Row:
    """The row of a pair. A pair that cannot arise is a defect of the house: KeyError names it and stops the program."""
    return TABLE[(phase, finding)]
