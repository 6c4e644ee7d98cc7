"""The shell: the only place that chooses real things. A clock, a folder, sockets, a journal's file, a process's end.

Where to read first: `app.py` puts everything together; `loop.py` drives one account's desk; `front.py` stands between
the door and the desks; `intake_api.py` and `control_api.py` are the two doors. Nothing here decides what is true about
an order, and nobody imports this package but the command line, the drill and the demo.
"""
