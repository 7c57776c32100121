"""Which file of a folder holds the interactions, and which the items."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..reading_options import Asked
from . import columns
from .columns import Roles, plain
from .delimited import open_csv, open_recbole, open_u_data, open_u_item
from .jsonlines import JsonLines
from .parquet import Parquet
from .refusal import DataError
from .table import Table, head_fault, unpacked_suffix

MAX_FILES = 1000

OPENERS: dict[str, Callable[[Path], Table]] = {
    ".csv": open_csv, ".tsv": open_csv, ".inter": open_recbole, ".item": open_recbole,
    ".jsonl": JsonLines, ".ndjson": JsonLines, ".json": JsonLines, ".parquet": Parquet,
}
BY_NAME: dict[str, Callable[[Path], Table]] = {"u.data": open_u_data, "u.item": open_u_item}

FORMS = "CSV, TSV, JSON lines (.jsonl), Parquet, RecBole (.inter) or MovieLens (u.data, ratings.csv)"

INTERACTION_FILES = "interactions ratings events purchases transactions orders reviews clicks behaviors behaviours actions train".split()
ITEM_FILES = "items movies products catalog catalogue articles books metadata meta item product".split()
"""Names of files, the surest first, that decide between files whose columns would do."""


@dataclass(frozen=True)
class Candidate:
    """A table that has the columns for what it is taken for."""

    table: Table
    roles: Roles


@dataclass(frozen=True)
class Choice:
    """passed: why the other files are not read, by name."""

    interactions: Candidate
    items: Candidate | None
    passed: dict[str, DataError | str]


def choose(folder: Path, files: Sequence[Path], asked: Asked) -> Choice:
    """Opens the files that are tables. Raises where none, or more than one, could be that of the interactions."""
    if len(files) > MAX_FILES:
        raise DataError(folder, None, f"{len(files)} files", f"at most {MAX_FILES} files")
    tables, passed = _opened(files, asked)
    chosen = _interactions(folder, tables, passed, asked)
    items = _items(folder, [table for table in tables if table is not chosen.table], chosen, asked)
    return Choice(chosen, items, passed)


def open_table(file: Path) -> Table | None:
    """A file as a table; None where its name is of no form."""
    opener = BY_NAME.get(file.name.removesuffix(".gz")) or OPENERS.get(unpacked_suffix(file))
    return None if opener is None else opener(file)


def _opened(files: Sequence[Path], asked: Asked) -> tuple[list[Table], dict[str, DataError | str]]:
    """The tables, and why the others are none. What a person named, or a usual name names, must be one."""
    tables: list[Table] = []
    passed: dict[str, DataError | str] = {}
    for file in files:
        named = file.name in (asked.interactions, asked.items) or len(files) == 1
        try:
            table = open_table(file)
        except DataError as bad:
            if named or _place(file, INTERACTION_FILES + ITEM_FILES) < len(INTERACTION_FILES + ITEM_FILES):
                raise
            passed[file.name] = bad
            continue
        if table is not None:
            tables.append(table)
        elif named:
            raise DataError(file, None, file.name, f"the ending of a form that is known: {FORMS}")
        else:
            passed[file.name] = "a name of no known form"
    return tables, passed


def _interactions(folder: Path, tables: list[Table], passed: dict[str, DataError | str], asked: Asked) -> Candidate:
    if asked.interactions is not None:
        table = _named(folder, tables, asked.interactions, "--interactions")
        return _complete(table, columns.of_interactions(table, asked.columns))
    if not tables:
        raise _no_table(folder, passed)
    candidates, refused = [], [bad for bad in passed.values() if isinstance(bad, DataError)]
    for table in tables:
        try:
            roles = columns.of_interactions(table, asked.columns)
        except DataError as bad:
            refused.append(bad)
            continue
        if "user" in roles and "item" in roles:
            candidates.append(Candidate(table, roles))
    if candidates:
        return _surest(folder, candidates, INTERACTION_FILES, "--interactions")
    if refused:
        raise refused[0]
    likely = min(tables, key=lambda table: _place(table.file, INTERACTION_FILES))
    return _complete(likely, columns.of_interactions(likely, asked.columns))


def _no_table(folder: Path, passed: dict[str, DataError | str]) -> DataError:
    for why in passed.values():
        if isinstance(why, DataError):
            return why
    found = ", ".join(list(passed)[:8]) or "nothing"
    own = "dataset.json (behaviours), sequences.txt (sequences) or interactions.tsv[.gz] (baskets)"
    return DataError(folder, None, found, f"a file of interactions: {FORMS}; or Trawl's own form: {own}")


def _complete(table: Table, roles: Roles) -> Candidate:
    for part in ("user", "item"):
        if part not in roles:
            raise head_fault(table, f"a column that tells the {part}, in a header by a usual name or as --columns {part}=COLUMN")
    return Candidate(table, roles)


def _items(folder: Path, tables: list[Table], chosen: Candidate, asked: Asked) -> Candidate | None:
    if asked.items == "none":
        return None
    like = chosen.roles["item"].column
    if asked.items is not None:
        table = _named(folder, tables, asked.items, "--items")
        roles = columns.of_items(table, asked.item_columns, like)
        if "item" not in roles:
            raise head_fault(table, "a column that tells the item, as --item-columns item=COLUMN")
        return Candidate(table, roles)
    candidates, refused = [], None
    for table in tables:
        try:
            roles = columns.of_items(table, asked.item_columns, like)
        except DataError as bad:
            refused = bad
            continue
        described = "title" in roles or "category" in roles or _place(table.file, ITEM_FILES) < len(ITEM_FILES)
        if "item" in roles and described and not _of_users(table):
            candidates.append(Candidate(table, roles))
    titled = [each for each in candidates if "title" in each.roles]
    if not candidates:
        if asked.item_columns:
            raise refused or DataError(folder, None, "no file of items", "one, since --item-columns speaks of it; name it by --items")
        return None
    return _surest(folder, titled or candidates, ITEM_FILES, "--items")


def _named(folder: Path, tables: list[Table], name: str, option: str) -> Table:
    for table in tables:
        if table.file.name == name:
            return table
    found = ", ".join(table.file.name for table in tables[:8]) or "none"
    raise DataError(folder, None, name, f"for {option} the name of a table in the folder; there are: {found}")


def _of_users(table: Table) -> bool:
    user = columns.of_interactions(table, {}).get("user")
    return user is not None and user.how == "by its name"


def _surest(folder: Path, candidates: list[Candidate], names: Sequence[str], option: str) -> Candidate:
    def doubt(each: Candidate) -> tuple[int, int]:
        return sum("word" in role.how for role in each.roles.values()), _place(each.table.file, names)

    best = min(map(doubt, candidates))
    found = [each for each in candidates if doubt(each) == best]
    if len(found) > 1:
        expected = f"one such file; several have the columns for it, so name one: {option} FILE"
        raise DataError(folder, None, ", ".join(each.table.file.name for each in found[:8]), expected)
    return found[0]


def _place(file: Path, names: Sequence[str]) -> int:
    """How sure a file's name is: forms that say what they are come first, then the names, then all others."""
    if file.name.removesuffix(".gz") in BY_NAME or unpacked_suffix(file) in (".inter", ".item"):
        return -1
    stem = plain(file.name.split(".")[0])
    return names.index(stem) if stem in names else len(names)
