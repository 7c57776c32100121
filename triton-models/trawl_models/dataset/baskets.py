"""Baskets: items.tsv and interactions.tsv or interactions.tsv.gz, order lines with times, cut at baskets."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterator
from pathlib import Path

from .fields import clean, known, numbered, positive, table, zero_or_more
from .parts import PURCHASE, SECONDS_PER_DAY, Behaviour, Dataset, Item, User, grammar, permuted
from .refusal import DataError

ITEMS = ["item", "stock_code", "title", "median_price_gbp"]
INTERACTIONS = ["customer", "basket", "time", "item", "quantity"]


def load(folder: Path, interactions: Path, seed: int | None) -> Dataset:
    file = folder / "items.tsv"
    rows = table(file, ITEMS)
    items, ordinals = permuted(numbered(file, rows, _basket_item), seed)
    times = (("week", 7 * SECONDS_PER_DAY), ("month", 30 * SECONDS_PER_DAY), ("older", None))
    return Dataset(
        name=folder.resolve().name,
        items=items,
        users=tuple(_basket_users(interactions, ordinals)),
        attributes=(("price", "number"),),
        grammar=grammar((), PURCHASE, (PURCHASE,), times),
        category_attribute=None,
        baskets=True,
    )


def _basket_item(file: Path, line: int, row: list[str]) -> Item:
    number, _, title, price = row
    if not clean(title):
        raise DataError(file, line, title, "a title")
    return Item(number, clean(title), {"price": zero_or_more(file, line, price, "a price")})


def _basket_users(file: Path, ordinals: dict[str, int]) -> Iterator[User]:
    """A basket takes the time of its earliest line; an item counts once a basket."""
    baskets: dict[str, dict[str, tuple[int, dict[int, None]]]] = {}
    owners: dict[str, str] = {}
    for line, row in table(file, INTERACTIONS):
        customer = positive(file, line, row[0], "a customer number")
        basket = positive(file, line, row[1], "a basket number")
        if owners.setdefault(basket, customer) != customer:
            raise DataError(file, line, basket, f"a basket of customer {owners[basket]} alone")
        moment = _minute(file, line, row[2])
        item = known(file, line, row[3], ordinals)
        positive(file, line, row[4], "a quantity")
        of_customer = baskets.setdefault(customer, {})
        earliest, found = of_customer.get(basket, (moment, {}))
        found[item] = None
        of_customer[basket] = (min(earliest, moment), found)
    for customer, of_customer in baskets.items():
        merged: dict[int, dict[int, None]] = {}
        for moment, found in of_customer.values():
            merged.setdefault(moment, {}).update(found)
        behaviours = tuple(
            Behaviour(item, PURCHASE, moment)
            for moment in sorted(merged)
            for item in merged[moment]
        )
        yield User(customer, {}, behaviours)


def _minute(file: Path, line: int, text: str) -> int:
    try:
        moment = calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M"))
    except ValueError:
        moment = -1
    if moment < 0:
        raise DataError(file, line, text, "a time as YYYY-MM-DD HH:MM, not before 1970")
    return moment
