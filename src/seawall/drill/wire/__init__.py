"""The same house and the same box, on real sockets and in real time: what the deterministic world cannot cover.

`stage` puts the shipped service in front of the box's server; `calm` opens without faults, `storm` with drawn ones,
`killer` ends the real process with kill -9 and starts it again. `python -m seawall.drill.wire` runs them all.
"""
