"""Whether our take-profits together ask for no more than is open, read from the book at the end.

All of them only reduce, so that too many open nothing; but at their prices they take more than was asked for. A read
that lies about what stands may have been believed: an order that it called ended, or left out of the list in which a
process looked for what an earlier one had laid, has another in its place. Such a lie is found out when the account's
books are read again (`books_reread`), so that where one has struck, the world goes on for so long before it is judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from seawall.drill.excused import is_garbling
from seawall.drill.world import World
from seawall.model.times import Bounds, Duration
from venuesim.faults import Fired

FOUND_OUT: Duration = Bounds().books_reread + Bounds().read_lag + Bounds().stop_reread
"""How long after a lie about orders it may be believed: until the books are read again, that read has settled, and the
cancel which follows has been read back."""
_ABOUT_ORDERS = ("orders.open", "order.get", "order.history", "stream.order")
_LIES = ("empty_read", "stale_read", "symbol_omitted", "wrong_status")
"""What a read says for no reason; one that only lags is waited for (`read_lag`), and excuses nothing."""


def too_many_take_profits(world: World) -> Iterator[str]:
    """The slots on which our resting take-profits would take more than is open."""
    for ours, held in _overdrawn(world).values():
        yield f"take-profits of {ours} on a position of {held}"


def may_be_believed(world: World) -> Duration:
    """How long yet the lies may be believed which have struck where too many take-profits stand; 0 where none stand, or
    there are some on a slot about whose orders nothing has lied.
    """
    fired = world.box.faults.fired
    last = [max((one.at for one in _lies(fired, symbol)), default=0) for symbol in _overdrawn(world)]
    return max(max(last) + FOUND_OUT - world.now, 0) if last and all(last) else 0


def _overdrawn(world: World) -> dict[str, tuple[Decimal, Decimal]]:
    """By symbol what our resting take-profits ask for in all, and what is open, where that is less."""
    found: dict[str, tuple[Decimal, Decimal]] = {}
    for position in world.box.judge(world.now).positions:
        resting = world.box.book.open_orders(world.account, position.symbol)
        ours = sum((order.quantity - order.filled for order in resting if order.client_id.startswith("sw")), Decimal(0))
        if ours > abs(position.quantity):
            found[position.symbol] = ours, abs(position.quantity)
    return found


def _lies(fired: Iterable[Fired], symbol: str) -> Iterator[Fired]:
    """What struck a read or a frame about the orders of a symbol, and changed what it said."""
    for one in fired:
        lies = one.fault in _LIES or is_garbling(one)
        if lies and one.call in _ABOUT_ORDERS and one.symbol in (None, symbol):
            yield one
