"""Keeping the interpreter's own pauses short."""

from __future__ import annotations

import gc

from seawall.service.pauses import set_aside


def test_a_later_collection_walks_only_what_has_come_since() -> None:
    """What lived when it was set aside is not walked again, and nothing of it is lost."""
    kept = [["alive"]]
    try:
        count = set_aside()
        assert count > 10_000
        assert len(gc.get_objects()) < count // 10
        assert kept == [["alive"]]
    finally:
        gc.unfreeze()
