"""A table of items becomes items with titles, categories and attributes.

Attributes are the columns that are neither id, title nor category. Their type follows from all of their values. A
column in which nearly every item has a value of its own, without spaces, is an id or an address by another name; it
is left out, since ids follow the time of first sale and must not reach a model.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..bounds import MAX_TEXT_CHARS
from ..reading_options import Asked
from .columns import Roles, column_called
from .fields import clean
from .parts import AttributeValue, Item
from .refusal import DataError, Tally
from .table import Table
from .values import AN_ID, as_text, identifier, missing

MAX_ATTRIBUTES = 64
NUMBER_SHARE = 0.95
"""A column is one of numbers where so many of its values are; the others count as missing."""
OWN_SHARE = 0.5
OWN_LEAST = 20
ROOT_SHARE = 0.95
"""Levels are a path, and lose their root, where so many items share the first one."""

MAX_EXACT = 1 << 53
"""Larger whole numbers are told as doubles, as whoever reads the space holds them."""

NO_CATEGORY = frozenset({"(no genres listed)", "unknown", "n/a", "none", "null", "nan"})

_NUMBER = re.compile(r"[+-]?(\d{1,300}(\.\d{0,300})?|\.\d{1,300})([eE][+-]?\d{1,3})?", re.ASCII)
_FLAGS = {"true": True, "false": False}
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]+")


@dataclass
class Catalogue:
    """Items in the order of their file.

    attributes  (name, type)
    columns     attribute name -> the column that it is of
    left_out    column -> why it is no attribute
    notes       what was changed
    """

    items: list[Item]
    attributes: tuple[tuple[str, str], ...]
    category: str | None
    columns: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    tally: Tally | None = None


def read(table: Table, roles: Roles, asked: Asked) -> Catalogue:
    """Reads every row. Raises beyond the share of bad rows."""
    wanted = _attribute_columns(table, roles, asked)
    parts = {part: chosen.column for part, chosen in roles.items()}
    columns = list(dict.fromkeys([*parts.values(), *wanted]))
    tally = Tally(table.file, table.place)
    rows: dict[str, dict[str, Any]] = {}
    lines: dict[str, int] = {}
    for line, values in table.rows(columns):
        tally.rows += 1
        if isinstance(values, DataError):
            tally.refuse(values)
            continue
        row = dict(zip(columns, values, strict=True))
        item = identifier(row[parts["item"]])
        if item is None or item in lines:
            expected = AN_ID if item is None else f"an item other than that of {table.place} {lines[item]}"
            tally.refuse(DataError(table.file, line, row[parts["item"]], expected, parts["item"], table.place))
            continue
        lines[item] = line
        rows[item] = row
    tally.settle(asked.max_bad_rows)
    found = _made(rows, parts, wanted, table.joined, "attribute" in asked.item_columns)
    found.tally = tally
    return found


def of_interactions(items: Iterable[str], said: dict[str, list[Any]]) -> Catalogue:
    """Items that no file describes: what the first interaction with them said, or nothing."""
    rows = {item: dict(zip(("title", "category"), said.get(item, (None, None)), strict=True)) for item in items}
    parts = {"item": ""} | ({"title": "title", "category": "category"} if said else {})
    return _made(rows, parts, [], {}, True)


def _attribute_columns(table: Table, roles: Roles, asked: Asked) -> list[str]:
    said = asked.item_columns.get("attribute")
    taken = {chosen.column for chosen in roles.values()}
    if said is not None:
        named = [column_called(table, name, "--item-columns attribute=") for name in said if name]
        return [name for name in dict.fromkeys(named) if name not in taken]
    return [name for name in table.columns if name and name not in taken]


def _made(
    rows: dict[str, dict[str, Any]], parts: dict[str, str], wanted: Sequence[str], joined: dict[str, str], as_said: bool
) -> Catalogue:
    made = Catalogue([], (), None)
    held: dict[str, dict[str, AttributeValue]] = {item: {} for item in rows}
    kinds: list[tuple[str, str]] = []
    if "category" in parts:
        _categories(rows, parts["category"], joined, held)
        if any(held.values()):
            kinds += [("category", "text"), ("categories", "texts")]
            made.category = "category"
    for column in wanted:
        values = {item: row[column] for item, row in rows.items() if not missing(row[column])}
        kind, why = _kind(values, len(rows), joined.get(column), as_said)
        if len(kinds) == MAX_ATTRIBUTES:
            kind, why = None, f"{MAX_ATTRIBUTES} attributes at most"
        if kind is None:
            made.left_out[column] = why
            continue
        name = _attribute_name(column, {each for each, _ in kinds} | {"category", "categories"})
        kinds.append((name, kind))
        made.columns[name] = column
        lost = 0
        for item, value in values.items():
            read_value = _value(kind, value, joined.get(column))
            if read_value is None:
                lost += 1
            else:
                held[item][name] = read_value
        if lost:
            made.notes.append(f"{lost:,} values of {column} are no {kind} and count as missing")
    made.attributes = tuple(kinds)
    for item, row in rows.items():
        title = row.get(parts["title"]) if "title" in parts else None
        made.items.append(Item(item, _text("" if missing(title) else title), held[item]))
    return made


def _categories(
    rows: dict[str, dict[str, Any]], column: str, joined: dict[str, str], held: dict[str, dict[str, AttributeValue]]
) -> None:
    """A path loses the root that all items share and tells two levels; of a set the first one is the category."""
    levels = {item: _levels(row[column], joined.get(column)) for item, row in rows.items()}
    paths = {item for item in rows if _is_path(rows[item][column])}
    roots = Counter(found[0] for item, found in levels.items() if found and item in paths)
    rooted = bool(roots) and roots.most_common(1)[0][1] >= ROOT_SHARE * roots.total()
    for item, found in levels.items():
        path = item in paths
        below = found[1:] if path and rooted and len(found) > 1 else found
        if below:
            held[item] = {"category": " > ".join(below[: 2 if path else 1]), "categories": below}


def _is_path(value: Any) -> bool:
    """Whether values go from wide to narrow: lists, and texts with ` > ` in them. Bars and spaces part a set."""
    return isinstance(value, (list, tuple)) or (isinstance(value, str) and (" > " in value or value.startswith("[")))


def _levels(value: Any, joint: str | None) -> tuple[str, ...]:
    found = [_text(part) for part in _several(value, joint, paths=True)]
    return tuple(dict.fromkeys(part for part in found if part and part.lower() not in NO_CATEGORY))


def _several(value: Any, joint: str | None, paths: bool = False) -> list[Any]:
    """The values that one value holds: a list, or a text with signs in between."""
    if missing(value):
        return []
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    # Lists of lists hold several paths; the first one is the item's own.
    while isinstance(value, (list, tuple)) and value and isinstance(value[0], (list, tuple)):
        value = value[0]
    if isinstance(value, (list, tuple)):
        return list(value)
    if not isinstance(value, str):
        return [value]
    for sign in ([joint] if joint else []) + ([" > "] if paths else []) + ["|"]:
        if sign in value:
            return value.split(sign)
    return [value]


def _kind(values: dict[str, Any], items: int, joint: str | None, as_said: bool) -> tuple[str | None, str]:
    """The type of a column, or None and why it is no attribute."""
    found = list(values.values())
    if not found:
        return None, "no values"
    if all(isinstance(value, bool) or (isinstance(value, str) and value.strip().lower() in _FLAGS) for value in found):
        return "flag", ""
    if sum(_as_number(value) is not None for value in found) >= NUMBER_SHARE * len(found):
        return "number", ""
    if any(isinstance(value, dict) for value in found):
        return None, "objects inside of objects"
    if joint or any(isinstance(value, (list, tuple)) for value in found) or sum("|" in str(v) for v in found) >= OWN_SHARE * len(found):
        return "texts", ""
    texts = [_text(value) for value in found]
    own = len(set(texts))
    if not as_said and own >= OWN_LEAST and own > OWN_SHARE * len(texts) and not sum(" " in text for text in texts) > OWN_SHARE * len(texts):
        return None, "nearly every item has a value of its own, as ids and addresses are"
    return "text", ""


def _value(kind: str, value: Any, joint: str | None) -> AttributeValue | None:
    if kind == "flag":
        return value if isinstance(value, bool) else _FLAGS[value.strip().lower()]
    if kind == "number":
        return _as_number(value)
    if kind == "texts":
        return tuple(dict.fromkeys(part for part in map(_text, _several(value, joint)) if part)) or None
    return _text(value) or None


def _as_number(value: Any) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        return None
    if isinstance(value, int) and abs(value) <= MAX_EXACT:
        return value
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    """One line, no longer than a request's text."""
    text = as_text(value)
    text = clean(text if text is not None else "" if isinstance(value, (dict, list)) else str(value))
    whole = text.encode("utf-16-le", "replace")[: 2 * MAX_TEXT_CHARS]
    return whole.decode("utf-16-le", "ignore").rstrip()


def _attribute_name(column: str, taken: set[str]) -> str:
    name = _NOT_IN_NAMES.sub("_", column.lower()).strip("_-")[:64]
    name = name if name and name[0].isalpha() else f"column_{name}".rstrip("_")
    number, found = 2, name
    while found in taken:
        found = f"{name}_{number}"
        number += 1
    return found
