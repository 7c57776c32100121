"""Keeps one server from its start to its end."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Dict, Optional

from . import process
from .kinds import KINDS, Server
from .process import Failed, Identity

ATTEMPTS = 3
OWNER_LOOK_SECONDS = 1.0


class Kept:
    """What is written about a kept server, for those who look after it later."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.kind = kind
        self.file = folder / f"{kind}.json"
        self.log = folder / f"{kind}.log"

    def read(self) -> Optional[Dict[str, object]]:
        try:
            return json.loads(self.file.read_text())
        except FileNotFoundError:
            return None

    def write(self, facts: Dict[str, object]) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(facts))
        new.replace(self.file)

    def forget(self) -> None:
        if self.file.exists():
            self.file.unlink()

    def identity(self, role: str) -> Optional[Identity]:
        """The `keeper` or the `server`, as it was; it may be gone."""
        facts = self.read()
        return Identity(*facts[role]) if facts else None  # type: ignore[misc]


def keep(
    kept: Kept,
    server: Server,
    home: Path,
    guard_seconds: float,
    grace_seconds: float,
    watch_stdin: bool,
    owner: Optional[Identity] = None,
) -> int:
    """Starts the server, prints one line of JSON when it answers, and ends it when told to.

    Told by SIGTERM, SIGINT, the end of its owner, or (watch_stdin) the end of standard input:
    whoever holds the other end need not live to say so.
    """
    wake, alarm = os.pipe()
    os.set_blocking(alarm, False)
    signal.set_wakeup_fd(alarm)
    told = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(True))
    signal.signal(signal.SIGCHLD, lambda *_: None)

    running, ports = _start(kept, server, home, guard_seconds, told)
    try:
        facts = {
            "kind": kept.kind,
            **ports,
            "pid": running.pid,
            "server": _pair(running.pid),
            "keeper": _pair(os.getpid()),
            "log": str(kept.log),
        }
        kept.write(facts)
        print(json.dumps(facts), flush=True)
        sources = [wake] + ([sys.stdin.fileno()] if watch_stdin else [])
        while not told and running.poll() is None:
            ready = select.select(sources, [], [], OWNER_LOOK_SECONDS if owner else None)[0]
            if owner and not owner.alive():
                told.append(True)
            if wake in ready:
                os.read(wake, 64)
            if watch_stdin and sys.stdin.fileno() in ready and not os.read(sys.stdin.fileno(), 64):
                told.append(True)
        if not told:
            print(f"{kept.kind} ended by itself with {running.returncode}; its log: {kept.log}", file=sys.stderr)
        return 0 if told else 1
    finally:
        _end(running, grace_seconds)
        kept.forget()


def _start(kept: Kept, server: Server, home: Path, guard_seconds: float, told: list):
    kind = KINDS[kept.kind]
    for attempt in range(1, ATTEMPTS + 1):
        kept.log.write_bytes(b"")
        launch = server.prepare(home)
        running = process.start(launch, kept.log)
        end = time.monotonic() + guard_seconds
        while running.poll() is None and not told and time.monotonic() < end:
            if kind.answers(launch.ports):
                return running, launch.ports
            time.sleep(0.1)
        ended = running.poll() is not None
        _end(running, 0)
        # Far back: a server in Go says why first, and then what each of its threads did.
        said = process.tail(kept.log, 5000)
        if told:
            raise Failed(f"{kept.kind} was told to end before it answered")
        if not ended:
            raise Failed(f"{kept.kind} did not answer within {guard_seconds:g} s; its log ends with\n{_last(said)}")
        if attempt == ATTEMPTS or not any(words in said for words in kind.port_taken):
            raise Failed(f"{kept.kind} could not start (exit {running.returncode}); its log ends with\n{_last(said)}")
    raise AssertionError("unreachable")


def _last(said: str) -> str:
    """What tells why, in a log that ends with a page of settings or of threads."""
    lines = [line[:300] for line in said.splitlines() if line.strip() and line[0] not in "|+"]
    return "\n".join([line for line in lines if line.startswith(("error:", "panic:"))] or lines[-8:])


def _end(running: subprocess.Popen, grace_seconds: float) -> None:
    if running.poll() is None:
        running.terminate()
        try:
            running.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
    # A backend's process that hung when the server crashed stays behind in the server's own group.
    try:
        os.killpg(running.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _pair(pid: int):
    identity = Identity.of(pid)
    if identity is None:
        raise Failed(f"process {pid} ended as soon as it had started")
    return [identity.pid, identity.since]
