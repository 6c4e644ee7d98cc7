"""What the tool of last resort may lean on: little, so that little can keep it from working."""

from __future__ import annotations

import subprocess
import sys

NEEDLESS = ("aiohttp.web", "sqlite3", "seawall.journal", "seawall.sagas.saga", "seawall.engine.desk", "structlog")


def test_it_loads_no_journal_no_engine_and_no_web_framework() -> None:
    """The command and its shell import the venues' codecs and sockets and the vocabulary, and none of the house."""
    program = (
        "import sys, seawall.cli.flatten, seawall.service.direct\n"
        f"print(*(name for name in {NEEDLESS!r} if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []
