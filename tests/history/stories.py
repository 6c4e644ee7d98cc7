"""Histories to fold: one signal's way, told in milliseconds after its arrival, on a venue whose clock is 40 ms ahead."""

from __future__ import annotations

from decimal import Decimal

from seawall.model import events as ev
from seawall.model.acts import Outcome, Reason
from seawall.model.events import Event, Recorded
from seawall.model.ids import Account, ClientId, Leg, Side, SignalId, Symbol, VenueId
from seawall.model.reports import (
    FillReport,
    OrderReport,
    OrderStatus,
    PositionReport,
    Source,
    StopReport,
    StopStatus,
)
from seawall.model.signal import Action, Signal, Size, SizeUnit, Stop, TakeProfit, TriggerBy
from seawall.model.times import MILLISECOND

START = 1_795_448_052_000_000
AHEAD = 40
VELVET = Symbol("VELVETUSDT")
ENTRY, STOP, CLOSE = (ClientId(f"swaaaa-0123456789-{leg}tkxp2x01") for leg in "esc")
D = Decimal


def rung_name(rung: int) -> ClientId:
    """Our name of a rung's order."""
    return ClientId(f"swaaaa-0123456789-ttkxp2x1{rung}")


def ours(after: int) -> int:
    """Our clock, `after` milliseconds after the signal came."""
    return START + after * MILLISECOND


def venue(after: int) -> int:
    """The venue's clock at the same instant."""
    return ours(after + AHEAD)


