"""`./trawl servers`: real servers on this machine, for demo and tests."""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
from pathlib import Path
from typing import IO, List, NamedTuple, Sequence

from . import process
from .keeper import Kept, keep
from .kinds import KINDS, REAL, Server
from .milvus import Milvus
from .milvus_lite import MilvusLite
from .process import Failed, Identity
from .triton import Triton

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "target" / "servers" / "up"
DEMO_SPACE = ROOT / "triton-models" / "spaces" / "demo-shop"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.verb(options)
    except Failed as failed:
        print(f"servers: {failed}", file=sys.stderr)
        return 1


class Starting(NamedTuple):
    """A keeper that was asked to start its server, and says a line when the server answers."""

    kept: Kept
    keeper: "subprocess.Popen[bytes]"
    errors: Path


def up(options: argparse.Namespace) -> int:
    with _locked():
        missing = [kept for kept in _named(options) if not _is_kept(kept)]
        for kept in missing:
            _install(kept.kind)
            _clear(kept)
        started = [_start(kept, options) for kept in missing]
        failed = [each for each in started if not _answers(each)]
    status(options)
    return 1 if failed else 0


def _start(kept: Kept, options: argparse.Namespace) -> Starting:
    own = {
        "triton": ["--models", str(options.space / "models"), *(f"--load={name}" for name in options.load or ())],
        "milvus": ["--milvus", str(STATE / "milvus")],
    }[kept.kind]
    print(f"servers: starting {kept.kind} with {own[1]}", file=sys.stderr)
    errors = STATE / f"{kept.kind}.keeper.log"
    with errors.open("wb") as err:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "trawl_servers", "hold", "--detached", f"--state={STATE}", f"--guard-seconds={options.guard_seconds}", *own],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            start_new_session=True,
        )
    return Starting(kept, keeper, errors)


def _answers(starting: Starting) -> bool:
    assert starting.keeper.stdout is not None
    with starting.keeper.stdout as said:
        if said.readline():
            return True
    starting.keeper.wait()
    sys.stderr.write(starting.errors.read_text(errors="replace"))
    return False


def hold(options: argparse.Namespace) -> int:
    kind, server = _server(options)
    options.state.mkdir(parents=True, exist_ok=True)
    owner = Identity.of(options.owner) if options.owner else None
    if options.owner and not owner:
        raise Failed(f"--while: there is no process {options.owner}")
    return keep(
        Kept(options.state, kind),
        server,
        _install(kind),
        options.guard_seconds,
        options.grace_seconds,
        watch_stdin=not options.detached and not owner,
        owner=owner,
    )


def _server(options: argparse.Namespace) -> "tuple[str, Server]":
    if options.milvus:
        return "milvus", Milvus(options.milvus.resolve(), options.options)
    if options.milvus_lite:
        return "milvus-lite", MilvusLite(options.milvus_lite.resolve())
    models = options.models.resolve()
    if not models.is_dir():
        raise Failed(f"--models: {models} is no folder; expected a Triton model repository")
    load = options.load or sorted(each.name for each in models.iterdir() if each.is_dir())
    if not load:
        raise Failed(f"{models} holds no model")
    return "triton", Triton(models, load, options.options, options.ports or ())


def _install(kind: str) -> Path:
    """The environment of this kind, made where it is missing; the script says what is wrong."""
    made = subprocess.run([str(ROOT / "servers" / "env"), kind], stdout=subprocess.PIPE)
    if made.returncode:
        raise Failed(f"{kind} cannot be installed; the line above says why")
    return Path(made.stdout.decode().strip())


def status(options: argparse.Namespace) -> int:
    return 0 if all([_show(kept) for kept in _named(options)]) else 3


def _show(kept: Kept) -> bool:
    facts = kept.read()
    if facts is None:
        print(f"{kept.kind}: down")
        return False
    if not _is_kept(kept):
        print(f"{kept.kind}: its keeper is gone; ./trawl servers down clears up")
        return False
    kind = KINDS[kept.kind]
    ports = {name: int(facts[name]) for name in kind.ports}  # type: ignore[call-overload]
    ready = kind.answers(ports)
    places = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in ports.items())
    print(f"{kept.kind}: {'ready' if ready else 'not ready'}, pid {facts['pid']}, {places}")
    return ready


