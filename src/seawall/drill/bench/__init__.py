"""The bench: what the promise costs, beside a plain script that promises nothing.

Both stand in one process and take turns, opening by opening, at one box that runs in a process of its own: the shipped
service as `seawall run` starts it (signals by HTTP, journal in SQLite on a fresh folder), and `plain`, the same two
calls on bare aiohttp. So whatever the machine is busy with strikes both alike, and only what they do to each other is
compared: ratios in one run, never milliseconds of two runs.

Every stage is told in the venue's clock, the box's. What the venue sees (a request at its edge, a fill, a live stop) is
its own log's and its judge's word; what only we know is our clock's, put over by the distance between the two clocks,
which is measured once, at the start: both are carried by the same monotonic clock and cannot drift apart.

`make bench` runs it; docs/benchmark.md says how to read it.
"""
