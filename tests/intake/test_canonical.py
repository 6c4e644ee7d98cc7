"""The canonical signal: right bodies give exact signals, wrong ones a clear answer, and no bytes an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.intake.canonical import LARGEST, Defaults, parse
from seawall.intake.problem import Problem
from seawall.model.content import content_digest
from seawall.model.ids import Side
from seawall.model.signal import Action, OnOpposite, OnSame, Signal, Size, SizeUnit, Stop, TriggerBy
from seawall.model.times import SECOND
from tests.intake.bodies import LISTED, MAIN, NOW, SYMBOLS, VENUES, closing, opening, parsed, problem, signal

D = Decimal


def test_an_opening_is_read_whole() -> None:
    """Every field of the format that is served reaches the signal."""
    found = signal(
        opening(
            source="tv",
            ts=NOW // 1_000_000 - 3,
            leverage=3,
            trigger_by="last",
            on_same="refuse",
            on_opposite="close",
            max_age_s=10,
            max_slippage_bps="12.5",
            tag="night",
            meta={"rsi": 0, "anything": [1, {"deep": None}]},
            secret="hush",
        )
    )
    assert found == Signal(
        id=found.id,
        account=MAIN,
        symbol=LISTED[2],
        action=Action.OPEN,
        made_at=(NOW // 1_000_000 - 3) * SECOND,
        received_at=NOW,
        source="tv",
        side=Side.SELL,
        size=Size(SizeUnit.QUOTE, D(50)),
        stop=Stop(percent=D(3), trigger_by=TriggerBy.LAST),
        leverage=D(3),
        max_age=10 * SECOND,
        max_slippage_bps=D("12.5"),
        on_same=OnSame.REFUSE,
        on_opposite=OnOpposite.CLOSE,
        tag="night",
    )
    assert found.id == "velvet-7"


def test_what_is_not_said_has_its_default() -> None:
    """The smallest opening: now, by mark, thirty seconds, refuse, no leverage touched."""
    found = signal(opening())
    assert (found.made_at, found.max_age, found.leverage, found.max_slippage_bps) == (NOW, 30 * SECOND, None, None)
    assert (found.on_same, found.on_opposite, found.tag, found.source) == (OnSame.REFUSE, OnOpposite.REFUSE, "", "")
    assert found.stop == Stop(percent=D(3), trigger_by=TriggerBy.MARK)


def test_a_close_needs_no_more_than_its_symbol() -> None:
    """No side, no size, no stop."""
    found = signal(closing())
    assert (found.action, found.side, found.size, found.stop) == (Action.CLOSE, None, None, None)


@pytest.mark.parametrize("spelled", [b"0.1", b'"0.1"', b'" 0.10 "', b"1e-1", b"0.1000000000000000000000000"])
def test_numbers_are_exact_however_they_are_spelled(spelled: bytes) -> None:
    """A JSON number and a string give the same tenth, never its binary neighbour."""
    body = json.dumps(opening(size={"base": "X"})).encode().replace(b'"X"', spelled)
    assert signal(body).size == Size(SizeUnit.BASE, D("0.1"))


@pytest.mark.parametrize(
    "spelled",
    [
        b'"NaN"',
        b'"Infinity"',
        b'"-1"',
        b"0",
        b"-0.5",
        b'"1_000"',
        b'"1,5"',
        b'"0x10"',
        b'"1e400"',
        b"1e400",
        b'"3%"',
        b'"\xd9\xa1"',
        b"9999999999999999999999999999999999999999",
        b"1e-99",
        b'"five"',
    ],
)
def test_nonsense_is_no_amount(spelled: bytes) -> None:
    """What is no plain number above zero is refused with the field, and shown as it came."""
    body = json.dumps(opening(size={"base": "X"})).encode().replace(b'"X"', spelled)
    found = problem(body)
    assert (found.status, found.code, found.path) == (422, "bad_value", "size.base")
    assert found.expected.startswith("a plain number above 0")
    assert found.came == spelled.decode().strip('"')


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (closing(percent=""), "percent"),
        (opening(max_slippage_bps=" "), "max_slippage_bps"),
        (opening(leverage=""), "leverage"),
        (opening(stop={"pct": ""}), "stop.pct"),
        (opening(max_age_s=""), "max_age_s"),
    ],
)
def test_a_blank_is_no_absent_field(body: dict[str, object], path: str) -> None:
    """A template's blank that was not filled in is refused: a close of "" percent is not a close of all."""
    found = problem(body)
    assert (found.code, found.path, found.came) == ("bad_value", path, "an empty text")


