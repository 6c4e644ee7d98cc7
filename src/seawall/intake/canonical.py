"""The canonical signal: the format of the house, one JSON object.

    {"id": "velvet-7", "account": "main", "symbol": "VELVETUSDT", "action": "open", "side": "sell",
     "size": {"quote": "50"}, "stop": {"pct": "3"}}

*No stop, no entry*: an `open` carries a stop, unless the account has a default one. A `close` needs only id and symbol,
a `flatten` not even that; a `protect` says where the stop, the take-profits, or both go. What belongs to another action
is refused: it would be left out silently. An age is an entry's: the other three only reduce risk and are never stale.

Numbers may come as JSON numbers or as strings, and are read exactly (`numbers`). A field that is not known is refused
with the nearest one that is, since a misspelled stop must not pass for no stop; only `meta` may hold anything. A field
that is known but not served yet is refused as well, and says so: a take-profit that is silently left out is a loss.

`secret` is the intake's own: it is checked before the body comes here and is no part of the signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import msgspec

from seawall.intake.example import RIGHT, corrected
from seawall.intake.form import Body, SizeFields, StopFields, decoded, is_absent
from seawall.intake.ladder import ladder
from seawall.intake.numbers import amount, instant
from seawall.intake.problem import Objection, Problem, nearest, one_of, shown
from seawall.intake.served import LATER, Later, refuse_stray, refuse_unserved
from seawall.intake.symbol import LONGEST, resolve
from seawall.model.amounts import HUNDRED
from seawall.model.events.base import EVERY_SYMBOL
from seawall.model.ids import Account, Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, OnOpposite, OnSame, Signal, Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import HOUR, MINUTE, SECOND, Duration, Instant

LARGEST = 64 * 1024
"""The largest body that is looked at, in bytes: forty times the longest signal that anybody has a use for."""
LONGEST_ID = 64
_AHEAD: Duration = 10 * MINUTE
"""How far ahead of ours a sender's clock may be: time zones are a quarter of an hour apart at least."""
_BASIS_POINTS = Decimal(10_000)
_EVERYTHING = "all"
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a signal means where it says nothing."""

    stop: Stop | None = None
    trigger_by: TriggerBy = TriggerBy.MARK
    max_age: Duration = 30 * SECOND
    max_slippage_bps: Decimal | None = None


def parse(
    body: bytes,
    received_at: Instant,
    venues: Mapping[Account, VenueName],
    symbols: Mapping[Account, Sequence[Symbol]],
    defaults: Mapping[Account, Defaults] | None = None,
    later: Later = LATER,
) -> Signal | Problem:
    """The signal in a body, or what is wrong with it. Never raises, whatever the bytes.

    `venues` names the configured accounts; `symbols` what each account's venue lists (nothing while that is not known:
    then the spelling of a symbol is put right, and whether it exists is for the desk to say). `later` is what is not
    served yet.
    """
    if len(body) > LARGEST:
        return Problem(413, "too_large", "", f"a body of at most {LARGEST} bytes", f"{len(body)} bytes")
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        told = decoded(body)
        refuse_unserved(told, later)
        return _signal(told, received_at, venues, symbols, defaults or {}, later)
    except Objection as found:
        return Problem(422, found.code, found.path, found.expected, found.came, corrected(body, found))


def _signal(
    told: Body,
    received_at: Instant,
    venues: Mapping[Account, VenueName],
    symbols: Mapping[Account, Sequence[Symbol]],
    defaults: Mapping[Account, Defaults],
    later: Later,
) -> Signal:
    """The signal of a body whose form is right. Raises Objection."""
    account = _account(told.account, venues)
    usual = defaults.get(account, Defaults())
    action = _word(told.action, Action, "action", later=later)
    refuse_stray(told, action)
    trigger_by = _word(told.trigger_by, TriggerBy, "trigger_by", usual.trigger_by)
    max_age = amount(told.max_age_s, "max_age_s", "30", Decimal(24 * HOUR // SECOND))
    signal = Signal(
        id=SignalId(_id(told.id)),
        account=account,
        symbol=_symbol(told.symbol, action, venues[account], symbols.get(account, ())),
        action=action,
        made_at=_made_at(told.ts, action, received_at),
        received_at=received_at,
        source=line(told.source or "", "source", LONGEST_ID),
        tag=line(told.tag or "", "tag", LONGEST_ID),
    )
    if action is not Action.OPEN:
        return _reducing(signal, told, trigger_by)
    age = int(max_age * SECOND) if max_age is not None else usual.max_age
    return replace(_opening(signal, told, trigger_by, usual, later), max_age=age)


def _opening(signal: Signal, told: Body, trigger_by: TriggerBy, usual: Defaults, later: Later) -> Signal:
    """What an open says beside whom it is for and how long it holds."""
    slippage = amount(told.max_slippage_bps, "max_slippage_bps", "50", _BASIS_POINTS)
    return replace(
        signal,
        side=_side(told.side),
        size=_size(told.size),
        stop=_stop(told.stop, trigger_by, usual),
        leverage=amount(told.leverage, "leverage", "3", Decimal(1_000)),
        max_slippage_bps=slippage if slippage is not None else usual.max_slippage_bps,
        on_same=_word(told.on_same, OnSame, "on_same", OnSame.REFUSE),
        on_opposite=_word(told.on_opposite, OnOpposite, "on_opposite", OnOpposite.REFUSE, later=later),
        take_profit=ladder(told.take_profit),
    )


def _reducing(signal: Signal, told: Body, trigger_by: TriggerBy) -> Signal:
    """What a close, a protect or a flatten says beside whom it is for."""
    if signal.action is Action.CLOSE:
        percent = amount(told.percent, "percent", "50", HUNDRED)
        return signal if percent is None else replace(signal, percent=percent)
    if signal.action is Action.FLATTEN:
        return signal
    stop, rungs = _moved(told.stop, trigger_by), ladder(told.take_profit)
    if stop is None and rungs is None:
        raise Objection("missing", "stop", "a stop, a take_profit, or both", "neither", RIGHT["stop"])
    return replace(signal, stop=stop, take_profit=rungs)


# ---- the fields


def line(text: str, path: str, longest: int) -> str:
    """A short text without controls."""
    if len(text) > longest or not text.isprintable():
        right = "".join(filter(str.isprintable, text))[:longest]
        raise Objection("bad_value", path, f"at most {longest} printable characters", shown(ascii(text)), right)
    return text


def _id(text: str) -> str:
    """The signal's id."""
    if not text.strip():
        raise Objection("bad_value", "id", f"1 to {LONGEST_ID} printable characters", "an empty text", RIGHT["id"])
    return line(text, "id", LONGEST_ID)


