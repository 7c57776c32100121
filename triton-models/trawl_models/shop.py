"""The demo shop: a generated catalogue and generated customers, the same for the same seed.

What a model can learn from it, because the generator put it there:

- a purchase leads to a category that goes with it (tent, then sleeping bag), more so within a day;
- within a category customers stay with brand and collection, with their price tier and colour;
- a customer has two to five interests, and they drift;
- clicks announce the category of the next purchase;
- age and region lean towards departments;
- items follow a Zipf law of popularity.

How much of it anybody could learn, shop_oracle.py works out.

Brands are sold across all categories of their department and reach into the categories that go
with them, so that a collection can be followed from one category to the next.

`write(folder, shop)` writes the behaviours form of `dataset`.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from . import shop_words as words
from .dataset import SECONDS_PER_DAY

NAME = "demo-shop"
DEFAULT_ITEMS = 6_000
DEFAULT_USERS = 5_000
DEFAULT_SEED = 7

TIMES: tuple[tuple[str, int | None], ...] = (("day", SECONDS_PER_DAY), ("week", 7 * SECONDS_PER_DAY), ("older", None))
"""The words of a prompt for ages, and the ages up to which they are said."""

OPENING = 1_690_000_000
"""Unix time of the earliest behaviour."""

ZIPF_EXPONENT = 0.8
MAX_TRIES = 1_000
"""Titles tried for an item before its category counts as used up."""
TIERS = 3
TIER_FACTORS = (0.6, 1.0, 1.9)
COLLECTIONS_PER_BRAND = 3
NO_COLOUR = -1

LEAST_PURCHASES = 5
MORE_PURCHASES = 16
"""At most; a geometric law says how many."""
P_LAST_PURCHASE = 0.15

LEAST_INTERESTS = 2
MOST_INTERESTS = 5
P_COMPLEMENT_SAME_DAY = 0.75
P_COMPLEMENT_LATER = 0.5
NEXT_COMPLEMENT = 0.3
"""How likely each category that goes with another is, by the one before it, which goes better."""
P_DRIFT = 0.15
P_ANY_ITEM = 0.04
P_SAME_DAY = 0.35
P_CLICKS = 0.15

AFFINITY_COLLECTION = 3.2
"""Log-weight of an item of the same brand and collection as the purchase that led to it."""
AFFINITY_BRAND = 1.6
AFFINITY_TIER = 1.2
AFFINITY_COLOUR = 1.2


@dataclass(frozen=True)
class Shop:
    """The catalogue as rows of items.tsv, the customers as objects of users.jsonl.

    rules  what they were made by
    """

    items: tuple[tuple[str, str, dict[str, Any]], ...]
    users: tuple[dict[str, Any], ...]
    rules: Rules = field(compare=False)


@dataclass(frozen=True)
class _Brand:
    name: str
    tier: int
    collections: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    """Items as parallel arrays over the item number; `place` is the place among the members."""

    rows: tuple[tuple[str, str, dict[str, Any]], ...]
    category: np.ndarray
    brand: np.ndarray
    collection: np.ndarray
    tier: np.ndarray
    colour: np.ndarray
    weight: np.ndarray
    members: tuple[np.ndarray, ...]
    place: np.ndarray


@dataclass(frozen=True)
class Rules:
    """What customers are made by.

    complements  category -> numbers of the categories that go with it, and how likely each is
    leanings     [regions, ages, categories], rows adding up to one
    """

    catalogue: Catalogue
    complements: tuple[tuple[np.ndarray, np.ndarray], ...]
    leanings: np.ndarray


@dataclass
class _Taste:
    """What one customer likes; `interests` drift."""

    interests: list[int]
    tier: int
    colour: int


def generate(
    seed: int = DEFAULT_SEED, items: int = DEFAULT_ITEMS, users: int = DEFAULT_USERS
) -> Shop:
    """A shop of `items` items, spread evenly over the categories, and `users` customers."""
    departments = words.departments()
    categories = [c for _, (_, of_department) in departments.items() for c in of_department]
    if items < len(categories):
        raise ValueError(f"items: found {items}, expected at least {len(categories)}")
    if users < 1:
        raise ValueError(f"users: found {users}, expected at least 1")
    rng = np.random.default_rng([seed, 0x5409])
    catalogue = _catalogue(rng, departments, items)
    rules = Rules(catalogue, _complements(categories), _leanings(rng, departments))
    people = tuple(_customer(rng, f"u{number}", rules) for number in range(users))
    return Shop(catalogue.rows, people, rules)


def write(folder: Path | str, shop: Shop) -> None:
    """dataset.json, items.tsv and users.jsonl, each of them whole or not at all."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    head = {
        "name": NAME,
        "attributes": [
            ["category", "text"],
            ["department", "text"],
            ["brand", "text"],
            ["tags", "texts"],
            ["price", "number"],
            ["in_stock", "flag"],
        ],
        "category_attribute": "category",
        "profile_keys": ["region", "age"],
        "default_action": "purchase",
        "actions": ["purchase", "click"],
        "times": TIMES,
    }
    _write(folder / "dataset.json", json.dumps(head, indent=2) + "\n")
    rows = ("\t".join((identifier, title, _json(found))) for identifier, title, found in shop.items)
    _write(folder / "items.tsv", "".join(f"{row}\n" for row in rows))
    people = "".join(f"{_json(user)}\n" for user in shop.users)
    _write(folder / "users.jsonl", people)


