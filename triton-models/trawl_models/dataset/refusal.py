"""What is refused, and where it stood."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

MAX_SHOWN = 5
"""Rows that are shown of those a file's reader passed over."""


class DataError(Exception):
    """A data set that cannot be used; says where, what stood there and what was expected."""

    def __init__(
        self, file: Path | str, line: int | None, value: object, expected: str,
        field: str | None = None, place: str = "line",
    ):
        self.file = str(file)
        self.line = line
        self.value = value
        self.expected = expected
        self.field = field
        self.place = place
        where = [self.file]
        if line is not None:
            where.append(f"{place} {line}")
        if field is not None:
            where.append(f"column {shorten(field)}")
        super().__init__(f"{', '.join(where)}: found {shorten(value)}, expected {expected}")


class NeedsLibrary(ValueError):
    """A file that this Python alone cannot read; the environment of `triton-models/env data` can."""


class Tally:
    """Rows of one file: how many were read, and which of them cannot be."""

    def __init__(self, file: Path, place: str = "line"):
        self.file = file
        self.place = place
        self.rows = 0
        self.refused = 0
        self.shown: list[DataError] = []
        self.reasons: Counter[str] = Counter()

    def refuse(self, fault: DataError) -> None:
        """One more row that cannot be; the first of them are kept to be shown."""
        self.refused += 1
        self.reasons[f"{fault.field or 'row'}: expected {fault.expected}"[:200]] += 1
        if len(self.shown) < MAX_SHOWN:
            self.shown.append(fault)

    def settle(self, share: float) -> None:
        """Raises where more than `share` of the rows were refused, or all of them."""
        if self.rows == 0:
            raise DataError(self.file, None, "no rows", "at least one row below the header")
        if self.refused > share * self.rows or self.refused == self.rows:
            first = self.shown[0]
            raise DataError(
                self.file, first.line, first.value,
                f"{first.expected}. {self.refused:,} of {self.rows:,} rows cannot be used, of which "
                f"--max-bad-rows allows {share:g} of all",
                first.field, self.place,
            )


def shorten(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return "something deeply nested"
    return text if len(text) <= 120 else text[:117] + "..."
