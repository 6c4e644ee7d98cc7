"""The configuration: what may be said, how it is refused, and that nothing of it is guessed."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from seawall.model.ids import VenueName
from seawall.model.times import Bounds
from seawall.service.accounts import ADDRESSES
from seawall.service.config import load, locate, parse
from seawall.service.problems import ConfigError, Exit
from seawall.service.settings import AccountTable, Environment, OrderEntry, ServiceTable, Settings

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "configuration.md"


def settings(text: str, home: Path = Path("nowhere"), environ: dict[str, str] | None = None) -> Settings:
    """The settings that a text means."""
    return parse(text, home, environ or {})


def complaint(text: str, home: Path = Path("nowhere"), environ: dict[str, str] | None = None) -> str:
    """What is said against a text."""
    with pytest.raises(ConfigError) as caught:
        parse(text, home, environ or {})
    assert caught.value.code is Exit.CONFIG
    return str(caught.value)


def test_nothing_at_all_is_a_configuration() -> None:
    """In sim mode every key is optional: without a file there is one account at each venue of the box."""
    found = settings("")
    assert [(one.name, one.environment) for one in found.accounts] == [("binance", "sim"), ("bybit", "sim")]
    assert [one.rest for one in found.accounts] == ["http://127.0.0.1:9301", "http://127.0.0.1:9302"]
    assert found.bounds == Bounds()
    assert str(found.intake) == "127.0.0.1:8480"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[servce]\n", "seawall.toml:1: servce: unknown key; did you mean service?"),
        ('[service]\nfoldr = "x"\n', "seawall.toml:2: service.foldr: unknown key; did you mean folder?"),
        ('\n[accounts.main]\nvenue = "bybit"\nenviroment = "live"\n', "seawall.toml:4: accounts.main.enviroment: unknown key; did you mean environment?"),
        ("[bounds]\nmax_nacked = 5\n", "seawall.toml:2: bounds.max_nacked: unknown key; did you mean max_naked?"),
        ("[bounds]\nstop_repeat = 5\n", "bounds.stop_repeat: unknown key; did you mean stop_re"),
        ('[accounts.main]\nvenue = "binanc"\n', "accounts.main.venue: expected one of binance, bybit, came 'binanc'; binance?"),
        ("[accounts.main]\n", "accounts.main: Object missing required field"),
        ("[service]\nwaiting = 'many'\n", "service.waiting: expected int, got str ('many')"),
        ("[service]\nwaiting = 0\n", "service.waiting: expected at least 1, came 0"),
        ("accounts = 3\n", "accounts: expected a table, came 3"),
        ("[accounts]\nmain = 3\n", "accounts.main: expected a table, came 3"),
        ('[accounts."no spaces"]\nvenue = "bybit"\n', "expected a name of 1 to 32 letters"),
        ("[service\n", "not TOML"),
        ('[service]\nintake = "here"\n', "service.intake: expected \"host:port\", came 'here'"),
        ('[service]\nintake = "127.0.0.1:99999"\n', 'service.intake: expected "host:port"'),
        ('[service]\ncontrol = "0.0.0.0:8481"\n', "service.control: expected a loopback address"),
        ('[service]\nintake = "0.0.0.0:8480"\n', "service.intake: 0.0.0.0:8480 can be reached by others: set intake_secret_file"),
        ('[accounts.a]\nvenue = "bybit"\nkey = "k"\n', "a secret never stands here: use key_env or key_file"),
        ('[accounts.a]\nvenue = "bybit"\nsecret = "k"\n', "a secret never stands here: use secret_env or secret_file"),
        ('[accounts.a]\nvenue = "bybit"\nrest = "127.0.0.1:1"\n', "accounts.a.rest: expected http://host:port or https://host:port"),
        ('[accounts.a]\nvenue = "bybit"\nrest = "http://127.0.0.1:1/v5"\n', "accounts.a.rest: expected http://host:port"),
        ('[accounts.a]\nvenue = "bybit"\nmax_open = -1\n', "accounts.a.max_open: expected 0 or more, came -1"),
        ('[accounts.a]\nvenue = "bybit"\nstop_tolerance_bps = nan\n', "accounts.a.stop_tolerance_bps: expected 0 or more, came NaN"),
        ('[accounts.a]\nvenue = "bybit"\nadopt_stop_pct = 100\n', "accounts.a.adopt_stop_pct: expected less than 100, or a long's stop has no price, came 100"),
        ('[accounts.a]\nvenue = "bybit"\ndefault_stop_pct = 250\n', "accounts.a.default_stop_pct: expected less than 100"),
        ('[accounts.a]\nvenue = "bybit"\n[accounts.b]\nvenue = "bybit"\n', "accounts.b: has the key of accounts.a at http://127.0.0.1:9302"),
        ('[accounts.a]\nvenue = "bybit"\ndefault_stop_pct = 0\n', "accounts.a.default_stop_pct: expected more than 0, came 0"),
        ('[accounts.all]\nvenue = "bybit"\n', "seawall.toml:1: accounts.all: expected another name, came the one that means every account"),
        ('[accounts.a]\nvenue = "bybit"\n[accounts.A]\nvenue = "binance"\n', "accounts.A: expected names that differ in more than case, came a and A"),
        ('[service]\ncontrol = "127.0.0.1:8480"\n', "seawall.toml:2: service.control: expected a port of its own, came 127.0.0.1:8480, and the intake is 127.0.0.1:8480"),
        ('[accounts.a]\nvenue = "bybit"\nrest = "https://api.bybit.com"\n', 'accounts.a.rest: expected no real money in environment = "sim", came api.bybit.com, where it is traded; say environment = "live" and arm'),
        ('[accounts.a]\nvenue = "bybit"\nrest = "https://api.bybit.nl"\n', "came api.bybit.nl, where it is traded"),
        ('[accounts.a]\nvenue = "binance"\nrest = "http://x:1"\ntrade = "wss://ws-fapi.binance.com"\n', "accounts.a.trade: expected no real money"),
        ('[accounts.a]\nvenue = "binance"\nrest = "https://api-testnet.bybit.com"\n', "accounts.a.rest: expected a server of binance, came api-testnet.bybit.com, of bybit"),
        ('[accounts.a]\nvenue = "bybit"\nenvironment = "live"\narm = "a"\nstream = "wss://stream-testnet.bybit.com"\n', 'accounts.a.stream: expected a server of environment = "live", came stream-testnet.bybit.com, a testnet or demo'),
        ('[accounts.a]\nvenue = "bybit"\nstop_tolerance_bps = 10000\n', "accounts.a.stop_tolerance_bps: expected less than 10000 (the whole price), came 10000"),
        ('[accounts.a]\nvenue = "bybit"\ndefault_stop_pct = 0.1\n', "accounts.a.stop_tolerance_bps: expected less than default_stop_pct (0.1 % is 10.0 bps), came 10"),
        ('[accounts.a]\nvenue = "bybit"\ndefault_max_slippage_bps = 10000\n', "accounts.a.default_max_slippage_bps: expected less than 10000"),
        ('[accounts.a]\nvenue = "bybit"\ndefault_max_age_s = 0.0000001\n', "accounts.a.default_max_age_s: expected a microsecond or more"),
        ("[bounds]\ndoubt = 12\n", "seawall.toml:2: bounds.doubt: expected at least 13s (receive_window + margin + read_lag: an order may still arrive, and be seen, until then), came 12s"),
        ("[bounds]\ndoubt_blind = 59\n", "bounds.doubt_blind: expected at least 1m (doubt: without a stream less is known), came 59s"),
        ("[bounds]\nask_slowest = 0.2\n", "bounds.ask_slowest: expected at least 500ms (ask_first"),
        ("[bounds]\nread_lag = 0.1\n", "bounds.read_lag: expected at least 500ms (close_lag"),
        ("[bounds]\nstop_reread = 301\n", "bounds.books_reread: expected at least 301s (stop_reread"),
        ('[bounds]\nstop_reread = "1ms"\n', "bounds.stop_reread: expected at least 100ms"),
        ('[bounds]\nlook_back = "168h"\n', "bounds.look_back: expected at most 604799999999us (the venues list less than seven days), came 168h"),
        ('[bounds]\nwatch = "145h"\n', "bounds.look_back: expected at least 145h (watch"),
        ("[bounds]\nreceive_window = 61\ndoubt = 100\ndoubt_blind = 100\n", "bounds.receive_window: expected at most 1m (no venue takes a longer one), came 61s"),
        ("[bounds]\nmax_naked = 0\n", "bounds.max_naked: expected more than nothing"),
        ('[bounds]\nmax_naked = "soon"\n', "bounds.max_naked: expected seconds, or text such as \"500ms\", came 'soon'"),
        ("[bounds]\nmax_naked = true\n", "bounds.max_naked: expected seconds"),
        ("[bounds]\nmax_naked = inf\n", "bounds.max_naked: expected more than nothing"),
        ("[bounds]\nmax_naked = 0.0000001\n", "in whole microseconds"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_was_expected(text: str, expected: str) -> None:
    """A key that nobody knows, or a value that cannot be meant, is refused by name, line and nearest match."""
    assert expected in complaint(text)


@pytest.mark.parametrize(
    ("written", "microseconds"),
    [("5", 5_000_000), ("0.25", 250_000), ('"500ms"', 500_000), ('"2 s"', 2_000_000), ('"1.5m"', 90_000_000), ('"3us"', 3)],
)  # fmt: skip
def test_a_bound_is_seconds_or_text_with_its_unit(written: str, microseconds: int) -> None:
    """A duration is read exactly, whichever way it is written."""
    assert settings(f"[bounds]\nmax_naked = {written}\n").bounds.max_naked == microseconds


def test_numbers_are_exact() -> None:
    """A decimal of the file is the decimal of the settings: no binary floating point in between."""
    found = settings('[accounts.a]\nvenue = "bybit"\nstop_tolerance_bps = 0.1\n')
    assert found.accounts[0].stop_tolerance_bps == Decimal("0.1")


def test_live_wants_to_be_armed_by_name() -> None:
    """Real money is traded only where the owner wrote the account's own name once more."""
    environ = {"K": "key", "S": "secret"}
    table = '[accounts.main]\nvenue = "bybit"\nenvironment = "live"\nkey_env = "K"\nsecret_env = "S"\n'
    assert "expected arm = \"main\", came ''" in complaint(table, environ=environ)
    assert "came 'other'" in complaint(f'{table}arm = "other"\n', environ=environ)
    account = settings(f'{table}arm = "main"\n', environ=environ).accounts[0]
    assert (account.environment, account.rest, account.stream) == (
        Environment.LIVE,
        "https://api.bybit.com",
        "wss://stream.bybit.com",
    )


