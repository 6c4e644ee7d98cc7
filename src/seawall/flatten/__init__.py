"""Flat without the house: one account's slots brought home by a tool that has no journal and no past.

The engine knows each signal's story and closes exactly what is its own. This room knows nothing but what the venue
shows now, and is for the hour in which the engine does not answer. So it is simpler and blunter, on purpose: it goes in
rounds (read the slot's position and both of its books; decide; act; read again), one close at a time, every one of them
reduce-only, until the position is seen flat and stays so.

    account    which slots: the one that was named, or every one that bears our names
    slot       one slot's rounds, until nothing of ours is left on it
    closes     the closes of one slot and the ladder that refusals climb
    report     what was done, seen and left alone, in words

What it leans on. *Nothing is opened meanwhile*: whoever starts it has written the halt first, so an entry that may
still arrive is one that had left already, and the venue refuses it past its receive window; nothing is proven flat, and
no stop is taken away, before that. *Nothing can turn over or double*: a reduce-only order takes what is there and no
more, whoever else closes at the same time. *Nothing foreign is touched*: what is cancelled bears our installation's
name, and is cancelled by its own name.

Like the heart it reads no clock and sends nothing itself: inputs and the time go in, acts and queries come out, under
the same vocabulary; so the same codecs and connections carry it, on sockets and in the deterministic world.
"""
