"""Milvus out of the wheel that `servers/env milvus` unpacks.

The server itself is started, not the wheel's Python wrapper, which would not end it. Milvus binds
its ports on every address, and no setting changes that; the etcd inside it is bound to the loopback
address, and its parts call each other there.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Sequence

from . import rpc
from .process import Launch, Failed, free_ports

PORTS = ("grpc", "metrics")
#: What Milvus says when a port was taken between our choice and its bind.
PORT_TAKEN = ("address already in use",)

_SERVICE = "milvus.proto.milvus.MilvusService"
_COMPONENTS = ("rootCoord", "queryCoord", "queryNode", "indexCoord", "indexNode", "dataCoord", "dataNode")
_IN_MEMORY = 1
_EVENTUALLY = 1
_TIMEOUT_SECONDS = 3
_NAME = re.compile(r"\w+(\.\w+)+")


@dataclass(frozen=True)
class Milvus:
    """One server to be started.

    data      its folder, made where it is missing; a later server on it has what this one had
    settings  NAME=VALUE, by the names of Milvus' configuration file, over those that are set here
    """

    data: Path
    settings: Sequence[str] = ()
    _locks: List[object] = field(default_factory=list)

    def prepare(self, home: Path) -> Launch:
        if not self._locks:
            self._locks.append(lock_folder(self.data))
        names = [*PORTS, "proxy", "etcd", "peer", *_COMPONENTS]
        ports = dict(zip(names, free_ports(len(names))))
        self._write_files(next(home.glob("lib/python3.*/site-packages/milvus/data")), ports)
        environment = {
            **os.environ,
            "DEPLOY_MODE": "STANDALONE",
            "METRICS_PORT": str(ports["metrics"]),
            "MILVUS_RUN_DIR": str(self.data / "run"),
            "TMPDIR": str(self.data / "run"),
            "LD_LIBRARY_PATH": str(home / "server"),
            **{name.replace(".", "_").upper(): str(value) for name, value in self._settings(ports).items()},
        }
        command = [str(home / "server" / "milvus"), "run", "standalone"]
        return Launch(command, environment, self.data, {name: ports[name] for name in PORTS})

    def _settings(self, ports: Dict[str, int]) -> Dict[str, object]:
        """By the names of Milvus' configuration file; it reads them from its environment too."""
        stored = self.data / "data"
        settings: Dict[str, object] = {
            # After a crash the next server waits until the sessions of the former one have run out.
            "common.session.ttl": 10,
            "etcd.config.path": self.data / "configs" / "etcd.yaml",
            "etcd.data.dir": stored / "etcd",
            "etcd.endpoints": f"127.0.0.1:{ports['etcd']}",
            "etcd.log.path": self.data / "logs" / "etcd.log",
            "localStorage.path": stored,
            "log.level": "warn",
            "proxy.internalPort": ports["proxy"],
            "proxy.ip": "127.0.0.1",
            "proxy.port": ports["grpc"],
            "queryNode.enableDisk": "true",
            "rocksmq.path": stored / "rocksmq",
        }
        for component in _COMPONENTS:
            settings[f"{component}.ip"] = "127.0.0.1"
            settings[f"{component}.port"] = ports[component]
        for given in self.settings:
            name, _, value = given.partition("=")
            if not value or not _NAME.fullmatch(name):
                raise Failed(f"setting '{given}' of Milvus; expected NAME=VALUE, such as proxy.timeTickInterval=50")
            settings[name] = value
        return settings

    def _write_files(self, wheel: Path, ports: Dict[str, int]) -> None:
        configs = self.data / "configs"
        for folder in (configs, self.data / "data", self.data / "logs", self.data / "run"):
            folder.mkdir(parents=True, exist_ok=True)
        template = (wheel / "config.yaml.template").read_text()
        (configs / "milvus.yaml").write_text(with_defaults(template))
        shutil.copy(wheel / "glog.conf", configs)
        client, peer = (f"http://127.0.0.1:{ports[name]}" for name in ("etcd", "peer"))
        (configs / "etcd.yaml").write_text(
            f"name: default\n"
            f"data-dir: '{self.data / 'data' / 'etcd'}'\n"
            f"listen-client-urls: {client}\n"
            f"advertise-client-urls: {client}\n"
            f"listen-peer-urls: {peer}\n"
            f"initial-advertise-peer-urls: {peer}\n"
            f"initial-cluster: default={peer}\n"
        )


def with_defaults(template: str) -> str:
    """The wheel's configuration with each `{{ name(type): default }}` become its default."""
    return re.sub(r"\{\{\s*\w+(?:\(\w+\))?\s*(?::\s*(\S*))?\s*\}\}", lambda found: found[1] or '""', template)


def lock_folder(folder: Path):
    """Two servers on one folder would spoil it. The lock lives as long as what is returned."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Failed(f"{folder} is the data folder of another server that runs") from None
    return lock


def answers(ports: Dict[str, int]) -> bool:
    """Whether it is well, and every collection that it says is in memory can be asked.

    After a crash its port takes calls, and it calls itself well, long before a collection that was
    in memory is there again.
    """
    try:
        if not rpc.fields(_ask(ports, "CheckHealth", b"")).get(2):
            return False
        shown = rpc.fields(_ask(ports, "ShowCollections", rpc.field(4, _IN_MEMORY)))
        return not _error(shown) and all(_counts(ports, name.decode()) for name in shown.get(2, ()))
    except OSError:
        return False


def _counts(ports: Dict[str, int], collection: str) -> bool:
    query = rpc.field(3, collection) + rpc.field(5, "count(*)") + rpc.field(8, _EVENTUALLY)
    return not _error(rpc.fields(_ask(ports, "Query", query)))


def _error(answer: Dict[int, List[rpc.Value]]) -> bool:
    """Its first field is a status; that of success has neither a code nor an old code."""
    status = rpc.fields(b"".join(answer.get(1, ())))
    return any(status.get(number, [0]) != [0] for number in (1, 3))


def _ask(ports: Dict[str, int], method: str, message: bytes) -> bytes:
    return rpc.call(ports["grpc"], f"{_SERVICE}/{method}", message, _TIMEOUT_SECONDS)
