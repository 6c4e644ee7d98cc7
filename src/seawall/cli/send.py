"""Commands that send: one canonical signal to the running service's intake, and, if asked, waiting for its end.

The exit code is the answer: 0 done, 4 refused or rolled back, 5 stale or a duplicate, 6 halted, 7 nobody there, and 8
if at the end of the waiting something of ours may stand open without a proven stop.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from cyclopts import Parameter

from seawall.cli.common import NO_OPTIONS, Common, console, print_json, seconds
from seawall.cli.http import Doors, Reply, doors
from seawall.service.problems import Exit, Unreachable
from seawall.service.settings import Settings

_LOOK_AGAIN = 0.05
"""Seconds between two looks while waiting."""
_OVER = ("flat_seen", "flat", "refused")
DONE = "done"
RECORDED, BUSY = 202, 429
_BY_STATUS = {
    200: Exit.STALE,
    RECORDED: Exit.OK,
    401: Exit.CONFIG,
    403: Exit.CONFIG,
    409: Exit.STALE,
    410: Exit.STALE,
    423: Exit.HALTED,
    BUSY: Exit.UNREACHABLE,
    503: Exit.UNREACHABLE,
}


_RUNG_HELP = (
    "PCT:SHARE, or @PRICE:SHARE: so many percent of the position leave there. May be repeated; one alone takes all."
)
NO_LADDER = "none"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Opening:
    """What is to be opened. No stop, no entry."""

    size: Annotated[str, Parameter(help="How much, in --unit.")]
    unit: Annotated[
        Literal["quote", "base", "risk_pct", "equity_pct"],
        Parameter(help="Quote or base currency, or percent of the equity: at risk, or as value."),
    ] = "quote"
    stop: Annotated[str | None, Parameter(help="The stop's trigger as a price.")] = None
    stop_pct: Annotated[str | None, Parameter(help="The stop's trigger in percent of the fill.")] = None
    trigger_by: Annotated[Literal["mark", "last"], Parameter(help="Which price the stop watches.")] = "mark"
    leverage: Annotated[str | None, Parameter(help="Set only if named, and only on a flat slot.")] = None
    max_slippage_bps: Annotated[str | None, Parameter(help="A limit at this bound instead of a market order.")] = None
    max_age: Annotated[str | None, Parameter(help="Seconds after which the signal is stale.")] = None
    take_profit: Annotated[list[str] | None, Parameter(negative="", help=_RUNG_HELP)] = None
    on_opposite: Annotated[
        Literal["refuse", "close", "reverse"],
        Parameter(help="On a slot that is open the other way: refuse, close it, or close it and then open."),
    ] = "refuse"

    def fields(self) -> dict[str, Any]:
        """As fields of the canonical signal; what was not said is left out."""
        stop = {"price": self.stop, "pct": self.stop_pct}
        said = {
            "size": {self.unit: self.size},
            "stop": {name: value for name, value in stop.items() if value is not None},
            "trigger_by": self.trigger_by,
            "leverage": self.leverage,
            "max_slippage_bps": self.max_slippage_bps,
            "max_age_s": self.max_age,
            "take_profit": _ladder(self.take_profit),
            "on_opposite": None if self.on_opposite == "refuse" else self.on_opposite,
        }
        return {name: value for name, value in said.items() if value is not None}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Guarding:
    """Where a stop goes, what leaves with a profit, or both."""

    stop_price: Annotated[str | None, Parameter(help="The stop's new trigger as a price.")] = None
    stop_pct: Annotated[str | None, Parameter(help="The same in percent of the fill.")] = None
    break_even: Annotated[
        str | None, Parameter(help="So many percent beyond the fill, on the winning side; 0 for the fill itself.")
    ] = None
    trigger_by: Annotated[Literal["mark", "last"] | None, Parameter(help="Which price the stop watches.")] = None
    take_profit: Annotated[
        list[str] | None,
        Parameter(negative="", help=f"{_RUNG_HELP} They take the place of those before; {NO_LADDER}: take them away."),
    ] = None

    def fields(self) -> dict[str, Any]:
        """As fields of the canonical signal; what was not said is left out."""
        stop = {"price": self.stop_price, "pct": self.stop_pct, "break_even": self.break_even}
        said = {
            "stop": {name: value for name, value in stop.items() if value is not None} or None,
            "trigger_by": self.trigger_by,
            "take_profit": _ladder(self.take_profit),
        }
        return {name: value for name, value in said.items() if value is not None}


def _ladder(rungs: list[str] | None) -> list[dict[str, str]] | None:
    """Rungs as fields of the canonical signal; what is wrong with one, the intake says."""
    if not rungs:
        return None
    return [] if rungs == [NO_LADDER] else [_rung(one) for one in rungs]


def _rung(told: str) -> dict[str, str]:
    where, _, share = told.partition(":")
    place = {"price": where.removeprefix("@")} if where.startswith("@") else {"pct": where}
    return place | ({"share": share} if share else {})


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Sending:
    """To whom, under which id, and how long to wait."""

    account: Annotated[str | None, Parameter(help="The account; may be left out if there is but one.")] = None
    id: Annotated[str | None, Parameter(help="The signal's id; the same id again is the same signal.")] = None
    timeout: Annotated[float, Parameter(help="Seconds to wait at most.")] = 30.0

    def fields(self) -> dict[str, Any]:
        """As fields of the canonical signal. Raises ConfigError where the waiting is none, before anything is sent."""
        seconds(self.timeout, "--timeout")
        who = {} if self.account is None else {"account": self.account}
        return {"id": self.id or _fresh_id(), "source": "cli"} | who


NOTHING_SAID, NOTHING_MOVED = Sending(), Guarding()


def open_position(
    symbol: str,
    side: Literal["buy", "sell"],
    *,
    opening: Opening,
    sending: Sending = NOTHING_SAID,
    wait: Literal["protected"] | None = None,
    common: Common = NO_OPTIONS,
) -> int:
    """Open a position with a stop. No stop, no entry.

    Parameters
    ----------
    symbol
        BTCUSDT, BTC/USDT:USDT, BYBIT:BTCUSDT.P and the like.
    side
        buy opens a long, sell a short.
    wait
        Wait until it is PROTECTED.
    """
    settings = common.settings()
    where = doors(settings)
    body = sending.fields() | {"symbol": symbol, "action": "open", "side": side} | opening.fields()
    sent = _sent(settings, where, body)
    if wait is None or sent.status != RECORDED:
        return _answered(sent, common)
    return waited(where, [body["id"]], wait, sending.timeout, common)


def close_position(
    symbol: str,
    *,
    percent: str | None = None,
    sending: Sending = NOTHING_SAID,
    wait: Literal["flat", "done"] | None = None,
    common: Common = NO_OPTIONS,
) -> int:
    """Bring a slot to FLAT, or close a part of it. A close is never stale.

    Parameters
    ----------
    symbol
        The slot's symbol.
    percent
        Close so many percent of what is open, rather than all of it.
    wait
        Wait until it is FLAT; of a part, until it is done.
    """
    part = {} if percent is None else {"percent": percent}
    return _asked_of_slot(symbol, {"action": "close"} | part, sending, wait, common)


def protect_position(
    symbol: str,
    *,
    guarding: Guarding = NOTHING_MOVED,
    sending: Sending = NOTHING_SAID,
    wait: Literal["done"] | None = None,
    common: Common = NO_OPTIONS,
) -> int:
    """Move the stop of an open position, change its take-profits, or both. The stop in force stays until the new one is
    seen live.

    Parameters
    ----------
    symbol
        The slot's symbol.
    wait
        Wait until it is done; refused by the venue, the exit code is 4 and the stop is where it was.
    """
    return _asked_of_slot(symbol, {"action": "protect"} | guarding.fields(), sending, wait, common)


def _asked_of_slot(symbol: str, said: dict[str, Any], sending: Sending, wait: str | None, common: Common) -> int:
    """Sends what is asked of an open position, and waits for it if that is wanted."""
    settings = common.settings()
    where = doors(settings)
    before = standing(where) if wait is not None else []
    sent = _sent(settings, where, sending.fields() | {"symbol": symbol} | said)
    if wait is None or sent.status != RECORDED:
        return _answered(sent, common)
    return waited(where, holders(where, sent, before), wait, sending.timeout, common, sent.body["id"])


def _fresh_id() -> str:
    return f"cli-{time.time_ns() // 1_000_000}-{secrets.token_hex(2)}"


def _sent(settings: Settings, where: Doors, body: dict[str, Any]) -> Reply:
    """The intake's answer to a signal."""
    headers = {"X-Seawall-Secret": settings.intake_secret} if settings.intake_secret else None
    return where.ask("POST", f"{where.intake}/signal", body, headers)


