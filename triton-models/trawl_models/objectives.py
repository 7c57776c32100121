"""The four objectives, what they learn from, and what they are judged by.

    next-item      the next purchase
    new-category   the next purchase, where its category does not occur in the history
    long-tail      the next purchase, where it is outside the head: the smallest set of most
                   popular items that together hold half of the training purchases
    text-search    the next purchase, asked for with a query made of words of its category and at
                   most two words of its title

A user's purchases are *steps*. The last step is the test, the one before it the validation, all
earlier ones are training; at test time the validation step belongs to the history. In a data set
with baskets a step is a basket, so that several items may be right; otherwise it is one purchase.
Behaviours with another action (clicks) are context of later steps and never a target of an objective. A target
that already stands in the history is no target, since ranking leaves the history out. A user
counts under an objective only if the held-out step has an item that qualifies.

Counts of popularity and the head come from training purchases alone.

Method: URM (arXiv 2502.03041) writes the objective into the prompt as text and needs training
pairs for each one; the names and templates here are this project's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from .bounds import MAX_TEXT_CHARS
from .dataset import MIN_EXAMPLES, Behaviour, Dataset, Item, User

Stage = Literal["validation", "test"]

NEXT_ITEM = "next-item"
NEW_CATEGORY = "new-category"
LONG_TAIL = "long-tail"
TEXT_SEARCH = "text-search"

OBJECTIVE_TOKEN = "<|objective|>"
QUERY_TOKEN = "<|query|>"
"""After the one a template says its objective, after the other the search's words."""

HEAD_SHARE = 0.5
"""Share of the training purchases that the head holds."""

DEFAULT_RATES: dict[str, float] = {
    NEXT_ITEM: 0.25,
    NEW_CATEGORY: 1.0,
    LONG_TAIL: 0.5,
    TEXT_SEARCH: 0.5,
}
"""Chance that a target which qualifies for an objective becomes its example in one epoch."""

COLD_RATE = 0.1
"""Factor on the rate for targets without any history: users nobody knows yet, once in a while."""

TITLE_WORD_CHANCES = (0.2, 0.4, 0.4)
"""Chance that a query holds none, one or two words of the title."""

MIN_WORD_ITEMS = 10
"""A title word that fewer items share names an item rather than describes it: no query holds it,
unless the title has no other words and the item no category."""

_WORD = re.compile(r"[a-z0-9]+")
_STOP_WORDS = frozenset(
    "a an and as at by for from in into is it its new of off on or per the to up with without "
    "set pack pcs oz ounce inch fluid count".split()
)


@dataclass(frozen=True)
class Objective:
    """One entry of the manifest's `objectives`."""

    name: str
    title: str
    template: str
    text: Literal["none", "optional", "required"]

    def manifest(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True)
class HeldOut:
    """The ordinals that count as right for one user and objective, and the text to ask with."""

    items: tuple[int, ...]
    text: str | None


@dataclass(frozen=True)
class Examples:
    """Training examples as parallel arrays of length B, in random order.

    user       int32   index into dataset.users
    prefix     int32   how many of the user's behaviours the prompt may show
    objective  int32   index into split.objectives
    target     int32   ordinal of the item that is right
    now        int64   request time in Unix seconds, NO_TIME where the data has no times
    texts      list    the query, or None
    """

    user: np.ndarray
    prefix: np.ndarray
    objective: np.ndarray
    target: np.ndarray
    now: np.ndarray
    texts: list[str | None]

    def __len__(self) -> int:
        return len(self.user)


NO_TIME = -1


@dataclass(frozen=True)
class _Step:
    """Targets bought together, `prefix` behaviours into the user's history."""

    prefix: int
    targets: tuple[int, ...]
    now: int | None


@dataclass(frozen=True)
class _Cut:
    """How one user's steps are shared out."""

    training: tuple[_Step, ...]
    validation: _Step | None
    test: _Step | None


def split(dataset: Dataset, seed: int) -> Split:
    """Cuts every user's steps into training, validation and test."""
    return Split(dataset, seed)


