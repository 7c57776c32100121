"""Cuts an epoch into batches of prompts of like length, the same ones for the same seed and epoch.

Two kinds of batches. *Histories* are whole training histories, read once to predict every behaviour
from those before it. *Prompts* are training examples: what a request would send, and its target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .dataset import Dataset
from .dataset.histories import LOW_RATING
from .objectives import DEFAULT_RATES, NEXT_ITEM, NO_TIME, TEXT_SEARCH, Examples, Split
from .prompt import NO_ITEM, PromptCorpus

_CHUNK = 40
"""Batches that are grouped by length together: enough to hold little padding, few enough to stay shuffled."""


@dataclass(frozen=True)
class TrainingBatch:
    """Prompts, and what is to be learned at which place.

    token_ids, attention_mask  int64 [B, L]
    item_ordinals              int32 [B, L], NO_ITEM at text
    targets                    int64 [T]: ordinals
    rows                       int64 [T]: which prompt each target belongs to
    places                     int64 [T]: position whose hidden state predicts it (histories), or None (prompts: T = B)
    as_history                 bool [T]: whose history alone should answer (prompts for the next item, with a history)
    excluded                   (target index, ordinal) pairs: what the target's own history already holds
    """

    token_ids: np.ndarray
    attention_mask: np.ndarray
    item_ordinals: np.ndarray
    targets: np.ndarray
    rows: np.ndarray
    places: np.ndarray | None
    excluded: tuple[np.ndarray, np.ndarray]
    as_history: np.ndarray | None = None


class Histories:
    """The training part of every user's history, without the held-out steps. Whatever users did is predicted, but
    for what they rated too low.

    counts  int64 [items]: how often each is
    """

    counts: np.ndarray

    def __init__(self, split: Split, corpus: PromptCorpus, size: int) -> None:
        dataset = split.dataset
        users = range(len(dataset.users))
        # A user with two steps has no validation step: then the test step is what must not be seen.
        prefix = [min(len(split.history(u, "validation")), len(split.history(u, "test"))) for u in users]
        self._prefix = np.array(prefix, np.int64)
        self._user = np.flatnonzero(self._prefix >= 2)
        self._now = np.array(
            [max((b.time for b in dataset.users[u].behaviours[:p] if b.time is not None), default=NO_TIME)
             for u, p in zip(users, prefix, strict=True)], np.int64)
        self._corpus = corpus
        self._size = size
        low = [np.array([b.action == LOW_RATING for b in user.behaviours], bool) for user in dataset.users]
        self._low = low if any(one.any() for one in low) else None
        self.counts = self._counted(dataset)

    def _counted(self, dataset: Dataset) -> np.ndarray:
        """How often each item is predicted, as nearly as a sample of negatives needs it."""
        found = np.zeros(len(dataset.items), np.int64)
        for user in self._user:
            ahead = slice(1, self._prefix[user])
            items = np.array([b.item for b in dataset.users[user].behaviours[ahead]], np.int64)
            np.add.at(found, items if self._low is None else items[~self._low[user][ahead]], 1)
        return found

    def epoch(self, rng: np.random.Generator) -> list[Callable[[], TrainingBatch]]:
        order = rng.permutation(self._user)
        return [_later(self._batch, rows) for rows in _grouped(order, self._prefix[order], self._size, rng)]

    def _batch(self, users: np.ndarray) -> TrainingBatch:
        none = np.zeros(len(users), np.int64)
        batch = self._corpus.batch(users, self._prefix[users], none, self._now[users], [None] * len(users))
        return behaviours_ahead(
            batch.token_ids, batch.attention_mask, batch.item_ordinals, self._never(users, batch.item_ordinals)
        )

    def _never(self, users: np.ndarray, item_ordinals: np.ndarray) -> np.ndarray | None:
        """Of each item of the batch, whether it is never predicted; None where all are. A prompt shows the newest."""
        if self._low is None:
            return None
        shown = (item_ordinals != NO_ITEM).sum(axis=1)
        parts = (
            self._low[user][self._prefix[user] - count : self._prefix[user]]
            for user, count in zip(users, shown, strict=True)
        )
        return np.concatenate([*parts, np.zeros(0, bool)])


class Prompts:
    """Training examples of all objectives, drawn anew every epoch, and searches for items by their own words."""

    def __init__(
        self, split: Split, corpus: PromptCorpus, size: int, catalogue_share: float, share: float = 1.0
    ) -> None:
        self._split = split
        self._corpus = corpus
        self._size = size
        self._catalogue_share = catalogue_share
        self._next_item = split.names.index(NEXT_ITEM) if NEXT_ITEM in split.names else -1
        self._rates = {name: rate * share for name, rate in DEFAULT_RATES.items()}

    def epoch(self, rng: np.random.Generator) -> tuple[np.ndarray, list[Callable[[], TrainingBatch]]]:
        """How often each item is a target, and the batches."""
        examples = self._split.examples(rng, self._rates)
        if TEXT_SEARCH in self._split.names:
            examples = _joined(examples, self._catalogue_searches(rng))
        sizes = self._corpus.sizes(examples.user, examples.prefix, examples.objective)
        order = rng.permutation(len(examples))
        counts = np.bincount(examples.target, minlength=len(self._split.purchases))
        groups = _grouped(order, sizes[order], self._size, rng)
        return counts, [_later(self._batch, examples, rows) for rows in groups]

    def _catalogue_searches(self, rng: np.random.Generator) -> Examples:
        """Queries from an item's own words, with no history: what words mean, for items nobody bought too."""
        items = len(self._split.purchases)
        count = int(items * self._catalogue_share)
        rounds = [rng.permutation(items) for _ in range(-(-count // items))]
        target = np.concatenate(rounds)[:count].astype(np.int32) if rounds else np.zeros(0, np.int32)
        queries = [self._split.query(int(item), rng) for item in target]
        asked = np.array([bool(query) for query in queries], bool)
        target = target[asked]
        kind = self._split.names.index(TEXT_SEARCH)
        return Examples(
            user=rng.integers(0, len(self._split.dataset.users), len(target)).astype(np.int32),
            prefix=np.zeros(len(target), np.int32),
            objective=np.full(len(target), kind, np.int32),
            target=target,
            now=np.full(len(target), NO_TIME, np.int64),
            texts=[query for query in queries if query],
        )

    def _batch(self, examples: Examples, rows: np.ndarray) -> TrainingBatch:
        batch = self._corpus.batch(
            examples.user[rows],
            examples.prefix[rows],
            examples.objective[rows],
            examples.now[rows],
            [examples.texts[row] for row in rows],
        )
        row, place = np.nonzero(batch.item_ordinals != NO_ITEM)
        return TrainingBatch(
            token_ids=batch.token_ids,
            attention_mask=batch.attention_mask,
            item_ordinals=batch.item_ordinals,
            targets=examples.target[rows].astype(np.int64),
            rows=np.arange(len(rows)),
            places=None,
            excluded=(row, batch.item_ordinals[row, place].astype(np.int64)),
            as_history=(examples.objective[rows] == self._next_item) & (examples.prefix[rows] > 0),
        )


def behaviours_ahead(
    token_ids: np.ndarray, attention_mask: np.ndarray, item_ordinals: np.ndarray, never: np.ndarray | None = None
) -> TrainingBatch:
    """Every behaviour of a prompt but the first as a target of the one before it, unless it repeats an earlier item.

    never  of each item of the batch, row by row, whether it is no target
    """
    row, place = np.nonzero(item_ordinals != NO_ITEM)
    item = item_ordinals[row, place].astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]])) if len(row) else row
    start = first[np.cumsum(np.isin(np.arange(len(row)), first)) - 1] if len(row) else row

    source = np.flatnonzero(row[1:] == row[:-1])
    if never is not None:
        source = source[~never[source + 1]]
    seen = source - start[source] + 1
    pair = np.repeat(np.arange(len(source)), seen)
    offset = np.arange(seen.sum()) - np.repeat(np.cumsum(seen) - seen, seen)
    earlier = item[start[source][pair] + offset]

    repeats = np.zeros(len(source), bool)
    repeats[pair[earlier == item[source + 1][pair]]] = True
    new_index = np.cumsum(~repeats) - 1
    kept = ~repeats[pair]
    source = source[~repeats]
    return TrainingBatch(
        token_ids=token_ids,
        attention_mask=attention_mask,
        item_ordinals=item_ordinals,
        targets=item[source + 1],
        rows=row[source],
        places=place[source],
        excluded=(new_index[pair[kept]], earlier[kept]),
    )


def _grouped(order: np.ndarray, sizes: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    batches = []
    for start in range(0, len(order), size * _CHUNK):
        chunk = slice(start, start + size * _CHUNK)
        rows = order[chunk][np.argsort(sizes[chunk], kind="stable")]
        batches += [rows[i : i + size] for i in range(0, len(rows), size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def _joined(one: Examples, other: Examples) -> Examples:
    return Examples(
        user=np.concatenate([one.user, other.user]),
        prefix=np.concatenate([one.prefix, other.prefix]),
        objective=np.concatenate([one.objective, other.objective]),
        target=np.concatenate([one.target, other.target]),
        now=np.concatenate([one.now, other.now]),
        texts=[*one.texts, *other.texts],
    )


def _later(make: Callable[..., TrainingBatch], *arguments: object) -> Callable[[], TrainingBatch]:
    return lambda: make(*arguments)