def _answered(sent: Reply, common: Common) -> int:
    """Tells the intake's answer; the exit code. Raises Unreachable for what no intake says."""
    if "error" not in sent.body and not {"id", "state", "symbol"} <= set(sent.body):
        raise Unreachable(f"something answers there, and it is no `seawall run`: {str(sent.body)[:80]}")
    if common.json:
        print_json({"status": sent.status} | sent.body)
    elif "error" in sent.body:
        console().print(_refusal(sent), markup=False)
    else:
        again = " (it came before)" if sent.body.get("duplicate") else ""
        console().print(f"{sent.body['id']}: {sent.body['state']}{again}, {sent.body['symbol']}", markup=False)
    return _BY_STATUS.get(sent.status, Exit.REFUSED)


def _refusal(sent: Reply) -> str:
    example = sent.body["error"].get("example")
    return sent.error + (f"\nfor example: {example}" if example else "")


Standing = list[tuple[str, str]]
"""The positions that stand: account, and the signal that opened it."""


def standing(where: Doors, *, within: float | None = None) -> Standing:
    """What stands now: asked before a close, which may be done before anybody looks again. Raises Unreachable."""
    shown = _looked(where, "/positions", within)["positions"]
    return [(one["record"]["account"], one["record"]["signal_id"]) for one in shown]