class Split:
    """A data set, cut.

    objectives       those with signal, in a fixed order; indices of `Examples.objective`
    left_out         objective name -> why it is not among them
    purchases        int64 [N], training purchases per ordinal
    tail             bool [N], True outside the head
    """

    def __init__(self, dataset: Dataset, seed: int):
        self.dataset = dataset
        self.seed = seed
        self._cuts = [_cut(dataset, user) for user in dataset.users]
        self.purchases = self._count_purchases()
        self.tail = _tail(self.purchases)
        self._words = _query_words(dataset)
        self._targets = self._collect_targets()
        self.left_out: dict[str, str] = {}
        self.objectives = tuple(self._with_signal())
        self.names = tuple(objective.name for objective in self.objectives)

    def with_validation(self) -> Split:
        """The same objectives and the same tail, the validation steps among those to train on."""
        found = copy(self)
        found._cuts = [
            cut if cut.validation is None else _Cut((*cut.training, cut.validation), None, cut.test)
            for cut in self._cuts
        ]
        found.purchases = found._count_purchases()
        found._targets = found._collect_targets()
        return found

    def of_first(self, users: int | None) -> Split:
        """The same objectives, the same tail and the same counts of all purchases, with the first users of the data
        set and no others; all of them where `users` is None or more than there are."""
        if users is None or users >= len(self.dataset.users):
            return self
        found = copy(self)
        found.dataset = replace(self.dataset, users=self.dataset.users[:users])
        found._cuts = self._cuts[:users]
        found._targets = found._collect_targets()
        return found

    def examples(
        self, rng: np.random.Generator, rates: Mapping[str, float] | None = None
    ) -> Examples:
        """One epoch's examples. The objectives are drawn independently, so that none takes the
        targets of another away; `rates` overrides some of DEFAULT_RATES."""
        chances = DEFAULT_RATES | dict(rates or {})
        t = self._targets
        warmth = np.where(t.prefix > 0, 1.0, COLD_RATE)
        chosen = [
            np.flatnonzero(t.qualifies[name] & (rng.random(len(t.user)) < chances[name] * warmth))
            for name in self.names
        ]
        rows = np.concatenate(chosen)
        kinds = np.repeat(np.arange(len(chosen), dtype=np.int32), [len(c) for c in chosen])
        order = rng.permutation(len(rows))
        rows, kinds = rows[order], kinds[order]
        search = self.names.index(TEXT_SEARCH) if TEXT_SEARCH in self.names else -1
        texts = [
            self.query(int(t.target[row]), rng) if kind == search else None
            for row, kind in zip(rows, kinds, strict=True)
        ]
        return Examples(t.user[rows], t.prefix[rows], kinds, t.target[rows], t.now[rows], texts)

    def held_out(self, user: int, stage: Stage) -> dict[str, HeldOut]:
        """What this user is judged by at a stage: objective name -> what is right. The same
        answer every time."""
        step = self._step(user, stage)
        if step is None:
            return {}
        history = self.dataset.users[user].behaviours[: step.prefix]
        seen = {behaviour.item for behaviour in history}
        categories = {self.dataset.category(item) for item in seen}
        new = tuple(item for item in step.targets if item not in seen)
        right: dict[str, HeldOut] = {}
        for name in self.names:
            items = tuple(i for i in new if self._qualifies(name, i, bool(seen), categories))
            if items and name == TEXT_SEARCH:
                rng = np.random.default_rng([self.seed, 0x7E87, user, stage == "test"])
                item = items[rng.integers(len(items))]
                right[name] = HeldOut((item,), self.query(item, rng))
            elif items:
                right[name] = HeldOut(items, None)
        return right

    def history(self, user: int, stage: Stage) -> tuple[Behaviour, ...]:
        """What is known of a user when the stage's step is asked for; all there is if the user
        has no such step."""
        step = self._step(user, stage)
        behaviours = self.dataset.users[user].behaviours
        return behaviours if step is None else behaviours[: step.prefix]

    def now(self, user: int, stage: Stage) -> int | None:
        """The request time: that of the stage's step, else of the latest behaviour."""
        step = self._step(user, stage)
        if step is not None:
            return step.now
        times = [b.time for b in self.dataset.users[user].behaviours if b.time is not None]
        return max(times, default=None)

    def query(self, item: int, rng: np.random.Generator) -> str:
        """A search query for an item: words of its category, and up to two words of its title, no longer than a request's text."""
        category, title = self._words[item]
        count = min(len(title), _at_most_two(rng.random()) if category else 2)
        words = [title[place] for place in _places(rng, len(title), count)]
        return " ".join([*words, *category])[:MAX_TEXT_CHARS]

    def coverage(self) -> dict[str, dict[str, int]]:
        """How many training targets, validation and test users each objective has."""
        counts = {n: {"training": int(self._targets.qualifies[n].sum())} for n in self.names}
        for stage in ("validation", "test"):
            for name in self.names:
                counts[name][stage] = 0
            for user in range(len(self._cuts)):
                for name in self.held_out(user, stage):
                    counts[name][stage] += 1
        return counts

    def asks(self, stage: Stage) -> bool:
        """Whether any user has anything held out at a stage."""
        return any(self.held_out(user, stage) for user in range(len(self._cuts)))

    def _step(self, user: int, stage: Stage) -> _Step | None:
        cut = self._cuts[user]
        return cut.test if stage == "test" else cut.validation

    def _count_purchases(self) -> np.ndarray:
        counts = np.zeros(len(self.dataset.items), np.int64)
        for cut in self._cuts:
            for step in cut.training:
                np.add.at(counts, list(step.targets), 1)
        return counts

    def _collect_targets(self) -> _Targets:
        rows: list[tuple[int, int, int, int]] = []
        flags: dict[str, list[bool]] = {name: [] for name in _NAMES}
        for user, cut in enumerate(self._cuts):
            behaviours = self.dataset.users[user].behaviours
            seen: set[int] = set()
            categories: set[str | None] = set()
            known = 0
            for step in _training_steps(self.dataset, cut):  # in their order: what is known only grows
                new = {behaviour.item for behaviour in behaviours[known : step.prefix]}
                seen |= new
                categories |= {self.dataset.category(item) for item in new}
                known = step.prefix
                now = NO_TIME if step.now is None else step.now
                for item in step.targets:
                    if item in seen:
                        continue
                    rows.append((user, step.prefix, item, now))
                    for name in _NAMES:
                        flags[name].append(self._qualifies(name, item, bool(seen), categories))
        table = np.array(rows, np.int64).reshape(-1, 4)
        return _Targets(
            user=table[:, 0].astype(np.int32),
            prefix=table[:, 1].astype(np.int32),
            target=table[:, 2].astype(np.int32),
            now=table[:, 3],
            qualifies={name: np.array(found, bool) for name, found in flags.items()},
        )

    def _qualifies(
        self, name: str, item: int, has_history: bool, categories: set[str | None]
    ) -> bool:
        if name == NEW_CATEGORY:
            category = self.dataset.category(item)
            return has_history and category is not None and category not in categories
        if name == LONG_TAIL:
            return bool(self.tail[item])
        if name == TEXT_SEARCH:
            return any(self._words[item])
        return True

    def _with_signal(self) -> Iterator[Objective]:
        for objective in _objectives(self.dataset):
            if objective.name == NEW_CATEGORY and self.dataset.category_attribute is None:
                self.left_out[objective.name] = "the items have no categories"
                continue
            found = int(self._targets.qualifies[objective.name].sum())
            if found < MIN_EXAMPLES:
                self.left_out[objective.name] = f"{found} training targets, {MIN_EXAMPLES} needed"
                continue
            yield objective


