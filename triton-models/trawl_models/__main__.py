"""`python -m trawl_models VERB`: the command line of the trainer."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import shop
from .dataset import DataError


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="trawl_models", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_shop(verbs)
    _add_train(verbs, wanted=given[:1] == ["train"])
    chosen = parser.parse_args(given)
    try:
        return chosen.run(chosen)
    except DataError as refused:
        print(refused, file=sys.stderr)
        return 1


def _add_train(verbs: argparse._SubParsersAction, wanted: bool) -> None:
    """PyTorch takes seconds to load, so it is loaded for this verb alone."""
    if not wanted:
        verbs.add_parser("train", help="train a backbone on a data set and write a space")
        return
    # Idle threads that spin take the processor from those that work, where other programs run too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from . import train_command

    train_command.add(verbs)


def _add_shop(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser("shop", help="write the generated demo shop as a data set")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--seed", type=int, default=shop.DEFAULT_SEED)
    parser.add_argument("--items", type=int, default=shop.DEFAULT_ITEMS)
    parser.add_argument("--users", type=int, default=shop.DEFAULT_USERS)
    parser.set_defaults(run=_shop)


def _shop(chosen: argparse.Namespace) -> int:
    made = shop.generate(chosen.seed, chosen.items, chosen.users)
    shop.write(chosen.out, made)
    print(f"{chosen.out}: {len(made.items)} items, {len(made.users)} users, seed {chosen.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
