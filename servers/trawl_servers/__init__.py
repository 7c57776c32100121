"""Real servers on this machine, without containers: started, watched and ended by process id.

process.py     one server as a process: it dies with its keeper, and is known by pid and start time
triton.py      what is Triton's own: command line, environment, readiness
keeper.py      keeps one server: starts it under a guard, says where it listens, ends it
__main__.py    the verbs of `./trawl servers`

A second kind of server is a module beside triton.py with the same two names, and a line in
`keeper.KINDS`. Nothing here needs more than Python 3.8 and its library.
"""
