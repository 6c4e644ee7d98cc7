"""The log: key and value, one line an occurrence, signal and account bound, no secret ever.

The log is for reading along; what counts is in the journal. Secrets are struck out twice: by the name of the key under
which they come, and by their value wherever it stands.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, TextIO, cast

import structlog

from seawall.service.quill import Quill
from seawall.service.settings import LogFormat, LogLevel

STRUCK_OUT = "***"
_TELLING = ("secret", "password", "token", "signature", "apikey", "api_key", "authorization")
_SHORTEST = 8
"""A secret shorter than this is struck out by its key alone: by value it would blot out half the log."""

Log = structlog.typing.FilteringBoundLogger


class _StrikeOut:
    """Strikes secrets out of a line, wherever they are."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret) >= _SHORTEST)
        self._telling: dict[str, bool] = {}
        """By key: the program has a few dozen, and each of them comes with every other line."""

    def __call__(self, logger: Any, method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
        return {key: STRUCK_OUT if self._tells(key) else self._clean(value) for key, value in line.items()}

    def _tells(self, key: str) -> bool:
        found = self._telling.get(key)
        if found is None:
            found = self._telling[key] = any(word in key.lower() for word in _TELLING)
        return found

    def _clean(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        for secret in self._secrets:
            value = value.replace(secret, STRUCK_OUT)
        return value


def make_log(level: LogLevel, form: LogFormat, secrets: Iterable[str], out: TextIO | Quill) -> Log:
    """A log that writes to `out` from `level` on."""
    renderer: Any = structlog.processors.JSONRenderer()
    if form is LogFormat.TEXT:
        renderer = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    log: Log = structlog.wrap_logger(
        structlog.WriteLogger(cast("TextIO", out)),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _StrikeOut(secrets),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
    )
    bound: Log = log.bind()
    return bound
