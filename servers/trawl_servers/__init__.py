"""Real servers on this machine, without containers: started, watched and ended by process id.

process.py      one server as a process: it dies with its keeper, and is known by pid and start time
kinds.py        what a kind of server is, and the list of them
triton.py       what is Triton's own: command line, environment, readiness
milvus.py       what is Milvus' own: configuration, command line, readiness
milvus_lite.py  the same of milvus-lite, which speaks Milvus' protocol in pure Python
rpc.py          one gRPC call, for servers that can be asked in no other way
keeper.py       keeps one server: starts it under a guard, says where it listens, ends it
__main__.py     the verbs of `./trawl servers`

A further kind of server is a module beside triton.py and a line in `kinds.KINDS`. Nothing here
needs more than Python 3.8 and its library.
"""
