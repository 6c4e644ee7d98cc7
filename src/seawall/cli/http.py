"""Asking the running service, with nothing but the standard library: a command in a hurry loads no web framework."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from seawall.service.problems import Unreachable
from seawall.service.settings import Settings

_WITHIN = 5.0
"""Seconds for an answer: the intake answers within 2.5 s."""
WHEREABOUTS = "service.json"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the service's: an HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]

    @property
    def error(self) -> str:
        """Why it said no, in a line."""
        told = self.body.get("error", {})
        return f"{told.get('code', self.status)}: {told.get('detail', '')}"


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the service's two doors are."""

    intake: str
    control: str


def doors(settings: Settings) -> Doors:
    """The doors of the service that runs in the folder; the configured ones if it left no note of itself, or one that
    cannot be read: a disk that was full leaves an empty one, and a command of last resort must not fall over it.
    """
    try:
        told = json.loads((settings.folder / WHEREABOUTS).read_text(encoding="utf-8"))
        return Doors(str(told["intake"]), str(told["control"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Doors(f"http://{settings.intake}", f"http://{settings.control}")


def ask(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None, *, within: float = _WITHIN
) -> Reply:
    """One request. Raises Unreachable if no service answers there `within` so many seconds."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=within)
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, target, data, {"Content-Type": "application/json"} | (headers or {}))
        answer = connection.getresponse()
        return Reply(answer.status, _object(answer.read()))
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable(
            f"no `seawall run` answers at {parts.scheme}://{parts.netloc} ({error}); is it running?"
        ) from error
    finally:
        connection.close()


def _object(data: bytes) -> dict[str, Any]:
    """A JSON object; whatever else answers at the address is no service of ours. Raises ValueError."""
    told = json.loads(data)
    if not isinstance(told, dict):
        raise ValueError(f"expected a JSON object, came {data[:40]!r}")  # noqa: TRY004 - what json raises, too
    return told