class Story:
    """Events of one signal, each told with the milliseconds at which it was recorded."""

    def __init__(self, signal_id: str = "velvet-1", symbol: Symbol = VELVET, side: Side = Side.SELL) -> None:
        self.sid = SignalId(signal_id)
        self.symbol = symbol
        self.side = side
        self.told: list[tuple[int, Event]] = []

    def recorded(self, first: int = 1) -> list[Recorded]:
        """The history, its sequence numbers from `first`."""
        return [Recorded(first + place, 1, ours(after), event) for place, (after, event) in enumerate(self.told)]

    def then(self, after: int, event: Event) -> Story:
        """One more event."""
        self.told.append((after, event))
        return self

    @property
    def signal(self) -> Signal:
        """The signal: 27 base with a stop 3 % away."""
        return Signal(
            id=self.sid,
            account=Account("alpha"),
            symbol=self.symbol,
            action=Action.OPEN,
            made_at=START,
            received_at=START,
            side=self.side,
            size=Size(SizeUnit.BASE, D(27)),
            stop=Stop(percent=D(3)),
        )

    def accepted(self, after: int = 0) -> Story:
        """The signal is accepted."""
        return self.then(after, ev.SignalAccepted(self.sid, self.symbol, self.signal))

    def intended(self, after: int = 1, *, final: bool = False) -> Story:
        """The entry is intended."""
        return self.then(
            after,
            ev.EntryIntended(
                self.sid,
                self.symbol,
                client_id=ENTRY,
                n=1,
                side=self.side,
                quantity=D(27),
                reference=D("0.2"),
                trigger=D("0.206"),
                trigger_by=TriggerBy.MARK,
                trigger_is_final=final,
                baseline=D(0),
                baseline_at=START,
                intended_at=ours(after),
                since=venue(after),
                not_after=venue(after + 2_000),
            ),
        )

    def concluded(self, after: int, leg: Leg, name: ClientId, outcome: Outcome, began: int = 2) -> Story:
        """What became of an act."""
        refused = outcome is Outcome.REFUSED
        event = ev.ActConcluded(
            self.sid,
            self.symbol,
            name,
            leg,
            outcome,
            Reason.TRIGGER_PASSED if refused else Reason.NONE,
            "-2021" if refused else "",
            "Order would immediately trigger." if refused else "",
            ours(began),
            ours(after),
        )
        return self.then(after, event)

    def order(self, after: int, dated: int, filled: str, source: Source = Source.STREAM, **more: object) -> Story:
        """A source tells of an order; `dated` in the venue's clock, 0 milliseconds: without a time."""
        status = OrderStatus.FILLED if D(filled) == 27 else OrderStatus.PARTIAL if D(filled) else OrderStatus.OPEN
        usual = {"client_id": ENTRY, "average": D("0.1999"), "quantity": D(27), "venue_id": VenueId("771")}
        told: dict[str, object] = {**usual, **more}
        report = OrderReport(
            symbol=self.symbol,
            status=status,
            source=source,
            at=ours(after),
            venue_at=venue(dated) if dated else 0,
            side=self.side,
            filled=D(filled),
            **told,  # type: ignore[arg-type]
        )
        return self.then(after, ev.OrderReported(self.sid, self.symbol, report))

    def fill(self, after: int, dated: int, quantity: str, trade: str = "t1", **more: object) -> Story:
        """A source tells of a trade."""
        told: dict[str, object] = {"client_id": ENTRY, "price": D("0.2"), "side": self.side, "fee": D("0.001"), **more}
        report = FillReport(
            symbol=self.symbol,
            trade_id=trade,
            quantity=D(quantity),
            source=Source.STREAM,
            at=ours(after),
            venue_at=venue(dated),
            **told,  # type: ignore[arg-type]
        )
        return self.then(after, ev.FillReported(self.sid, self.symbol, report))

    def position(
        self, after: int, dated: int, amount: str, source: Source = Source.POSITIONS, stop: str | None = None
    ) -> Story:
        """A source tells of the position, and of the stop on its row where the venue has one."""
        report = PositionReport(
            self.symbol,
            D(amount),
            source,
            ours(after - 1),
            ours(after),
            venue(dated) if dated else 0,
            stop_loss=None if stop is None else D(stop),
        )
        return self.then(after, ev.PositionReported(self.sid, self.symbol, report))

    def entry_filled(self, after: int, dated: int, quantity: str = "27", *, at_most: bool = False) -> Story:
        """The first proof of a fill."""
        source = Source.POSITIONS if at_most else Source.STREAM
        at = venue(dated) if dated else 0
        return self.then(
            after, ev.EntryFilled(self.sid, self.symbol, D(quantity), source, at, ours(after), at_most=at_most)
        )

    def stop_intended(self, after: int, *, attached: bool = False) -> Story:
        """A stop is intended."""
        return self.then(
            after,
            ev.StopIntended(
                self.sid, self.symbol, STOP, 1, D("0.206"), TriggerBy.MARK, None, ours(after), attached=attached
            ),
        )

    def stop_seen(self, after: int, dated: int) -> Story:
        """The stop query shows the stop, and it is confirmed."""
        report = StopReport(
            self.symbol,
            STOP,
            StopStatus.LIVE,
            Source.STOPS,
            ours(after),
            venue(dated) if dated else 0,
            VenueId("882"),
            trigger=D("0.206"),
        )
        self.then(after, ev.StopReported(self.sid, self.symbol, report))
        at = venue(dated) if dated else 0
        return self.then(
            after, ev.StopConfirmed(self.sid, self.symbol, STOP, D("0.206"), Source.STOPS, at, ours(after))
        )

    def stop(self, after: int, dated: int, status: StopStatus, source: Source = Source.STREAM, **more: object) -> Story:
        """A source tells of a stop."""
        told: dict[str, object] = {"client_id": STOP, "venue_id": VenueId("882"), **more}
        report = StopReport(
            symbol=self.symbol,
            status=status,
            source=source,
            at=ours(after),
            venue_at=venue(dated),
            trigger=D("0.206"),
            **told,  # type: ignore[arg-type]
        )
        return self.then(after, ev.StopReported(self.sid, self.symbol, report))

    def confirmed(self, after: int, dated: int, name: ClientId = STOP, trigger: str = "0.206") -> Story:
        """A stop is confirmed, without a report of its own."""
        at = venue(dated) if dated else 0
        return self.then(
            after, ev.StopConfirmed(self.sid, self.symbol, name, D(trigger), Source.STREAM, at, ours(after))
        )

    def ended(self, after: int, filled: str = "27") -> Story:
        """The entry is terminal."""
        return self.then(after, ev.EntryEnded(self.sid, self.symbol, ENTRY, OrderStatus.FILLED, D(filled), D("0.1999")))

    def protected(self, after: int, quantity: str = "27") -> Story:
        """PROTECTED."""
        return self.then(
            after, ev.PositionProtected(self.sid, self.symbol, D(quantity), D("0.1999"), D("0.206"), ours(after))
        )

    def lost(self, after: int) -> Story:
        """The cover is lost."""
        return self.then(after, ev.ProtectionLost(self.sid, self.symbol, "the stop expired", ours(after)))

    def rollback(self, after: int) -> Story:
        """The way home begins."""
        reason = ev.EndReason.NAKED_TOO_LONG
        return self.then(after, ev.RollbackBegan(self.sid, self.symbol, reason, "no stop within 5 s", ours(after)))

    def close_intended(self, after: int, quantity: str = "27") -> Story:
        """A close is intended."""
        return self.then(after, ev.CloseIntended(self.sid, self.symbol, CLOSE, 1, D(quantity), ours(after)))

    def part_asked(self, after: int, quantity: str, keep: str) -> Story:
        """A user asks for a part to be closed."""
        event = ev.ReduceAccepted(self.sid, self.symbol, D(quantity), D(keep), "signal part-1, 33 %", ours(after))
        return self.then(after, event)

    def part_ended(self, after: int, left: str) -> Story:
        """The part is closed."""
        return self.then(after, ev.ReduceEnded(self.sid, self.symbol, D(left), ours(after)))

    def move_asked(self, after: int, trigger: str, before: str = "0.206") -> Story:
        """A user asks for another trigger."""
        told = "signal protect-1"
        return self.then(after, ev.StopMoveAccepted(self.sid, self.symbol, D(trigger), D(before), told, ours(after)))

    def stop_at(self, after: int, dated: int, name: ClientId, trigger: str, status: StopStatus) -> Story:
        """The stream tells of a stop of ours at a trigger; a live one is confirmed."""
        report = StopReport(
            self.symbol, name, status, Source.STREAM, ours(after), venue(dated), VenueId(f"id-{name[-1]}"),
            trigger=D(trigger),
        )  # fmt: skip
        self.then(after, ev.StopReported(self.sid, self.symbol, report))
        if status is not StopStatus.LIVE:
            return self
        confirmed = ev.StopConfirmed(self.sid, self.symbol, name, D(trigger), Source.STREAM, venue(dated), ours(after))
        return self.then(after, confirmed)

    def ladder(self, after: int, *rungs: TakeProfit) -> Story:
        """Another ladder is asked for."""
        event = ev.LadderAccepted(self.sid, self.symbol, rungs, f"signal protect-1, {len(rungs)} rungs", ours(after))
        return self.then(after, event)

    def rung_laid(self, after: int, rung: int, price: str, quantity: str) -> Story:
        """A take-profit is intended, and the venue takes it."""
        self.then(
            after,
            ev.TakeProfitIntended(
                self.sid, self.symbol, rung_name(rung), 5 + rung, rung, D(price), D(quantity), ours(after)
            ),
        )
        return self.concluded(after + 20, Leg.TAKE_PROFIT, rung_name(rung), Outcome.ACKNOWLEDGED, began=after)

    def exit(self, after: int, name: str, quantity: str, price: str, trade: str, **more: object) -> Story:
        """A trade that reduces, under a name; dated when it is heard."""
        return self.fill(
            after,
            after - 40,
            quantity,
            trade,
            client_id=ClientId(name),
            side=self.side.opposite,
            price=D(price),
            **more,
        )

    def ended_flat(self, after: int, reason: ev.EndReason) -> Story:
        """FLAT, for a reason."""
        return self.then(after, ev.FlatSeen(self.sid, self.symbol, reason, ours(after)))

    def flat_seen(self, after: int) -> Story:
        """FLAT."""
        reason = ev.EndReason.NAKED_TOO_LONG
        return self.then(after, ev.FlatSeen(self.sid, self.symbol, reason, ours(after)))

    def flat_verified(self, after: int) -> Story:
        """The slot is free."""
        reason = ev.EndReason.NAKED_TOO_LONG
        return self.then(after, ev.FlatVerified(self.sid, self.symbol, reason, ours(after)))


