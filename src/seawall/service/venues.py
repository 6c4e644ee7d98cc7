"""Which codec speaks for which account: the one list of the venues that this house can trade on."""

from __future__ import annotations

from collections.abc import Callable

from seawall.model.ids import VenueName
from seawall.model.venue import Traits
from seawall.service.settings import AccountSettings
from seawall.venues import binance, bybit
from seawall.venues.port import Codec, Credentials

_CODECS: dict[VenueName, Callable[[Credentials], Codec]] = {
    VenueName.BINANCE: binance.codec,
    VenueName.BYBIT: bybit.codec,
}


def codec_of(account: AccountSettings) -> Codec:
    """A codec for the account's venue, with the account's credentials."""
    return _CODECS[account.venue](account.credentials)


def traits_of(venue: VenueName) -> Traits:
    """How a venue differs where a rule depends on it, without an account."""
    return _CODECS[venue](Credentials("", "")).traits
