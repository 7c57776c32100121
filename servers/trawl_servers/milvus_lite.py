"""milvus-lite: Milvus' protocol in pure Python over faiss, a second subject for tests."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import List

from .milvus import lock_folder
from .process import Launch, free_ports

PORTS = ("grpc",)
PORT_TAKEN = ("already in use", "Failed to bind")


@dataclass(frozen=True)
class MilvusLite:
    """One server to be started.

    data  its folder, made where it is missing; a later server on it has what this one had
    """

    data: Path
    _locks: List[object] = field(default_factory=list)

    def prepare(self, home: Path) -> Launch:
        if not self._locks:
            self._locks.append(lock_folder(self.data))
        (port,) = free_ports(1)
        environment = dict(os.environ)
        environment.pop("PYTHONPATH", None)
        environment.pop("PYTHONHOME", None)
        # Its default host is every address.
        where = ["--data-dir", str(self.data / "data"), "--host", "127.0.0.1", "--port", str(port)]
        return Launch([str(home / "bin" / "python"), "-m", "milvus_lite", "server", *where], environment, self.data, {"grpc": port})