def logs(options: argparse.Namespace) -> int:
    started = [kept for kept in _named(options) if kept.log.exists()]
    if not started:
        raise Failed("there is no log; no server was ever started")
    for kept in started:
        if len(started) > 1:
            print(f"==> {kept.log} <==")
        print(process.tail(kept.log, options.lines))
    return 0


def down(options: argparse.Namespace) -> int:
    with _locked():
        for kept in _named(options):
            known = kept.read() is not None
            _clear(kept)
            print(f"{kept.kind}: {'ended' if known else 'down'}")
    return 0


def _locked() -> IO[str]:
    """Two `up` at once: the second waits, and finds the work done. Closing gives the lock back."""
    STATE.mkdir(parents=True, exist_ok=True)
    lock = (STATE / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _named(options: argparse.Namespace) -> List[Kept]:
    return [Kept(STATE, kind) for kind in ([options.only] if options.only else REAL)]


def _is_kept(kept: Kept) -> bool:
    keeper = kept.identity("keeper")
    return keeper is not None and keeper.alive()


def _clear(kept: Kept) -> None:
    """Ends what the file names, the keeper first: it ends its server in order."""
    for role, grace_seconds in (("keeper", 40), ("server", 30)):
        known = kept.identity(role)
        if known is not None:
            known.end(grace_seconds)
    kept.forget()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./trawl servers",
        description="Real servers on this machine, without containers: Triton 2.51.0 and Milvus 2.3.5 on free ports.",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, run, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(verb=run)
        return added

    def chosen(added: argparse.ArgumentParser) -> argparse.ArgumentParser:
        added.add_argument("--only", choices=REAL, help="this server alone (default: both)")
        return added

    def starting(added: argparse.ArgumentParser) -> None:
        added.add_argument("--load", action="append", metavar="NAME", help="serve this model from the start, repeatable (default: all of them)")
        added.add_argument("--guard-seconds", type=float, default=120, help="give up a start that takes longer (default 120)")

    begun = chosen(verb("up", up, "install where needed, start, return when the servers answer and Milvus holds the items"))
    begun.add_argument("--space", type=Path, default=DEMO_SPACE, help="the space: its backbone goes into Triton, its items into Milvus (default: the demo's)")
    starting(begun)
    chosen(verb("status", status, "say what runs and where it listens; exit 3 unless all of it answers"))
    chosen(verb("logs", logs, "show the end of the logs")).add_argument("-n", "--lines", type=int, default=50)
    chosen(verb("down", down, "end what `up` started, also after a crash of its keeper"))
    held = verb("hold", hold, "start one server, print its ports as JSON, end it at the end of standard input (for tests)")
    starting(held)
    held.add_argument("--models", type=Path, default=DEMO_SPACE / "models", help="Triton's model repository (default: the demo space's)")
    kind = held.add_mutually_exclusive_group()
    kind.add_argument("--milvus", type=Path, metavar="DATA", help="not Triton but Milvus, on this data folder")
    kind.add_argument("--milvus-lite", type=Path, metavar="DATA", help="not Triton but milvus-lite, on this data folder")
    held.add_argument("--ports", type=int, nargs=3, metavar=("GRPC", "HTTP", "METRICS"), help="where Triton listens (default: free ports)")
    held.add_argument("--state", type=Path, required=True, help="folder for the log and what is known of the server")
    held.add_argument("--grace-seconds", type=float, default=35, help="how long the server may take to end before it is killed (default 35)")
    held.add_argument("--detached", action="store_true", help="live until a signal, whatever happens to standard input")
    held.add_argument("--while", type=int, metavar="PID", dest="owner", help="live as long as this process, whatever happens to standard input")
    held.add_argument("options", nargs="*", metavar="-- OPTION", help="further options of tritonserver, or settings of Milvus as NAME=VALUE")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
