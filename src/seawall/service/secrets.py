"""Secrets come from a file that only its owner can read, or from the environment; never from the configuration.

A systemd credential is such a file: its folder is named by `CREDENTIALS_DIRECTORY`, which may be written in the path.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from seawall.service.problems import ConfigError


def fetch(key: str, env: str, file: str, home: Path, environ: Mapping[str, str]) -> str | None:
    """The secret that `<key>_env` or `<key>_file` points to; None if neither is given.

    Raises ConfigError if both are given, the variable is not set, or the file cannot be read or is open to others.
    """
    if env and file:
        raise ConfigError(f"{key}_env and {key}_file: expected one of the two, came both")
    if env:
        return _from_environment(key, env, environ)
    return _from_file(key, file, home, environ) if file else None


def _from_environment(key: str, name: str, environ: Mapping[str, str]) -> str:
    if value := environ.get(name, "").strip():
        return value
    raise ConfigError(f"{key}_env: expected the environment variable {name} to hold it, it is not set or empty")


def _from_file(key: str, name: str, home: Path, environ: Mapping[str, str]) -> str:
    named = Path(name.replace("$CREDENTIALS_DIRECTORY", environ.get("CREDENTIALS_DIRECTORY", ""))).expanduser()
    path = named if named.is_absolute() else home / named
    try:
        with path.open(encoding="utf-8") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            value = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}_file: expected a readable file, {path}: {error}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{key}_file: expected mode 0600, {path} has {mode:04o}; mend it with: chmod 600 {path}")
    if not value:
        raise ConfigError(f"{key}_file: expected the secret, {path} is empty")
    return value
