"""Say what must not stand in a repository: a machine's own path, a package registry's host, unfinished-work marks.

A path of one machine works on no other, and a host written into a lock file or a container file decides for every user
where their packages come from. The words looked for are put together from parts, so that this file may stand in the
repository that it reads.

    python tools/scan.py        ends with code 1 and one line for each finding, file:line: what
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOSTS = ("pypi" + r"\.org", "python" + r"hosted\.org", "npm" + r"js\.org", "deb" + r"ian\.org")
FOLDERS = ("work", "root")
RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a package registry's host", re.compile("|".join(HOSTS))),
    ("a machine's own path", re.compile("|".join(rf"(?<![\w.])/{folder}/" for folder in FOLDERS))),
    ("unfinished work", re.compile(r"\b(TO" + "DO|FIX" + "ME|XX" + r"X|NotImplemented" + r"Error)\b")),
)
LOCKS = ("uv.lock", "poetry.lock", "pylock.toml")


def tracked() -> list[Path]:
    """The files that git keeps; where the source came without git, every file outside hidden folders and dist."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607 - git is wherever the user has it
    if listing.returncode == 0:
        return [ROOT / name for name in listing.stdout.split("\0") if name]
    return [path for path in ROOT.rglob("*") if not path.relative_to(ROOT).parts[0].startswith((".", "dist"))]


def findings(path: Path) -> list[str]:
    """What one file holds that it must not; nothing for a file that is no text."""
    name = path.relative_to(ROOT)
    if path.name in LOCKS:
        return [f"{name}:1: a lock format that writes hosts; use requirements/*.txt"]
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []
    return [
        f"{name}:{number}: {what}"
        for number, line in enumerate(lines, start=1)
        for what, pattern in RULES
        if pattern.search(line)
    ]


def main() -> int:
    """Read every kept file; print what was found."""
    found = [line for path in tracked() if path.is_file() for line in findings(path)]
    print("\n".join([*found, f"scan: {len(found)} found"]) if found else "scan: nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
