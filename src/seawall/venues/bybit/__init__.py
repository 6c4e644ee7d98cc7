"""Bybit v5 linear perpetuals: the dialect of one account, without I/O.

Where to read first: `codec.py` ties the rest together; `errors.py` says what each refusal means; `requests.py` and
`replies.py` stand on either side of the wire, `frames.py` is the stream, `rows.py` what both have in common. Every rule
names its section of the venue book (`bybit.md 1.6`). Five facts decided the shape of it (bybit.md 0):

1. the reply to placing an order carries two ids and nothing else; what became of it must be read or heard;
2. reads may lag behind, and an order may be in neither of two lists for a while: not found is not absent;
3. the stop travels with the entry, is made at the first fill, and has no name of ours;
4. a name is never accepted twice, so a duplicate is evidence that the first one arrived;
5. one return code has many meanings, which only its text tells apart.
"""

from __future__ import annotations

from seawall.venues.bybit.codec import BybitCodec
from seawall.venues.port import Codec, Credentials


def codec(credentials: Credentials) -> Codec:
    """The dialect of the account that these credentials open."""
    return BybitCodec(credentials)
