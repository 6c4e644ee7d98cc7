"""What holds for every test: how hypothesis draws, and which tests begin."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Two shared cores: a slow draw says something about the machine, not about the code. The blob repeats a failure.
settings.register_profile(
    "seawall", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("seawall")

WAITING = ("tests/wire/", "tests/demo/", "tests/keep/", "tests/cli/", "tests/docs/")
"""Rooms whose tests wait for sockets and processes."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits comes first, in the order drawn: it lasts longest, and others compute meanwhile. Were it left to chance,
    a core would stand idle while two of them wait at once, and again while the last one ends.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))