def test_a_blank_size_beside_another_is_two() -> None:
    """Exactly one kind of size may come, filled in or not."""
    found = problem(opening(size={"base": "1", "quote": ""}))
    assert (found.path, found.came) == ("size", "quote and base")


@pytest.mark.parametrize("value", [True, [1], {"x": 1}])
def test_an_amount_of_another_kind_is_named(value: object) -> None:
    """A flag, a list or an object where a number belongs is the wrong type."""
    found = problem(opening(stop={"price": value}))
    assert (found.code, found.path) == ("wrong_type", "stop.price")


@pytest.mark.parametrize(
    ("change", "path", "code", "expected"),
    [
        ({"id": ...}, "id", "missing", "the field id"),
        ({"id": ""}, "id", "bad_value", "1 to 64 printable characters"),
        ({"id": "x" * 65}, "id", "bad_value", "at most 64 printable characters"),
        ({"id": "a\nb"}, "id", "bad_value", "at most 64 printable characters"),
        ({"id": 7}, "id", "wrong_type", "a text"),
        ({"account": "mian"}, "account", "unknown_account", "one of main, side"),
        ({"account": ...}, "account", "missing", "one of main, side"),
        ({"symbol": ...}, "symbol", "missing", "the field symbol"),
        ({"action": "opne"}, "action", "bad_value", "one of open, close, protect, flatten"),
        ({"side": ...}, "side", "missing", "buy or sell"),
        ({"side": "long"}, "side", "bad_value", "one of buy, sell"),
        ({"size": ...}, "size", "missing", "exactly one of quote, base, risk_pct, equity_pct"),
        ({"size": {}}, "size", "missing", "exactly one of quote, base, risk_pct, equity_pct"),
        ({"size": {"quote": 1, "base": 2}}, "size", "bad_value", "exactly one of quote, base, risk_pct, equity_pct"),
        ({"size": 50}, "size", "wrong_type", "an object"),
        ({"size": {"risk_pct": 101}}, "size.risk_pct", "bad_value", "a plain number above 0 and at most 100"),
        ({"stop": ...}, "stop", "missing", "a stop, by price or pct: no stop, no entry"),
        ({"stop": {}}, "stop", "missing", "a stop, by price or pct: no stop, no entry"),
        ({"stop": {"price": 1, "pct": 2}}, "stop", "bad_value", "exactly one of price, pct"),
        ({"stop": {"pct": 100.5}}, "stop.pct", "bad_value", "a plain number above 0 and at most 100"),
        ({"trigger_by": "index"}, "trigger_by", "bad_value", "one of mark, last"),
        ({"on_opposite": "turn"}, "on_opposite", "bad_value", "one of refuse, close, reverse"),
        ({"on_same": "add"}, "on_same", "bad_value", "refuse"),
        ({"expect_prev": "flat"}, "expect_prev", "not_supported", "nothing: expect_prev is not served yet"),
        ({"leverage": 0}, "leverage", "bad_value", "a plain number above 0 and at most 1000"),
        ({"max_age_s": 90_000}, "max_age_s", "bad_value", "a plain number above 0 and at most 86400"),
        ({"ts": "yesterday"}, "ts", "bad_value", "seconds, milliseconds or microseconds since 1970, or ISO 8601 text"),
        ({"tag": "x" * 65}, "tag", "bad_value", "at most 64 printable characters"),
        ({"meta": 1, "stopp": {"pct": 3}}, "stopp", "unknown_field", "stop, perhaps"),
        ({"size": {"qoute": 50}}, "size.qoute", "unknown_field", "quote, perhaps"),
        ({"stop": {"zzz": 50}}, "stop.zzz", "unknown_field", "one of price, pct, break_even"),
    ],
)
def test_each_mistake_is_named_with_what_was_expected(
    change: dict[str, object], path: str, code: str, expected: str
) -> None:
    """The answer names the field by its path, what was expected there, and what came."""
    found = problem(opening(**change))
    assert (found.status, found.path, found.code, found.expected) == (422, path, code, expected)
    assert found.came


@pytest.mark.parametrize(
    "change",
    [
        {"id": ...},
        {"id": 7},
        {"id": "a\x07b"},
        {"account": "mian"},
        {"account": ...},
        {"symbol": "VELVET"},
        {"symbol": "BYBIT:VELVETUSDT"},
        {"action": "flatten"},
        {"side": ...},
        {"side": "bye"},
        {"size": ...},
        {"size": {"quote": 1, "base": 2}},
        {"size": {"quote": "-4"}},
        {"size": {"qoute": 50}},
        {"stop": ...},
        {"stop": {"pct": 300}},
        {"stopp": 1, "stop": ...},
        {"trigger_by": "index"},
        {"take_profit": 4},
        {"leverage": "three"},
        {"ts": "yesterday"},
        {"nonsense.with.dots": 1},
    ],
)
def test_the_example_mends_the_field(change: dict[str, object]) -> None:
    """The corrected example, sent instead, no longer has the mistake: at once, or once the next one is mended."""
    first = problem(opening(**change))
    second = parsed(json.loads(json.dumps(first.example)))
    assert isinstance(second, Signal) or (second.path, second.code) != (first.path, first.code)


