"""The durable record: what is in it has happened, and nothing that raises exposure happens before it is in it.

One stream of events for each account, contiguous from 1, written by one writer, first in, first out, so that what is
durable is always a prefix of what was decided. Beside it two tables that are nothing but folds of the stream, kept in
the same transaction: `signals`, the permanent key against doing a thing twice, and `positions`, the position record and
its id. `port` says what a journal is; `sqlite` is the one that is used, `memory` the one that the drill can stall and
fail.
"""
