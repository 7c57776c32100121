"""A file as rows of named columns, whatever its form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from .refusal import DataError

MAX_COLUMNS = 1024
MAX_ROWS = 100_000_000


class Table(Protocol):
    """A file, opened as far as its header.

    file     its path
    form     how it is read, in words
    columns  their names, in order
    place    what a number in `rows` counts: "line" or "row"
    joined   how one text holds several, by column: RecBole's sequences
    """

    file: Path
    form: str
    columns: tuple[str, ...]
    place: str
    joined: dict[str, str]

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[int, tuple[Any, ...] | DataError]]:
        """Each row's number with its values of the wanted columns, or why it has none."""
        ...


def head_fault(table: Table, expected: str, found: str | None = None) -> DataError:
    """What a table's header lacks; all of its columns stand there unless `found` is one."""
    names = ", ".join(map(repr, table.columns[:20])) if found is None else found
    return DataError(table.file, 1 if table.place == "line" else None, names, expected)


def checked_columns(file: Path, names: Sequence[str], line: int | None = 1) -> tuple[str, ...]:
    """The names of a header, each given once."""
    if not any(names):
        raise DataError(file, line, list(names[:8]), "a header with names of columns")
    if len(names) > MAX_COLUMNS:
        raise DataError(file, line, len(names), f"at most {MAX_COLUMNS} columns")
    seen: set[str] = set()
    for name in names:
        if name in seen and name:
            raise DataError(file, line, name, "a column that is given once")
        seen.add(name)
    return tuple(names)


def unpacked_suffix(file: Path) -> str:
    """The ending that tells the form, in lower case, that of gzip aside."""
    inner = file.with_suffix("") if file.suffix.lower() == ".gz" else file
    return inner.suffix.lower()
