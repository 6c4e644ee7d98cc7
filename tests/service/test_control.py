"""The control door over real sockets: looking, following, closing; and what one account's failure leaves alone."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from seawall.journal.sqlite import SqliteJournal
from seawall.model.events import ACCOUNT_WIDE, EVERY_SYMBOL, DistressKind, DistressRaised, EntriesResumed
from seawall.model.ids import Account, SignalId
from seawall.service.config import parse
from tests.journal.samples import VELVET, accepted, dated, proven
from tests.journal.samples import opening as opened
from tests.service.house import House, both_venues, configuration, exchange, house, opening, running, until
from venuesim.faults import Fault
from venuesim.server import Clock, serve


async def followed(
    one: House, path: str, count: int, then: Callable[[], Awaitable[Any]] | None = None, **headers: str
) -> list[dict[str, Any]]:
    """The first `count` events that the control door sends, each with its id. `then` is done once it is listening."""
    found: list[dict[str, Any]] = []
    timeout = aiohttp.ClientTimeout(total=10)
    async with one.web.get(one.app.control_url + path, headers=headers, timeout=timeout) as response:
        assert response.content_type == "text/event-stream"
        if then is not None:
            await then()
        place = ""
        async for line in response.content:
            key, _, value = line.decode().strip().partition(": ")
            if key == "id":
                place = value
            elif key == "data":
                found.append(json.loads(value) | {"place": place})
                if len(found) == count:
                    return found
    raise AssertionError(f"the door closed after {len(found)} events")


@both_venues
def test_everyone_is_heard_about_a_position(tmp_path: Path, venue: str) -> None:
    """What is open is shown with its record and with the opinions of ours, the stream and the reads."""

    async def story() -> None:
        async with house(tmp_path, venue) as one:
            assert (await one.get("/positions")).body == {"positions": []}
            await one.post(opening(size={"base": "0.01"}))
            await one.reaches("s1", "protected")
            [found] = (await one.get("/positions")).body["positions"]
            record = found["record"]
            assert (record["symbol"], record["side"], record["quantity"], record["state"]) == (
                "BTCUSDT",
                "buy",
                "0.01",
                "protected",
            )
            assert found["opinions"]["ours"]["amount"] == "0.01"
            assert found["opinions"]["stream"]["amount"] == "0.01"
            [standing] = one.judged().positions
            assert (standing.covered, standing.quantity) == (True, Decimal(record["quantity"]))

    asyncio.run(story())


def test_one_signal_is_told_whole(tmp_path: Path) -> None:
    """Receipt and timeline of a signal; 404 in the one shape for one that never was; the latest are listed."""

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.post(opening())
            await one.reaches("s1", "protected")
            told = (await one.get("/signals/s1")).body
            assert told["receipt"]["state"] == "protected"
            assert set(told["receipt"]["sources"]) >= {"stream"}
            assert [moment["seq"] for moment in told["timeline"]] == sorted(
                moment["seq"] for moment in told["timeline"]
            )
            assert all(moment["text"] for moment in told["timeline"])
            strange = await one.post(opening("a/b c?", symbol="SOLUSDT"))
            assert (await one.get(strange.body["link"])).status == 200
            missing = await one.get("/signals/never")
            assert (missing.status, missing.code) == (404, "not_found")
            await one.reaches("a%2Fb%20c%3F", "protected")
            await one.post(opening("s2", symbol="NOPE"))
            await one.post(opening("s3", size={"quote": "1"}, symbol="ETHUSDT"))
            latest = (await one.get("/signals?limit=5")).body["signals"]
            assert [(one["signal_id"], one["state"]) for one in latest] == [
                ("s3", "refused"),
                ("a/b c?", "protected"),
                ("s1", "protected"),
            ]
            assert (await one.get("/signals?limit=0")).status == 422

    asyncio.run(story())


def test_events_are_followed_and_resumed(tmp_path: Path) -> None:
    """A reader gets each event once, in order, from the place it names; a later one goes on where the first left."""

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.post(opening())
            await one.reaches("s1", "protected")
            first = await followed(one, "/events?after=main:0", 5)
            assert [event["seq"] for event in first] == [1, 2, 3, 4, 5]
            assert first[0]["event_type"] == "process_started"
            assert [event["place"] for event in first] == [f"main:{seq}" for seq in range(1, 6)]
            more = await followed(one, "/events", 3, **{"Last-Event-ID": first[-1]["place"]})
            assert [event["seq"] for event in more] == [6, 7, 8]
            second = opening("s2", symbol="ETHUSDT")
            found = await followed(one, "/events?account=main", 10, lambda: one.post(second))
            fresh = next(event for event in found if event["signal_id"] == "s2")
            assert fresh["event_type"] == "signal_accepted"
            assert fresh["data"]["signal"]["size"]["amount"] == "1000"
            assert (await one.get("/events?account=other")).status == 422
            assert (await one.get("/events?after=main")).status == 422
            for wrong in (
                "/events?after=main:²",
                f"/events?after=main:{'9' * 40}",
                "/signals?limit=²",
                "/signals?limit=0501",
            ):
                assert (await one.get(wrong)).status == 422
            end = one.app.loops[Account("main")].durable
            assert await followed(one, f"/events?after=main:{end - 1}", 1)
            refused = await one.get(f"/events?after=main:{end + 1_000}")
            assert (refused.status, refused.code) == (422, "invalid")
            said = re.search(
                rf"at most (\d+), came {end + 1_000}: another journal, or an older copy", refused.error["detail"]
            )
            assert said is not None
            assert end <= int(said[1]) <= one.app.loops[Account("main")].durable  # s2 goes on meanwhile

    asyncio.run(story())


def test_a_flatten_has_an_id_and_a_reason_like_any_signal(tmp_path: Path) -> None:
    """What no signal may be called is refused with its field, and not recorded."""

    async def story() -> None:
        async with house(tmp_path) as one:
            for field, wrong in (("id", "x" * 65), ("id", "two\nlines"), ("reason", "r" * 65)):
                told = await one.control("/flatten", {"account": "main", field: wrong})
                assert told.status == 422
                assert told.error["detail"].startswith(f"{field}: expected at most 64 printable characters, came")
            assert (await one.control("/flatten", {"account": "main", "id": "bring it home"})).code == "nothing_open"

    asyncio.run(story())


def test_a_close_is_asked_for_by_hand(tmp_path: Path) -> None:
    """POST /close is a signal of the owner's own; a field that is wrong is told."""

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.post(opening())
            await one.reaches("s1", "protected")
            assert (await one.control("/close", {"account": "main", "symbol": "BTCUSDT", "all": True})).status == 422
            assert (await one.control("/close", {"account": "main", "symbol": "ETHUSDT"})).code == "nothing_open"
            told = await one.control("/close", {"account": "main", "symbol": "BTC/USDT", "id": "bye"})
            assert (told.status, told.body["id"]) == (202, "bye")
            assert await one.reaches("s1", "flat") == "flat"
            assert (await one.get("/positions")).body["positions"] == []

    asyncio.run(story())


