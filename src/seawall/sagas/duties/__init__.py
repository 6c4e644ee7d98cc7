"""What of the table's duties is due now. The table says *what* must be done; this room, whether it is time for it.

- `entering.py`   leverage, the entry, the cancel of what remains of it.
- `covering.py`   the stop: placed, sent again, moved without a gap.
- `closing.py`    the way home: closes, room for them, and clearing up once flat is proven.
- `laddering.py`  the take-profits.
- `asking.py`     the questions; when each is asked again is the affair of `agenda.py`.
- `acting.py`     the name that every act bears, and the cancel.
- `agenda.py`     what has been asked and is worth waking for; nothing of it is recorded.
"""
