"""`seawall resolve`: the operator's word about a signal that proves neither end."""

from __future__ import annotations

import sys

from seawall.cli.common import NO_OPTIONS, Common, console, print_json
from seawall.cli.flatten import NotConfirmedError
from seawall.cli.http import doors
from seawall.cli.look import UnknownSignalError
from seawall.service.problems import Exit, Unreachable

_NOT_FOUND, _OVER, _UNAVAILABLE = 404, 409, 503
_MEANS = (
    "From then on Seawall takes {id} for ended: what it still takes for open is written off, its slot is free, and it"
    " sends nothing for it any more. Nothing is closed or cancelled at the venue: look there first. This stands in the"
    " journal for ever, in your words."
)


def resolve(
    signal_id: str,
    *,
    detail: str,
    yes: bool = False,
    common: Common = NO_OPTIONS,
) -> int:
    """Your journaled word that a signal is over, where neither PROTECTED nor FLAT can be proven.

    Parameters
    ----------
    signal_id
        The signal's id.
    detail
        What you saw at the venue, in a sentence.
    yes
        Do not ask for confirmation.
    """
    settings = common.settings()
    if not yes:
        _confirm(signal_id)
    where = doors(settings)
    said = where.ask("POST", f"{where.control}/resolve", {"id": signal_id, "detail": detail})
    if said.status == _NOT_FOUND:
        raise UnknownSignalError(said.error)
    if said.status == _UNAVAILABLE:
        raise Unreachable(said.error)
    if common.json:
        print_json({"status": said.status} | said.body)
    elif "error" in said.body:
        console().print(said.error, markup=False)
    else:
        console().print(f"{signal_id}: resolved, {said.body['written_off']} written off", markup=False)
    return Exit.REFUSED if "error" in said.body else Exit.OK


def _confirm(signal_id: str) -> None:
    """Says what the word means, and asks for the id once more. Raises NotConfirmedError."""
    if not sys.stdin.isatty():
        raise NotConfirmedError("nobody is here to confirm what cannot be taken back, so say --yes")
    console().print(_MEANS.format(id=signal_id), markup=False)
    if input(f"type {signal_id} to go on: ").strip() != signal_id:
        raise NotConfirmedError("not confirmed: nothing was done")
