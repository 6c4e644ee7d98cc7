"""Gates: what must be durable before something may leave.

An act that can raise exposure waits for its own record, and so does every answer to a user. An entry whose record is
not durable in time is given up: NotSent, and giving up is the next event. An act that only reduces risk has no gate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seawall.model.acts import Act, Outcome, urgency_of
from seawall.model.inputs import ActAnswered
from seawall.model.times import Instant
from seawall.model.work import Answer, Do

OPEN = 0
"""The gate that is always open: no sequence number lies below it."""


@dataclass(frozen=True, slots=True)
class _Held:
    act: Act
    after: int
    give_up_at: Instant


@dataclass(slots=True)
class Gates:
    """Acts and answers in front of their gates, in order."""

    _acts: list[_Held] = field(default_factory=list)
    _answers: list[tuple[int, Answer]] = field(default_factory=list)

    def hold(self, act: Act, after: int, give_up_at: Instant) -> None:
        """`act` may leave once `after` is durable, and not past `give_up_at` if it has a gate."""
        self._acts.append(_Held(act, after, give_up_at))

    def hold_answer(self, answer: Answer, after: int) -> None:
        """`answer` may be given once `after` is durable."""
        self._answers.append((after, answer))

    def give_up(self, now: Instant, durable: int) -> list[ActAnswered]:
        """The acts whose record came too late, as NotSent."""
        if not self._acts:
            return []
        late = [held for held in self._acts if held.after > durable and now > held.give_up_at]
        self._acts = [held for held in self._acts if held not in late]
        return [_not_sent(held.act, now) for held in late]

    def pass_through(self, durable: int) -> tuple[tuple[Do, ...], tuple[Answer, ...]]:
        """What may leave now that `durable` is the watermark, acts in order of urgency and then of age."""
        if not self._acts and not self._answers:
            return (), ()
        passed = [held.act for held in self._acts if held.after <= durable]
        answers = tuple(answer for after, answer in self._answers if after <= durable)
        self._acts = [held for held in self._acts if held.after > durable]
        self._answers = [(after, answer) for after, answer in self._answers if after > durable]
        return tuple(sorted((Do(act, urgency_of(act)) for act in passed), key=lambda do: do.urgency)), answers

    def next_wake(self) -> Instant | None:
        """When the first act behind a gate is to be given up."""
        return min([held.give_up_at + 1 for held in self._acts if held.after > OPEN], default=None)


def _not_sent(act: Act, now: Instant) -> ActAnswered:
    return ActAnswered(
        act.client_id, act.symbol, Outcome.NOT_SENT, now, now, code="late", text="its record was not durable in time"
    )
