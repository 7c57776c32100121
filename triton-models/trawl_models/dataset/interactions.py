"""A table of interactions, read row by row into arrays; rows that do not fit are passed over and counted."""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from ..reading_options import Asked
from . import times
from .columns import Roles
from .parts import PURCHASE
from .refusal import DataError, Tally
from .table import Table, head_fault
from .values import AN_ID, identifier, missing

SAMPLE = 1000
"""Rows by which times are recognised."""

EXAMPLES = 5
MAX_ACTIONS = 32

_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
NO_TIME = NO_BASKET = -1


@dataclass
class Interactions:
    """What the rows of a table say.

    users, items  ids in the order of their first row
    rows          of each user, places in the arrays, as the file has them
    item, action  int32, places in `items` and `actions`
    time          int64, microseconds since 1970, NO_TIME where there is none
    low           1 where the rating is below the least that counts
    basket        int64, one number for the lines of a user's basket, NO_BASKET; empty where there are none
    said          by item, title and category of its first row that has them
    ratings       the lowest and the highest
    examples      the first rows: line, place in the arrays, user, item
    """

    tally: Tally
    form: times.TimeForm | None
    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)
    rows: list[array[int]] = field(default_factory=list)
    item: array[int] = field(default_factory=lambda: array("i"))
    action: array[int] = field(default_factory=lambda: array("i"))
    time: array[int] = field(default_factory=lambda: array("q"))
    low: bytearray = field(default_factory=bytearray)
    basket: array[int] = field(default_factory=lambda: array("q"))
    said: dict[str, list[Any]] = field(default_factory=dict)
    ratings: tuple[float, float] | None = None
    examples: list[tuple[int, int, str, str]] = field(default_factory=list)

    @property
    def timed(self) -> bool:
        """Whether there are times, not an order alone."""
        return self.form is not None and not self.form.order


def read(table: Table, roles: Roles, asked: Asked, known: Collection[str] | None, items_file: str) -> Interactions:
    """Reads every row; `known` are the items there may be, None for any. Raises beyond the share of bad rows."""
    names = {part: chosen.column for part, chosen in roles.items()}
    if asked.min_rating is not None and "rating" not in names:
        raise head_fault(table, "a column of ratings for --min-rating (--columns rating=COLUMN)")
    columns = list(names.values())
    rows = table.rows(columns)
    sample = list(islice(rows, SAMPLE))
    tally = Tally(table.file, table.place)
    found = Interactions(tally, _time_form(table, columns, names.get("time"), sample, asked))
    if "basket" in names and not found.timed:
        raise head_fault(table, "a column of times too: baskets are told apart by them (or --columns basket=)", names["basket"])
    reader = _Reader(table, names, asked, known, items_file, found)
    for line, values in chain(sample, rows):
        tally.rows += 1
        try:
            if isinstance(values, DataError):
                raise values
            reader.row(line, values)
        except DataError as fault:
            tally.refuse(fault)
    tally.settle(asked.max_bad_rows)
    return found


def _time_form(
    table: Table, columns: list[str], column: str | None, sample: list[tuple[int, Any]], asked: Asked
) -> times.TimeForm | None:
    if column is None:
        if asked.time_format is not None:
            raise head_fault(table, "a column of times for --time-format (--columns time=COLUMN)")
        return None
    place = columns.index(column)
    values = [(line, row[place]) for line, row in sample if not isinstance(row, DataError)]
    values = [pair for pair in values if not missing(pair[1])] or values
    if not values:
        return None
    try:
        form = times.recognise([value for _, value in values], asked.time_format)
    except times.Ambiguous:
        line, value = values[0]
        expected = "dates that tell days from months, or --time-format, as '%d/%m/%Y %H:%M'"
        raise DataError(table.file, line, value, expected, column, table.place) from None
    if form is None:
        line, value = values[0]
        expected = "a time: a number since 1970, ISO 8601, or --time-format that says how it is written"
        raise DataError(table.file, line, value, expected, column, table.place)
    return form