@pytest.mark.parametrize("venue", VenueName)
def test_testnet_needs_keys_of_its_own(venue: VenueName) -> None:
    """Outside the box a key and a secret must be named; each venue's own address is the default."""
    table = f'[accounts.a]\nvenue = "{venue}"\nenvironment = "testnet"\n'
    assert "testnet needs key_file (mode 0600) or key_env" in complaint(table)
    found = settings(f'{table}key_env = "K"\nsecret_env = "S"\n', environ={"K": "key", "S": "secret"})
    account = found.accounts[0]
    assert (account.rest, account.stream, account.trade) == ADDRESSES[venue, Environment.TESTNET]


def test_an_address_of_its_own_wins_and_brings_its_stream() -> None:
    """Any server that speaks the dialect can be named; its stream is the same server if nothing else is said."""
    found = settings('[accounts.a]\nvenue = "bybit"\nrest = "http://127.0.0.1:4001"\n').accounts[0]
    assert (found.rest, found.stream) == ("http://127.0.0.1:4001", "ws://127.0.0.1:4001")
    assert found.trade == found.stream
    both = settings('[accounts.a]\nvenue = "bybit"\nrest = "https://x:1"\nstream = "wss://y:2"\n').accounts[0]
    assert (both.rest, both.stream) == ("https://x:1", "wss://y:2")
    third = settings('[accounts.a]\nvenue = "bybit"\nrest = "https://x:1"\ntrade = "wss://z:3"\n').accounts[0]
    assert (third.stream, third.trade) == ("wss://x:1", "wss://z:3")


