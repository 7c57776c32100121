"""What `./trawl data show` and `./trawl train` can be told about a data folder. Needs nothing but Python itself."""

from __future__ import annotations

import argparse
import difflib
import math
import re
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import NoReturn

INTERACTION_PARTS = ("user", "item", "time", "action", "rating", "basket", "title", "category")
ITEM_PARTS = ("item", "title", "category", "attribute")

NOTHING, DATA = "no folder", "a folder with a data set, or a file of interactions"
"""What a path is that leads nowhere, and what was expected of it."""

Columns = dict[str, list[str]]
"""Part -> the columns that were named for it; an empty name says that there is none."""


@dataclass(frozen=True)
class Asked:
    """What a person said about the data; whatever is left out is guessed.

    columns        of the file of interactions
    item_columns   of the file of items
    interactions   the name of that file
    items          the name of that file; "none" says that there is none
    time_format    as strptime reads it
    target_action  the action that objectives predict
    min_rating     lower ratings are context
    max_bad_rows   the share of a file's rows that may be passed over
    """

    columns: Columns = field(default_factory=dict)
    item_columns: Columns = field(default_factory=dict)
    interactions: str | None = None
    items: str | None = None
    time_format: str | None = None
    target_action: str | None = None
    min_rating: float | None = None
    max_bad_rows: float = 0.01

    def __post_init__(self) -> None:
        if not 0.0 <= self.max_bad_rows <= 1.0:
            raise ValueError(f"max_bad_rows must be a share, 0 to 1, is {self.max_bad_rows}")
        if self.min_rating is not None and not math.isfinite(self.min_rating):
            raise ValueError(f"min_rating must be a number, is {self.min_rating}")

    def given(self) -> tuple[str, ...]:
        """The options that say something."""
        plain = Asked()
        return tuple(
            "--" + each.name.replace("_", "-")
            for each in fields(self)
            if getattr(self, each.name) != getattr(plain, each.name)
        )


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the options to a command line."""
    group = parser.add_argument_group("reading tables (CSV, TSV, JSON lines, Parquet, RecBole, MovieLens)")
    group.add_argument("--columns", action="append", default=[], metavar="PART=COLUMN,…", help=f"columns of the interactions; a part is {', '.join(INTERACTION_PARTS)}; 'PART=' for none (guessed by their names)")
    group.add_argument("--item-columns", action="append", default=[], metavar="PART=COLUMN,…", help=f"columns of the items; a part is {', '.join(ITEM_PARTS)}, which may be given more than once (guessed)")
    group.add_argument("--interactions", metavar="FILE", help="the file of interactions in the folder (guessed by its columns)")
    group.add_argument("--items", metavar="FILE", help="the file of items in the folder, or 'none' (guessed)")
    group.add_argument("--time-format", metavar="FORMAT", help="of times that are neither numbers nor ISO 8601, as in '%%d/%%m/%%Y %%H:%%M'")
    group.add_argument("--target-action", metavar="NAME", help="the action to predict; others are context (guessed: purchases before clicks)")
    group.add_argument("--min-rating", type=float, metavar="R", help="lower ratings are context, nothing to predict (every row counts, whatever its rating)")
    group.add_argument("--max-bad-rows", type=float, metavar="SHARE", default=Asked.max_bad_rows, help="of a file's rows that may be passed over because they do not fit (%(default)s)")


def asked(chosen: argparse.Namespace) -> Asked:
    """What the options say. Raises ValueError."""
    return Asked(
        columns=_columns("--columns", chosen.columns, INTERACTION_PARTS, ()),
        item_columns=_columns("--item-columns", chosen.item_columns, ITEM_PARTS, ("attribute",)),
        interactions=chosen.interactions,
        items=chosen.items,
        time_format=chosen.time_format,
        target_action=chosen.target_action,
        min_rating=chosen.min_rating,
        max_bad_rows=chosen.max_bad_rows,
    )


def _columns(option: str, given: list[str], parts: tuple[str, ...], many: tuple[str, ...]) -> Columns:
    found: Columns = {}
    for text in given:
        # A comma or an equals sign may stand in a column's name.
        for pair in re.split(rf",(?=(?:{'|'.join(parts)})=)", text):
            part, equals, column = pair.partition("=")
            if not equals or part not in parts:
                near = difflib.get_close_matches(part, parts, n=1)
                advice = f"the nearest part is '{near[0]}'" if near else f"a part is one of {', '.join(parts)}"
                raise ValueError(f"{option}: found {pair!r}, expected PART=COLUMN; {advice}")
            if part in found and part not in many:
                raise ValueError(f"{option}: found {part}= twice, expected one column for it")
            found.setdefault(part, []).append(column)
    return found


class Parser(argparse.ArgumentParser):
    """Refuses an unknown option with the nearest known one beside it."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ").split()[0]
        if message.startswith("unrecognized") and unknown.startswith("-"):
            known = [name for action in self._actions for name in action.option_strings]
            nearest = difflib.get_close_matches(unknown.split("=")[0], known, n=1)
            advice = f"the nearest known one is '{nearest[0]}'" if nearest else f"expected one of {', '.join(known)}"
            message = f"unknown option '{unknown}'; {advice}"
        self.exit(2, f"{self.prog.replace(' ', ': ')}: {message}\n")


def show_parser() -> argparse.ArgumentParser:
    """The command line of `./trawl data show`."""
    parser = Parser(
        prog="trawl data show", allow_abbrev=False,
        description="Reads a data folder as ./trawl train does, and says what was understood.",
    )
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with a data set, or one file of interactions")
    parser.add_argument("--seed", type=int, default=7, help="that of the training (%(default)s)")
    add(parser)
    return parser


def _leads_nowhere(path: Path) -> bool:
    try:
        return not path.exists()
    except OSError:
        return False  # whoever reads it says why it cannot


if __name__ == "__main__":
    try:
        chosen = show_parser().parse_args()
        asked(chosen)
        if _leads_nowhere(chosen.data):
            raise ValueError(f"{chosen.data}: found {NOTHING!r}, expected {DATA}")
    except ValueError as refused:
        sys.exit(str(refused))