def _write(file: Path, text: str) -> None:
    partial = file.with_name(file.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, file)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# --- the catalogue -----------------------------------------------------------------------------


def _catalogue(rng: np.random.Generator, departments: dict[str, Any], items: int) -> Catalogue:
    brands = _brands(rng, departments)
    sold_by = _sold_by(departments, brands)
    names = [(name, category) for name, (_, cs) in departments.items() for category in cs]
    columns: list[tuple[int, int, int, int, int]] = []
    rows: list[tuple[str, str, dict[str, Any]]] = []
    titles: set[str] = set()
    collection_numbers = {name: number for number, name in enumerate(words.COLLECTIONS)}
    for number in range(items):
        index = number % len(names)
        department, category = names[index]
        for _ in range(MAX_TRIES):
            which = int(rng.choice(sold_by[index]))
            brand = brands[which]
            collection = str(rng.choice(brand.collections))
            colour = int(rng.integers(len(words.COLOURS)))
            material, noun = str(rng.choice(category.materials)), str(rng.choice(category.nouns))
            title = f"{brand.name} {collection} {material} {noun}"
            if category.name in words.WITHOUT_COLOUR:
                colour = NO_COLOUR
            else:
                title += f", {words.COLOURS[colour]}"
            if title not in titles:
                break
        else:
            raise ValueError(
                f"items: found {items}, expected at most about {number}: "
                f"category {category.name} has no more titles"
            )
        titles.add(title)
        spread = float(np.exp(rng.normal(0.0, 0.2)))
        price = round(max(1.0, category.price * TIER_FACTORS[brand.tier] * spread)) - 0.05
        attributes = {
            "category": category.name,
            "department": department,
            "brand": brand.name,
            "tags": [words.COLOURS[colour].lower()] * (colour != NO_COLOUR) + [material.lower()],
            "price": price,
            "in_stock": bool(rng.random() < 0.95),
        }
        rows.append((f"i{number + 1}", title, attributes))
        columns.append((index, which, collection_numbers[collection], brand.tier, colour))
    table = np.array(columns, np.int64)
    ranks = rng.permutation(items) + 1
    members = tuple(np.flatnonzero(table[:, 0] == index) for index in range(len(names)))
    weight = ranks.astype(np.float64) ** -ZIPF_EXPONENT
    place = np.arange(items) // len(names)
    return Catalogue(
        rows=tuple(rows),
        category=table[:, 0],
        brand=table[:, 1],
        collection=table[:, 2],
        tier=table[:, 3],
        colour=table[:, 4],
        weight=weight,
        members=members,
        place=place,
    )


def _brands(rng: np.random.Generator, departments: dict[str, Any]) -> list[_Brand]:
    """Every department has as many brands in each price tier."""
    found = []
    for names, _ in departments.values():
        for place, name in enumerate(names):
            collections = rng.choice(words.COLLECTIONS, COLLECTIONS_PER_BRAND, replace=False)
            found.append(_Brand(name, place % TIERS, tuple(map(str, collections))))
    return found


def _sold_by(departments: dict[str, Any], brands: list[_Brand]) -> list[list[int]]:
    """Category -> numbers of the brands that make it: those of its department, and the first one
    of each tier of every other department that it goes with."""
    number = {brand.name: index for index, brand in enumerate(brands)}
    home = {c.name: names for names, categories in departments.values() for c in categories}
    found = []
    for names, categories in departments.values():
        for category in categories:
            makers = list(names)
            for other in category.complements:
                makers += [maker for maker in home[other][:TIERS] if maker not in makers]
            found.append([number[maker] for maker in makers])
    return found


def _complements(categories: list[words.Category]) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    number = {category.name: index for index, category in enumerate(categories)}
    found = []
    for category in categories:
        others = np.array([number[name] for name in category.complements])
        chance = NEXT_COMPLEMENT ** np.arange(len(others))
        found.append((others, chance / chance.sum()))
    return tuple(found)