def test_order_entry_is_by_the_trade_socket_unless_one_says_rest_or_the_venue_has_none() -> None:
    """AUTO is the default; `rest` is kept; Bybit's demo, which has no trade socket, is REST whatever is configured."""
    asked = '[accounts.a]\nvenue = "bybit"\n'
    assert settings(asked).accounts[0].order_entry is OrderEntry.AUTO
    assert settings(f'{asked}order_entry = "rest"\n').accounts[0].order_entry is OrderEntry.REST
    demo = settings(f'{asked}rest = "https://api-demo.bybit.com"\norder_entry = "auto"\n').accounts[0]
    assert demo.order_entry is OrderEntry.REST
    assert "expected one of auto, rest, came 'soap'" in complaint(f'{asked}order_entry = "soap"\n')


def test_the_box_can_be_named_from_the_command_line() -> None:
    """`--sim-url` names where a venue of the box listens, for the accounts in sim mode."""
    found = parse("", Path("nowhere"), {}, sim={"binance": "http://127.0.0.1:7001"})
    assert [one.rest for one in found.accounts] == ["http://127.0.0.1:7001", "http://127.0.0.1:9302"]
    assert found.accounts[0].stream == "ws://127.0.0.1:7001"


def test_a_secret_comes_from_a_private_file(tmp_path: Path) -> None:
    """A file that others can read is refused with the mend; a private one, relative to the configuration, is taken."""
    table = '[accounts.a]\nvenue = "bybit"\nsecret_file = "the.secret"\n'
    assert "expected a readable file" in complaint(table, tmp_path)
    file = tmp_path / "the.secret"
    file.write_text("quite-secret\n")
    file.chmod(0o644)
    assert f"has 0644; mend it with: chmod 600 {file}" in complaint(table, tmp_path)
    file.chmod(0o600)
    found = settings(table, tmp_path)
    assert found.accounts[0].credentials.secret == "quite-secret"
    assert "quite-secret" not in repr(found)
    file.write_text("\n")
    assert "is empty" in complaint(table, tmp_path)


