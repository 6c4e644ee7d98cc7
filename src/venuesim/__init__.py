"""An exchange in a box: two venues' REST and WebSocket dialects over one truthful book.

The box is an exchange, not a mock. It has its own matching, margin and stop engine, shows each reader what that reader
would be shown and when, misbehaves on request from a named vocabulary of faults, and carries a judge that knows the
truth. It knows the venues from their books and nothing of Seawall, so that a misunderstanding of a venue cannot hide in
code that both sides share: the two packages meet only as bytes.
"""

from __future__ import annotations
