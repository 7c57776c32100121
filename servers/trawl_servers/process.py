"""A server as a process of this machine."""

from __future__ import annotations

import ctypes
import os
import random
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A server cannot be had; says why in a sentence."""


class Launch(NamedTuple):
    """How to start a server: its command, environment, working folder, and the ports it will use."""

    command: List[str]
    environment: Dict[str, str]
    folder: Path
    ports: Dict[str, int]


@dataclass(frozen=True)
class Identity:
    """A process, told from a later one that was given the same pid.

    pid    the process id
    since  when it started, in clock ticks after boot, as /proc/PID/stat has it
    """

    pid: int
    since: int

    @staticmethod
    def of(pid: int) -> Optional["Identity"]:
        """Nothing where there is no such process, or only its remains."""
        try:
            # The name in parentheses may hold anything; what follows it is plain.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else Identity(pid, int(fields[19]))

    def alive(self) -> bool:
        return Identity.of(self.pid) == self

    def send(self, number: int) -> None:
        """Signals this process, and no other that has its pid by now."""
        if self.alive():
            os.kill(self.pid, number)

    def end(self, grace_seconds: float) -> None:
        """Asks it to end, insists after a while, and returns once it is gone."""
        self.send(signal.SIGTERM)
        if not self.gone_within(grace_seconds):
            self.send(signal.SIGKILL)
            self.gone_within(10)

    def gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def start(launch: Launch, log: Path) -> subprocess.Popen:
    """Starts a server that the kernel kills when this process dies, however it dies.

    The kernel looks at the thread that starts it: call this from the main thread.
    """
    keeper = os.getpid()

    def die_with_the_keeper() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)

    with log.open("ab") as out:
        return subprocess.Popen(
            launch.command,
            env=launch.environment,
            cwd=launch.folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_the_keeper,
        )


def free_ports(count: int) -> List[int]:
    """Ports that nobody holds now; somebody may a moment later.

    They lie below those that the kernel gives to outgoing connections, which a server that takes
    seconds to bind would else lose some of.
    """
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    candidates = range(max(1024, lowest - 16_000), lowest)
    free: List[int] = []
    for port in random.sample(candidates, min(len(candidates), 1000)):
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError:
                continue
        free.append(port)
        if len(free) == count:
            return free
    raise Failed(f"no {count} ports below {lowest} are free; /proc/sys/net/ipv4/ip_local_port_range says where they end")


def tail(log: Path, lines: int) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