def test_figures_for_prometheus(tmp_path: Path) -> None:
    """Readiness, stream, answers and events are counted under their names."""

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.post(opening())
            await one.reaches("s1", "protected")
            await one.at_rest()
            text = (await one.get("/metrics")).body
            for line in (
                'seawall_ready{account="main"} 1.0',
                'seawall_stream_proven{account="main"} 1.0',
                'seawall_intake_answers{status="202"} 1.0',
                'seawall_events_total{account="main",event_type="position_protected"} 1.0',
                'seawall_acts_total{account="main",act="SubmitEntry"} 1.0',
                'seawall_events_not_durable{account="main"}',
                'seawall_distress{account="main"} 0.0',
                'seawall_loop_lag_seconds_bucket{le="0.05"}',
            ):
                assert line in text

    asyncio.run(story())


def test_one_accounts_failure_is_its_own(tmp_path: Path) -> None:
    """Another process that writes into an account's journal stops that account, loudly; the other goes on."""
    clock = Clock()
    boxes = {"one": exchange("binance", clock), "two": exchange("binance", clock)}

    async def story() -> None:
        async with serve(boxes["one"], clock=clock) as a, serve(boxes["two"], clock=clock) as b:
            accounts = "".join(
                f'[accounts.{name}]\nvenue = "binance"\nrest = "{at.rest}"\n' for name, at in (("one", a), ("two", b))
            )
            text = f'[service]\nintake = "127.0.0.1:0"\ncontrol = "127.0.0.1:0"\n{accounts}'
            async with running(tmp_path, text, boxes["one"], clock) as found:
                await found.ready()
                await found.at_rest()
                intruder = SqliteJournal(parse(text, tmp_path, {}).journal, {Account("one"): "binance"})
                last = found.app.loops[Account("one")].durable
                event = EntriesResumed(ACCOUNT_WIDE, EVERY_SYMBOL)
                intruder.append(Account("one"), 1, last, [(clock.now(), event)])
                intruder.close()
                told = await found.post(opening("x", account="one"))
                assert (told.status, told.code) == (503, "not_ready")
                assert "Another process has written" in told.error["detail"]
                assert (await found.get("/readyz")).status == 503
                assert "account stopped" in found.log.getvalue()
                assert (await found.post(opening("y", account="two"))).status == 202
                assert await found.reaches("y", "protected") == "protected"
                assert not found.app.all_stopped.is_set()

    asyncio.run(story())


