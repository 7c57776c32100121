"""Makes a data set of a folder of tables: of one file of interactions, and one of items if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ..reading_options import Asked
from . import catalogue, interactions
from .catalogue import Catalogue
from .choice import Candidate, Choice, choose
from .columns import Roles
from .histories import Histories, examples, grammar_times, histories
from .interactions import Interactions
from .parts import Dataset, grammar, permuted
from .refusal import DataError
from .times import MICROS
from .understood import ColumnSeen, FileSeen, Reading, Understood


def read(folder: Path, files: Sequence[Path], name: str, seed: int | None, asked: Asked) -> Reading:
    """The data set in these files of a folder."""
    choice = choose(folder, files, asked)
    chosen, items = choice.interactions, choice.items
    if items is None:
        rows = interactions.read(chosen.table, chosen.roles, asked, None, "")
        found = catalogue.of_interactions(rows.items, rows.said)
    else:
        found = catalogue.read(items.table, items.roles, asked)
        known = {item.id for item in found.items}
        rows = interactions.read(chosen.table, chosen.roles, asked, known, items.table.file.name)
    ordered, ordinals = permuted(found.items, seed)
    users = histories(rows, ordinals, asked)
    dataset = Dataset(
        name=name,
        items=ordered,
        users=users.users,
        attributes=found.attributes,
        grammar=grammar((), users.target, users.actions, grammar_times(rows)),
        category_attribute=found.category,
        baskets="basket" in chosen.roles,
    )
    return Reading(dataset, _understood(files, choice, rows, found, users, asked))


def _understood(
    files: Sequence[Path], choice: Choice, rows: Interactions, found: Catalogue, users: Histories, asked: Asked
) -> Understood:
    chosen, items = choice.interactions, choice.items
    told = Understood("tables", place=chosen.table.place)
    for file in files:
        if file == chosen.table.file:
            told.files.append(FileSeen(file.name, "interactions", chosen.table.form, rows.tally))
        elif items is not None and file == items.table.file:
            told.files.append(FileSeen(file.name, "items", items.table.form, found.tally))
        else:
            told.files.append(FileSeen(file.name, "not read", _why(choice.passed.get(file.name, "no columns that are needed"))))
    told.add_columns(chosen.table.file.name, _used(chosen, items), {
        "time": f"; {rows.form.said}" if rows.form else "",
        "action": f"; {users.target} is predicted, {users.how}",
        "rating": _ratings(rows, asked),
    })
    if items is not None:
        told.add_columns(items.table.file.name, items.roles, {})
        kinds = dict(found.attributes)
        for name, column in found.columns.items():
            renamed = "" if name == column else f" {name}"
            told.columns.append(ColumnSeen(items.table.file.name, column, f"attribute{renamed}", kinds[name]))
        for column, why in found.left_out.items():
            told.columns.append(ColumnSeen(items.table.file.name, column, "left out", why))
    told.examples = examples(rows, users.target)
    told.actions = users.actions
    told.notes = [*_notes(chosen, items, rows, users), *found.notes]
    return told


def _why(passed: DataError | str) -> str:
    return passed if isinstance(passed, str) else f"no table: expected {passed.expected}"


def _used(chosen: Candidate, items: Candidate | None) -> Roles:
    """Titles and categories of the interactions are read only where no file of items has them."""
    return {part: each for part, each in chosen.roles.items() if items is None or part not in ("title", "category")}


def _ratings(rows: Interactions, asked: Asked) -> str:
    if rows.ratings is None:
        return ""
    spread = f"; {rows.ratings[0]:g} to {rows.ratings[1]:g}"
    if asked.min_rating is None:
        return f"{spread}; every row counts, --min-rating R makes lower ones context"
    return f"{spread}; below {asked.min_rating:g} is context"


def _notes(chosen: Candidate, items: Candidate | None, rows: Interactions, users: Histories) -> list[str]:
    notes = []
    if rows.form is None:
        notes.append("No column of times: the order of the file is the order of what users did.")
    if users.repeated:
        notes.append(f"{users.repeated:,} rows repeat user, item, action and time of another and count once.")
    if users.together and "basket" not in chosen.roles:
        notes.append(
            f"{users.together:,} rows have the very time of the user's row before; the file's order stands for theirs. "
            "If that is the order of ids, a model learns it: shuffle the file."
        )
    if items is None and "title" not in chosen.roles:
        notes.append("No file of items with titles: items are called by their ids, and no text is searched.")
    latest = max(rows.time, default=0) // MICROS if rows.timed else 0
    if latest > _far():
        notes.append("Some times lie after the year 2100.")
    return notes


def _far() -> int:
    return int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