def _made_at(told: msgspec.Raw, action: Action, received_at: Instant) -> Instant:
    """When it was made, at the latest now: the clock of a sender may be ahead. One that is ahead by a time zone says
    nothing of the age of an entry, which would never be too old.
    """
    found = instant(told, "ts", received_at)
    if action is Action.OPEN and found > received_at + _AHEAD:
        expected = "a time at most 10 minutes ahead of ours; without a zone it is UTC"
        ahead = (found - received_at) // SECOND
        raise Objection("bad_value", "ts", expected, f"one that is {ahead} s ahead", received_at // SECOND)
    return min(found, received_at)


def _account(name: str | None, venues: Mapping[Account, VenueName]) -> Account:
    """The named account; the only one, where there is but one and none is named."""
    if not name and len(venues) == 1:
        return next(iter(venues))
    if name and Account(name) in venues:
        return Account(name)
    known = sorted(venues)
    right = (*nearest(name or "", known, 1), *known, "main")[0]
    code = "unknown_account" if name else "missing"
    raise Objection(
        code, "account", one_of(known, name or "") if known else "an account", shown(name or "nothing"), right
    )


def _word(text: str | None, words: type[Word], path: str, otherwise: Word | None = None, *, later: Later = ()) -> Word:
    """One of a few words, in any case; `otherwise` for a field that is absent or null."""
    if text is None and otherwise is not None:
        return otherwise
    told = (text or "").strip().lower()
    served = [word.value for word in words if (path, word.value) not in later]
    if told in served:
        return words(told)
    right = (*nearest(told, served, 1), RIGHT[path])[0]
    if (path, told) in later:
        raise Objection("not_supported", path, f"{one_of(served)}; {told} is not served yet", told, RIGHT[path])
    raise Objection("bad_value", path, one_of(served), shown(told) or "an empty text", right)


def _symbol(text: str | None, action: Action, venue: VenueName, known: Sequence[Symbol]) -> Symbol:
    """The venue's symbol; of a flatten also all of them, by that word or by none."""
    if action is Action.FLATTEN and (text is None or text.strip().lower() == _EVERYTHING):
        return EVERY_SYMBOL
    if text is None:
        raise Objection("missing", "symbol", "the field symbol", "nothing", RIGHT["symbol"])
    return resolve(line(text, "symbol", LONGEST), venue, known)


def _side(text: str | None) -> Side:
    if text is None:
        raise Objection("missing", "side", "buy or sell", "nothing", "buy")
    return _word(text, Side, "side")


def _size(told: SizeFields | None) -> Size:
    """Exactly one kind of size."""
    right = RIGHT["size"]
    expected = "exactly one of quote, base, risk_pct, equity_pct"
    names = SizeFields.__struct_fields__ if told is not None else ()
    given = [name for name in names if not is_absent(getattr(told, name))]
    if told is None or len(given) != 1:
        code = "bad_value" if given else "missing"
        raise Objection(code, "size", expected, " and ".join(given) or "nothing", right)
    unit = SizeUnit(given[0])
    most = HUNDRED if unit is SizeUnit.RISK_PERCENT else None
    number = amount(getattr(told, given[0]), f"size.{given[0]}", "1", most)
    assert number is not None
    return Size(unit, number)


def _stop(told: StopFields | None, trigger_by: TriggerBy, usual: Defaults) -> Stop:
    """Exactly one kind of stop. No stop, no entry."""
    if told is not None and not is_absent(told.break_even):
        expected = "nothing: break_even moves a stop that stands, with the action protect"
        raise Objection("bad_value", "stop.break_even", expected, "a value")
    price, percent = _where(told)
    if price is not None and percent is not None:
        raise Objection("bad_value", "stop", "exactly one of price, pct", "both", RIGHT["stop"])
    if price is None and percent is None:
        if usual.stop is None:
            raise Objection("missing", "stop", "a stop, by price or pct: no stop, no entry", "nothing", RIGHT["stop"])
        return Stop(usual.stop.price, usual.stop.percent, trigger_by)
    return Stop(price, percent, trigger_by)


def _moved(told: StopFields | None, trigger_by: TriggerBy) -> Stop | None:
    """Where a stop is moved to: exactly one of three; None where it is left alone."""
    if told is None:
        return None
    price, percent = _where(told)
    break_even = _break_even(told.break_even)
    given = [
        name for name, value in (("price", price), ("pct", percent), ("break_even", break_even)) if value is not None
    ]
    if len(given) != 1:
        code = "bad_value" if given else "missing"
        expected = "exactly one of price, pct, break_even"
        raise Objection(code, "stop", expected, " and ".join(given) or "nothing", RIGHT["stop"])
    return Stop(price, percent, trigger_by, break_even)


def _where(told: StopFields | None) -> tuple[Decimal | None, Decimal | None]:
    """The stop's price and its percent, as far as they are given."""
    if told is None:
        return None, None
    return amount(told.price, "stop.price", "100"), amount(told.pct, "stop.pct", "2", HUNDRED)


def _break_even(raw: msgspec.Raw) -> Decimal | None:
    """Percent of the average beyond it on the winning side; plain `true` is 0."""
    told = msgspec.Raw(b"0") if bytes(raw).strip() == b"true" else raw
    return amount(told, "stop.break_even", "0", HUNDRED, or_zero=True)
