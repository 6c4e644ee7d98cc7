"""The installation: four characters that mark every order as ours, and another installation's as foreign.

They are made once, at random, and live in the configuration's folder. They are never taken from the journal: a journal
may be restored from a backup or copied to a second machine, and two installations that share a name would each take
the other's orders for their own.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from seawall.service.durable import sync_folder
from seawall.service.problems import ConfigError

FILE = "installation"
HEADER = "X-Seawall-Installation"
"""By this header a command says whose service it means."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_FORM = re.compile(r"^[a-z0-9]{4}$")


def installation(home: Path) -> str:
    """The installation's four characters; made, and made durable, at the first call. Raises ConfigError."""
    path = home / FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
    except OSError as error:
        raise ConfigError(f"{path}: the installation's name cannot be kept there: {error}") from error
    return _read(path)


def known_installation(home: Path) -> str | None:
    """The installation's four characters, None if they were not made yet. Raises ConfigError."""
    path = home / FILE
    return _read(path) if path.exists() else None


def _read(path: Path) -> str:
    try:
        found = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the installation's name cannot be read: {error}") from error
    if not _FORM.match(found):
        raise ConfigError(
            f"{path}: expected four characters of a-z and 0-9, came {found!r}; put the old name back if you have it: "
            "orders under it are ours by that name alone"
        )
    return found


def _create(path: Path) -> None:
    """Write a new name whole or not at all; of two that try at once the first wins. Durable with its place in the
    folder: orders leave under it, and after a loss of power they would be nobody's.
    """
    number = int.from_bytes(os.urandom(8), "big")
    name = "".join(_DIGITS[number // 36**place % 36] for place in range(4))
    draft = path.with_name(f".{FILE}-{os.getpid()}")
    with draft.open("w", encoding="ascii") as file:
        file.write(f"{name}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    sync_folder(path.parent)
