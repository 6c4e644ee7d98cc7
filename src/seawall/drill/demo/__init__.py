"""`seawall demo`: twenty signals through the shipped service on both venues in the box, the report's bot beside it.

`show` says what happens and how it must end, `stage` raises the venues, `ours` and `report_bot` are the two players,
`findings` reads journal and judge, `screen`, `table` and `page` show what they say.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from seawall.drill.demo.findings import exit_code
from seawall.drill.demo.page import page, written
from seawall.drill.demo.run import Outcome, perform
from seawall.drill.demo.screen import screen_on
from seawall.drill.demo.show import SHOW
from seawall.drill.demo.table import print_table, summary

INTERRUPTED = 130
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str]) -> int:
    """Runs the show; its exit code: 0 if every signal of ours ended as it must, 130 if interrupted.

    Raises ServiceError if the service cannot begin.
    """
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    console.print(f"Two venues in a box, {len(SHOW)} signals, two traders: 15 s.\n")
    try:
        outcome = asyncio.run(_until_stopped(console, options.seed))
    except (asyncio.CancelledError, KeyboardInterrupt):
        print("interrupted: nothing is left running, nothing is left behind", file=sys.stderr)
        return INTERRUPTED
    print_table(console, outcome.rows)
    for sentence in (*summary(outcome.rows), *(f"nobody asked for {stray}" for stray in outcome.strays)):
        console.print(sentence, style="bold")
    console.print(f"The page: {written(page(outcome), Path(options.report))}", soft_wrap=True)
    return int(exit_code(outcome.rows, outcome.strays))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("seawall demo", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--report", default="demo-report.html", metavar="FILE", help="where the page is written")
    parser.add_argument("--seed", type=int, default=1, help="of the venues' lags and ids (default 1)")
    return parser


async def _until_stopped(console: Console, seed: int) -> Outcome:
    """The show; Ctrl-C, a kill or a closed terminal cancels it once, and what stands is taken down in order."""
    loop, mine = asyncio.get_running_loop(), asyncio.current_task()
    assert mine is not None
    for sort in _STOPS:
        loop.add_signal_handler(sort, _cancel_once, mine)
    return await perform(SHOW, screen_on(console), seed)


def _cancel_once(task: asyncio.Task[Outcome]) -> None:
    if not task.cancelling():
        task.cancel()
