"""Figures for Prometheus: few, and each one an answer to a question that someone asks at night.

Is it alive and ready; do signals come in and how are they answered; does the record keep up; does the stream speak; is
the loop late; is anything in distress. What happened to a single signal is in the journal, not here.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from seawall.model.events import event_type
from seawall.model.ids import Account
from seawall.model.work import Work
from seawall.service.front import Front
from seawall.service.loop import AccountLoop

_LATENESSES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Seconds, upper bounds: close together where a stop of fifty milliseconds would feel it."""


class Metrics:
    """The figures of one process, in a registry of their own."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        by_account = ("account",)
        self._events = Counter("seawall_events", "Events recorded.", ("account", "event_type"), registry=own)
        self._acts = Counter("seawall_acts", "Acts handed to the venue.", ("account", "act"), registry=own)
        self._answers = Gauge("seawall_intake_answers", "Answers of the intake, by status.", ("status",), registry=own)
        self._waiting = Gauge("seawall_intake_waiting", "Signals that wait for their record.", registry=own)
        self._ready = Gauge("seawall_ready", "1 if the account takes signals.", by_account, registry=own)
        self._halted = Gauge("seawall_halted", "1 if the owner has halted entries.", by_account, registry=own)
        self._unwritten = Gauge("seawall_events_not_durable", "Events not durable yet.", by_account, registry=own)
        self._stream = Gauge("seawall_stream_proven", "1 if the stream is proven.", by_account, registry=own)
        self._offset = Gauge("seawall_clock_offset_seconds", "Venue time minus ours.", by_account, registry=own)
        self._distress = Gauge("seawall_distress", "Conditions that a person must look at.", by_account, registry=own)
        self._lag = Histogram("seawall_loop_lag_seconds", "Lateness of timers.", buckets=_LATENESSES, registry=own)

    def worked(self, account: Account, work: Work) -> None:
        """Counts a step's work."""
        for event in work.appends:
            self._events.labels(account, event_type(type(event))).inc()
        for do in work.acts:
            self._acts.labels(account, type(do.act).__name__).inc()

    def late(self, seconds: float) -> None:
        """Counts one lateness of the event loop."""
        self._lag.observe(seconds)

    def read(self, loops: Mapping[Account, AccountLoop], front: Front) -> None:
        """Takes the gauges' readings."""
        self._waiting.set(front.waiting)
        for status, count in front.answered_by_status.items():
            self._answers.labels(str(status)).set(count)
        for account, loop in loops.items():
            self._ready.labels(account).set(loop.takes_entries)
            self._halted.labels(account).set(loop.halt is not None)
            self._unwritten.labels(account).set(loop.waiting)
            self._stream.labels(account).set(loop.stream is not None and loop.stream.proven)
            self._distress.labels(account).set(loop.distress)
            if loop.clock is not None:
                self._offset.labels(account).set(loop.clock.offset / 1_000_000)

    def text(self) -> bytes:
        """Everything, in Prometheus' text form."""
        return generate_latest(self._registry)
