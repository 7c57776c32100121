"""What was understood of a data folder, for people to look at before they train on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .columns import Chosen, Roles
from .parts import Dataset
from .refusal import Tally


@dataclass
class FileSeen:
    """A file of the folder: what it is taken for, and how, or why it is not read."""

    name: str
    what: str
    how: str
    tally: Tally | None = None


@dataclass(frozen=True)
class ColumnSeen:
    """A column: the part that it has, and how that was found."""

    file: str
    column: str
    part: str
    how: str


@dataclass
class Understood:
    """A data folder as it was read.

    form      in a word: sequences, baskets, behaviours or tables
    examples  the first rows: place, user, item, action, Unix seconds or None
    place     what counts them, "line" or "row"
    actions   action -> behaviours, the target first; empty for Trawl's own forms
    notes     sentences on what was guessed or left out
    """

    form: str
    files: list[FileSeen] = field(default_factory=list)
    columns: list[ColumnSeen] = field(default_factory=list)
    examples: list[tuple[int, str, str, str, int | None]] = field(default_factory=list)
    place: str = "line"
    actions: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def tallies(self) -> list[Tally]:
        return [file.tally for file in self.files if file.tally is not None]

    def summary(self) -> Iterator[str]:
        """A line for each file that was guessed at: what its columns are, and how many rows were passed over."""
        for file in self.files:
            if file.tally is not None:
                parts = ", ".join(f"{seen.part} is {seen.column}" for seen in self.columns if seen.file == file.name)
                yield f"{file.name}: {parts}; {file.tally.refused:,} of {file.tally.rows:,} rows passed over"

    def add_columns(self, file: str, roles: Roles, said_how: dict[str, str]) -> None:
        """Notes the parts of a file's columns; `said_how` adds to a part what its values told."""
        for part, chosen in roles.items():
            self.columns.append(ColumnSeen(file, chosen.column, part, _how(chosen) + said_how.get(part, "")))


@dataclass(frozen=True)
class Reading:
    """A data set, and what was understood on the way to it."""

    dataset: Dataset
    understood: Understood


def _how(chosen: Chosen) -> str:
    others = f" (rather than {', '.join(chosen.others)})" if chosen.others else ""
    return ("" if chosen.how == "as said" else "guessed ") + chosen.how + others
