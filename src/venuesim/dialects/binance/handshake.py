"""What a WebSocket's address and its SUBSCRIBE frames ask to hear (binance.md 3.1).

Private events come on ``/private`` alone: the unrouted ``/ws/<listenKey>`` still opens and delivers nothing private. A
bogus or lapsed key completes the handshake too and stays mute, so an open socket proves nothing. Market streams are
named ``<symbol>@markPrice@1s``; a name with ``@`` is a stream, any other is taken for a listen key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

import msgspec

from venuesim.dialects.binance.jsonwire import encode
from venuesim.dialects.binance.memory import Connection
from venuesim.dialects.binance.params import path_part, query_part, split_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUTES: Final = ("private", "market", "public")


class Call(msgspec.Struct, frozen=True):
    """A client's frame: SUBSCRIBE, UNSUBSCRIBE or LIST_SUBSCRIPTIONS with an id of the client's own."""

    method: str
    params: tuple[str, ...] = ()
    id: int | str | None = None


def open_connection(conn: int, target: str, now: int, *, unrouted_hears: bool = False) -> Connection | None:
    """The connection this address asks for, or None when the address is none of the venue's."""
    words = [word for word in path_part(target).split("/") if word]
    route = words.pop(0) if words and words[0] in _ROUTES else ""
    if not words or words[0] not in {"ws", "stream"}:
        return None
    deaf = route != "private" and not (route == "" and unrouted_hears)
    opened = Connection(conn, now, wrapped=words[0] == "stream", deaf=deaf)
    subscribe(opened, [unquote_plus(word) for word in words[1:]])
    _read_query(opened, split_pairs(query_part(target)))
    return opened


def _read_query(opened: Connection, pairs: Sequence[tuple[str, str]]) -> None:
    """``listenKey`` may come several times; ``events`` belongs to the key before it; ``streams`` names market
    streams.
    """
    key = ""
    for name, value in pairs:
        if name == "listenKey":
            key = value
            opened.keys[key] = ()
        elif name == "events" and key:
            opened.keys[key] = tuple(event for event in value.split("/") if event)
        elif name == "streams":
            subscribe(opened, value.split("/"))


def subscribe(opened: Connection, names: Sequence[str]) -> None:
    """Add streams and keys to a connection."""
    for name in names:
        if "@" in name:
            opened.streams[name] = True
        elif name:
            opened.keys.setdefault(name, ())


def unsubscribe(opened: Connection, names: Sequence[str]) -> None:
    """Take streams and keys from a connection; unknown names are fine."""
    for name in names:
        opened.streams.pop(name, None)
        opened.keys.pop(name, None)


def answer_call(opened: Connection | None, text: str) -> str:
    """Obey a client's frame and answer it: ``{"result": null, "id": n}`` (binance.md 3.1), or an error object."""
    try:
        call = msgspec.json.decode(text, type=Call)
    except msgspec.DecodeError as error:
        return encode({"error": {"code": 3, "msg": f"Invalid JSON: {error}"}}).decode()
    result: object = None
    if opened is None or call.method == "LIST_SUBSCRIPTIONS":
        result = [] if opened is None else [*opened.keys, *opened.streams]
    elif call.method == "SUBSCRIBE":
        subscribe(opened, call.params)
    elif call.method == "UNSUBSCRIBE":
        unsubscribe(opened, call.params)
    else:
        words = f"Invalid request: unknown variant `{call.method}`"
        return encode({"error": {"code": 2, "msg": words}, "id": call.id}).decode()
    return encode({"result": result, "id": call.id}).decode()
