"""The vocabulary of what can go wrong, and the plan of it: which fault hits which call, when, how often.

A fault is a record.  It names itself (`fault`), the calls or stream topics it hits (`call`, a pattern over the names in
`dialects.port`), optionally one account, symbol or client id (a pattern too), which matching call it begins with
(`nth`, from 1) and how many it hits (`times`; without it one if `nth` is given, else all), and the span of time it
lives in (`after`, `until`, microseconds since the box's start).  The rest are the fault's own parameters.

Three families, by where they strike.  *Request* faults bend one REST call: they delay it, lose it or its answer,
answer something else, bend what it reads, split its fill.  *Stream* faults bend pushed frames.  *World* faults change
the truth beside a call (after `ms`), or, with ``call = "*"``, at `after`.  A fault counts as fired only when it has
changed bytes, timing or the truth; whoever applies it says so with `fire`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

COMMON = ("fault", "call", "account", "symbol", "client_id", "nth", "times", "after", "until")

REQUEST_FAULTS: Mapping[str, tuple[str, ...]] = {
    "delay": ("ms", "where"),
    "request_lost": ("mode", "ms"),
    "reply_lost": ("mode", "ms"),
    "request_twice": ("ms",),
    "status": ("status", "code", "text", "effect", "ms"),
    "stop_refused": ("status", "code", "text"),
    "half_body": ("cut",),
    "reply_edit": ("path", "value"),
    "partial_fill": ("parts", "gap_ms", "fraction"),
    "read_lag": ("view", "ms"),
    "empty_read": ("view",),
    "stale_read": ("view",),
    "replicas_disagree": ("view", "ms"),
    "symbol_omitted": ("view", "omits"),
    "wrong_status": ("view", "ended"),
    "maintenance": ("code",),
}
READ_FAULTS = ("read_lag", "empty_read", "stale_read", "replicas_disagree", "symbol_omitted", "wrong_status")
STREAM_FAULTS: Mapping[str, tuple[str, ...]] = {
    "stream_drop": (),
    "stream_delay": ("ms",),
    "stream_duplicate": ("ms",),
    "stream_reorder": ("ms",),
    "stream_silence": ("ms",),
    "stream_cut": ("code",),
    "stream_edit": ("path", "value"),
    "stream_mute": (),
    "stream_half_open": (),
}
WORLD_FAULTS: Mapping[str, tuple[str, ...]] = {
    "price_jump": ("to", "pct", "price", "ms"),
    "stop_vanishes": ("ms",),
    "stop_stuck": (),
    "stop_rejected": (),
    "stop_moved": ("pct", "ms"),
    "hand_trade": ("side", "quantity", "ms"),
    "liquidation": ("ms",),
    "adl": ("fraction", "ms"),
    "streams_cut": ("code", "ms"),
    "key_expired": ("ms",),
    "book_depth": ("levels", "notional", "ms"),
    "filters_changed": ("tick", "step", "state", "ms"),
    "mode_flipped": ("ms",),
    "balance_changed": ("amount", "ms"),
}
VOCABULARY: Mapping[str, tuple[str, ...]] = {**REQUEST_FAULTS, **STREAM_FAULTS, **WORLD_FAULTS}
# Which calls a fault means when it names none; the others mean all.
MEANT_CALLS: Mapping[str, str] = {"stop_refused": "stop.create", "partial_fill": "order.create"}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "where": ("request", "engine", "reply"),
    "mode": ("reset", "hang"),
    "price": ("both", "mark", "last"),
    "side": ("BUY", "SELL"),
    "ended": ("CANCELED", "EXPIRED", "REJECTED"),
}


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a plan; times in microseconds since the box's start, `ms` and `gap_ms` in milliseconds.

    `status` and `code`: what a refusal answers; without a code, `text` is the whole body.  `effect`: whether the call
    was carried out all the same.  `parts`: fractions of a split fill; `fraction`: fill so much, then end.  `to` or
    `pct`: where a price jumps.  `cut`: how many bytes of a body get through.  `path` and `value`: what an edit puts
    where (`venuesim.edits`); without a value it takes the field out.  `state`: what a symbol's status becomes.
    `omits`: the symbol that a read leaves out, all without one.  `ended`: the status, nothing filled, that a read
    gives every order.
    """

    fault: str
    call: str = "*"
    account: str | None = None
    symbol: str | None = None
    client_id: str | None = None
    nth: int | None = None
    times: int | None = None
    after: int | None = None
    until: int | None = None
    ms: int = 0
    where: str = "request"
    mode: str = "reset"
    status: int | None = None
    code: int | None = None
    text: str = ""
    effect: bool = False
    cut: int = 1
    view: str = ""
    parts: tuple[Decimal, ...] = ()
    gap_ms: int = 0
    fraction: Decimal | None = None
    to: Decimal | None = None
    pct: Decimal | None = None
    price: str = "both"
    side: str = "BUY"
    quantity: Decimal = Decimal(0)
    path: str = ""
    value: Any = msgspec.UNSET
    levels: int = 0
    notional: Decimal = Decimal(250_000)
    tick: Decimal | None = None
    step: Decimal | None = None
    state: str | None = None
    amount: Decimal = Decimal(0)
    omits: str = ""
    ended: str = "CANCELED"


