"""One `seawall run` in a folder: two would send every signal twice.

The lock is on the folder itself (its directory), not only on a file in it: a lock file can be deleted while its holder
lives, and then a second process locks a new file of the same name and both run (incidents I50, I51). A directory that
is in use cannot be swapped so easily; and the journal's file, which the process has open, lies in it. The file `lock`
only tells a person who holds the folder.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from seawall.service.problems import ConfigError, FolderTaken

NOTE = "lock"


class FolderLock:
    """Ownership of a folder for as long as the process lives, or until `release`. `trouble` tells why its note could
    not be written; empty if it was.
    """

    def __init__(self, folder: Path) -> None:
        """Takes the folder, making it if need be. Raises FolderTaken, or ConfigError if it cannot be made."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise ConfigError(f"service.folder: {folder} cannot be made or opened: {error}") from error
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._held)
            raise FolderTaken(f"{folder} belongs to another `seawall run`{self._holder()}; stop it first") from error
        self.trouble = self._note()

    def _note(self) -> str:
        """Leaves word of who holds it; why it cannot, as on a full disk, which keeps nobody from guarding positions."""
        try:
            (self._folder / NOTE).write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            return f"{NOTE}, the note of who holds the folder, cannot be written: {error}"
        return ""

    def release(self) -> None:
        """Lets the folder go; the next may take it."""
        (self._folder / NOTE).unlink(missing_ok=True)
        os.close(self._held)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()

    def _holder(self) -> str:
        """Who holds it, as far as its note tells."""
        note = self._folder / NOTE
        return f" (process {note.read_text(encoding='ascii').strip()})" if note.is_file() else ""
