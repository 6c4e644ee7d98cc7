"""Commands that keep what was recorded: copy it away, bring it back, hand it out as rows."""

from __future__ import annotations

from pathlib import Path

from seawall.cli.common import NO_OPTIONS, Common, console, instant, print_json
from seawall.service.backup import House, Manifest, back_up, house_of
from seawall.service.clock import UtcClock
from seawall.service.config import locate
from seawall.service.problems import Exit
from seawall.service.restore import Restored
from seawall.service.restore import restore as put_back


def backup(file: Path, *, common: Common = NO_OPTIONS) -> int:
    """Copy journal and installation into one file, with the service running or not. No secret is in it.

    Parameters
    ----------
    file
        The backup's file, which must not be there yet.
    """
    made = back_up(_house(common), file, UtcClock()())
    if common.json:
        print_json({"file": str(file), "manifest": made})
        return Exit.OK
    console().print(f"wrote {file}: installation {made.installation}", markup=False)
    _tell_accounts(made)
    console().print("keys and secrets are not in it: keep their files elsewhere", markup=False)
    return Exit.OK


def restore(file: Path, *, older: bool = False, common: Common = NO_OPTIONS) -> int:
    """Put a backup in place of what stands in the folder; it is looked at whole before anything is touched.

    Parameters
    ----------
    file
        The backup.
    older
        Also over a journal that has recorded more, or cannot be read; it is set aside.
    """
    wished = common.config if common.config is not None and not common.config.exists() else locate(common.config)
    done = put_back(file, wished, older=older)
    if common.json:
        print_json({"manifest": done.manifest, "open": done.open, "aside": done.aside and str(done.aside)})
    else:
        _tell_restored(done)
    return Exit.OK


def _house(common: Common) -> House:
    return house_of(locate(common.config))


def _tell_accounts(made: Manifest) -> None:
    for name, stream in made.accounts.items():
        told = f"  {name} ({stream.venue}): {stream.last_seq} events, the last of {instant(stream.last_at)}"
        console().print(told, markup=False)


def _tell_restored(done: Restored) -> None:
    made, say = done.manifest, console()
    say.print(f"restored {done.house.journal} as it was at {instant(made.made_at)}", markup=False)
    _tell_accounts(made)
    if done.aside is not None:
        say.print(f"what stood there is now {done.aside.name}", markup=False)
    for name in done.kept:
        say.print(f"{name} stays as it stands here; the backup has another", markup=False)
    for one in done.open:
        say.print(f"open in it: {one.signal_id} on {one.account}: {one.state}", markup=False)
    say.print(WHAT_FOLLOWS.format(name=made.installation, at=instant(made.made_at)), markup=False)


WHAT_FOLLOWS = """\
`seawall run` now looks at the venue first, before it takes a signal:
- for every signal that is open here: its entry, its stops and its fills by their names, and the position;
- for what was done after {at}: positions and orders under sw{name}-, which are taken up under a stop. No stop is \
removed because this journal does not know it, and none of the names used since is used again.
Signals that came after {at} are unknown here: do not send them again. `seawall audit` shows what stands now."""
