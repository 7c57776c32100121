"""Rows of interactions become users with behaviours, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from ..reading_options import Asked
from .interactions import NO_BASKET, Interactions
from .parts import SECONDS_PER_DAY, Behaviour, User
from .refusal import DataError
from .times import MICROS

LOW_RATING = "low-rating"

TARGETS = tuple(
    "purchase purchased buy bought order ordered transaction checkout conversion pay paid sale "
    "addtocart cart basket like favorite favourite fav wishlist listen play watch read "
    "rating rate review click view pageview impression".split()
)
"""Actions that are to be predicted, those that say most of a wish first."""

TIMES = (("day", SECONDS_PER_DAY), ("week", 7 * SECONDS_PER_DAY), ("month", 30 * SECONDS_PER_DAY), ("older", None))
"""Ages that prompts tell apart."""


@dataclass(frozen=True)
class Histories:
    """Users, and what happened to their rows.

    actions   name -> behaviours with it; the target is the first
    how       how the target was found
    repeated  rows left out because user, item, action and time are those of an earlier one
    together  rows that have the time of the row before them; the file's order is theirs
    """

    users: tuple[User, ...]
    actions: dict[str, int]
    how: str
    repeated: int
    together: int

    @property
    def target(self) -> str:
        return next(iter(self.actions))


def histories(found: Interactions, ordinals: dict[str, int], asked: Asked) -> Histories:
    """The users in the order of their first row."""
    _settle_baskets(found)
    counts = Counter(found.action)
    names = list(found.actions)
    target, how = _target(found, {name: counts[number] for number, name in enumerate(names)}, asked)
    items = [ordinals[item] for item in found.items]
    timed, ordered = found.timed, found.form is not None
    actions: Counter[str] = Counter({target: 0})
    users, repeated, together = [], 0, 0
    for user, rows in zip(found.users, found.rows, strict=True):
        behaviours = []
        seen: set[tuple[int, str]] = set()
        last = -1
        for row in sorted(rows, key=found.time.__getitem__):
            name = _name(found, names, target, row)
            moment = found.time[row]
            if ordered and moment != last:
                seen.clear()
            elif ordered:
                together += 1
            last = moment
            if ordered and (found.item[row], name) in seen:
                repeated += 1
                continue
            seen.add((found.item[row], name))
            actions[name] += 1
            behaviours.append(Behaviour(items[found.item[row]], name, moment // MICROS if timed else None))
        users.append(User(user, {}, tuple(behaviours)))
    return Histories(tuple(users), dict(actions), how, repeated, together)


def examples(found: Interactions, target: str) -> list[tuple[int, str, str, str, int | None]]:
    """The first rows as they became behaviours: line, user, item, action, Unix seconds or None."""
    names = list(found.actions)
    return [
        (line, user, item, _name(found, names, target, row), found.time[row] // MICROS if found.timed else None)
        for line, row, user, item in found.examples
    ]


def _name(found: Interactions, names: list[str], target: str, row: int) -> str:
    name = names[found.action[row]]
    return LOW_RATING if name == target and found.low[row] else name


def _settle_baskets(found: Interactions) -> None:
    """A basket takes the time of its earliest line."""
    earliest: dict[int, int] = {}
    for row, basket in enumerate(found.basket):
        if basket != NO_BASKET:
            earliest[basket] = min(found.time[row], earliest.get(basket, found.time[row]))
    for row, basket in enumerate(found.basket):
        if basket != NO_BASKET:
            found.time[row] = earliest[basket]


def _target(found: Interactions, counts: dict[str, int], asked: Asked) -> tuple[str, str]:
    if asked.target_action is not None:
        if asked.target_action not in counts:
            expected = f"--target-action to be one of {', '.join(_most_first(counts))}"
            raise DataError(found.tally.file, None, asked.target_action, expected)
        return asked.target_action, "as said"
    if len(counts) == 1:
        return next(iter(counts)), "the only one"
    for known in TARGETS:
        for name in counts:
            if name.replace("-", "") == known:
                return name, "guessed by its name"
    return _most_first(counts)[0], "guessed: the most frequent"


def _most_first(counts: dict[str, int]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def grammar_times(found: Interactions) -> Iterable[tuple[str, int | None]]:
    """The ages of the grammar: none where the data has no times."""
    return TIMES if found.timed else ()
