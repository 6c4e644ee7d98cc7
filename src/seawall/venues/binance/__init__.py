"""Binance USD-M futures: the dialect of one account, without I/O.

Where to read first: `codec.py` ties the rest together; `errors.py` says what each refusal means; `requests.py` and
`replies.py` stand on either side of the wire, `frames.py` is the stream. Every rule names its section of the venue book
(`binance.md 1.6`). Five facts decided the shape of it (binance.md 0.1):

1. the reply to placing an order has no average price, and often no fill;
2. a client id is free again once its order has ended, so repeating a MARKET order fills twice;
3. stops live in a service of their own, with their own ids, endpoints and events;
4. a stop for the whole position is refused while flat, cannot be doubled, and ends with the position;
5. the matching engine checks timestamp + recvWindow again, which makes the absence of an order provable.
"""

from __future__ import annotations

from seawall.venues.binance.codec import BinanceCodec
from seawall.venues.port import Codec, Credentials


def codec(credentials: Credentials) -> Codec:
    """The dialect of the account that these credentials open."""
    return BinanceCodec(credentials)
