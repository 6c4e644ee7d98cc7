"""Where the promise is kept: how an opening, a guarded position and a way home behave.

Four files tell the whole of it, in this order; the promise can be explained from them.

1. `table.py`     the theory, and the table: phase x finding -> phase, duties.
2. `phase.py`     the three closed lists: phases, findings, duties.
3. `judgement.py` the judge: what all the evidence says now; what counts as absence, as gone, as settled.
4. `saga.py`      the step that ties them: hear, judge, move, do.

What they rest on stands in two rooms, each knowing only what is named before it:

- `evidence/`     what is known, how it grows, and what of a signal is open and covered. It changes only by a fold.
- `preparing.py`  what must be known before an entry, and what is refused without one.
- `duties/`       what of the table's duties is due now, and under which name.
- `moves.py`      the events of each move, and what is said aloud.
- `wishes.py`     what an owner may ask of a position that is open.

No I/O, no clock, no randomness. A saga is told the time and what a venue has said; it answers with events, acts and
questions.
"""
