"""The accounts of a configuration, resolved: where each venue is reached, and with which key.

| venue | environment | rest | stream | trade | from |
|---|---|---|---|---|---|
| binance | live | fapi.binance.com | fstream.binance.com | ws-fapi.binance.com | binance.md 1.1 |
| binance | testnet | demo-fapi.binance.com | fstream.binancefuture.com | testnet.binancefuture.com | binance.md 1.1 |
| bybit | live | api.bybit.com | stream.bybit.com | stream.bybit.com | bybit.md 1.0 |
| bybit | testnet | api-testnet.bybit.com | stream-testnet.bybit.com | stream-testnet.bybit.com | bybit.md 1.0 |
| both | sim | where `venuesim serve` listens by default | the same | the same | |

`rest`, `stream` and `trade` in the configuration win over the table, so that the box, a testnet or any other server
that speaks the dialect can be named; a server named by `rest` alone is taken for all three. Bybit's demo has no trade
socket (bybit.md 1.0): there everything goes by REST, whatever is configured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from seawall.intake.canonical import Defaults
from seawall.model.amounts import HUNDRED
from seawall.model.ids import Account, VenueName
from seawall.model.signal import Stop
from seawall.model.times import SECOND
from seawall.service.secrets import fetch
from seawall.service.sense import Complain, check_addresses, check_defaults
from seawall.service.settings import AccountSettings, AccountTable, Environment, OrderEntry
from seawall.venues.port import Credentials

ADDRESSES: dict[tuple[VenueName, Environment], tuple[str, str, str]] = {
    (VenueName.BINANCE, Environment.LIVE): (
        "https://fapi.binance.com",
        "wss://fstream.binance.com",
        "wss://ws-fapi.binance.com",
    ),
    (VenueName.BINANCE, Environment.TESTNET): (
        "https://demo-fapi.binance.com",
        "wss://fstream.binancefuture.com",
        "wss://testnet.binancefuture.com",
    ),
    (VenueName.BINANCE, Environment.SIM): ("http://127.0.0.1:9301", "ws://127.0.0.1:9301", "ws://127.0.0.1:9301"),
    (VenueName.BYBIT, Environment.LIVE): ("https://api.bybit.com", "wss://stream.bybit.com", "wss://stream.bybit.com"),
    (VenueName.BYBIT, Environment.TESTNET): (
        "https://api-testnet.bybit.com",
        "wss://stream-testnet.bybit.com",
        "wss://stream-testnet.bybit.com",
    ),
    (VenueName.BYBIT, Environment.SIM): ("http://127.0.0.1:9302", "ws://127.0.0.1:9302", "ws://127.0.0.1:9302"),
}
BYBIT_DEMO = "api-demo.bybit.com"
"""The one host of a venue's that has no trade socket: its handshake is a 404 (bybit.md 1.0)."""
SIM_KEY = "sim-key"
SIM_SECRET = "sim-secret"  # noqa: S105 - the box's own, worth nothing
_SCHEMES = {"rest": ("http", "https"), "stream": ("ws", "wss"), "trade": ("ws", "wss")}


def resolve(
    tables: Mapping[Account, AccountTable],
    home: Path,
    environ: Mapping[str, str],
    sim: Mapping[str, str],
    complain: Complain,
) -> tuple[AccountSettings, ...]:
    """The accounts, by name; one at each venue of the box where none is named. Raises ConfigError."""
    named = tables or {Account(venue.value): AccountTable(venue=venue) for venue in VenueName}
    found = tuple(_resolved(name, named[name], home, environ, sim, complain) for name in sorted(named))
    _check_owners(found, complain)
    return found


def _check_owners(accounts: Sequence[AccountSettings], complain: Complain) -> None:
    """One owner for one account: of two on one key each would take the other's orders for its own, adopt its positions
    and clear its stops away.
    """
    owners: dict[tuple[VenueName, str, str], Account] = {}
    for account in accounts:
        owner = owners.setdefault((account.venue, account.rest, account.credentials.key), account.name)
        if owner != account.name:
            said = f"has the key of accounts.{owner} at {account.rest}: one account has one owner"
            raise complain(f"accounts.{account.name}", said)


