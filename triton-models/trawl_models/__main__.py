"""`python -m trawl_models VERB`: the command line of the trainer."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import checks, floors, shop, shop_oracle, train_options
from .dataset import DataError


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    try:
        if given[:1] == ["train"]:
            return _train(given[1:])
        if given[:1] == ["data"]:
            return _data(given[1:])
        parser = argparse.ArgumentParser(prog="trawl_models", description=__doc__)
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
        _add_shop(verbs)
        _add_stand_in(verbs)
        floors.add(verbs)
        verbs.add_parser("train", help="train a backbone on a data set and write a space")
        verbs.add_parser("data", help="show DIR: what is understood of a data set")
        chosen = parser.parse_args(given)
        return chosen.run(chosen)
    except (ValueError, OSError, DataError) as refused:
        print(refused, file=sys.stderr)
        return 1


def _train(given: list[str]) -> int:
    """PyTorch takes seconds to load, so it is loaded when the options are known to be good."""
    chosen = train_options.parser().parse_args(given)
    checks.check(chosen)
    # Idle threads that spin take the processor from those that work, where other programs run too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from . import train_command

    return train_command.run(chosen)


def _data(given: list[str]) -> int:
    if given[:1] != ["show"]:
        raise ValueError(f"data: found {' '.join(given[:1]) or 'nothing'}, expected show")
    from . import data_command

    return data_command.run(given[1:])


def _add_shop(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser("shop", help="write the generated demo shop as a data set")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--seed", type=int, default=shop.DEFAULT_SEED)
    parser.add_argument("--items", type=int, default=shop.DEFAULT_ITEMS)
    parser.add_argument("--users", type=int, default=shop.DEFAULT_USERS)
    text = "customers that the oracle foresees, the first; all if left out"
    parser.add_argument("--oracle-users", type=int, metavar="N", help=text)
    parser.set_defaults(run=_shop)


def _shop(chosen: argparse.Namespace) -> int:
    if chosen.oracle_users is not None and chosen.oracle_users < 0:
        raise ValueError(f"oracle-users: found {chosen.oracle_users}, expected 0 or more")
    made = shop.generate(chosen.seed, chosen.items, chosen.users)
    made = shop_oracle.foreseen(made, chosen.seed, chosen.oracle_users)
    shop.write(chosen.out, made)
    print(f"{chosen.out}: {len(made.items)} items, {len(made.users)} users, seed {chosen.seed}")
    return 0


def _add_stand_in(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser("stand-in", help="write a space that costs no training, to measure")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a data set")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write")
    parser.add_argument("--items", type=int, required=True, help="items, copies where need be")
    parser.add_argument("--queries", type=int, default=16, help="query vectors of a request")
    parser.add_argument("--width", type=int, default=64, help="numbers of a vector")
    parser.add_argument("--seed", type=int, default=shop.DEFAULT_SEED)
    parser.set_defaults(run=_stand_in)


def _stand_in(chosen: argparse.Namespace) -> int:
    from . import stand_in

    given = (chosen.items, chosen.queries, chosen.width, chosen.seed)
    print(stand_in.write(chosen.data, chosen.out, *given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