def test_a_stop_at_the_end_leaves_the_position_guarded(tmp_path: Path) -> None:
    """Ending the service closes nothing and cancels nothing; the next process finds the position protected, and has a
    term of its own although it began within the same second.
    """

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.post(opening())
            await one.reaches("s1", "protected")
            box, clock = one.exchange, one.clock
        calls = [line.call for line in box.log]
        assert calls.count("order.create") == 1
        assert "stop.cancel" not in calls
        async with house(tmp_path, box=box, clock=clock) as two:
            assert await two.state("s1") == "protected"
            told = await two.control("/close", {"account": "main", "symbol": "BTCUSDT"})
            assert told.status == 202
            assert await two.reaches("s1", "flat") == "flat"
            events = await followed(two, "/events?after=main:0", two.app.loops[Account("main")].durable)
            terms = [event["data"]["term"] for event in events if event["event_type"] == "process_started"]
            assert len(terms) == 2
            assert terms[1] > terms[0]

    asyncio.run(story())


@both_venues
def test_what_was_begun_is_settled_before_the_end(tmp_path: Path, venue: str) -> None:
    """A service that is told to stop in the middle of an opening brings it to its stop first, and takes nothing new."""

    async def story() -> None:
        async with house(tmp_path, venue) as one:
            one.exchange.faults.add(Fault(fault="delay", call="order.create", ms=400))
            assert (await one.post(opening())).status == 202
            settling = asyncio.create_task(one.app.settle(10_000_000))
            await asyncio.sleep(0)
            told = await one.post(opening("s2", symbol="ETHUSDT"))
            assert (told.status, told.error["detail"]) == (503, "the service is stopping")
            assert await settling == ()
            assert await one.state("s1") == "protected"

    asyncio.run(story())


def test_what_cannot_be_settled_in_time_is_named(tmp_path: Path) -> None:
    """With a venue that answers nothing any more the end comes all the same, and says what stands open."""

    async def story() -> None:
        async with house(tmp_path) as one:
            one.exchange.faults.add(Fault(fault="request_lost", call="*"))
            assert (await one.post(opening())).status == 202
            assert await one.app.settle(300_000) == ("s1 on main: entering",)

    asyncio.run(story())


def test_the_log_tells_the_story_without_secrets(tmp_path: Path) -> None:
    """Each move stands in the log with its signal, at its level; the report's "position added to cache" is there."""

    async def story() -> None:
        async with house(tmp_path) as one:
            await one.post(opening())
            await one.reaches("s1", "protected")

            async def written() -> bool:
                return "position_protected" in one.log.getvalue()

            await until(written)
            lines = [json.loads(line) for line in one.log.getvalue().splitlines()]
            kinds = {line.get("event_type"): line for line in lines}
            assert kinds["position_protected"]["signal"] == "s1"
            assert kinds["position_protected"]["level"] == "info"
            assert kinds["position_reported"]["level"] == "debug"
            assert "sim-secret" not in one.log.getvalue()

    asyncio.run(story())


def test_before_the_venue_is_reached_the_record_is_shown_as_it_ends(tmp_path: Path) -> None:
    """A process that cannot reach its venue yet shows the latest signals and not the oldest, what it has recorded, what
    an earlier process found to be in distress, and to whoever follows events only what comes from now on.
    """
    main, naked = Account("main"), DistressRaised(SignalId("velvet-1"), VELVET, DistressKind.NAKED, "no stop stands")
    (tmp_path / "data").mkdir()
    journal = SqliteJournal(tmp_path / "data" / "journal.sqlite", {main: "binance"})
    journal.append(main, 1, 0, dated(*opened(), naked, *[proven()] * 2_100, accepted("latest")))
    journal.close()
    clock = Clock()

    async def story() -> None:
        box = exchange("binance", clock)
        async with running(tmp_path, configuration("binance", "http://127.0.0.1:9"), box, clock) as one:
            assert (await one.get("/readyz")).body["accounts"]["main"]["seq"] == 2_108
            assert [told["signal_id"] for told in (await one.get("/signals")).body["signals"]] == ["latest"]
            assert 'seawall_distress{account="main"} 1.0' in (await one.get("/metrics")).body
            assert one.app.loops[main].durable == 2_108, "from where an event reader without a place is told"

    asyncio.run(story())
