"""``python -m venuesim`` is the command line."""

from __future__ import annotations

from venuesim.cli import main

if __name__ == "__main__":
    main()
