"""Sources that keep failing: one event when it begins, one a minute while it lasts, one when it ends.

Each source fails alone and aloud. The origin bot's sources were each broken for weeks behind a DEBUG line (I06, I08).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from seawall.model import events as ev
from seawall.model.inputs import ReadAnswered, ReadFailed
from seawall.model.times import MINUTE, Instant


@dataclass(slots=True)
class Sources:
    """Which kinds of query fail now, and when that was last said."""

    _failing: dict[str, Instant] = field(default_factory=dict)

    def hear(self, item: ReadAnswered | ReadFailed) -> ev.Event | None:
        """The event that an answer is worth: the beginning, a minute more, or the end of a failing."""
        source = type(item.query).__name__
        said_at = self._failing.get(source)
        if isinstance(item, ReadAnswered):
            if said_at is None:
                return None
            del self._failing[source]
            return ev.SourceRecovered(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL, source)
        if said_at is not None and item.at - said_at < MINUTE:
            return None
        self._failing[source] = item.at
        return ev.SourceFailing(ev.ACCOUNT_WIDE, ev.EVERY_SYMBOL, source, item.detail)
