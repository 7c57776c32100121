"""What is refused, and where it stood."""

from __future__ import annotations

from pathlib import Path


class DataError(Exception):
    """A data set that cannot be used; says where, what stood there and what was expected."""

    def __init__(self, file: Path | str, line: int | None, value: object, expected: str):
        self.file = str(file)
        self.line = line
        self.value = value
        self.expected = expected
        where = self.file if line is None else f"{self.file}, line {line}"
        super().__init__(f"{where}: found {shorten(value)}, expected {expected}")


def shorten(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return "something deeply nested"
    return text if len(text) <= 120 else text[:117] + "..."
