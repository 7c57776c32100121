"""`./trawl servers`: real servers on this machine, for demo and tests."""

from __future__ import annotations

import argparse
import fcntl
import subprocess
import sys
from pathlib import Path
from typing import List, Sequence

from . import process, triton
from .keeper import Failed, Kept, keep
from .triton import Triton

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / "target" / "servers" / "up"
DEMO_MODELS = ROOT / "triton-models" / "spaces" / "demo-shop" / "models"
KIND = "triton"


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.verb(options)
    except Failed as failed:
        print(f"servers: {failed}", file=sys.stderr)
        return 1


def up(options: argparse.Namespace) -> int:
    STATE.mkdir(parents=True, exist_ok=True)
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _up(options, Kept(STATE, KIND))


def _up(options: argparse.Namespace, kept: Kept) -> int:
    if _is_kept(kept):
        print(f"{KIND} is up already")
        return status(options)
    _clear(kept)
    errors = STATE / f"{KIND}.keeper.log"
    with errors.open("wb") as err:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "trawl_servers", "hold", "--detached", f"--state={STATE}", *_hold_options(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=err,
            start_new_session=True,
        )
    assert keeper.stdout is not None
    print(f"servers: starting {KIND} with {options.models}", file=sys.stderr)
    if not keeper.stdout.readline():
        keeper.wait()
        sys.stderr.write(errors.read_text(errors="replace"))
        return 1
    return status(options)


def hold(options: argparse.Namespace) -> int:
    models = options.models.resolve()
    if not models.is_dir():
        raise Failed(f"--models: {models} is no folder; expected a Triton model repository")
    load = options.load or sorted(each.name for each in models.iterdir() if each.is_dir())
    if not load:
        raise Failed(f"{models} holds no model")
    options.state.mkdir(parents=True, exist_ok=True)
    return keep(
        Kept(options.state, KIND),
        Triton(models, load, options.options),
        options.guard_seconds,
        options.grace_seconds,
        watch_stdin=not options.detached,
    )


def status(_: argparse.Namespace) -> int:
    kept = Kept(STATE, KIND)
    facts = kept.read()
    if facts is None:
        print(f"{KIND}: down")
        return 3
    ports = {name: int(facts[name]) for name in triton.PORTS}  # type: ignore[call-overload]
    if not _is_kept(kept):
        print(f"{KIND}: its keeper is gone; ./trawl servers down clears up")
        return 3
    ready = triton.answers(ports)
    places = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in ports.items())
    print(f"{KIND}: {'ready' if ready else 'not ready'}, pid {facts['pid']}, {places}")
    return 0 if ready else 3


def logs(options: argparse.Namespace) -> int:
    log = Kept(STATE, KIND).log
    if not log.exists():
        raise Failed(f"{KIND} has no log; it was never started")
    print(process.tail(log, options.lines))
    return 0


def down(options: argparse.Namespace) -> int:
    kept = Kept(STATE, KIND)
    if kept.read() is None:
        print(f"{KIND}: down")
        return 0
    _clear(kept)
    print(f"{KIND}: ended")
    return 0


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


def _hold_options(options: argparse.Namespace) -> List[str]:
    own = [f"--models={options.models}", f"--guard-seconds={options.guard_seconds}"]
    return own + [f"--load={name}" for name in options.load or ()]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="./trawl servers",
        description="Real servers on this machine, without containers: Triton 2.51.0 on free ports of the loopback address.",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, run, text: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(verb=run)
        return added

    def starting(added: argparse.ArgumentParser) -> None:
        added.add_argument("--models", type=Path, default=DEMO_MODELS, help="Triton's model repository (default: the demo space's)")
        added.add_argument("--load", action="append", metavar="NAME", help="serve this model from the start, repeatable (default: all of them)")
        added.add_argument("--guard-seconds", type=float, default=120, help="give up a start that takes longer (default 120)")

    starting(verb("up", up, "install where needed, start, return when the servers answer"))
    verb("status", status, "say what runs and where it listens; exit 3 unless all of it answers")
    verb("logs", logs, "show the end of the log").add_argument("-n", "--lines", type=int, default=50)
    verb("down", down, "end what `up` started, also after a crash of its keeper")
    held = verb("hold", hold, "start a server, print its ports as JSON, end it at the end of standard input (for tests)")
    starting(held)
    held.add_argument("--state", type=Path, required=True, help="folder for the log and what is known of the server")
    held.add_argument("--grace-seconds", type=float, default=35, help="how long the server may take to end before it is killed (default 35)")
    held.add_argument("--detached", action="store_true", help="live until a signal, whatever happens to standard input")
    held.add_argument("options", nargs="*", metavar="-- OPTION", help="further options of tritonserver")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