def _leanings(rng: np.random.Generator, departments: dict[str, Any]) -> np.ndarray:
    sizes = [len(categories) for _, categories in departments.values()]
    by_region = rng.normal(0.0, 0.8, (len(words.REGIONS), 1, len(sizes)))
    by_age = rng.normal(0.0, 0.8, (1, len(words.AGES), len(sizes)))
    weight = np.repeat(np.exp(by_region + by_age), sizes, axis=2)
    return weight / weight.sum(axis=2, keepdims=True)


# --- the customers -----------------------------------------------------------------------------


def _customer(rng: np.random.Generator, identifier: str, rules: Rules) -> dict[str, Any]:
    catalogue = rules.catalogue
    region, age = int(rng.integers(len(words.REGIONS))), int(rng.integers(len(words.AGES)))
    leaning = rules.leanings[region, age]
    count = int(rng.integers(LEAST_INTERESTS, MOST_INTERESTS + 1))
    taste = _Taste(
        interests=[int(c) for c in rng.choice(len(leaning), count, False, leaning)],
        tier=int(rng.integers(TIERS)),
        colour=int(rng.integers(len(words.COLOURS))),
    )
    behaviours: list[list[Any]] = []
    seen: set[int] = set()
    last: int | None = None
    now = OPENING + int(rng.integers(120 * SECONDS_PER_DAY))
    for _ in range(LEAST_PURCHASES + min(MORE_PURCHASES, int(rng.geometric(P_LAST_PURCHASE)) - 1)):
        same_day = rng.random() < P_SAME_DAY
        gap = rng.uniform(0.02, 0.9) if same_day else 1.0 + rng.exponential(9.0)
        now += int(gap * SECONDS_PER_DAY)
        category, follows = _next_category(rng, taste, rules, last, same_day)
        taste_now = last if follows else None
        if rng.random() < P_CLICKS:
            for click in range(int(rng.integers(1, 3))):
                looked = _pick(rng, taste, catalogue, category, taste_now, seen)
                behaviours.append([f"i{looked + 1}", "click", now - 600 + 120 * click])
        last = _pick(rng, taste, catalogue, category, taste_now, seen)
        behaviours.append([f"i{last + 1}", "purchase", now])
        if rng.random() < P_DRIFT:
            fresh = int(rng.choice(len(leaning), p=leaning))
            taste.interests[int(rng.integers(len(taste.interests)))] = fresh
    profile = {"region": words.REGIONS[region], "age": words.AGES[age]}
    return {"id": identifier, "profile": profile, "behaviours": behaviours}


def _next_category(
    rng: np.random.Generator,
    taste: _Taste,
    rules: Rules,
    last: int | None,
    same_day: bool,
) -> tuple[int, bool]:
    """The category of the next purchase, and whether the last purchase led to it."""
    catalogue = rules.catalogue
    if rng.random() < P_ANY_ITEM:
        return int(rng.integers(len(catalogue.members))), False
    chance = P_COMPLEMENT_SAME_DAY if same_day else P_COMPLEMENT_LATER
    if last is not None and rng.random() < chance:
        others, weights = rules.complements[int(catalogue.category[last])]
        return int(rng.choice(others, p=weights)), True
    return int(rng.choice(taste.interests)), False


def pull(catalogue: Catalogue, members: np.ndarray, led_by: int) -> np.ndarray:
    """Log-weights that a purchase adds to those that it leads to."""
    brand = catalogue.brand[members] == catalogue.brand[led_by]
    collection = catalogue.collection[members] == catalogue.collection[led_by]
    return AFFINITY_BRAND * brand + AFFINITY_COLLECTION * (brand & collection)


def _pick(
    rng: np.random.Generator,
    taste: _Taste,
    catalogue: Catalogue,
    category: int,
    led_by: int | None,
    seen: set[int],
) -> int:
    """An item of the category that the customer has not met before."""
    members = catalogue.members[category]
    liking = AFFINITY_TIER * (catalogue.tier[members] == taste.tier)
    liking = liking + AFFINITY_COLOUR * (catalogue.colour[members] == taste.colour)
    if led_by is not None:
        liking = liking + pull(catalogue, members, led_by)
    weight = catalogue.weight[members] * np.exp(liking)
    weight[[catalogue.place[i] for i in seen if catalogue.category[i] == category]] = 0.0
    if weight.sum() == 0.0:
        return int(rng.choice(members))
    item = int(rng.choice(members, p=weight / weight.sum()))
    seen.add(item)
    return item