def holders(where: Doors, sent: Reply, before: Standing) -> list[str]:
    """The signals whose slot is being closed: those that this close has reached, and whatever else stands there or did
    `before`, also where a hundred signals have come since. A flattening has no symbol and means every slot.
    """
    closing, account, symbol = (sent.body[name] for name in ("id", "account", "symbol"))
    latest = _looked(where, "/signals?limit=100")["signals"]
    near = [one["signal_id"] for one in latest if one["account"] == account]
    near += [signal for owner, signal in (*before, *standing(where)) if owner == account]
    receipts = [_receipt(where, one) for one in dict.fromkeys(near) if one != closing]
    opened = [one for one in receipts if symbol in ("", one["symbol"]) and one["side"] is not None]
    stood = {signal for _, signal in before}
    return [
        one["signal_id"]
        for one in opened
        if one["detail"] == f"signal {closing}" or one["state"] not in _OVER or one["signal_id"] in stood
    ]


def _receipt(where: Doors, signal_id: str) -> dict[str, Any]:
    """A signal's receipt. Raises Unreachable if the service cannot tell."""
    found: dict[str, Any] = _looked(where, f"/signals/{quote(signal_id, safe='')}")["receipt"]
    return found


def _looked(where: Doors, path: str, within: float | None = None) -> dict[str, Any]:
    """What the control door shows, `within` seconds if that is said. Raises Unreachable if it shows nothing."""
    url = f"{where.control}{path}"
    reply = where.ask("GET", url) if within is None else where.ask("GET", url, within=within)
    if "error" in reply.body:
        raise Unreachable(f"{url}: {reply.error}; the signal itself is recorded and goes on")
    return reply.body


def waited(where: Doors, signals: list[str], aim: str, timeout: float, common: Common, asked_by: str = "") -> int:
    """Looks until every signal has come to its end, or for `timeout` seconds; tells, and the exit code. `asked_by` is
    the signal that asked something of them.
    """
    views: list[dict[str, Any]] = []
    for _ in _looks(timeout):
        views = [_receipt(where, one) for one in signals]
        if all(_is_at(view, aim) for view in views):
            break
    if common.json:
        print_json({"signals": views})
    for view in views if not common.json else ():
        reason = f" ({view['reason']}: {view['detail']})" if view["reason"] else ""
        pending = "".join(f"; {words}" for words in view["asked"]["pending"])
        said = f"{view['signal_id']}: {view['state'].upper()}{reason}, {view['symbol']}{pending}"
        console().print(said, markup=False)
    return max((_code(view, aim, asked_by) for view in views), default=int(Exit.OK))


def _looks(timeout: float) -> Iterator[None]:
    until = time.monotonic() + timeout
    yield
    while time.monotonic() < until:
        time.sleep(_LOOK_AGAIN)
        yield


def _is_at(view: dict[str, Any], aim: str) -> bool:
    """Whether nothing more is to be waited for."""
    return view["state"] in (*_OVER, aim) or (aim == DONE and not view["asked"]["pending"])


def _code(view: dict[str, Any], aim: str, asked_by: str) -> int:
    """What a state at the end of the waiting means for a script."""
    state = view["state"]
    if aim == DONE and state in ("protected", *_OVER):
        return _code_of_wish(view, asked_by)
    if state == aim or (aim == "flat" and state == "flat_seen"):
        return Exit.OK
    return Exit.REFUSED if state in (*_OVER, "protected", "accepted") else Exit.UNPROTECTED


def _code_of_wish(view: dict[str, Any], asked_by: str) -> int:
    """Whether what was asked of a position was done, as far as it leaves a trace: a move of the stop, a part closed."""
    wishes = [*view["asked"]["moves"], *view["asked"]["parts"]]
    own = [one["fate"] for one in wishes if one["detail"].split(", ")[0] == f"signal {asked_by}"]
    return Exit.OK if all(fate == "done" for fate in own) and not view["asked"]["pending"] else Exit.REFUSED
