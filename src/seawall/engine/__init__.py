"""One desk per account: admission, routing, gates, recovery. Still no I/O.

`desk.py` is the step; `slots.py` whose turn it is on a symbol; `view.py` what the desk knows of the account apart from
any signal; `admission.py` which signals get a slot, `authority.py` whether any may; `gates.py` what must be durable
before something leaves; `needs.py` what the desk itself reads, and when; `keeper.py` what becomes of what no signal
answers for. Two short drivers run a desk: `service/loop.py` on asyncio and `drill/world.py` under virtual time.
"""
