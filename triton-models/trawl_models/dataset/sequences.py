"""Sequences: items.tsv and sequences.txt, item numbers per user, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .fields import checked_users, clean, known, numbered, positive, table
from .lines import read_lines
from .parts import PURCHASE, AttributeValue, Behaviour, Dataset, Item, User, grammar, permuted
from .refusal import DataError


def load(folder: Path, seed: int | None) -> Dataset:
    file = folder / "items.tsv"
    rows = table(file, ["item", "external_id", "title", "categories", "textual_id"])
    items, ordinals = permuted(numbered(file, rows, _sequence_item), seed)
    users = list(_sequence_users(folder / "sequences.txt", ordinals))
    return Dataset(
        name=folder.resolve().name,
        items=items,
        users=checked_users(folder / "sequences.txt", users),
        attributes=(("category", "text"), ("categories", "texts")),
        grammar=grammar((), PURCHASE, (PURCHASE,), ()),
        category_attribute="category",
    )


def _sequence_item(file: Path, line: int, row: list[str]) -> Item:
    number, _, title, categories, _ = row
    path = tuple(part for part in map(clean, categories.split(" > ")) if part)
    if not path:
        raise DataError(file, line, categories, "at least one category, levels parted by ' > '")
    below_root = path[1:] or path
    attributes: dict[str, AttributeValue] = {
        "category": " > ".join(below_root[:2]),
        "categories": below_root,
    }
    return Item(number, clean(title) or below_root[-1], attributes)


def _sequence_users(file: Path, ordinals: dict[str, int]) -> Iterator[tuple[int, User]]:
    for line, text in read_lines(file):
        numbers = text.split()
        if len(numbers) < 2:
            raise DataError(file, line, text, "a user number and at least one item number")
        behaviours = tuple(
            Behaviour(known(file, line, number, ordinals), PURCHASE, None)
            for number in numbers[1:]
        )
        yield line, User(positive(file, line, numbers[0], "a user number"), {}, behaviours)
