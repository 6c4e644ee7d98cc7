"""What a configuration may say, key by key, and what it means once it is read.

A `...Table` is a table of the TOML file as a user writes it: every key has a default in sim mode, and a key that is not
a field here is refused. `Settings` is the same, resolved: paths absolute, secrets fetched, durations in microseconds.
`docs/configuration.md` explains each key; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import msgspec

from seawall.engine.settings import NakedForeign
from seawall.intake.canonical import Defaults
from seawall.model.ids import Account, VenueName
from seawall.model.signal import TriggerBy
from seawall.model.times import Bounds
from seawall.sagas.evidence.circumstances import ManualChange
from seawall.venues.port import Credentials


class Environment(StrEnum):
    """Where an account lives. LIVE is real money and wants `arm` with the account's own name."""

    SIM = "sim"
    TESTNET = "testnet"
    LIVE = "live"


class OrderEntry(StrEnum):
    """By which road acts leave: AUTO is the trade socket while it stands and REST otherwise, REST is REST alone."""

    AUTO = "auto"
    REST = "rest"


class LogLevel(StrEnum):
    """From which level on a line is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line is written: for people, or one JSON object a line for machines."""

    TEXT = "text"
    JSON = "json"


class ServiceTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[service]`: the process, its folder and its two doors."""

    folder: str = "data"
    intake: str = "127.0.0.1:8480"
    control: str = "127.0.0.1:8481"
    intake_secret_env: str = ""
    intake_secret_file: str = ""
    waiting: int = 256
    log: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT


class AccountTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[accounts.NAME]`: one account at one venue."""

    venue: VenueName
    environment: Environment = Environment.SIM
    arm: str = ""
    rest: str = ""
    stream: str = ""
    trade: str = ""
    order_entry: OrderEntry = OrderEntry.AUTO
    key_env: str = ""
    key_file: str = ""
    secret_env: str = ""
    secret_file: str = ""
    max_open: int | None = None
    stop_tolerance_bps: Decimal = Decimal(10)
    naked_foreign: NakedForeign = NakedForeign.ALERT
    adopt_stop_pct: Decimal = Decimal(5)
    manual_change: ManualChange = ManualChange.ACCEPT
    default_stop_pct: Decimal | None = None
    default_trigger_by: TriggerBy = TriggerBy.MARK
    default_max_age_s: Decimal = Decimal(30)
    default_max_slippage_bps: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a door listens. Port 0 lets the system choose; the choice is written into the folder."""

    host: str
    port: int

    @property
    def is_everywhere(self) -> bool:
        """Whether it means every address of this machine."""
        return self.host in ("0.0.0.0", "::", "")  # noqa: S104 - looked for, not listened on

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """One account, resolved. `rest`, `stream` and `trade` are base addresses, without a path."""

    name: Account
    venue: VenueName
    environment: Environment
    rest: str
    stream: str
    trade: str
    credentials: Credentials
    order_entry: OrderEntry = OrderEntry.AUTO
    max_open: int | None = None
    stop_tolerance_bps: Decimal = Decimal(10)
    naked_foreign: NakedForeign = NakedForeign.ALERT
    adopt_stop_pct: Decimal = Decimal(5)
    manual_change: ManualChange = ManualChange.ACCEPT
    defaults: Defaults = field(default_factory=Defaults)


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole configuration, resolved. `home` is the configuration's own folder, where the installation is named."""

    home: Path
    folder: Path
    intake: Address
    control: Address
    accounts: tuple[AccountSettings, ...]
    bounds: Bounds = field(default_factory=Bounds)
    intake_secret: str | None = field(default=None, repr=False)
    waiting: int = 256
    log: LogLevel = LogLevel.INFO
    log_format: LogFormat = LogFormat.TEXT

    @property
    def journal(self) -> Path:
        """The journal's file."""
        return self.folder / "journal.sqlite"