@dataclass(frozen=True)
class _Targets:
    """Every training target once, with the objectives that it can serve."""

    user: np.ndarray
    prefix: np.ndarray
    target: np.ndarray
    now: np.ndarray
    qualifies: dict[str, np.ndarray]


_NAMES = (NEXT_ITEM, NEW_CATEGORY, LONG_TAIL, TEXT_SEARCH)


_OTHERWISE = {
    NEXT_ITEM: "what will be bought after this",
    NEW_CATEGORY: "something of a kind not bought before",
    LONG_TAIL: "things that few people buy",
    TEXT_SEARCH: "whatever fits these words",
}


def said_otherwise(objective: Objective) -> Objective:
    """The same objective in words that no training ever sees, to measure what a model makes of them."""
    said, otherwise = (OBJECTIVE_TOKEN + text for text in (spoken(objective), _OTHERWISE[objective.name]))
    return replace(objective, template=objective.template.replace(said, otherwise))


def spoken(objective: Objective) -> str:
    """What a template says of its objective."""
    return objective.template.partition(OBJECTIVE_TOKEN)[2].partition(QUERY_TOKEN)[0]


def _objectives(dataset: Dataset) -> Iterator[Objective]:
    profile = "{profile}" if dataset.grammar["profile"]["keys"] else ""
    start = profile + "<|history|>{history}"
    yield Objective(NEXT_ITEM, "Likely next purchase", start + f"{OBJECTIVE_TOKEN}next item", "none")
    yield Objective(
        NEW_CATEGORY, "From a category new to you", start + f"{OBJECTIVE_TOKEN}new category", "none"
    )
    yield Objective(LONG_TAIL, "Off the beaten track", start + f"{OBJECTIVE_TOKEN}long tail", "none")
    yield Objective(
        TEXT_SEARCH,
        "Found for your words",
        start + f"{OBJECTIVE_TOKEN}search{QUERY_TOKEN}{{text}}",
        "required",
    )


