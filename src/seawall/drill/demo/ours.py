"""Our half of the show: the shipped service, as `seawall run` starts it, on a journal in a fresh folder; the signals go
in by HTTP like anyone's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from seawall.drill.demo.show import STOP_PERCENT, Scene
from seawall.drill.demo.stage import Stage, keys_of
from seawall.model.amounts import plain
from seawall.service.app import App
from seawall.service.config import parse
from seawall.service.logs import make_log
from seawall.service.problems import Unreachable
from seawall.service.settings import LogFormat, LogLevel, Settings

READY_WITHIN = 10.0
_LOOK_EVERY = 0.05
_HTTP_OK = 200


def settings_for(stage: Stage, scenes: Sequence[Scene], folder: Path) -> Settings:
    """The configuration that a user would write, and the keys in an environment of its own. Raises ConfigError."""
    environ: dict[str, str] = {}
    lines = ["[service]", 'intake = "127.0.0.1:0"', 'control = "127.0.0.1:0"']
    for scene in {scene.account: scene for scene in scenes}.values():
        keys, name = keys_of(scene.account), scene.account.replace("-", "_").upper()
        environ |= {f"{name}_KEY": keys.key, f"{name}_SECRET": keys.secret}
        address = stage.addresses[scene.venue]
        lines += [
            f"[accounts.{scene.account}]",
            f'venue = "{scene.venue.value}"',
            f'rest = "{address.rest}"',
            f'stream = "{address.stream}"',
            f'key_env = "{name}_KEY"',
            f'secret_env = "{name}_SECRET"',
        ]
    return parse("\n".join(lines), folder, environ)


@asynccontextmanager
async def service(settings: Settings, log_file: Path) -> AsyncIterator[App]:
    """The running service, ready for signals. Raises Unreachable if an account is not ready in time."""
    with log_file.open("w", encoding="utf-8") as out:
        log = make_log(LogLevel.INFO, LogFormat.TEXT, [], out)
        async with App(settings, log=log) as app:
            await _ready(app)
            yield app


async def _ready(app: App) -> None:
    clock = asyncio.get_running_loop()
    ends = clock.time() + READY_WITHIN
    async with aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{app.control_url}/readyz") as reply:
                told = await reply.text()
                if reply.status == _HTTP_OK:
                    return
            if clock.time() > ends:
                raise Unreachable(f"the service is not ready after {READY_WITHIN:.0f} s: {told.strip()}")
            await asyncio.sleep(_LOOK_EVERY)


def body_of(scene: Scene) -> dict[str, object]:
    """The canonical signal of a scene."""
    return {
        "id": scene.id,
        "source": "demo",
        "account": scene.account,
        "symbol": scene.symbol,
        "action": "open",
        "side": scene.side.value,
        "size": {"base": plain(scene.quantity)},
        "stop": {"pct": plain(STOP_PERCENT)},
    }


async def send(session: aiohttp.ClientSession, app: App, scene: Scene) -> None:
    """Posts a signal to the intake, as TradingView would. Raises Unreachable if the service does not take it."""
    async with session.post(f"{app.intake_url}/signal", data=json.dumps(body_of(scene))) as reply:
        if reply.status not in (_HTTP_OK, 202):
            raise Unreachable(f"{scene.id}: the intake answered {reply.status}: {(await reply.text()).strip()}")
