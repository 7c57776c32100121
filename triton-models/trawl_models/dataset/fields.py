"""What the values of Trawl's own forms are held to; each check raises a `DataError`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..bounds import MAX_ID_CHARS, characters
from .lines import read_lines
from .parts import Item, User
from .refusal import DataError

_SPACE_AND_CONTROLS = re.compile(r"[\u0000-\u0020\u007f-\u00a0\u2028\u2029]+")
_ID = re.compile(r"[^\s\x00-\x1f\x7f\ufeff]+")
_AN_ID = f"an id of 1 to {MAX_ID_CHARS} characters without white space"
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def clean(text: str) -> str:
    """One line of text: every run of white space and control characters is one space."""
    return _SPACE_AND_CONTROLS.sub(" ", text).strip()


def table(file: Path, header: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Rows of a tab separated file below its header."""
    width = len(header)
    rows = ((line, text, text.split("\t")) for line, text in read_lines(file))
    _, text, row = next(rows, (1, "", []))
    if row != header:
        raise DataError(file, 1, text, "the header " + " <TAB> ".join(header))
    for line, text, row in rows:
        if len(row) != width:
            raise DataError(file, line, text, f"{width} columns, not {len(row)}")
        yield line, row


def numbered(file: Path, rows: Iterator[tuple[int, list[str]]], make: Callable[[Path, int, list[str]], Item]) -> list[Item]:
    def read() -> Iterator[tuple[int, Item]]:
        for line, row in rows:
            positive(file, line, row[0], "an item number")
            yield line, make(file, line, row)

    return unique_items(file, read())


def unique_items(file: Path, read: Iterable[tuple[int, Item]]) -> list[Item]:
    seen: dict[str, int] = {}
    items = []
    for line, item in read:
        if seen.setdefault(item.id, line) != line:
            raise DataError(file, line, item.id, f"an item other than that of line {seen[item.id]}")
        items.append(item)
    if not items:
        raise DataError(file, 1, "no items", "at least one item")
    return items


def checked_users(file: Path, users: list[tuple[int, User]]) -> tuple[User, ...]:
    seen: dict[str, int] = {}
    for line, user in users:
        if seen.setdefault(user.id, line) != line:
            raise DataError(file, line, user.id, f"a user other than that of line {seen[user.id]}")
    return tuple(user for _, user in users)


def check_id(file: Path, line: int, found: Any) -> None:
    if not isinstance(found, str) or not _ID.fullmatch(found) or characters(found) > MAX_ID_CHARS:
        raise DataError(file, line, found, _AN_ID)


def positive(file: Path, line: int, text: str, what: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) > MAX_ID_CHARS or int(text) == 0:
        raise DataError(file, line, text, f"{what}: a positive whole number of at most {MAX_ID_CHARS} digits")
    return str(int(text))


def zero_or_more(file: Path, line: int, text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise DataError(file, line, text, f"{what}: a number of zero or more")
    return value


def known(file: Path, line: int, item: Any, ordinals: dict[str, int]) -> int:
    ordinal = ordinals.get(item) if isinstance(item, str) else None
    if ordinal is None:
        raise DataError(file, line, item, "an item of items.tsv")
    return ordinal


def check_keys(file: Path, line: int, found: dict[str, Any], expected: set[str]) -> None:
    for key in sorted(found.keys() ^ expected):
        raise DataError(file, line, sorted(found), f"the keys {sorted(expected)}: see {key!r}")


def check_names(file: Path, line: int, found: Any, what: str) -> tuple[str, ...]:
    expected = f"{what}: distinct lower-case names of letters, digits, '_' and '-', {MAX_ID_CHARS} at most"
    if not isinstance(found, list):
        raise DataError(file, line, found, expected)
    for name in found:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_ID_CHARS:
            raise DataError(file, line, name, expected)
    if len(set(found)) != len(found):
        raise DataError(file, line, found, expected)
    return tuple(found)
