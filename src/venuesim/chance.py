"""Repeatable draws: a number is a function of the seed and of what it is drawn for, and of nothing else.

There is no generator whose state could run ahead: two parts of the box never disturb each other's draws, and adding a
draw somewhere changes none elsewhere.
"""

from __future__ import annotations

from hashlib import blake2b


class Chance:
    """Draws from one seed."""

    def __init__(self, seed: int) -> None:
        self._key = str(seed).encode()

    def number(self, below: int, name: str, *keys: str | int) -> int:
        """Return a number in 0..below-1, the same for the same arguments."""
        text = "\x1f".join((name, *map(str, keys)))
        digest = blake2b(text.encode(), key=self._key[:64], digest_size=8).digest()
        return int.from_bytes(digest, "big") % below

    def hex(self, digits: int, name: str, *keys: str | int) -> str:
        """Return a hexadecimal text of `digits` digits, the same for the same arguments; at most 64."""
        text = "\x1f".join((name, *map(str, keys)))
        return blake2b(text.encode(), key=self._key[:64], digest_size=32).hexdigest()[:digits]
