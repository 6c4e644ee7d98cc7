"""Where the promise is kept: how an opening, a guarded position and a way home behave.

Read in this order; it takes about twenty minutes.

1. `table.py`     the theory, and the table: phase x finding -> phase, duties.
2. `phase.py`     the three closed lists: phases, findings, duties.
3. `judgement.py` the judge: what all the evidence says now; what counts as absence, as gone, as settled.
4. `exposure.py`  what of a signal is open, and what covers it.
5. `orders.py`, `stops.py`, `positions.py`  the evidence about one order, one stop, the position; how it grows.
6. `hearing.py`   which inputs make it grow, and whose they are.
7. `preparing.py` what must be known before an entry, and what is refused without one.
8. `entering.py`, `covering.py`, `closing.py`, `laddering.py`, `asking.py`  what of the table's duties is due now;
   `acting.py` names it.
9. `moves.py`     the events of each move, and what is said aloud.
10. `state.py`    what a saga knows, `sent.py` of each act; `fold.py`: it changes only in `apply`.
11. `saga.py`     the step that ties them. `wishes.py`: what an owner may ask of a position that is open.

No I/O, no clock, no randomness. A saga is told the time and what a venue has said; it answers with events, acts and
questions.
"""
