"""The sentences of docs/walk.md: what each room is for. Everything else on that page is printed by a run."""

from __future__ import annotations

HEAD = """# A walk through the house

On 2025-10-29 a bot was told to sell 27 VELVETUSDT. Its order filled, the stream said so within 0.35 s, the order
query said so, and ten seconds later the bot rolled the position back, because its third source still read "nothing".
This page takes the same signal through Seawall, under the same circumstances: the create reply comes 450 ms late, after
the stream has told of the fill, and every read of positions is empty for 12 s.

What stands in the blocks is what a run said. The run is `seawall.drill.world`: the product's own desk, codecs and
connection against the exchange in a box, 10 ms of network each way, virtual time. `python -m tools.walk` writes this
page again, and a test fails when it is out of date. Instants are told from the signal's arrival, except in what is
shown as it is stored or sent.

![The signal's way as a picture](walk.svg)
"""

ROOMS = {
    "Intake": """`seawall/intake` turns bytes into a `Signal`, or into an answer that names the field at fault. A
signal without a stop does not get past here.""",
    "Desk": """`seawall/engine/desk.py` is synchronous: inputs, the durable mark and the time go in; events, acts,
queries and answers come out. One step accepts the signal and intends the entry. The intention names the order before it
exists, says where its stop will lie, what the position was before, and until when the venue may accept it. Nothing
leaves yet.""",
    "Journal": """`seawall/journal` makes the events durable, in their order. An event is a row; amounts are text, so
that no reader rounds them.""",
    "Gate": """What may raise exposure waits for its own record, and so does the answer to the sender. The record is
durable now (virtual time has disks that take none), so both go.""",
    "Codec": """`seawall/venues/binance` writes the act as bytes, without any I/O. The name of the order is ours; the
receive window is short, so that a lost order cannot be accepted later.""",
    "The venue": """What happened in the exchange's own book. Nobody in the house can read this, and the reply will take
450 ms.""",
    "Stream": """The first news does not come from the reply but from the stream, and it is the position's, before the
order's: each topic has its own lag. The codec reads each frame into reports, with the venue's time.""",
    "Evidence": """Reports are claims, and evidence only grows: a report that adds nothing is not recorded, so the same
news from a second source, or twice, writes nothing. Each is attributed to this signal's entry by the name that the
intention gave it. Look for the report whose source is `positions`: it says 0. That is the read on which the bot rolled
back. It carries no venue time and began before anything could have settled, so it stands here as what it is, a word
about the read.""",
    "Judgement and table": """After each step the judge says in one word what all evidence says together, and
`sagas/table.py` says where that word leads from the phase in which the signal stands. These are all the pairs that this
signal met. The empty position was heard together with the stop's acknowledgement; the word was ARMED.""",
    "Decisions": """Presence needs one witness. The first is the position on the stream: it has changed by 27 in the
right direction, after the intention, and that alone starts protection, at most as large as what was intended. The
trade's own word comes a moment later and names the fill.""",
    "The stop": """A protective act does not wait for the journal. It leaves in the same instant, under its own name,
for the whole position.""",
    "PROTECTED": """An acknowledged stop is not yet a live one. LIVE means seen: here the stream's own word about the
stop, under our name, at our trigger. With the entry terminal, the fill known and the stop live, the signal has its
end.""",
    "What came afterwards": """The late reply arrives and is one more source that agrees. Every source was asked, and
none had to be asked twice.""",
    "Two witnesses": """What the journal tells, and what the judge finds in the venue's own book. They have never met:
one is a fold of our events, the other of the exchange's.""",
}

TAIL = """## Further

`seawall show ID` prints the same for any signal of yours, `seawall why ID` in one paragraph. The phases and findings
are explained at the head of `src/seawall/sagas/table.py`. `seawall demo` runs this signal and nineteen others over real
sockets, with the report's bot beside them."""
