"""The canonical signal: the format of the house, one JSON object.

    {"id": "velvet-7", "account": "main", "symbol": "VELVETUSDT", "action": "open", "side": "sell",
     "size": {"quote": "50"}, "stop": {"pct": "3"}}

*No stop, no entry*: an `open` carries a stop, unless the account has a default one. A `close` needs only id and symbol.
Numbers may come as JSON numbers or as strings, and are read exactly (`numbers`). A field that is not known is refused
with the nearest one that is, since a misspelled stop must not pass for no stop; only `meta` may hold anything. A field
that is known but not served yet is refused as well, and says so: a take-profit that is silently left out is a loss.

`secret` is the intake's own: it is checked before the body comes here and is no part of the signal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

import msgspec

from seawall.intake.example import RIGHT, corrected
from seawall.intake.form import Body, SizeFields, StopFields, decoded
from seawall.intake.numbers import amount, instant, text_of
from seawall.intake.problem import Objection, Problem, nearest, one_of, shown
from seawall.intake.symbol import LONGEST, resolve
from seawall.model.ids import Account, Side, SignalId, Symbol, VenueName
from seawall.model.signal import Action, OnOpposite, OnSame, Signal, Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import HOUR, SECOND, Duration, Instant

LARGEST = 64 * 1024
"""The largest body that is looked at, in bytes: forty times the longest signal that anybody has a use for."""
_LONGEST_ID = 64
_HUNDRED, _BASIS_POINTS = Decimal(100), Decimal(10_000)
Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a signal means where it says nothing."""

    stop: Stop | None = None
    trigger_by: TriggerBy = TriggerBy.MARK
    max_age: Duration = 30 * SECOND
    max_slippage_bps: Decimal | None = None


_OPEN_ONLY = ("side", "size", "stop", "leverage", "trigger_by", "max_slippage_bps", "on_opposite", "on_same")
_LATER: dict[str, tuple[str, ...]] = {"action": ("flatten", "protect"), "on_opposite": ("reverse",)}
"""Words of the format that are not served yet."""


def parse(
    body: bytes,
    received_at: Instant,
    venues: Mapping[Account, VenueName],
    symbols: Mapping[Account, Sequence[Symbol]],
    defaults: Mapping[Account, Defaults] | None = None,
) -> Signal | Problem:
    """The signal in a body, or what is wrong with it. Never raises, whatever the bytes.

    `venues` names the configured accounts; `symbols` what each account's venue lists (nothing while that is not known:
    then the spelling of a symbol is put right, and whether it exists is for the desk to say).
    """
    if len(body) > LARGEST:
        return Problem(413, "too_large", "", f"a body of at most {LARGEST} bytes", f"{len(body)} bytes")
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        told = decoded(body)
        return _signal(told, received_at, venues, symbols, defaults or {})
    except Objection as found:
        return Problem(422, found.code, found.path, found.expected, found.came, corrected(body, found))