def test_a_secret_comes_from_the_environment_or_a_systemd_credential(tmp_path: Path) -> None:
    """An environment variable that is not set is named; the folder of systemd's credentials may stand in a path."""
    assert "the environment variable NOPE" in complaint('[service]\nintake_secret_env = "NOPE"\n')
    file = tmp_path / "intake"
    file.write_text("hidden")
    file.chmod(0o400)
    text = '[service]\nintake_secret_file = "$CREDENTIALS_DIRECTORY/intake"\n'
    found = settings(text, environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found.intake_secret == "hidden"
    both = '[service]\nintake_secret_env = "A"\nintake_secret_file = "b"\n'
    assert "expected one of the two, came both" in complaint(both, environ={"A": "x"})


def test_which_file_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file given, else the one that the environment names, else seawall.toml here, which need not exist."""
    monkeypatch.chdir(tmp_path)
    assert locate(None, {}) == Path("seawall.toml")
    other = tmp_path / "other.toml"
    with pytest.raises(ConfigError, match="no such file; `seawall init` makes one"):
        locate(other, {})
    other.write_text('[service]\nfolder = "elsewhere"\n')
    assert locate(None, {"SEAWALL_CONFIG": str(other)}) == other
    assert load(other, {}).folder == tmp_path / "elsewhere"
    assert load(Path("seawall.toml"), {}).home == tmp_path


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """A configuration in another encoding is a sentence, not a traceback."""
    file = tmp_path / "seawall.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(file, dict(os.environ))


def test_every_key_is_documented() -> None:
    """docs/configuration.md has a line for every key there is; the time bounds have a page of their own."""
    text = DOCUMENTATION.read_text(encoding="utf-8")
    keys = [*ServiceTable.__struct_fields__, *AccountTable.__struct_fields__]
    assert [key for key in keys if f"| `{key}` |" not in text] == []
