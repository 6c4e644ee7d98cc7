"""The command line. Each command is imported only when it is called, so that the one you need in a hurry is quick.

Every command prints for people and, with `--json`, for programs; and ends with one of the exit codes of
`service.problems.Exit` (docs/cli.md). What went wrong is one line on standard error.
"""

from __future__ import annotations

import sys

from cyclopts import App

from seawall import __version__

app = App(
    name="seawall",
    help="Every signal ends PROTECTED or FLAT.",
    help_format="plaintext",
    version=__version__,
)
signal = App(name="signal", help="Send a signal to the running service.")
app.command(signal)
app.command("seawall.cli.demo:demo", name="demo", help="Both venues in a box, twenty signals, faults; one table.")
app.command("seawall.cli.drill:drill", name="drill", help="Pages of what can go wrong, in virtual time.")
app.command("seawall.cli.begin:init", name="init", help="Make a configuration here.")
app.command("seawall.cli.begin:doctor", name="doctor", help="Check configuration, keys, modes, clocks and venues.")
app.command("seawall.cli.audit:audit", name="audit", help="One look at accounts, whoever trades there. Reads alone.")
app.command("seawall.cli.reconcile:reconcile", name="reconcile", help="Record, stream and venue side by side.")
app.command("seawall.cli.keep:backup", name="backup", help="Copy journal and installation into one file.")
app.command("seawall.cli.keep:restore", name="restore", help="Put a backup in place, once it has been proven whole.")
app.command("seawall.cli.export:export", name="export", help="Signals, fills, receipts or events as CSV or JSON lines.")
app.command("seawall.cli.serve:run", name="run", help="Run the service until it is told to stop.")
app.command("seawall.cli.halt:halt", name="halt", help="Stop entries at once, and after any restart.")
app.command("seawall.cli.halt:resume", name="resume", help="Let entries leave again.")
app.command("seawall.cli.flatten:flatten", name="flatten", help="Bring a slot, or all of ours, to FLAT.")
app.command("seawall.cli.resolve:resolve", name="resolve", help="Your word about a signal that proves neither end.")
app.command("seawall.cli.look:positions", name="positions", help="What is open, and what everyone says about it.")
app.command("seawall.cli.look:show", name="show", help="A signal's story: every source's word, and when it was said.")
app.command("seawall.cli.look:why", name="why", help="Where a signal stands and why, in a paragraph.")
app.command("seawall.cli.look:receipt", name="receipt", help="What became of a signal, in figures.")
app.command("seawall.cli.naked:naked", name="naked", help="How long positions stood without a stop.")
app.command("seawall.cli.look:events", name="events", help="The journal's events; -f follows.")
signal.command("seawall.cli.send:open_position", name="open", help="Open a position with a stop.")
signal.command("seawall.cli.send:close_position", name="close", help="Bring a slot to FLAT, or close a part of it.")
signal.command("seawall.cli.send:protect_position", name="protect", help="Move a stop, change take-profits.")


def main(arguments: list[str] | None = None) -> None:
    """Runs a command and ends the process with its exit code."""
    sys.exit(invoke(arguments))


def invoke(arguments: list[str] | None = None) -> int:
    """Runs a command; its exit code. Usage errors end the process with code 2."""
    from seawall.journal.port import JournalError
    from seawall.service.problems import Exit, ServiceError

    try:
        return int(app(arguments, result_action="return_value") or 0)
    except ServiceError as error:
        return _told(error, error.code)
    except JournalError as error:
        return _told(error, Exit.CONFIG)
    except BrokenPipeError:
        sys.stdout = None  # whoever read us has left; nothing is to be flushed to them at the end
        return Exit.OK
    except OSError as error:
        return _told(error, Exit.CONFIG)


def _told(error: Exception, code: int) -> int:
    print(f"seawall: {error}", file=sys.stderr)  # noqa: T201 - a program of the terminal
    return code
