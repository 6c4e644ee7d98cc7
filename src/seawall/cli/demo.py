"""`seawall demo`: the one command that knows the drill, and through it the box."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

Rest = Annotated[str, Parameter(allow_leading_hyphen=True, help="Options of the demo; `seawall demo -- --help`.")]


def demo(*arguments: Rest) -> int:
    """Both venues in a box, twenty signals, faults, the report's own bot beside them; one table, one page.

    Args:
        *arguments: handed on to the demo as they are.
    """
    from seawall.drill.demo import main

    return main(list(arguments))
