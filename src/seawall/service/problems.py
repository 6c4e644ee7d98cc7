"""Why a command or the service cannot go on, each with the exit code that the command line documents."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of `seawall`, for scripts."""

    OK = 0
    FOUND = 1
    USAGE = 2
    CONFIG = 3
    REFUSED = 4
    STALE = 5
    HALTED = 6
    UNREACHABLE = 7
    UNPROTECTED = 8


class ServiceError(Exception):
    """Something that the user can mend; the message says what."""

    code: Exit = Exit.CONFIG


class ConfigError(ServiceError):
    """The configuration cannot be used: which key, what was expected, what came."""


class FolderTaken(ServiceError):  # noqa: N818 - the state of the thing, as the operator says it
    """Another `seawall run` owns the folder."""


class AddressTaken(ServiceError):  # noqa: N818 - the same
    """A door's address cannot be listened on."""


class Unreachable(ServiceError):  # noqa: N818 - the same
    """The service, or the venue, does not answer."""

    code = Exit.UNREACHABLE
