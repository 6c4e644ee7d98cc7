"""`python -m seawall.drill.bench`."""

from __future__ import annotations

import sys

from seawall.drill.bench.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
