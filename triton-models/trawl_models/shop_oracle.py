"""How well the customers of the demo shop can be foreseen: by who knows all its rules and numbers.

The oracle sees what a model sees, a customer's profile and history, with the ages of behaviours as a
prompt's words tell them, and not the taste that the customer was given. It follows Bayes' rule:
tier and colour as a grid of all that there are, interests as a particle filter (Gordon, Salmond and
Smith 1993), since they are sets and drift. Grid and particles are taken as independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from . import shop_words as words
from .shop import (
    AFFINITY_COLOUR,
    AFFINITY_TIER,
    LEAST_INTERESTS,
    MOST_INTERESTS,
    P_ANY_ITEM,
    P_COMPLEMENT_LATER,
    P_COMPLEMENT_SAME_DAY,
    P_DRIFT,
    P_SAME_DAY,
    TIERS,
    TIMES,
    Rules,
    Shop,
    pull,
)

PARTICLES = 400
_NOW = -1
"""Age of the purchase that is to be foreseen; others have an index into TIMES."""


def foreseen(shop: Shop, seed: int, users: int | None = None) -> Shop:
    """The shop, whose customers, or the first `users` of them, have the rank of their last purchase by the oracle,
    0 for the likeliest."""
    oracle = Oracle(shop.rules, seed)
    asked = tuple({**user, "oracle_rank": oracle.rank(user)} for user in shop.users[:users])
    return replace(shop, users=asked + shop.users[len(asked) :])


class Oracle:
    """Foresees purchases; deterministic by its seed and the order in which it is asked."""

    def __init__(self, rules: Rules, seed: int) -> None:
        self._rules = rules
        self._random = np.random.default_rng([seed, 0x0AC1E])
        catalogue = rules.catalogue
        tiers, colours = (grid.ravel() for grid in np.mgrid[:TIERS, : len(words.COLOURS)])
        likes = AFFINITY_TIER * (catalogue.tier == tiers[:, None])
        likes = likes + AFFINITY_COLOUR * (catalogue.colour == colours[:, None])
        self._weights = catalogue.weight * np.exp(likes)
        """[tastes, items]"""
        self._chances = np.zeros_like(self._weights)
        for members in catalogue.members:
            self._chances[:, members] = _normed(self._weights[:, members])

    def rank(self, user: dict[str, Any]) -> int:
        chances, bought = self.last_purchase(user)
        return int((chances > chances[bought]).sum())

    def last_purchase(self, user: dict[str, Any]) -> tuple[np.ndarray, int]:
        """How likely each item [items] was to be the last purchase, and which one it was."""
        customer = _Customer(self._rules, self, self._leaning(user["profile"]), self._random)
        *before, (clicks, bought, now) = _purchases(user["behaviours"])
        ages = [*(_age(now - then) for _, _, then in before), _NOW]
        for number, (earlier_clicks, item, _) in enumerate(before):
            customer.buys([*earlier_clicks, item])
            customer.sees_ages(ages[number], ages[number + 1])
        return customer.foresees(clicks), bought

    def _leaning(self, profile: dict[str, str]) -> np.ndarray:
        region, age = words.REGIONS.index(profile["region"]), words.AGES.index(profile["age"])
        return self._rules.leanings[region, age]

    def unled(self, category: int, seen: set[int]) -> np.ndarray:
        """Chances of the members of a category [tastes, members] where no purchase led to it."""
        return self._without(category, self._weights[:, self._rules.catalogue.members[category]], seen)

    def led(self, category: int, by: int, seen: set[int]) -> np.ndarray:
        """The same where the purchase of `by` led to it."""
        catalogue = self._rules.catalogue
        members = catalogue.members[category]
        weights = self._weights[:, members] * np.exp(pull(catalogue, members, by))
        return self._without(category, weights, seen)

    def _without(self, category: int, weights: np.ndarray, seen: set[int]) -> np.ndarray:
        catalogue = self._rules.catalogue
        met = [catalogue.place[item] for item in seen if catalogue.category[item] == category]
        weights = weights.copy()
        weights[:, met] = 0.0
        if not weights.any():
            # Who has met them all takes any.
            weights[:] = 1.0
        return _normed(weights)

    def all_unled(self, tastes: np.ndarray, seen: set[int]) -> np.ndarray:
        """Chances of every item [items] within its category, by how likely each taste is."""
        catalogue = self._rules.catalogue
        found = tastes @ self._chances
        for category in {int(catalogue.category[item]) for item in seen}:
            found[catalogue.members[category]] = tastes @ self.unled(category, seen)
        return found


class _Customer:
    """What is believed of one customer, as the history is read."""

    def __init__(self, rules: Rules, oracle: Oracle, leaning: np.ndarray, random: np.random.Generator) -> None:
        self._rules = rules
        self._oracle = oracle
        self._leaning = leaning
        self._random = random
        categories = len(leaning)
        self._counts = random.integers(LEAST_INTERESTS, MOST_INTERESTS + 1, PARTICLES)
        # Without replacement, as likely as they lean: Gumbel's trick.
        keys = np.log(leaning) + random.gumbel(size=(PARTICLES, categories))
        self._interests = np.argsort(-keys, axis=1)[:, :MOST_INTERESTS]
        self._tastes = np.full(TIERS * len(words.COLOURS), 1.0 / (TIERS * len(words.COLOURS)))
        self._seen: set[int] = set()
        self._last: int | None = None
        self._led = 0.0

    def sees_ages(self, last: int, following: int) -> None:
        """How old a prompt says that the last purchase is, and the one after it. Those of one day are less than a
        day apart, others more; where the words leave open which, as many are of one day as otherwise are."""
        same_day = 1.0 if last == 0 else 0.0 if last - following > 1 else P_SAME_DAY
        self._led = same_day * P_COMPLEMENT_SAME_DAY + (1.0 - same_day) * P_COMPLEMENT_LATER

    def foresees(self, clicks: list[int]) -> np.ndarray:
        """How likely each item is to be bought next, after these clicks."""
        catalogue = self._rules.catalogue
        unled, led = self._categories()
        seen, tastes = self._seen | set(clicks), self._tastes
        if clicks:
            # They are of the category that is bought from, and chosen as the purchase is.
            category = int(catalogue.category[clicks[0]])
            as_unled, as_led = self._likelihoods(category, clicks)
            likely_unled, likely_led = unled[category] * tastes * as_unled, led[category] * tastes * as_led
            unled, led = np.zeros_like(unled), np.zeros_like(led)
            unled[category], led[category] = likely_unled.sum(), likely_led.sum()
            tastes = (likely_unled + likely_led) / (likely_unled + likely_led).sum()
        chances = unled[catalogue.category] * self._oracle.all_unled(tastes, seen)
        if self._last is not None:
            for category in np.flatnonzero(led):
                members = catalogue.members[category]
                chances[members] += led[category] * (tastes @ self._oracle.led(category, self._last, seen))
        return chances / chances.sum()

    def buys(self, chosen: list[int]) -> None:
        """Learns from a purchase, the last of `chosen`, and the clicks before it."""
        category = int(self._rules.catalogue.category[chosen[-1]])
        unled, led = self._categories()
        as_unled, as_led = self._likelihoods(category, chosen)
        likely_unled, likely_led = self._tastes @ as_unled, self._tastes @ as_led

        interested = ((self._interests == category) & self._valid()).sum(axis=1) / self._counts
        weights = self._chance_unled(interested) * likely_unled + led[category] * likely_led
        tastes = self._tastes * (unled[category] * as_unled + led[category] * as_led)
        self._tastes = tastes / tastes.sum()
        self._resample(weights / weights.sum())
        self._seen.update(chosen)
        self._last = chosen[-1]

    def _categories(self) -> tuple[np.ndarray, np.ndarray]:
        """How likely the next purchase is to be of each category: not led to, and led to by the last."""
        share = np.where(self._valid(), 1.0 / (self._counts[:, None] * PARTICLES), 0.0)
        interested = np.bincount(self._interests.ravel(), share.ravel(), len(self._leaning))
        led = np.zeros(len(self._leaning))
        if self._last is not None:
            others, chances = self._rules.complements[int(self._rules.catalogue.category[self._last])]
            led[others] = (1.0 - P_ANY_ITEM) * self._led * chances
        return self._chance_unled(interested), led

    def _chance_unled(self, interested: np.ndarray) -> np.ndarray:
        return P_ANY_ITEM / len(self._leaning) + (1.0 - P_ANY_ITEM) * (1.0 - self._led) * interested

    def _likelihoods(self, category: int, chosen: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Of choosing these items one after another [tastes]: not led to, and led to by the last purchase."""
        catalogue = self._rules.catalogue
        unled, led = np.ones_like(self._tastes), np.ones_like(self._tastes)
        seen = set(self._seen)
        for item in chosen:
            place = catalogue.place[item]
            unled = unled * self._oracle.unled(category, seen)[:, place]
            if self._last is not None:
                led = led * self._oracle.led(category, self._last, seen)[:, place]
            seen.add(item)
        return unled, led

    def _resample(self, weights: np.ndarray) -> None:
        """Particles by their weights; then some of them drift, as customers do after a purchase."""
        steps = (np.arange(PARTICLES) + self._random.random()) / PARTICLES
        kept = np.searchsorted(np.cumsum(weights), steps).clip(max=PARTICLES - 1)
        self._interests, self._counts = self._interests[kept], self._counts[kept]
        drifts = np.flatnonzero(self._random.random(PARTICLES) < P_DRIFT)
        which = (self._random.random(len(drifts)) * self._counts[drifts]).astype(int)
        self._interests[drifts, which] = self._random.choice(len(self._leaning), len(drifts), p=self._leaning)

    def _valid(self) -> np.ndarray:
        return np.arange(MOST_INTERESTS) < self._counts[:, None]


def _purchases(behaviours: list[list[Any]]) -> Iterator[tuple[list[int], int, int]]:
    """Each purchase: the items clicked before it, its own and its time; items as numbers from 0."""
    clicks: list[int] = []
    for identifier, action, time in behaviours:
        item = int(identifier[1:]) - 1
        if action == "click":
            clicks.append(item)
        else:
            yield clicks, item, time
            clicks = []


def _age(seconds: int) -> int:
    """Index into TIMES."""
    return next(word for word, (_, most) in enumerate(TIMES) if most is None or seconds <= most)


def _normed(weights: np.ndarray) -> np.ndarray:
    """Rows that add up to one."""
    return weights / weights.sum(axis=1, keepdims=True)
