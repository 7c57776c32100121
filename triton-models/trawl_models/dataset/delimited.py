"""Tables of text: CSV, TSV, RecBole's atomic files, and MovieLens' u.data and u.item, which have no header."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from .lines import decoded_lines
from .refusal import DataError
from .table import MAX_ROWS, checked_columns

MAX_QUOTED_LINES = 1000
"""A quoted value that spans more lines than this is a quotation mark that nobody closed."""

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}

GENRES = (
    "Unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)
"""What the flags of a line of u.item say, in order."""

Reshape = Callable[[list[str]], list[str]]


class Delimited:
    """Lines of values with one character between them."""

    place = "line"

    def __init__(
        self, file: Path, form: str, delimiter: str, *, header: Sequence[str] | None = None, width: int = 0,
        quotes: bool = True, encoding: str = "utf-8", reshape: Reshape | None = None,
    ):
        self.file = file
        self.form = form
        self.joined: dict[str, str] = {}
        self._delimiter = delimiter
        self._quotes = quotes
        self._encoding = encoding
        self._reshape = reshape
        self._below_header = header is None
        if header is None:
            _, first = next(self._records(), (1, []))
            if isinstance(first, DataError):
                raise first
            header = [name.strip() for name in first]
        self.columns = checked_columns(file, header)
        self._width = width or len(self.columns)

    def rows(self, wanted: Sequence[str]) -> Iterator[tuple[int, tuple[Any, ...] | DataError]]:
        places = [self.columns.index(name) for name in wanted]
        records = self._records()
        if self._below_header:
            next(records, None)
        width, reshape = self._width, self._reshape
        for count, (line, record) in enumerate(records):
            if count == MAX_ROWS:
                raise DataError(self.file, line, "another row", f"at most {MAX_ROWS:,} rows")
            if isinstance(record, DataError):
                yield line, record
            elif len(record) != width:
                what = DELIMITERS.get(self._delimiter, "bars")
                found = self._delimiter.join(record)
                yield line, DataError(self.file, line, found, f"{width} columns between {what}, not {len(record)}")
            else:
                values = reshape(record) if reshape else record
                yield line, tuple([values[place] for place in places])

    def _records(self) -> Iterator[tuple[int, list[str] | DataError]]:
        """Records with the lines where they begin; empty lines are passed by."""
        feed = _Feed(self.file, self._encoding)
        reader = csv.reader(
            feed, delimiter=self._delimiter, strict=True, quoting=csv.QUOTE_MINIMAL if self._quotes else csv.QUOTE_NONE
        )
        while True:
            feed.begin()
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as bad:
                yield feed.first, DataError(self.file, feed.first, feed.text[:200], f"a row that can be read ({bad})")
                continue
            if record:
                yield feed.first, record


class _Feed:
    """Lines for csv.reader, which knows where a record began and when it does not end."""

    def __init__(self, file: Path, encoding: str):
        self._file = file
        self._lines = decoded_lines(file, encoding)
        self._last = 0
        self.first = 1
        self.text = ""

    def __iter__(self) -> _Feed:
        return self

    def begin(self) -> None:
        self.first = self._last + 1
        self.text = ""

    def __next__(self) -> str:
        line, text = next(self._lines)
        if line == 1:
            text = text.removeprefix("\ufeff")
        if line - self.first >= MAX_QUOTED_LINES:
            raise DataError(self._file, self.first, self.text[:200], f"a quotation mark that is closed within {MAX_QUOTED_LINES} lines")
        self._last = line
        self.text = self.text or text
        return text


def open_csv(file: Path) -> Delimited:
    """A CSV or TSV file; what parts its values is what parts the names of its header most often."""
    _, header = next(decoded_lines(file), (1, ""))
    if not header.strip("\ufeff\r\n\t ,;|"):
        raise DataError(file, 1, header, "a header with names of columns")
    delimiter = max(DELIMITERS, key=header.count)
    if not header.count(delimiter):
        raise DataError(file, 1, header.rstrip("\r\n"), "a header with two or more columns between commas, tabs, semicolons or bars")
    return Delimited(file, f"text, {DELIMITERS[delimiter]} between columns", delimiter)


def open_recbole(file: Path) -> Delimited:
    """An atomic file: names carry their types, as in `user_id:token`; sequences have spaces in between."""
    table = Delimited(file, "RecBole, tabs between columns", "\t", quotes=False)
    names = [name.partition(":") for name in table.columns]
    for name, _, kind in names:
        if kind not in ("token", "token_seq", "float", "float_seq"):
            found = f"{name}:{kind}" if kind else name
            raise DataError(file, 1, found, "a column as name:token, token_seq, float or float_seq")
    table.columns = checked_columns(file, [name for name, _, _ in names])
    table.joined = {name: " " for name, _, kind in names if kind.endswith("_seq")}
    return table


def open_u_data(file: Path) -> Delimited:
    """MovieLens 100K: user, item, rating and time between tabs, without a header."""
    return Delimited(file, "MovieLens u.data, tabs between columns", "\t", header=("user", "item", "rating", "timestamp"), quotes=False)


def open_u_item(file: Path) -> Delimited:
    """MovieLens 100K: a film's number, title, dates, address and a flag for each genre between bars, in Latin-1."""

    def reshape(values: list[str]) -> list[str]:
        genres = [name for name, flag in zip(GENRES, values[5:], strict=True) if flag == "1"]
        return [values[0], values[1], values[2], "|".join(genres)]

    encoding = "utf-8" if _is_utf8(file) else "latin-1"
    return Delimited(
        file, f"MovieLens u.item, bars between columns, {encoding.upper()}", "|", header=("item", "title", "release_date", "genres"),
        width=5 + len(GENRES), quotes=False, encoding=encoding, reshape=reshape,
    )


def _is_utf8(file: Path) -> bool:
    """The file as it was published is Latin-1; some copies are not."""
    try:
        for _, _ in decoded_lines(file):
            pass
    except DataError:
        return False
    return True
