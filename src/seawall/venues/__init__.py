"""The venues: per venue a codec without I/O, and the machines of the connection, also without I/O.

A codec turns an act or a query into the bytes of requests, and the bytes of replies and frames into reports. It knows
one venue's dialect and nothing of any order's history: what a report is worth is the heart's affair. `binance/` and
`bybit/` hold files of the same names, so that a third venue is written by reading one of them.

The machines (`link`, `exchange`, `pace`, `clock`) know deadlines, matching, budgets and back-off, and no dialect. Only
`sockets.py` opens, sends, receives and closes.
"""
