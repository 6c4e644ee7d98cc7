"""What is known of a signal, and how it grows. Nothing in this room decides anything.

- `orders.py`, `stops.py`, `positions.py`  the evidence about one order, one stop, the position: each joined so that any
  order and any repetition of the same reports give the same knowledge.
- `sent.py`           what became of each act of ours, and which reads missed it.
- `hearing.py`        which inputs make the evidence grow, and whose they are.
- `state.py`, `fold.py`  all of it together; it changes only in `apply`, for a running saga as for one recovered.
- `circumstances.py`  what a saga is told and may not know by itself: the time, the venue's clock, the stream's trust.
- `exposure.py`       what of a signal is open.
- `cover.py`          what covers it: which of our stops stand, and what each is worth.
- `absence.py`        when an order that only reduces may be taken for not arrived.
"""