def velvet() -> Story:
    """The VELVET signal as it should have gone: the stream proves the fill, a stop follows, both are read back."""
    return (
        Story()
        .accepted()
        .intended(1)
        .fill(90, 40, "20", "t1")
        .entry_filled(90, 40, "20")
        .stop_intended(90)
        .fill(95, 42, "7", "t2", price=D("0.1990"))
        .order(96, 42, "27")
        .concluded(110, Leg.ENTRY, ENTRY, Outcome.ACKNOWLEDGED)
        .ended(110)
        .concluded(140, Leg.STOP, STOP, Outcome.ACKNOWLEDGED, began=91)
        .position(150, 42, "-27", Source.STREAM)
        .stop_seen(180, 120)
        .protected(180)
    )


def rolled_back() -> Story:
    """A signal whose stop was refused: closed at market."""
    return (
        Story("refused-1")
        .accepted()
        .intended(1)
        .fill(90, 40, "27", "t1")
        .entry_filled(90, 40)
        .ended(90)
        .stop_intended(90)
        .concluded(140, Leg.STOP, STOP, Outcome.REFUSED, began=91)
        .rollback(140)
        .close_intended(140)
        .fill(240, 200, "27", "t9", client_id=CLOSE, side=Side.BUY, price=D("0.21"))
        .position(260, 200, "0")
        .flat_seen(300)
        .flat_verified(90_000)
    )


LADDER = (TakeProfit(D(50), percent=D(2)), TakeProfit(D(50), price=D("0.18")))


def taken() -> Story:
    """A short whose ladder takes half at 0.19; the stop takes the rest at 0.21. The entry's average is 0.2."""
    return (
        Story("taken-1")
        .accepted()
        .intended(1)
        .fill(90, 40, "26", "t1")
        .entry_filled(90, 40, "26")
        .ended(95, "26")
        .stop_intended(95)
        .stop_seen(180, 120)
        .protected(180, "26")
        .ladder(181, *LADDER)
        .rung_laid(200, 0, "0.196", "13")
        .rung_laid(201, 1, "0.18", "13")
        .exit(1_000, rung_name(0), "13", "0.196", "t2", profit=D("0.052"))
        .exit(9_000, STOP, "13", "0.206", "t3", profit=D("-0.078"))
        .ended_flat(9_100, ev.EndReason.STOP_FILLED)
    )


def adopted() -> Story:
    """A position that no signal answered for: told as a signal, an intention and a filled order (engine.adopting)."""
    story = Story("adopted-1").accepted(10)
    story.then(10, ev.PositionAdopted(story.sid, VELVET, D(27), True, "its entry was read; stop at 0.206", ours(10)))
    story.intended(10, final=True).order(10, -500, "27", Source.ORDER, average=D("0.2"))
    return story.entry_filled(11, -500).ended(11).stop_intended(20).stop_seen(180, 120).protected(180)
