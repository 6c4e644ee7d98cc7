"""What of a configuration can be read and cannot be meant: keys that are each in order and speak against one another.

Whoever wrote it is told at the start. What is refused here would otherwise trade real money that was never armed, hear
another world's stream, count a doubt as settled before it can be, or halt everybody where one account was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from seawall.model.ids import Account, VenueName
from seawall.model.times import HOUR, MILLISECOND, MINUTE, SECOND, Bounds, Duration
from seawall.service.problems import ConfigError
from seawall.service.settings import AccountTable, Address, Environment

Complain = Callable[[str, str], ConfigError]
"""Makes the error about a key: (path of the key, what is wrong)."""

EVERY_ACCOUNT = "all"
"""What a person calls all accounts together, at the doors and on the command line."""
_WHOLE_BPS = Decimal(10_000)
_DOMAINS: dict[VenueName, tuple[str, ...]] = {
    VenueName.BINANCE: ("binance.com", "binancefuture.com"),
    VenueName.BYBIT: (
        *("bybit.com", "bytick.com", "bybit.nl", "bybit.tr", "bybit.kz", "bybit.ae", "bybit.eu", "bybit.id"),
        *("bybitgeorgia.ge", "manepa.jp"),
    ),
}
"""Where a venue lives, its regional hosts included (binance.md 1.1, bybit.md 1.0)."""
_PLAY = ("testnet", "demo", "binancefuture.com")
"""What the name of every host has in it behind which no real money lies (the same pages)."""
_WIDEST: Duration = MINUTE
"""The longest receive window that a venue takes (binance.md 1.2: 60000 ms)."""
_LISTED: Duration = 7 * 24 * HOUR
"""Both venues list windows of less than seven days (binance.md 1.4, bybit.md 1.2)."""
_SHORTEST: Duration = 100 * MILLISECOND
"""No period is shorter: Bybit takes ten of a kind in a second (bybit.md 1.3)."""


def check_names(accounts: Collection[str], complain: Complain) -> None:
    """No account is called like all of them together; no two share the names of their files on some disk."""
    seen: dict[str, str] = {}
    for name in accounts:
        if name.lower() == EVERY_ACCOUNT:
            raise complain(f"accounts.{name}", "expected another name, came the one that means every account")
        if (other := seen.setdefault(name.lower(), name)) != name:
            raise complain(f"accounts.{name}", f"expected names that differ in more than case, came {other} and {name}")


def check_doors(intake: Address, control: Address, complain: Complain) -> None:
    """Two doors, two addresses. A port 0 is chosen by the system."""
    if intake.port and intake.port == control.port and (intake.host == control.host or intake.is_everywhere):
        raise complain("service.control", f"expected a port of its own, came {control}, and the intake is {intake}")


def check_addresses(
    name: Account, venue: VenueName, environment: Environment, chosen: Mapping[str, str], complain: Complain
) -> None:
    """No address of another venue's, and none of another world's: real money is traded where it was armed, and a
    position is heard of where it was opened. Hosts that are no venue's own are the owner's to know.
    """
    for key, address in chosen.items():
        host = urlsplit(address).hostname or ""
        owner = next((one for one, domains in _DOMAINS.items() if _lies_in(host, domains)), None)
        path = f"accounts.{name}.{key}"
        if owner is None:
            continue
        if owner is not venue:
            raise complain(path, f"expected a server of {venue}, came {host}, of {owner}")
        is_live = not any(mark in host for mark in _PLAY)
        if is_live and environment is not Environment.LIVE:
            said = f'expected no real money in environment = "{environment}", came {host}, where it is traded'
            raise complain(path, f'{said}; say environment = "live" and arm, or name another server')
        if not is_live and environment is Environment.LIVE:
            raise complain(path, f'expected a server of environment = "live", came {host}, a testnet or demo')


def _lies_in(host: str, domains: tuple[str, ...]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def check_defaults(name: Account, table: AccountTable, complain: Complain) -> None:
    """What a signal means that says nothing can be meant; a stop's tolerance is less than its distance."""
    path, tolerance, slippage = f"accounts.{name}", table.stop_tolerance_bps, table.default_max_slippage_bps
    for key, value in (("stop_tolerance_bps", tolerance), ("default_max_slippage_bps", slippage)):
        if value is not None and value >= _WHOLE_BPS:
            raise complain(f"{path}.{key}", f"expected less than {_WHOLE_BPS} (the whole price), came {value}")
    distance = table.default_stop_pct
    if distance is not None and tolerance >= distance * 100:
        said = f"expected less than default_stop_pct ({distance} % is {distance * 100} bps), came {tolerance}"
        raise complain(f"{path}.stop_tolerance_bps", f"{said}: a stop would never be moved to its final trigger")
    if table.default_max_age_s * SECOND < 1:
        said = f"expected a microsecond or more, came {table.default_max_age_s}: every entry would be stale"
        raise complain(f"{path}.default_max_age_s", said)


def check_bounds(bounds: Bounds, complain: Complain) -> None:
    """No bound ends before what it waits for, and none asks of a venue what that never gives."""
    horizon = bounds.receive_window + bounds.margin + bounds.read_lag
    at_least = (
        ("doubt", horizon, "receive_window + margin + read_lag: an order may still arrive, and be seen, until then"),
        ("doubt_blind", bounds.doubt, "doubt: without a stream less is known"),
        ("read_lag", bounds.close_lag, "close_lag: that is the same wait, cut short"),
        ("ask_slowest", bounds.ask_first, "ask_first, from which the delays grow"),
        ("ask_slowest", bounds.look_first, "look_first, from which the delays grow"),
        ("books_reread", bounds.stop_reread, "stop_reread: no book is read again within it"),
        ("look_back", bounds.watch, "watch: for so long a late fill is looked for"),
        *((period, _SHORTEST, "more would take all that the venue gives") for period in _PERIODS),
    )
    for key, least, why in at_least:
        if getattr(bounds, key) < least:
            raise complain(f"bounds.{key}", f"expected at least {_spelled(least)} ({why}), came {_of(bounds, key)}")
    at_most = (
        ("receive_window", _WIDEST, "no venue takes a longer one"),
        ("act_window", _WIDEST, "no venue takes a longer one"),
        ("look_back", _LISTED - 1, "the venues list less than seven days"),
    )
    for key, most, why in at_most:
        if getattr(bounds, key) > most:
            raise complain(f"bounds.{key}", f"expected at most {_spelled(most)} ({why}), came {_of(bounds, key)}")


_PERIODS = ("stop_reread", "books_reread", "stop_repeat_every", "mark_fresh")


def _of(bounds: Bounds, key: str) -> str:
    return _spelled(getattr(bounds, key))


def _spelled(duration: Duration) -> str:
    """As "4s" or "500ms", the way in which it would be written."""
    for unit, size in (("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", MILLISECOND)):
        if duration and not duration % size:
            return f"{duration // size}{unit}"
    return f"{duration}us"