def _signal(
    told: Body,
    received_at: Instant,
    venues: Mapping[Account, VenueName],
    symbols: Mapping[Account, Sequence[Symbol]],
    defaults: Mapping[Account, Defaults],
) -> Signal:
    """The signal of a body whose form is right. Raises Objection."""
    account = _account(told.account, venues)
    usual = defaults.get(account, Defaults())
    action = _word(told.action, Action, "action")
    _refuse_unserved(told, action)
    opens = action is Action.OPEN
    trigger_by = _word(told.trigger_by, TriggerBy, "trigger_by", usual.trigger_by)
    max_age = amount(told.max_age_s, "max_age_s", "30", Decimal(24 * HOUR // SECOND))
    slippage = amount(told.max_slippage_bps, "max_slippage_bps", "50", _BASIS_POINTS)
    return Signal(
        id=SignalId(_id(told.id)),
        account=account,
        symbol=resolve(_line(told.symbol, "symbol", LONGEST), venues[account], symbols.get(account, ())),
        action=action,
        made_at=min(instant(told.ts, "ts", received_at), received_at),
        received_at=received_at,
        source=_line(told.source or "", "source", _LONGEST_ID),
        side=_side(told.side) if opens else None,
        size=_size(told.size) if opens else None,
        stop=_stop(told.stop, trigger_by, usual) if opens else None,
        leverage=amount(told.leverage, "leverage", "3", Decimal(1_000)),
        max_age=int(max_age * SECOND) if max_age is not None else usual.max_age,
        max_slippage_bps=slippage if slippage is not None or not opens else usual.max_slippage_bps,
        on_same=_word(told.on_same, OnSame, "on_same", OnSame.REFUSE),
        on_opposite=_word(told.on_opposite, OnOpposite, "on_opposite", OnOpposite.REFUSE),
        tag=_line(told.tag or "", "tag", _LONGEST_ID),
    )


# ---- the fields


def _line(text: str, path: str, longest: int) -> str:
    """A short text without controls."""
    if len(text) > longest or not text.isprintable():
        right = "".join(filter(str.isprintable, text))[:longest]
        raise Objection("bad_value", path, f"at most {longest} printable characters", shown(ascii(text)), right)
    return text


def _id(text: str) -> str:
    """The signal's id."""
    if not text.strip():
        raise Objection("bad_value", "id", f"1 to {_LONGEST_ID} printable characters", "an empty text", RIGHT["id"])
    return _line(text, "id", _LONGEST_ID)


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


def _word(text: str | None, words: type[Word], path: str, otherwise: Word | None = None) -> Word:
    """One of a few words, in any case; `otherwise` for a field that is absent or null."""
    if text is None and otherwise is not None:
        return otherwise
    told = (text or "").strip().lower()
    served = [word.value for word in words if word.value not in _LATER.get(path, ())]
    if told in served:
        return words(told)
    if told in _LATER.get(path, ()):
        raise Objection("not_supported", path, f"{one_of(served)}; {told} is not served yet", told, RIGHT[path])
    right = (*nearest(told, served, 1), RIGHT[path])[0]
    raise Objection("bad_value", path, one_of(served), shown(told) or "an empty text", right)


def _side(text: str | None) -> Side:
    if text is None:
        raise Objection("missing", "side", "buy or sell", "nothing", "buy")
    return _word(text, Side, "side")


def _size(told: SizeFields | None) -> Size:
    """Exactly one kind of size."""
    right = RIGHT["size"]
    expected = "exactly one of quote, base, risk_pct, equity_pct"
    names = SizeFields.__struct_fields__ if told is not None else ()
    given = [name for name in names if text_of(getattr(told, name), f"size.{name}")]
    if told is None or len(given) != 1:
        code = "bad_value" if given else "missing"
        raise Objection(code, "size", expected, " and ".join(given) or "nothing", right)
    unit = SizeUnit(given[0])
    most = _HUNDRED if unit is SizeUnit.RISK_PERCENT else None
    number = amount(getattr(told, given[0]), f"size.{given[0]}", "1", most)
    assert number is not None
    return Size(unit, number)


def _stop(told: StopFields | None, trigger_by: TriggerBy, usual: Defaults) -> Stop:
    """Exactly one kind of stop. No stop, no entry."""
    price = amount(told.price, "stop.price", "100") if told is not None else None
    percent = amount(told.pct, "stop.pct", "2", _HUNDRED) if told is not None else None
    if price is not None and percent is not None:
        raise Objection("bad_value", "stop", "exactly one of price, pct", "both", RIGHT["stop"])
    if price is None and percent is None:
        if usual.stop is None:
            raise Objection("missing", "stop", "a stop, by price or pct: no stop, no entry", "nothing", RIGHT["stop"])
        return Stop(usual.stop.price, usual.stop.percent, trigger_by)
    return Stop(price, percent, trigger_by)


def _refuse_unserved(told: Body, action: Action) -> None:
    """Refuse what the format has and this version does not do, rather than leave it out silently."""
    for name in ("take_profit", "expect_prev"):
        if bytes(getattr(told, name)) not in (b"", b"null"):
            raise Objection("not_supported", name, f"nothing: {name} is not served yet", "a value")
    if action is Action.CLOSE:
        for name in _OPEN_ONLY:
            _refuse_with_close(name, getattr(told, name))


def _refuse_with_close(name: str, value: object) -> None:
    """A close is of the whole position; what belongs to an opening has no meaning in it."""
    if value is None or (isinstance(value, msgspec.Raw) and bytes(value) in (b"", b"null")):
        return
    if name == "size":
        expected = "nothing: a close is of the whole position, closing a part is not served yet"
        raise Objection("not_supported", name, expected, "a value")
    raise Objection("bad_value", name, f"nothing: {name} belongs to an open", "a value")
