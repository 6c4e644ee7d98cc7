"""What people do in a page, on sockets: senders at the service's doors, other hands through the box's control API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal

from seawall.drill.page import Ask, Hand, Page, Rung
from seawall.drill.wire.house import NOBODY, House
from seawall.drill.wire.remote import Remote
from seawall.drill.wire.stage import Told
from seawall.model.amounts import plain
from seawall.model.ids import SignalId, VenueName
from seawall.model.times import SECOND, Instant

ACCEPTED, REPEATED, CONFLICT = 202, 200, 409
_HUNDRED = Decimal(100)


class Senders:
    """Does the `[[hand]]` lines of a page. `now` is the time of this machine, in microseconds UTC."""

    def __init__(
        self,
        house: House,
        box: Remote,
        page: Page,
        venue: VenueName,
        account: str,
        number: int,
        now: Callable[[], Instant],
    ) -> None:
        self.ids: list[SignalId] = []
        self.answers: list[str] = []
        self._house = house
        self._box = box
        self._page = page
        self._symbol = page.symbol(venue)
        self._account = account
        self._number = number
        self._now = now
        self._first: dict[str, object] = {}
        self._wished = 0
        self._deeds: Mapping[str, Callable[[Hand], Awaitable[None]]] = {
            "close": self._close,
            "protect": self._protect,
            "flatten": self._flatten,
            "resolve": self._resolve,
            "repeat": self._repeat,
            "reword": self._reword,
            "open": self._open,
            "trade": self._trade,
            "cancel_stop": self._cancel_stop,
            "move_stop": self._move_stop,
            "set_take_profit": self._set_take_profit,
            "leave_stop": self._leave_stop,
            "liquidate": self._liquidate,
            "deleverage": self._deleverage,
        }

    async def do(self, hand: Hand) -> None:
        """Does one line now."""
        await self._deeds[hand.does](hand)

    async def prepare(self) -> None:
        """Writes the page's own signal, so that it can leave at once."""
        self.ids.append(SignalId(f"s{self._number}"))
        self._first = {
            "id": self.ids[0],
            "account": self._account,
            "symbol": self._symbol,
            "action": "open",
            "side": self._page.signal.side,
            **(await self._wishes(self._page.signal)),
        }

    async def send(self) -> None:
        """The page's own signal arrives."""
        made_at = self._now() - self._page.signal.made
        self._first |= {"ts": made_at} if self._page.signal.made else {}
        await self._give(self._first)

    async def _wishes(self, ask: Ask) -> dict[str, object]:
        wishes: dict[str, object] = {
            "size": {ask.unit: plain(ask.size)},
            "stop": await self._stop_of(ask),
            "trigger_by": ask.trigger_by,
            "max_age_s": plain(Decimal(int(ask.max_age)) / SECOND),
        }
        for name in ("leverage", "max_slippage_bps"):
            value = getattr(ask, name)
            wishes |= {name: plain(value)} if value is not None else {}
        return wishes | _rungs(ask.take_profit or None)

    async def _stop_of(self, ask: Ask) -> dict[str, str]:
        if ask.stop_is == "percent":
            return {"pct": plain(ask.stop)}
        prices = await self._box.prices(self._symbol)
        watched = prices.mark if ask.trigger_by == "mark" else prices.last
        return {"price": plain(self._behind(watched, ask.stop))}

    def _behind(self, price: Decimal, percent: Decimal) -> Decimal:
        """So many percent behind a price, for the side of the page's own signal."""
        away = percent / _HUNDRED
        return price * (1 - away if self._page.signal.side == "buy" else 1 + away)

    async def _give(self, body: Mapping[str, object]) -> None:
        """Hands a signal in. Answers are kept in the order in which the signals came, not in which they are heard."""
        place = len(self.answers)
        self.answers.append("")
        told = await self._house.post(body)
        self.answers[place] = _word_of(told)

    # ---- at our doors

    async def _close(self, hand: Hand) -> None:
        if hand.part is None or hand.part == 1:
            await self._house.close(self._account, self._symbol)
        else:
            await self._wish("close", symbol=self._symbol, percent=plain(hand.part * _HUNDRED))

    async def _protect(self, hand: Hand) -> None:
        stop = {} if hand.break_even is None else {"break_even": plain(hand.break_even)}
        if hand.stop is not None:
            mark = (await self._box.prices(self._symbol)).mark
            stop = {"price": plain(self._behind(mark, hand.stop))}
        wishes = ({"stop": stop} if stop else {}) | _rungs(hand.take_profit)
        await self._wish("protect", symbol=self._symbol, **wishes)

    async def _flatten(self, hand: Hand) -> None:
        await self._wish("flatten")

    async def _resolve(self, hand: Hand) -> None:
        await self._house.resolve(self.ids[0], "the operator's word")

    async def _wish(self, action: str, **asked: object) -> None:
        """A signal about the position that the page's own has opened."""
        self._wished += 1
        name = f"s{self._number}-w{self._wished}"
        await self._give({"id": name, "account": self._account, "action": action, **asked})

    async def _repeat(self, hand: Hand) -> None:
        await self._give(self._first)

    async def _reword(self, hand: Hand) -> None:
        await self._give(self._first | {"size": {"quote": "200"}})

    async def _open(self, hand: Hand) -> None:
        self.ids.append(SignalId(f"s{self._number}-{len(self.ids) + 1}"))
        stop = {"pct": plain(hand.stop or Decimal(5))}
        more = {"id": self.ids[-1], "side": hand.side, "stop": stop, "on_opposite": hand.on_opposite}
        await self._give({key: value for key, value in self._first.items() if key != "ts"} | more)

    # ---- at the venue

    async def _trade(self, hand: Hand) -> None:
        quantity = hand.quantity or abs(await self._held() * (hand.part or 0))
        if quantity:
            await self._at_venue("trade", side=hand.side.upper(), quantity=str(quantity))

    async def _cancel_stop(self, hand: Hand) -> None:
        await self._at_venue("cancel_stop")

    async def _move_stop(self, hand: Hand) -> None:
        prices = await self._box.prices(self._symbol)
        trigger = self._behind(prices.mark, hand.stop or Decimal(1))
        if await self._box.has_live_stop(self._account, self._symbol):
            await self._at_venue("move_stop", trigger=str(trigger - trigger % prices.tick))

    async def _set_take_profit(self, hand: Hand) -> None:
        held = await self._held()
        if held:
            prices = await self._box.prices(self._symbol)
            ahead = (hand.stop or Decimal(1)) / 100
            trigger = prices.mark * (1 + ahead if held > 0 else 1 - ahead)
            trigger -= trigger % prices.tick
            await self._at_venue("set_stop", trigger=str(trigger), purpose="take_profit")

    async def _leave_stop(self, hand: Hand) -> None:
        await self._at_venue("leave_stop", quantity=str(hand.quantity))

    async def _liquidate(self, hand: Hand) -> None:
        if await self._held():
            await self._at_venue("liquidate")

    async def _deleverage(self, hand: Hand) -> None:
        if await self._held():
            await self._at_venue("deleverage", fraction=str(hand.part or Decimal(1)))

    async def _held(self) -> Decimal:
        """What stands on the slot: nothing, where a crash kept the entry from ever leaving."""
        return await self._box.position(self._account, self._symbol)

    async def _at_venue(self, do: str, **more: object) -> None:
        await self._box.hand(do, account=self._account, symbol=self._symbol, **more)


def _rungs(asked: Sequence[Rung] | None) -> dict[str, object]:
    """The field of a signal for the take-profits that a page asks for; none where it does not speak of them."""
    if asked is None:
        return {}
    return {"take_profit": [{"pct": plain(rung.pct), "share": plain(rung.share)} for rung in asked]}


def _word_of(told: Told) -> str:
    """A door's answer in the desk's word for it; the door tells a reworded signal from a repeated one, the desk not."""
    if told is NOBODY:
        return ""
    words = {ACCEPTED: "accepted", REPEATED: "duplicate", CONFLICT: "duplicate"}
    return words.get(told.status) or str(told.body.get("error", {}).get("code", told.status))
