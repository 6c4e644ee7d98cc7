"""`seawall demo`: the one command that knows the drill, and through it the box."""

from __future__ import annotations

from pathlib import Path


def demo(*, report: Path = Path("demo-report.html"), seed: int = 1) -> int:
    """Both venues in a box, twenty signals, faults, the report's own bot beside them; one table, one page.

    Parameters
    ----------
    report
        Where the page is written.
    seed
        Of the venues' lags and ids.
    """
    from seawall.drill.demo import main

    return main(["--report", str(report), "--seed", str(seed)])