class Fired(msgspec.Struct, frozen=True):
    """A fault struck: which (its number in the plan), on what call or topic, when, and in a word how."""

    number: int
    fault: str
    call: str
    account: str | None
    symbol: str | None
    at: int
    how: str


class Touched(Struct, frozen=True):
    """What a fault may strike: a call or topic with whom and what it concerns, at a time (microseconds UTC)."""

    call: str
    account: str | None
    symbol: str | None
    client_id: str | None
    at: int


class Hit(Struct, frozen=True):
    """A fault that strikes now, and its number in the plan."""

    number: int
    fault: Fault


class Faults:
    """The plan in force, the count of what each fault has met, and the list of what has fired."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._numbered = 0
        self._plan: dict[int, Fault] = {}
        self._met: dict[int, int] = {}
        self.on_add: Callable[[Hit], None] = lambda _: None
        self.fired: list[Fired] = []

    def add(self, fault: Fault) -> int:
        """Put a fault in force and return its number; ValueError says which field was expected to be what."""
        validate(fault)
        self._numbered += 1
        self._plan[self._numbered] = fault
        self.on_add(Hit(self._numbered, fault))
        return self._numbered

    def clear(self, number: int | None = None) -> None:
        """Lift one fault or, without a number, all; what has fired stays listed.  KeyError for an unknown number."""
        if number is None:
            self._plan.clear()
        else:
            del self._plan[number]

    def count_from(self, at: int) -> None:
        """Let `after` and `until` count from another time than the box's start."""
        self._start = at

    @property
    def plan(self) -> dict[int, Fault]:
        """The faults in force, by number."""
        return dict(self._plan)

    def met(self, number: int) -> int:
        """Tell how many calls or frames a fault has met so far, whether it struck or not."""
        return self._met.get(number, 0)

    def hits(self, touched: Touched, family: Mapping[str, tuple[str, ...]], *, reads: bool = True) -> list[Hit]:
        """Return the faults of a family that strike here; each matching fault counts this as one more meeting.

        `reads` False leaves the faults that bend reads out, uncounted.
        """
        struck = []
        for number, fault in self._plan.items():
            wanted = fault.fault in family and (reads or fault.fault not in READ_FAULTS) and not by_time(fault)
            if wanted and self.matches(fault, touched):
                met = self._met[number] = self._met.get(number, 0) + 1
                if _in_count(fault, met):
                    struck.append(Hit(number, fault))
        return struck

    def matches(self, fault: Fault, touched: Touched) -> bool:
        """Tell whether a fault concerns this call or frame, whatever its count."""
        since = touched.at - self._start
        return (
            fnmatchcase(touched.call, MEANT_CALLS.get(fault.fault, "*") if fault.call == "*" else fault.call)
            and fault.account in (None, touched.account)
            and fault.symbol in (None, touched.symbol)
            and (fault.client_id is None or fnmatchcase(touched.client_id or "", fault.client_id))
            and (fault.after is None or since >= fault.after)
            and (fault.until is None or since < fault.until)
        )

    def fire(self, hit: Hit, touched: Touched, how: str = "") -> None:
        """Note that a fault has changed bytes, timing or the truth."""
        fault = hit.fault
        self.fired.append(
            Fired(hit.number, fault.fault, touched.call, touched.account, touched.symbol, touched.at, how)
        )


