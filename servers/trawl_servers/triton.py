"""Triton out of the wheel that `servers/env triton` installs."""

from __future__ import annotations

import http.client
import os
import socket
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Sequence

from .process import Launch, free_ports

PORTS = ("grpc", "http", "metrics")
#: What Triton says when a port was taken between our choice and its bind.
PORT_TAKEN = ("already in use", "failed to start GRPC", "failed to start HTTP")


@dataclass(frozen=True)
class Triton:
    """One server to be started.

    models  its model repository, only read
    load    the models to serve from the start; the server is ready when all of them are
    options further options of tritonserver, as they are
    ports   where it listens for gRPC, HTTP and metrics, or nothing for free ones
    """

    models: Path
    load: Sequence[str]
    options: Sequence[str] = ()
    ports: Sequence[int] = ()

    def prepare(self, home: Path) -> Launch:
        ports = dict(zip(PORTS, self.ports or free_ports(len(PORTS))))
        return Launch(self._command(home, ports), _environment(home), Path.cwd(), ports)

    def _command(self, home: Path, ports: Dict[str, int]) -> List[str]:
        command = [
            str(home / "bin" / "tritonserver"),
            f"--model-repository={self.models}",
            f"--backend-directory={home / 'backends'}",
            "--model-control-mode=explicit",
            "--strict-readiness=true",
        ]
        command += [f"--load-model={name}" for name in self.load]
        for name, port in ports.items():
            command += [f"--{name}-address=127.0.0.1", f"--{name}-port={port}"]
        return command + list(self.options)


def answers(ports: Dict[str, int]) -> bool:
    """Whether every port takes calls, and every model of the start is served."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", ports["http"], timeout=2)
        try:
            connection.request("GET", "/v2/health/ready")
            ready = connection.getresponse().status == 200
        finally:
            connection.close()
        for port in ports.values():
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
        return ready
    except (OSError, http.client.HTTPException):
        return False


def _environment(home: Path) -> Dict[str, str]:
    """Without these paths the stub of the Python backend cannot start, and Triton waits for it."""
    libraries = [next(home.glob("lib/python3.*/site-packages/nvidia_pytriton.libs"))]
    shared = sysconfig.get_config_var("LIBDIR")
    environment = dict(os.environ)
    environment.pop("PYTHONPATH", None)
    environment.pop("PYTHONHOME", None)
    environment["LD_LIBRARY_PATH"] = os.pathsep.join([*map(str, libraries), str(shared)])
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["VIRTUAL_ENV"] = str(home)
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["ORT_DISABLE_TELEMETRY"] = "1"
    return environment
