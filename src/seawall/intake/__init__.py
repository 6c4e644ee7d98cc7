"""From bytes to a signal, or to a problem that says what is wrong and how it would be right. One file per format.

No I/O, no clock, and no exception for any bytes: what somebody else sends is never our surprise. `canonical` is the
format of the house; the others (later) end in the same `Signal`.
"""
