"""Write requirements/*.txt anew from pyproject.toml and the `.in` files, with pins and hashes and no host names.

Each file is whole by itself (an environment is made from one file), and each is constrained by the one before it, so
that the product is tested with exactly the versions that it ships with. Run it as `make lock`, read the difference,
run the tests, and say in the commit why the versions moved.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("setup", ("requirements/setup.in",)),
    ("run", ("pyproject.toml", "--constraint", "requirements/setup.txt")),
    ("dev", ("pyproject.toml", "requirements/dev.in")),
    ("foreign", ("pyproject.toml", "requirements/foreign.in")),
)


def lock(name: str, sources: tuple[str, ...], options: list[str]) -> None:
    """Resolve `sources` for every Python that pyproject.toml allows and write requirements/`name`.txt."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-config"]
    command += [*sources, "--output-file", f"requirements/{name}.txt", *options]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Lock every file in order; options such as `--upgrade` are handed to the resolver."""
    for name, sources in STEPS:
        lock(name, sources, sys.argv[1:])
        print(f"requirements/{name}.txt")


if __name__ == "__main__":
    main()
