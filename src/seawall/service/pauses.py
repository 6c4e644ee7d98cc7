"""Keeping the interpreter's own pauses short.

Python's collector of reference cycles walks, every now and then, everything that lives: modules, classes, the rules of
all contracts. That took 43 ms on a busy machine, in which no stop is placed. What lives once every account is ready
lives for good, so it is collected once more and then set aside; later collections walk only what has come since.
"""

from __future__ import annotations

import gc


def set_aside() -> int:
    """Sets aside all that lives now; how many objects that is. To be called when nothing is waited for."""
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
