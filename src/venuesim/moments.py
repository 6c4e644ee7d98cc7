"""Moments at which the experimenter wants to be told, and for which the box can be made to stand still.

A watch names a call (a pattern over the names in `dialects.port`), which of them (`nth`, from 1, counted from the watch
on) and when: *arriving* at the edge, once it has *arrived* and before anything is done about it, once the venue has
*acted* on it, or *answering*, with the answer at the client's door.  With `freeze` the box then stands still: nothing
leaves it and nothing of it runs on until it is thawed, so that whoever was told may kill a client in that very moment,
however long the telling takes.  A request at whose arrival the box freezes (*arriving*) is forgotten, as if it had
never left its client.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Literal

import msgspec

When = Literal["arriving", "arrived", "acted", "answering"]


class Watch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to wait for.  `zero_us`: the times of all faults count from so many microseconds before it."""

    call: str
    when: When = "arriving"
    nth: int = 1
    freeze: bool = True
    zero_us: int | None = None

    def __post_init__(self) -> None:
        """Refuse a count below one."""
        if self.nth < 1:
            message = f"nth: expected 1 or more, got {self.nth}"
            raise ValueError(message)


class Met(msgspec.Struct, frozen=True):
    """A watched moment came: the watch's number, what was watched for, and the time in microseconds UTC."""

    number: int
    watch: Watch
    at: int


class Moments:
    """All watches of one venue, and what they have met."""

    def __init__(self, zero: Callable[[int], None]) -> None:
        """`zero` is told the time from which the faults' times count."""
        self.met: list[Met] = []
        self.frozen = False
        self.on_met: Callable[[], None] = lambda: None
        self._zero = zero
        self._watches: dict[int, Watch] = {}
        self._passed: dict[int, int] = {}
        self._numbered = 0

    def watch(self, watch: Watch) -> int:
        """Add a watch; return its number."""
        self._numbered += 1
        self._watches[self._numbered] = watch
        return self._numbered

    def passes(self, when: When, call: str, at: int) -> bool:
        """Note that a moment passes; whether the box freezes for it."""
        if not self._watches:
            return self.frozen
        for number, watch in list(self._watches.items()):
            if watch.when == when and fnmatchcase(call, watch.call):
                passed = self._passed[number] = self._passed.get(number, 0) + 1
                if passed == watch.nth:
                    self._meet(number, watch, at)
        return self.frozen

    def thaw(self) -> None:
        """Let the box run on."""
        self.frozen = False

    def _meet(self, number: int, watch: Watch, at: int) -> None:
        del self._watches[number]
        self.met.append(Met(number, watch, at))
        self.frozen = self.frozen or watch.freeze
        if watch.zero_us is not None:
            self._zero(at - watch.zero_us)
        self.on_met()
