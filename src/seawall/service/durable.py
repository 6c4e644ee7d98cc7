"""Making the names in a folder durable: whoever writes a file forces its bytes to the disk, and not its name."""

from __future__ import annotations

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Makes a name's coming, going or change in a folder durable. Raises OSError."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