def _cut(dataset: Dataset, user: User) -> _Cut:
    steps = _steps(dataset, user)
    if len(steps) < 2:
        return _Cut(tuple(steps), None, None)
    if len(steps) < 3:
        return _Cut((steps[0],), None, steps[1])
    return _Cut(tuple(steps[:-2]), steps[-2], steps[-1])


def _steps(dataset: Dataset, user: User) -> list[_Step]:
    steps: list[_Step] = []
    for position, behaviour in enumerate(user.behaviours):
        if behaviour.action != dataset.target_action:
            continue
        same_basket = dataset.baskets and steps and steps[-1].now == behaviour.time
        if same_basket:
            last = steps.pop()
            steps.append(_Step(last.prefix, (*last.targets, behaviour.item), last.now))
        else:
            steps.append(_Step(position, (behaviour.item,), behaviour.time))
    return steps


def _training_steps(dataset: Dataset, cut: _Cut) -> Iterator[_Step]:
    """A first basket has nothing before it: its first half stands as history for the second."""
    for step in cut.training:
        if dataset.baskets and step.prefix == 0 and len(step.targets) > 1:
            half = len(step.targets) // 2
            yield _Step(half, step.targets[half:], step.now)
        else:
            yield step


def _tail(purchases: np.ndarray) -> np.ndarray:
    """True outside the smallest set of most popular items holding HEAD_SHARE of all purchases."""
    order = np.argsort(-purchases, kind="stable")
    before = np.cumsum(purchases[order]) - purchases[order]
    tail = np.ones(len(purchases), bool)
    tail[order[before < HEAD_SHARE * purchases.sum()]] = False
    return tail


def _query_words(dataset: Dataset) -> list[tuple[list[str], list[str]]]:
    """Per item the words that a query may use: of the most specific category, and of the title."""
    titles = [_words(item.title) for item in dataset.items]
    shared = Counter(word for title in titles for word in title)
    found = []
    for item, title in zip(dataset.items, titles, strict=True):
        category = _words(_most_specific(dataset, item) or "")
        words = [w for w in title if len(w) > 1 and not w.isdigit() and w not in category]
        common = [word for word in words if shared[word] >= MIN_WORD_ITEMS]
        found.append((category, common if common or category else words))
    return found


def _most_specific(dataset: Dataset, item: Item) -> str | None:
    path = item.attributes.get("categories")
    if isinstance(path, tuple) and path:
        return path[-1]
    value = item.attributes.get(dataset.category_attribute or "")
    return value if isinstance(value, str) else None


def _at_most_two(chance: float) -> int:
    none, one, _ = TITLE_WORD_CHANCES
    return 0 if chance < none else 1 if chance < none + one else 2


def _places(rng: np.random.Generator, size: int, count: int) -> list[int]:
    """Up to two distinct places below `size`, ascending."""
    if count == 0:
        return []
    first = int(rng.integers(size))
    if count == 1:
        return [first]
    second = int(rng.integers(size - 1))
    return sorted((first, second + (second >= first)))


def _words(text: str) -> list[str]:
    found = (word for word in _WORD.findall(text.lower()) if word not in _STOP_WORDS)
    return list(dict.fromkeys(found))
