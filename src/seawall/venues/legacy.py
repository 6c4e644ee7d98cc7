"""What a process knows of a venue's quotas, as it is left to the next one (`pace`)."""

from __future__ import annotations

from msgspec import Struct, field

from seawall.model.times import Instant


class Known(Struct, frozen=True):
    """What counts of one bucket: what was answered within its window, each with when, and how much is under way."""

    spent: tuple[tuple[Instant, int], ...] = ()
    under_way: int = 0


class Word(Struct, frozen=True):
    """The venue's word that nothing leaves before `until`."""

    until: Instant
    detail: str


class Legacy(Struct, frozen=True):
    """What was known at `at`: of each bucket by name, and the venue's words by the bucket that each binds (empty: all).

    Instants are microseconds UTC.
    """

    at: Instant
    known: dict[str, Known] = field(default_factory=dict)
    words: dict[str, Word] = field(default_factory=dict)


NOTHING_LEFT = Legacy(0)
"""Nobody was here before."""