def test_an_example_is_the_senders_own_body() -> None:
    """All that was right stays, to the last digit; the secret is not repeated."""
    body = b'{"id":"a","account":"main","symbol":"BTCUSDT","action":"open","side":"buy","secret":"hush",'
    found = problem(body + b'"size":{"base":0.10000000000000000001},"leverage":5,"tag":null,"meta":{"a":{}}}')
    assert found.path == "stop"
    assert found.example == {
        "id": "a",
        "account": "main",
        "symbol": "BTCUSDT",
        "action": "open",
        "side": "buy",
        "size": {"base": "0.10000000000000000001"},
        "leverage": 5,
        "stop": {"pct": "2"},
    }


def test_a_problem_reads_as_a_sentence() -> None:
    """Path, expectation and finding in one line."""
    assert str(problem(opening(side="long"))) == "side: expected one of buy, sell, came long"


@pytest.mark.parametrize(
    "body",
    [b"", b"   ", b"null", b"[]", b"7", b'"text"', b"BTCUSDT buy 3", b"{", b'{"id":', b"\xff\xfe", b'{"id":"\xff"}'],
)
def test_what_is_no_json_object_is_said_so(body: bytes) -> None:
    """Text, half a body, other encodings: one answer, with a whole example."""
    found = problem(body)
    assert (found.status, found.code, found.path, found.expected) == (422, "not_json", "", "one JSON object")
    assert isinstance(signal(dict(found.example) | {"account": "main"}), Signal)


def test_a_secret_in_a_broken_body_is_not_repeated() -> None:
    """The beginning of what came is shown, but for the secret."""
    found = problem(b'{"secret": "hush hush", "id": ')
    assert "hush" not in found.came
    assert found.came.startswith('{"secret": "..."')
    assert "hush" not in problem(b'{"secret": "a\\"hush", "id": ').came


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"side": "buy", "side": "sell"}', "side"),
        (b'{"stop": {"pct": "2"}, "stop": {"pct": "50"}}', "stop"),
        (b'{"size": {"quote": "5", "quote": "500"}}', "quote"),
    ],
)
def test_a_field_that_stands_twice_is_refused(body: bytes, path: str) -> None:
    """Whichever is taken, the sender may have meant the other one."""
    whole = json.dumps(opening()).encode()
    inner = json.dumps({name: value for name, value in opening().items() if f'"{name}"'.encode() not in body})
    found = problem(inner.encode()[:-1] + b", " + body[1:])
    assert isinstance(signal(json.loads(whole)), Signal)
    assert (found.status, found.code, found.path, found.expected) == (422, "bad_value", path, "each field once")


def test_a_byte_order_mark_and_a_trailing_line_feed_are_harmless() -> None:
    """What charting programs add around the JSON does not matter."""
    assert signal(b"\xef\xbb\xbf" + json.dumps(opening()).encode() + b"\r\n").id == "velvet-7"


def test_a_body_that_is_too_large_is_not_looked_at() -> None:
    """Above the bound the answer is 413, with both sizes."""
    found = problem(b"[" * (LARGEST + 1))
    assert (found.status, found.code, found.came) == (413, "too_large", f"{LARGEST + 1} bytes")


def test_deep_nesting_is_refused_and_not_followed() -> None:
    """Brackets without end are no JSON object of ours."""
    assert problem(b'{"meta":' + b"[" * 20_000 + b"]" * 20_000 + b"}").code == "not_json"
    assert problem(b'{"x":' * 8_000).status == 422


def test_the_only_account_need_not_be_named() -> None:
    """With one account configured its name may be left out."""
    body = json.dumps(opening(account=...)).encode()
    found = parse(body, NOW, {MAIN: VENUES[MAIN]}, SYMBOLS)
    assert isinstance(found, Signal)
    assert found.account == MAIN


def test_without_any_account_the_answer_says_so() -> None:
    """No account configured is an answer too."""
    found = parse(json.dumps(opening()).encode(), NOW, {}, {})
    assert isinstance(found, Problem)
    assert (found.path, found.expected) == ("account", "an account")


