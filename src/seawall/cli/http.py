"""Asking the running service, with nothing but the standard library: a command in a hurry loads no web framework."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from seawall.service.identity import HEADER, known_installation
from seawall.service.problems import ConfigError, Unreachable
from seawall.service.settings import Settings

WHEREABOUTS = "service.json"
_ANOTHERS = 421
"""HTTP's "misdirected request": a service answers there, and it is another installation's."""


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
    """Where the service's two doors are, and whose it must be: another's may listen at an address that a dead one has
    left in its note, or at the one that every configuration has by default. Empty where nobody knows our name.
    """

    intake: str
    control: str
    installation: str = ""

    def ask(
        self, method: str, url: str, body: object = None, headers: dict[str, str] | None = None, *, within: float = 5.0
    ) -> Reply:
        """One request at a door. Raises Unreachable if no service of this installation answers `within` so many
        seconds: the intake answers within 2.5 s.
        """
        named = {HEADER: self.installation} if self.installation else {}
        said = _ask(method, url, body, named | (headers or {}), within)
        if said.status == _ANOTHERS:
            raise Unreachable(f"no `seawall run` of this installation answers at {url}: {said.error}")
        return said


def doors(settings: Settings) -> Doors:
    """The doors of the service that runs in the folder; the configured ones if it left no note of itself, or one that
    cannot be read: a disk that was full leaves an empty one, and a command of last resort must not fall over it.
    """
    try:
        told = json.loads((settings.folder / WHEREABOUTS).read_text(encoding="utf-8"))
        return Doors(str(told["intake"]), str(told["control"]), _our_name(settings))
    except (OSError, ValueError, KeyError, TypeError):
        return Doors(f"http://{settings.intake}", f"http://{settings.control}", _our_name(settings))


def _our_name(settings: Settings) -> str:
    """This installation's name; empty where it cannot be read, which is no reason to ask for nothing."""
    try:
        return known_installation(settings.home) or ""
    except (ConfigError, OSError):
        return ""


def _ask(method: str, url: str, body: object, headers: dict[str, str], within: float) -> Reply:
    """One request. Raises Unreachable if no service answers there."""
    try:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=within)
    except ValueError as error:
        raise Unreachable(f"{url!r} is no address ({error})") from error
    try:
        data = None if body is None else json.dumps(body).encode()
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, data, {"Content-Type": "application/json"} | headers)
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
    if "error" in told and not isinstance(told["error"], dict):
        raise ValueError(f"expected an answer of a service, came {data[:40]!r}")
    return told
