"""The kinds of server that can be kept."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Dict, List, NamedTuple, Sequence

from . import milvus, milvus_lite, triton
from .process import Launch


class Kind(NamedTuple):
    """What the keeper and the verbs need to know of one kind of server.

    ports       the names of the ports that callers may use, in the order in which they are shown
    port_taken  what its log says when somebody took a port between our choice and its bind
    answers     whether the server behind these ports does what it is for, not only listens
    """

    ports: Sequence[str]
    port_taken: Sequence[str]
    answers: Callable[[Dict[str, int]], bool]


class Server:
    """One server to be started; each kind has a class with this method."""

    def prepare(self, home: Path) -> Launch:
        """How to start it, from the environment that `servers/env KIND` printed, on new ports."""
        raise NotImplementedError


KINDS: Dict[str, Kind] = {
    "triton": Kind(triton.PORTS, triton.PORT_TAKEN, triton.answers),
    "milvus": Kind(milvus.PORTS, milvus.PORT_TAKEN, milvus.answers),
    "milvus-lite": Kind(milvus_lite.PORTS, milvus_lite.PORT_TAKEN, milvus.answers),
}

#: What `up` starts.
REAL: List[str] = ["triton", "milvus"]
