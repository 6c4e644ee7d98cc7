"""Seawall executes trading signals on crypto futures accounts and keeps one promise.

Every signal ends PROTECTED or FLAT. PROTECTED: the position is open, confirmed, and covered by a live stop at the
exchange that was seen by reading it back. FLAT: nothing of this signal is open and nothing of it is left behind, and
that was seen too.

Where to read first: `seawall.sagas` is where the promise is kept, `seawall.model` holds the words it is told in, and
`seawall.venues` is where another exchange would be added.
"""

from __future__ import annotations

__version__ = "0.1.0"