def by_time(fault: Fault) -> bool:
    """Tell whether a world fault strikes at its time `after` instead of beside a call."""
    return fault.fault in WORLD_FAULTS and fault.call == "*"


def parse(plain: object) -> Fault:
    """Return a validated fault from plain JSON or TOML data; ValueError names field, expectation and finding."""
    try:
        fault = msgspec.convert(plain, Fault, strict=False)
    except msgspec.ValidationError as wrong:
        message = f"fault: {wrong}"
        raise ValueError(message) from wrong
    validate(fault)
    return fault


def _in_count(fault: Fault, met: int) -> bool:
    first = fault.nth or 1
    if fault.times is None:
        return met == first if fault.nth is not None else True
    return first <= met < first + fault.times


def validate(fault: Fault) -> None:
    """Raise ValueError unless the fault is of the vocabulary and has only its own parameters, each in its range."""
    if fault.fault not in VOCABULARY:
        near = get_close_matches(fault.fault, sorted(VOCABULARY), n=1)
        hint = f"; the nearest is {near[0]!r}" if near else ""
        message = f"fault: expected a name of the vocabulary, got {fault.fault!r}{hint}"
        raise ValueError(message)
    allowed = (*COMMON, *VOCABULARY[fault.fault])
    given = msgspec.to_builtins(fault)
    for name in given:
        if name not in allowed:
            message = f"{fault.fault}.{name}: expected only {', '.join(allowed)}"
            raise ValueError(message)
    for name, choices in CHOICES.items():
        if getattr(fault, name) not in choices:
            message = f"{fault.fault}.{name}: expected one of {', '.join(choices)}, got {getattr(fault, name)!r}"
            raise ValueError(message)
    _validate_needs(fault)


NEEDS: Mapping[str, tuple[str, ...]] = {
    "price_jump": ("symbol",),
    "stop_vanishes": ("account", "symbol"),
    "stop_stuck": ("account", "symbol"),
    "stop_rejected": ("account", "symbol"),
    "stop_moved": ("account", "symbol"),
    "key_expired": ("account",),
    "book_depth": ("symbol",),
    "filters_changed": ("symbol",),
    "mode_flipped": ("account",),
    "balance_changed": ("account",),
    "hand_trade": ("account", "symbol", "quantity"),
    "liquidation": ("account", "symbol"),
    "adl": ("account", "symbol"),
}


def _validate_needs(fault: Fault) -> None:
    """Raise ValueError where a field is missing that cannot be taken from a call, or is out of range."""
    if fault.nth is not None and fault.nth < 1:
        message = f"{fault.fault}.nth: expected 1 or more, got {fault.nth}"
        raise ValueError(message)
    if fault.fault == "price_jump" and (fault.to is None) == (fault.pct is None):
        message = "price_jump: expected exactly one of to and pct"
        raise ValueError(message)
    if fault.fault == "stop_moved" and not fault.pct:
        message = f"stop_moved.pct: expected by how many percent of its trigger, got {fault.pct}"
        raise ValueError(message)
    if fault.fault == "partial_fill" and not fault.parts and fault.fraction is None:
        message = "partial_fill: expected parts or fraction"
        raise ValueError(message)
    if fault.call != "*":
        return
    for name in NEEDS.get(fault.fault, ()):
        if not getattr(fault, name):
            message = f"{fault.fault}.{name}: expected a value, since no call gives one"
            raise ValueError(message)