class _Reader:
    """Adds rows to `Interactions`, each whole or not at all."""

    def __init__(
        self, table: Table, names: dict[str, str], asked: Asked, known: Collection[str] | None, items_file: str, found: Interactions
    ):
        self._table = table
        self._names = names
        self._places = {part: place for place, part in enumerate(names)}
        self._asked = asked
        self._known = known
        self._items_file = items_file
        self._found = found
        self._baskets: dict[tuple[int, str], int] = {}

    def row(self, line: int, values: tuple[Any, ...]) -> None:
        found, places = self._found, self._places
        user, item = self._user(line, values), self._item(line, values)
        moment = self._time(line, values) if "time" in places else NO_TIME
        action = self._action(line, values) if "action" in places else PURCHASE
        low = self._low(line, values) if "rating" in places else False
        number = found.users.setdefault(user, len(found.users))
        if number == len(found.rows):
            found.rows.append(array("I"))
        if "basket" in places:
            found.basket.append(self._basket(number, values))
        found.rows[number].append(len(found.item))
        found.item.append(found.items.setdefault(item, len(found.items)))
        found.action.append(found.actions.setdefault(action, len(found.actions)))
        found.time.append(moment)
        found.low.append(low)
        if len(found.examples) < EXAMPLES:
            found.examples.append((line, len(found.item) - 1, user, item))
        if "title" in places or "category" in places:
            self._describe(item, values)

    def _user(self, line: int, values: tuple[Any, ...]) -> str:
        value = values[self._places["user"]]
        if type(value) is str and value in self._found.users:
            return value
        user = identifier(value)
        if user is None:
            raise self._fault(line, "user", values, AN_ID)
        return user

    def _item(self, line: int, values: tuple[Any, ...]) -> str:
        value = values[self._places["item"]]
        if type(value) is str and value in self._found.items:
            return value
        item = identifier(value)
        if item is None:
            raise self._fault(line, "item", values, AN_ID)
        if self._known is not None and item not in self._known:
            raise self._fault(line, "item", values, f"an item of {self._items_file}")
        return item

    def _time(self, line: int, values: tuple[Any, ...]) -> int:
        form = self._found.form
        try:
            if form is None:
                raise times.WrongTime("a time")
            return form.read(values[self._places["time"]])
        except times.WrongTime as wrong:
            raise self._fault(line, "time", values, str(wrong)) from None

    def _action(self, line: int, values: tuple[Any, ...]) -> str:
        value = values[self._places["action"]]
        text = identifier(value)
        name = "" if text is None else action_name(text)
        if not name:
            raise self._fault(line, "action", values, "the name of an action")
        if name not in self._found.actions and len(self._found.actions) == MAX_ACTIONS:
            raise DataError(
                self._table.file, line, value,
                f"at most {MAX_ACTIONS} different actions; if this is no column of actions: --columns action=", self._names["action"],
            )
        return name

    def _low(self, line: int, values: tuple[Any, ...]) -> bool:
        """Ratings are looked at where they decide something; otherwise they are only counted."""
        try:
            rating = float(values[self._places["rating"]])
        except (TypeError, ValueError, OverflowError):
            rating = math.nan
        least = self._asked.min_rating
        if not math.isfinite(rating):
            if least is not None:
                raise self._fault(line, "rating", values, "a rating: a number")
            return False
        found = self._found
        found.ratings = (min(found.ratings[0], rating), max(found.ratings[1], rating)) if found.ratings else (rating, rating)
        return least is not None and rating < least

    def _basket(self, user: int, values: tuple[Any, ...]) -> int:
        basket = identifier(values[self._places["basket"]])
        return NO_BASKET if basket is None else self._baskets.setdefault((user, basket), len(self._baskets))

    def _describe(self, item: str, values: tuple[Any, ...]) -> None:
        said = self._found.said.setdefault(item, [None, None])
        for place, part in enumerate(("title", "category")):
            if part in self._places and said[place] is None and not missing(values[self._places[part]]):
                said[place] = values[self._places[part]]

    def _fault(self, line: int, part: str, values: tuple[Any, ...], expected: str) -> DataError:
        column = self._names[part]
        return DataError(self._table.file, line, values[self._places[part]], expected, column, self._table.place)


def action_name(text: str) -> str:
    """A name that a token can have: `Add_To_Cart` is `add-to-cart`, 3 is `action-3`; empty where nothing is left."""
    name = _NOT_IN_NAMES.sub("-", text.lower()).strip("-")[:64]
    return name if not name or name[0].isalpha() else f"action-{name}"
