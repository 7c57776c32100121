"""A data set in memory: items, users, and what a prompt says of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

AttributeValue = str | tuple[str, ...] | float | int | bool
ATTRIBUTE_TYPES = ("text", "texts", "number", "flag")

PURCHASE = "purchase"
SECONDS_PER_DAY = 86_400

MIN_EXAMPLES = 20
"""An objective with fewer training targets than this has no signal."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to retrieve. Its place in `Dataset.items` is its ordinal. The title is empty where the data has none."""

    id: str
    title: str
    attributes: dict[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a user did with an item (an ordinal), and when, in Unix seconds, if known."""

    item: int
    action: str
    time: int | None


@dataclass(frozen=True, slots=True)
class User:
    """A user; behaviours are oldest first.

    oracle_rank  of generated data, how many items who generated it held likelier than the last
                 purchase; None where nobody says
    """

    id: str
    profile: dict[str, str]
    behaviours: tuple[Behaviour, ...]
    oracle_rank: int | None = None


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    attributes          (name, type) of every attribute that an item may have
    grammar             the `prompt` object of a space's manifest.json
    category_attribute  the text attribute that tells an item's category, or None
    baskets             whether behaviours of equal time form one basket, held out as a whole
    """

    name: str
    items: tuple[Item, ...]
    users: tuple[User, ...]
    attributes: tuple[tuple[str, str], ...]
    grammar: dict[str, Any]
    category_attribute: str | None
    baskets: bool = False

    @property
    def target_action(self) -> str:
        """The action that objectives predict; others are context only."""
        return str(self.grammar["history"]["default_action"])

    def category(self, ordinal: int) -> str | None:
        """The category of an item, None where it has none."""
        if self.category_attribute is None:
            return None
        value = self.items[ordinal].attributes.get(self.category_attribute)
        return value if isinstance(value, str) else None


def item_text(item: Item) -> str:
    """What the sentence encoder reads of an item: its title and its texts, never its id."""
    parts = [item.title]
    for name, value in item.attributes.items():
        if name == "category" and "categories" in item.attributes:
            continue
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, tuple):
            parts.append(", ".join(value))
    return ". ".join(part for part in parts if part)


def grammar(
    profile_keys: Iterable[str],
    default_action: str,
    actions: Iterable[str],
    times: Iterable[tuple[str, int | None]],
) -> dict[str, Any]:
    """The `prompt` object of a manifest for these words. Each has a token of its own, whatever it is called."""
    taken = set(_OWN_TOKENS)
    written = [
        {"text": _token(name, "age", taken)}
        if bound is None
        else {"max_age_seconds": bound, "text": _token(name, "age", taken)}
        for name, bound in times
    ]
    return {
        "pad": "<|pad|>",
        "item": "<|item|>",
        "profile": {"keys": list(profile_keys), "max_tokens": 16},
        "text": {"max_tokens": 16},
        "history": {
            "max_behaviours": 50,
            "default_action": default_action,
            "actions": {a: "" if a == default_action else _token(a, "action", taken) for a in actions},
            "times": written,
        },
    }


_OWN_TOKENS = tuple(f"<|{word}|>" for word in ("pad", "item", "history", "objective", "query"))
"""Of every grammar and of the templates of all objectives."""


def _token(name: str, kind: str, taken: set[str]) -> str:
    """`<|name|>`, or `<|kind-name|>` where that says something else already."""
    while (token := f"<|{name}|>") in taken:
        name = f"{kind}-{name}"
    taken.add(token)
    return token


def permuted(items: list[Item], seed: int | None) -> tuple[tuple[Item, ...], dict[str, int]]:
    """Items in ordinal order, and the ordinal of each id."""
    shuffled = tuple(items)
    if seed is not None:
        import numpy as np

        order = np.random.default_rng([seed, 0x17E3]).permutation(len(items))
        shuffled = tuple(items[source] for source in order)
    return shuffled, {item.id: ordinal for ordinal, item in enumerate(shuffled)}