def _resolved(
    name: Account,
    table: AccountTable,
    home: Path,
    environ: Mapping[str, str],
    sim: Mapping[str, str],
    complain: Complain,
) -> AccountSettings:
    path = f"accounts.{name}"
    _check_arm(name, table, complain)
    if table.max_open is not None and table.max_open < 0:
        raise complain(f"{path}.max_open", f"expected 0 or more, came {table.max_open}")
    if not (table.stop_tolerance_bps.is_finite() and table.stop_tolerance_bps >= 0):
        raise complain(f"{path}.stop_tolerance_bps", f"expected 0 or more, came {table.stop_tolerance_bps}")
    for key in ("adopt_stop_pct", "default_stop_pct", "default_max_age_s", "default_max_slippage_bps"):
        value = getattr(table, key)
        if value is not None and not (value.is_finite() and value > 0):
            raise complain(f"{path}.{key}", f"expected more than 0, came {value}")
    for key in ("adopt_stop_pct", "default_stop_pct"):
        value = getattr(table, key)
        if value is not None and value >= HUNDRED:
            raise complain(f"{path}.{key}", f"expected less than 100, or a long's stop has no price, came {value}")
    check_defaults(name, table, complain)
    rest, stream, trade = _addresses(name, table, sim, complain)
    return AccountSettings(
        name=name,
        venue=table.venue,
        environment=table.environment,
        rest=rest,
        stream=stream,
        trade=trade,
        order_entry=OrderEntry.REST if urlsplit(rest).hostname == BYBIT_DEMO else table.order_entry,
        credentials=_credentials(name, table, home, environ, complain),
        max_open=table.max_open,
        stop_tolerance_bps=table.stop_tolerance_bps,
        naked_foreign=table.naked_foreign,
        adopt_stop_pct=table.adopt_stop_pct,
        manual_change=table.manual_change,
        defaults=_defaults(table),
    )


def _defaults(table: AccountTable) -> Defaults:
    """What a signal for the account means where it says nothing."""
    percent = table.default_stop_pct
    return Defaults(
        stop=None if percent is None else Stop(percent=percent, trigger_by=table.default_trigger_by),
        trigger_by=table.default_trigger_by,
        max_age=int(table.default_max_age_s * SECOND),
        max_slippage_bps=table.default_max_slippage_bps,
    )


def _check_arm(name: Account, table: AccountTable, complain: Complain) -> None:
    """Real money is traded only where the owner has said so, by the account's own name."""
    if table.environment is Environment.LIVE and table.arm != name:
        raise complain(f"accounts.{name}.arm", f'live trades real money: expected arm = "{name}", came {table.arm!r}')


def _addresses(name: Account, table: AccountTable, sim: Mapping[str, str], complain: Complain) -> tuple[str, str, str]:
    rest, stream, trade = ADDRESSES[table.venue, table.environment]
    if table.environment is Environment.SIM and table.venue in sim:
        rest = sim[table.venue].rstrip("/")
        stream = trade = _stream_of(rest)
    if table.rest:
        rest, stream, trade = table.rest, _stream_of(table.rest), _stream_of(table.rest)
    chosen = {"rest": rest, "stream": table.stream or stream, "trade": table.trade or trade}
    for key, address in chosen.items():
        parts = urlsplit(address)
        if parts.scheme not in _SCHEMES[key] or not parts.hostname or parts.path.strip("/") or parts.query:
            expected = " or ".join(f"{scheme}://host:port" for scheme in _SCHEMES[key])
            raise complain(f"accounts.{name}.{key}", f"expected {expected}, came {address!r}")
    check_addresses(name, table.venue, table.environment, chosen, complain)
    return chosen["rest"].rstrip("/"), chosen["stream"].rstrip("/"), chosen["trade"].rstrip("/")


def _stream_of(rest: str) -> str:
    """The stream of a server that was named by its REST address alone: the same server."""
    return f"ws{rest.removeprefix('http')}" if rest.startswith("http") else rest


def _credentials(
    name: Account, table: AccountTable, home: Path, environ: Mapping[str, str], complain: Complain
) -> Credentials:
    path = f"accounts.{name}"
    key = fetch(f"{path}.key", table.key_env, table.key_file, home, environ)
    secret = fetch(f"{path}.secret", table.secret_env, table.secret_file, home, environ)
    if table.environment is Environment.SIM:
        return Credentials(key or SIM_KEY, secret or SIM_SECRET)
    for missing, part in ((key, "key"), (secret, "secret")):
        if missing is None:
            raise complain(path, f"{table.environment} needs {part}_file (mode 0600) or {part}_env")
    assert key is not None
    assert secret is not None
    return Credentials(key, secret)
