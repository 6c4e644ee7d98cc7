"""The bench, as small as it can be run: what is compared, and what its numbers mean. No time is judged here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seawall.drill.bench import figures, steps
from seawall.drill.bench.command import main
from seawall.drill.bench.records import Condition, Opening
from seawall.drill.bench.story import told_once
from seawall.model.ids import Symbol, VenueName


def opening(side: str, live: int, number: int = 0) -> Opening:
    """One opening whose stop was live after so many microseconds."""
    marks = {"began": 1_000, "stop_live": 1_000 + live}
    return Opening(Condition(VenueName.BINANCE, 0), side, number, Symbol("BTCUSDT"), marks, cpu=live)


def test_a_small_run_compares_both_sides_at_both_venues(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One opening of each side per venue, over sockets, tells every stage of ours and the script's, stop live included."""
    told = tmp_path / "figures.json"
    assert main(["--rounds", "1", "--openings", "1", "--latency-ms", "0", "--json", str(told)]) == 0
    found = json.loads(told.read_text())
    assert [one["venue"] for one in found] == ["binance", "bybit"]
    for one in found:
        assert {"received", "durable", "entry_sent", "entry_reply", "fill_proven", "protected"} < set(one["ours"])
        assert {"entry_sent", "entry_reply", "stop_live", "done"} <= set(one["plain"])
        assert one["ours"]["stop_live"]["p50"] > one["ours"]["entry_sent"]["p50"] > one["ours"]["received"]["p50"] > 0
    assert ["stop_sent" in one["ours"] for one in found] == [True, False]
    printed = capsys.readouterr().out
    assert "binance, 0 ms each way (1 openings of each side" in printed
    assert "STOP LIVE at the venue, by its judge" in printed


def test_the_two_roads_are_held_against_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """One turn tells each act that the socket carries, by HTTP and by the socket, at both venues."""
    assert main(["--roads", "1", "--latency-ms", "0"]) == 0
    printed = capsys.readouterr().out
    for act in ("SubmitEntry", "PlaceStop", "CancelOrder", "ClosePosition"):
        assert f"{act:<14} http" in printed
    assert printed.count("socket") == 6


def test_more_openings_than_symbols_are_refused_by_name() -> None:
    """A wish for more slots than the box lists ends with what was expected and what came."""
    with pytest.raises(SystemExit, match=r"--openings: expected at most .* came 500"):
        main(["--rounds", "1", "--openings", "500"])


def test_a_percentile_is_a_nearest_rank_and_never_invented() -> None:
    """The median of four is the second of them, the 99th percentile of few is the greatest, of two hundred the 198th."""
    assert figures.spread([4, 1, 3, 2]) == figures.Spread(p50=2, p99=4, least=1, most=4, count=4)
    many = figures.spread(range(1, 201))
    assert many is not None
    assert (many.p50, many.p99) == (100, 198)
    assert figures.spread([]) is None


def test_a_ratio_is_taken_within_its_round() -> None:
    """A round in which the machine was slow for both sides gives the same ratio as a quick one."""
    quick = [opening("ours", 3_000), opening("plain", 2_000)]
    slow = [opening("ours", 30_000, 1), opening("plain", 20_000, 1)]
    found = figures.compare(Condition(VenueName.BINANCE, 0), quick + slow)
    assert found.ratios == (1.5, 1.5, 1.5)
    assert found.extra == (1_000, 5_500, 10_000)


def test_one_side_alone_is_no_comparison() -> None:
    """Openings of one side only are refused, with how many there were."""
    with pytest.raises(ValueError, match="expected openings of both sides, came 1 and 0"):
        figures.compare(Condition(VenueName.BINANCE, 0), [opening("ours", 1)])


def test_a_step_is_measured_with_as_many_open_signals_as_asked() -> None:
    """The desk made of one story holds so many open signals, and every kind of input is timed."""
    found = steps.measured(told_once(), 3)
    assert list(found)[:2] == ["nothing but time", "a stream frame about one signal, nothing new"]
    assert all(0 < middle <= most for middle, most in found.values())
