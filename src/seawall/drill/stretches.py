"""Stretches of a run: things one after another before each of which the same would survive the process.

Killed anywhere in one stretch, the next process begins from the same, only at another time (`survivors.py` says what is
compared and what is left out). So a sweep need not kill everywhere in it: at its first thing, at its last, since clocks
have run on until then, and once every `LONG` of a long one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seawall.drill.page import Page
from seawall.drill.scenario import Outcome, Play
from seawall.drill.survivors import Survivors, Value
from seawall.model.ids import VenueName
from seawall.model.times import SECOND, Duration, Instant

LONG: Duration = 5 * SECOND
"""`max_naked`, the shortest of the bounds that ripen while nothing happens."""


@dataclass(slots=True)
class Stretch:
    """From its `first` thing to its `last`."""

    first: int
    last: int
    between: list[int] = field(default_factory=list)
    """A thing of it every `LONG`."""

    @property
    def things(self) -> range:
        """All of them."""
        return range(self.first, self.last + 1)

    @property
    def points(self) -> list[int]:
        """Where it is worth killing the process."""
        return sorted({self.first, *self.between, self.last})


class Stretches:
    """Notes the stretches of a run without a crash, as it goes on: where no process lives there are none."""

    def __init__(self) -> None:
        self.found: list[Stretch] = []
        self._survivors: Survivors | None = None
        self._value: Value = ()
        self._taken_at: Instant = 0

    def note(self, run: Play) -> None:
        """Before the next thing that happens after the signal."""
        self._survivors = self._survivors or Survivors(run.world, run.page, run.began, run.met)
        value, now = self._survivors.value(), run.world.now
        if self.found and value == self._value and self.found[-1].last == run.things - 1:
            self.found[-1].last = run.things
            if now - self._taken_at >= LONG:
                self.found[-1].between.append(run.things)
                self._taken_at = now
        else:
            self.found.append(Stretch(run.things, run.things))
            self._value, self._taken_at = value, now

    def until(self, things: int) -> list[Stretch]:
        """Those that begin with the first so many things, cut off there."""
        begun = [one for one in self.found if one.first <= things]
        return [Stretch(one.first, min(one.last, things), [at for at in one.between if at <= things]) for one in begun]


def stretches(page: Page, venue: VenueName, seed: int) -> tuple[list[Stretch], Outcome]:
    """The stretches of a run until all had come to an end, and what the run came to."""
    run, notes = Play(page, venue, seed), Stretches()
    run.on_thing = notes.note
    outcome = run.run()
    return notes.until(outcome.things), outcome
