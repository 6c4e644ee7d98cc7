"""The diary: a step that cannot be told costs its own lines and no other's."""

from __future__ import annotations

import asyncio
import io

from seawall.model.ids import Account
from seawall.model.work import Work
from seawall.service.diary import Diary
from seawall.service.logs import make_log
from seawall.service.settings import LogFormat, LogLevel
from tests.journal.samples import accepted


def test_a_step_that_cannot_be_counted_does_not_end_the_log() -> None:
    """What follows it is written and counted all the same."""

    async def story() -> None:
        out, counted, failed, told = io.StringIO(), list[str](), asyncio.Event(), asyncio.Event()

        def count(account: Account, work: Work) -> None:
            if account == "bad":
                failed.set()
                raise ValueError("no number")
            counted.append(account)
            if account == "later":
                told.set()

        diary = Diary(make_log(LogLevel.DEBUG, LogFormat.JSON, [], out), count)
        work = Work(1, (accepted(),), (), (), ())
        diary.note(Account("bad"), work)
        diary.note(Account("good"), work)
        await failed.wait()
        diary.note(Account("later"), work)
        async with asyncio.timeout(10):
            await told.wait()
        assert counted == ["good", "later"]
        assert out.getvalue().count("signal_accepted") == 2

    asyncio.run(story())
