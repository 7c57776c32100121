"""What `./trawl train` refuses before its environment is made: whatever needs nothing but Python itself.

`python -m trawl_models.checks OPTIONS` reads all of the data too. What only the trainer's libraries can open, such as
the weights of a checkpoint, the trainer refuses.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import places, reading_options, train_options
from .bounds import MAX_ID_CHARS, characters
from .dataset import MIN_EXAMPLES, DataError, Dataset, NeedsLibrary, User, load, read_json

NEEDS_LIBRARY = 75
"""The exit status that asks for the environment of `env data`: the data can only be read there."""


def main() -> int:
    chosen = train_options.parser().parse_args()
    try:
        check(chosen)
        dataset = load(chosen.data, None, reading_options.asked(chosen))
        space_name(chosen, dataset)
        signal(chosen.data, dataset, chosen.keep_users)
    except NeedsLibrary:
        return NEEDS_LIBRARY
    except (ValueError, OSError, DataError) as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


def check(chosen: argparse.Namespace) -> None:
    """Everything but the data. Raises ValueError, OSError or DataError."""
    train_options.training(chosen)
    for queries in chosen.queries:
        train_options.backbone(chosen, vocabulary=1, item_token=0, pad_token=0, queries=queries)
    train_options.within("version", chosen.version, 1, train_options.MAX_VERSION)
    train_options.within("neighbours", chosen.neighbours, 1, train_options.MAX_SIZE)
    if chosen.keep_users is not None and chosen.keep_users < 1:
        raise ValueError(f"--keep-users: found {chosen.keep_users}, expected at least 1")
    if chosen.base is None:
        train_options.within("vocabulary", chosen.vocabulary, 1, train_options.MAX_VOCABULARY)
    else:
        _base(chosen.base)
    if chosen.encoder != train_options.DEFAULT_ENCODER and not chosen.encoder.is_file():
        raise DataError(chosen.encoder, None, "no such file", "the jar with the sentence encoder")
    _out(chosen.out, chosen.replace)
    read = {"--base": chosen.base, "--encoder": chosen.encoder}
    places.apart(chosen.out, chosen.data, {option: path for option, path in read.items() if path is not None})
    places.owned(places.work_folder(chosen.out))


def space_name(chosen: argparse.Namespace, dataset: Dataset) -> str:
    """What the space will be called."""
    name = chosen.name or dataset.name
    if not name.strip() or not name.isprintable() or characters(name) > MAX_ID_CHARS:
        raise ValueError(f"--name: found {name!r}, expected 1 to {MAX_ID_CHARS} printable characters")
    return name


def signal(data: Path, dataset: Dataset, kept: int | None = None) -> None:
    """Whether there can be an objective, and somebody to judge it by: the training targets of each are among what users
    did first with an item, and the test step is a last one that holds an item new to its user.

    kept  the space holds the first so many users and is judged by them; all of them if None
    """
    if len(dataset.items) < 2:
        raise DataError(data, None, len(dataset.items), "2 or more items, of which one can be told from another")
    action = dataset.target_action
    found = sum(len({b.item for b in user.behaviours if b.action == action}) for user in dataset.users)
    if found < MIN_EXAMPLES:
        expected = f"{MIN_EXAMPLES} or more {action!r} of a user's and an item's to train on"
        raise DataError(data, None, found, expected)
    if not any(_tested(user, action, dataset.baskets) for user in dataset.users[:kept]):
        who = "a user" if kept is None else f"among the first {kept} (--keep-users) a user"
        steps = "baskets" if dataset.baskets else repr(action)
        expected = f"{who} with two {steps} or more, the last of them with an item new to the user"
        raise DataError(data, None, "nobody to test by", expected)


def _tested(user: User, action: str, baskets: bool) -> bool:
    """Whether a user has a test step."""
    places = [place for place, behaviour in enumerate(user.behaviours) if behaviour.action == action]
    if not places:
        return False
    last = places[-1]
    if baskets:
        last = next(place for place in places if user.behaviours[place].time == user.behaviours[last].time)
    before = {behaviour.item for behaviour in user.behaviours[:last]}
    return last > places[0] and any(user.behaviours[place].item not in before for place in places if place >= last)


def _out(out: Path, replace: bool) -> None:
    if out.exists() and not replace:
        raise ValueError(f"{out} exists already; give --replace to replace it")
    if out.name in ("", ".."):
        raise ValueError(f"--out: found {out}, expected a path that ends in the name of a folder")
    if out.exists() or out.is_symlink():
        places.replaceable(out)
    above = next(folder for folder in out.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise ValueError(f"--out: {out} cannot be made, {above} is no folder that can be written to")


def _base(base: Path) -> None:
    for name in ("config.json", "tokenizer.json"):
        if not (base / name).is_file():
            raise ValueError(f"{base} holds no {name}; --base wants a checkpoint folder with its tokenizer")
        read_json(base / name)


if __name__ == "__main__":
    sys.exit(main())