def test_an_accounts_defaults_fill_what_is_not_said() -> None:
    """A default stop makes an opening without a stop right; what is said goes before it."""
    usual = Defaults(Stop(percent=D(2)), TriggerBy.LAST, 5 * SECOND, D(20))
    found = signal(opening(stop=...), usual)
    assert found.stop == Stop(percent=D(2), trigger_by=TriggerBy.LAST)
    assert (found.max_age, found.max_slippage_bps) == (5 * SECOND, D(20))
    said = signal(opening(trigger_by="mark", max_slippage_bps=5), usual)
    assert (said.stop, said.max_slippage_bps) == (Stop(percent=D(3)), D(5))
    assert signal(closing(), usual).max_slippage_bps is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("size", {"base": 3}, "not_supported"),
        ("side", "buy", "bad_value"),
        ("stop", {"pct": 3}, "bad_value"),
        ("leverage", 3, "bad_value"),
        ("trigger_by", "mark", "bad_value"),
        ("max_slippage_bps", 3, "bad_value"),
        ("on_opposite", "close", "bad_value"),
        ("on_same", "refuse", "bad_value"),
    ],
)
def test_what_belongs_to_an_opening_is_refused_in_a_close(name: str, value: object, code: str) -> None:
    """A close is whole; a part, or a new stop, is not silently left out. Null is nothing."""
    found = problem(closing(**{name: value}))
    assert (found.path, found.code) == (name, code)
    assert found.expected.startswith("nothing: ")
    assert isinstance(signal(closing(**{name: None})), Signal)


def test_words_are_read_in_any_case() -> None:
    """OPEN, Sell and Mark are the same words."""
    found = signal(opening(action="OPEN", side="Sell", trigger_by="Mark"))
    assert (found.action, found.side) == (Action.OPEN, Side.SELL)


def test_a_time_ahead_of_ours_does_not_lengthen_a_signals_life() -> None:
    """A sender whose clock is ahead is taken to have sent now."""
    assert signal(opening(ts=NOW // 1_000_000 + 60)).made_at == NOW
    assert signal(opening(ts=NOW // 1_000_000 + 600)).made_at == NOW


def test_an_entry_from_another_time_zone_is_refused() -> None:
    """Its time without a zone lies hours ahead, so that it would be fresh for hours. What only reduces has no age."""
    local = (datetime.fromtimestamp(NOW // 1_000_000, UTC) + timedelta(hours=3)).replace(tzinfo=None).isoformat()
    for ts in (local, NOW // 1_000_000 + 660):
        found = problem(opening(ts=ts))
        assert (found.code, found.path, "without a zone it is UTC" in found.expected) == ("bad_value", "ts", True)
    assert signal(closing(ts=local)).made_at == NOW


def test_a_repetition_has_the_same_content_and_a_change_has_not() -> None:
    """The digest sees through spelling, time and case, and sees a change."""
    one = content_digest(signal(opening(size={"quote": "50.0"}, ts=1_795_448_050)))
    assert one == content_digest(signal(opening(size={"quote": 50}, symbol="BINANCE:VELVETUSDT.P", secret="x")))
    assert one != content_digest(signal(opening(size={"quote": 51})))


@given(st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    """Any bytes at all are a problem with a path and an example."""
    found = parsed(body)
    assert isinstance(found, Problem)
    assert found.expected


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["open", "close", "buy", "VELVETUSDT", "main", "3", "refuse", "\ud800", "1e5"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["quote", "base", "pct", "price"]) | st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)
_KEYS = st.sampled_from(
    [*opening(), "ts", "leverage", "trigger_by", "take_profit", "on_same", "on_opposite", "meta", "tag"]
)


@given(st.dictionaries(_KEYS | st.text(max_size=6), _VALUES, max_size=5))
def test_no_change_of_a_right_body_raises(changes: dict[str, object]) -> None:
    """A right body with any of its fields changed to anything is a signal or a problem."""
    assert isinstance(parsed(json.dumps(opening() | changes).encode()), Signal | Problem)


@given(st.data())
def test_no_damage_to_a_right_body_raises(data: st.DataObject) -> None:
    """A right body with some bytes overwritten is a signal or a problem, and a problem has an example."""
    body = bytearray(json.dumps(opening(ts=NOW, leverage=2.5, meta={"a": [1]})).encode())
    for place, byte in data.draw(
        st.dictionaries(st.integers(0, len(body) - 1), st.integers(0, 255), max_size=4)
    ).items():
        body[place] = byte
    found = parsed(bytes(body))
    assert isinstance(found, Signal) or found.example
