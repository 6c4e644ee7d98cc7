"""Every view of the house is a fold of what was recorded: nothing here is kept, everything can be told again.

`timeline` tells a signal's story in sentences, `receipt` in figures, `waterfall` in a picture; `naked` measures the one
figure that matters, `positions` sets the three opinions about a position side by side, `failures` counts. No I/O, no
clock: the history and, where an age is asked for, the present come in as arguments.
"""
