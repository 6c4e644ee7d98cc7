"""A stage on which the engine dies and the flattening takes its place, on the same account of the same box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from seawall.drill.house import INSTALLATION, House, codec_of
from seawall.engine.desk import Desk
from seawall.flatten.account import Flattening
from seawall.flatten.report import AccountReport, Said
from seawall.model.ids import Symbol
from seawall.model.inputs import Input
from seawall.model.times import MINUTE, SECOND, Bounds, Duration, Instant
from seawall.model.work import Work
from seawall.sagas.phase import Phase
from seawall.venues import venue as machine
from tests.adversary.stage import Stage

BOUNDS = Bounds()


class Driven:
    """A flattening in the shape of a desk, for the world that drives it."""

    seq = 0

    def __init__(self, flattening: Flattening) -> None:
        self.flattening = flattening

    def step(self, inputs: Sequence[Input], durable: int, now: Instant) -> Work:
        """One step; nothing of it is recorded."""
        return self.flattening.step(inputs, now)

    def next_wake(self) -> Instant | None:
        """When it wants to be woken."""
        return self.flattening.next_wake()

    def sagas(self) -> tuple[()]:
        """It knows no signals."""
        return ()


class Emergency(Stage):
    """A stage whose engine can be replaced by the tool of last resort."""

    told: tuple[Said, ...] = ()

    def take_over(self, symbol: Symbol | None = None, *, installation: str = INSTALLATION) -> Flattening:
        """The engine is gone; a flattening begins, its halt written this very moment."""
        if self.house is not None:
            self.kill()
        self._epoch += 1
        flattening = Flattening(self.account, symbol, installation, BOUNDS, self.clock)
        connection = machine.Venue(codec_of(self.venue), BOUNDS, self.ledger.budget(self.venue, self.clock))
        self.house = House(cast("Desk", Driven(flattening)), connection, durable=0)
        self._machine(self.house, machine.Started())
        return flattening

    def flatten(self, symbol: Symbol | None = None, most: Duration = 2 * MINUTE) -> AccountReport:
        """Takes over and runs until it says that it is done, or `most` has passed."""
        flattening = self.take_over(symbol)
        self.run(lambda: flattening.is_over, most=most)
        self.told = flattening.said()
        return flattening.report()

    def come_back(self, most: Duration = 3 * MINUTE) -> None:
        """The engine starts on its journal, and runs for a while."""
        self.kill()
        self.run(most=SECOND)
        self.start()
        self.run(self._all_ended, most=most)
        self.run(most=45 * SECOND)

    def protected(self, *names: str) -> None:
        """Opens a position for each name, on the coins in order, and waits until all are protected."""
        for name, coin in zip(names, self.coins, strict=False):
            self.send(name, coin)
        for name in names:
            assert self.until(name, Phase.PROTECTED), self.tell(name)
