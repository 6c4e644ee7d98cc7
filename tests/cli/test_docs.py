"""The pages about configuration, doors and command line say what the program does: their examples are run here."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

from seawall.cli import app, signal
from seawall.intake.form import Body
from seawall.service import front
from seawall.service.config import parse
from seawall.service.metrics import Metrics
from seawall.service.problems import Exit
from tests.service.house import house

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def block(name: str, language: str) -> str:
    """The first example of a page in a language."""
    found = re.search(rf"```{language}\n(.*?)```", page(name), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_of_a_configuration_is_one() -> None:
    """The page's own file can be read and means what it says."""
    settings = parse(block("configuration.md", "toml"), Path(), {})
    assert settings.bounds.max_naked == 4_000_000
    assert settings.accounts[0].rest == "http://127.0.0.1:9301"


def test_the_example_of_a_signal_is_taken(tmp_path: Path) -> None:
    """The page's own signal, posted as it stands, is recorded and becomes a protected position."""

    async def story() -> None:
        async with house(tmp_path) as one:
            body = json.loads(block("api.md", "json"))
            assert (await one.post(block("api.md", "json").encode())).status == 202
            assert await one.reaches(body["id"], "protected") == "protected"

    asyncio.run(story())


def test_every_answer_and_every_field_is_on_the_page() -> None:
    """Each status that the intake can give, and each field of a signal that is served, has its place in api.md."""
    text = page("api.md")
    statuses = (front.RECORDED, front.REPEATED, front.CONFLICT, front.STALE, front.UNFIT, front.HALTED, front.BUSY)
    assert [status for status in (*statuses, front.NOT_READY) if f"| {status} |" not in text] == []
    served = [name for name in Body.__struct_fields__ if name not in ("take_profit", "expect_prev")]
    assert [name for name in served if f"`{name}`" not in text] == []


def test_every_metric_is_on_the_page() -> None:
    """Each figure for Prometheus has its line in api.md."""
    told = [line.split()[2] for line in Metrics().text().decode().splitlines() if line.startswith("# TYPE")]
    names = {name.removesuffix("_total").removesuffix("_created") for name in told}
    assert names == set(re.findall(r"`(seawall_\w+)`", page("api.md")))


def test_every_command_and_every_exit_code_is_on_the_page() -> None:
    """cli.md lists the commands that there are, and no code that there is not."""
    text = page("cli.md")
    commands = [name for name in app if not name.startswith("-") and name != "signal"]
    commands += [f"signal {name}" for name in signal if not name.startswith("-")]
    assert [name for name in commands if f"`seawall {name}" not in text] == []
    listed = {int(code) for code in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}
    assert listed == {1, *(int(code) for code in Exit)}
