"""Tables of JSON objects, one a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from .lines import decoded_lines, json_object
from .refusal import DataError
from .table import MAX_ROWS, checked_columns

HEAD = 1000
"""Columns are the keys of so many objects at the beginning."""


class JsonLines:
    """Objects; a key that one lacks is a missing value."""

    place = "line"
    form = "JSON, an object a line"

    def __init__(self, file: Path):
        self.file = file
        self.joined: dict[str, str] = {}
        head = [found for _, found in islice(self._objects(), HEAD)]
        faults = [found for found in head if isinstance(found, DataError)]
        names = {name: None for found in head if not isinstance(found, DataError) for name in found}
        if 2 * len(faults) > len(head):
            raise faults[0]
        if not names:
            raise DataError(file, 1, "nothing", "a JSON object with keys on each line")
        self.columns = checked_columns(file, list(names))

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[int, tuple[Any, ...] | DataError]]:
        for count, (line, found) in enumerate(self._objects()):
            if count == MAX_ROWS:
                raise DataError(self.file, line, "another row", f"at most {MAX_ROWS:,} rows")
            if isinstance(found, DataError):
                yield line, found
            else:
                yield line, tuple([found.get(name) for name in wanted])

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | DataError]]:
        for line, text in decoded_lines(self.file):
            text = text.removeprefix("\ufeff").strip() if line == 1 else text.strip()
            if not text:
                continue
            try:
                found: dict[str, Any] | DataError = json_object(self.file, line, text)
            except DataError as bad:
                found = bad
            yield line, found
