"""Ranks every item for every user that counts, and says how well the held-out items came out.

Full ranking: all items but those of the user's history, by descending score, equal scores by
ascending ordinal. A user counts under an objective if the held-out step has an item that qualifies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

import numpy as np
import torch

from .dataset import Dataset
from .figures import Quality, quality
from .loss import queries_in_use
from .model import Backbone, ItemTable
from .objectives import NO_TIME, TEXT_SEARCH, Split, Stage
from .prompt import NO_ITEM, PromptCorpus

_ROWS = 64
_ANSWERS = 10
_LEFT_OUT = -np.inf


@dataclass(frozen=True)
class Report:
    """Quality by objective name, and how many of the query vectors win the best answers (1 to M)."""

    objectives: dict[str, Quality]
    queries_in_use: float


@dataclass(frozen=True)
class Question:
    """What is right, what the user's history holds already, and a search's words."""

    right: tuple[int, ...]
    seen: np.ndarray
    text: str | None


@dataclass(frozen=True)
class _Questions:
    """`objective` says what is right, `asked` by which one's text it is asked for."""

    user: np.ndarray
    prefix: np.ndarray
    objective: np.ndarray
    asked: np.ndarray
    now: np.ndarray
    texts: list[str | None]
    right: list[tuple[int, ...]]
    seen: list[np.ndarray]

    def __len__(self) -> int:
        return len(self.user)


class Judge:
    """Holds the questions of one stage, so that every epoch is judged by the same ones."""

    def __init__(
        self, dataset: Dataset, split: Split, corpus: PromptCorpus, stage: Stage, users: int | None = None
    ) -> None:
        self._names = split.names
        self._corpus = corpus
        self._popularity = np.zeros(len(dataset.items), np.int64)
        for user in range(len(dataset.users)):
            np.add.at(self._popularity, [b.item for b in split.history(user, stage)], 1)
        self._questions = _questions(dataset, split, stage, users)

    def __len__(self) -> int:
        return len(self._questions)

    def asked_as(self, name: str) -> Judge:
        """The same questions, all of them asked by the text of this objective: what each text finds of the others'
        right items. A question that holds no words is left out where the text needs them."""
        asked, wordy = self._questions, name == TEXT_SEARCH
        kept = [row for row in range(len(asked)) if not wordy or asked.texts[row] is not None]
        found = copy(self)
        found._questions = _Questions(
            asked.user[kept], asked.prefix[kept], asked.objective[kept],
            np.full(len(kept), self._names.index(name)), asked.now[kept],
            [asked.texts[row] if wordy else None for row in kept],
            [asked.right[row] for row in kept], [asked.seen[row] for row in kept],
        )
        return found

    def judge(
        self, backbone: Backbone, table: ItemTable, advance: Callable[[int], None] = lambda _: None
    ) -> Report:
        """Quality of a model over all questions; `advance` hears how many more were asked."""
        asked = self._questions
        wins = np.zeros(backbone.settings.queries, np.int64)
        ranks: dict[int, list[np.ndarray]] = {}
        with answering(backbone), torch.inference_mode():
            vectors = table.vectors()
            sizes = self._corpus.sizes(asked.user, asked.prefix, asked.asked)
            order = np.argsort(sizes, kind="stable")
            for start in range(0, len(order), _ROWS):
                rows = order[start : start + _ROWS]
                query_vectors = backbone(*self._given(vectors, rows))
                scores = maximum(query_vectors, vectors).numpy()
                for index, row in enumerate(rows):
                    scores[index, asked.seen[row]] = _LEFT_OUT
                best = np.argpartition(-scores, min(_ANSWERS, scores.shape[1]) - 1, axis=1)[:, :_ANSWERS]
                winners = (query_vectors @ vectors[torch.from_numpy(best)].transpose(1, 2)).argmax(dim=1)
                wins += np.bincount(winners.numpy().ravel(), minlength=len(wins))
                for index, row in enumerate(rows):
                    ranks[int(row)] = ranks_of(scores[index], asked.right[row])
                advance(len(rows))
        return Report(self._by_objective(ranks), queries_in_use(wins))

    def prompts(
        self, name: str, vectors: torch.Tensor, most: int
    ) -> Iterator[tuple[tuple[torch.Tensor, torch.Tensor, torch.Tensor], list[Question]]]:
        """The first `most` questions of an objective, some at a time, and what the backbone is given for them."""
        asked = self._questions
        chosen = np.flatnonzero(asked.objective == self._names.index(name))[:most]
        for start in range(0, len(chosen), _ROWS):
            rows = chosen[start : start + _ROWS]
            yield self._given(vectors, rows), [Question(asked.right[r], asked.seen[r], asked.texts[r]) for r in rows]

    def asked_once(
        self, name: str, vectors: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
        """What the backbone is given for one question, whoever's, asked by the text of this objective."""
        asked = self.asked_as(name)
        return asked._given(vectors, np.arange(1)) if len(asked) else None

    def popularity(self) -> dict[str, Quality]:
        """The floor: the items that stand most often in the histories, whoever asks and for what."""
        asked = self._questions
        ranks = {}
        for row in range(len(asked)):
            scores = self._popularity.astype(np.float64)
            scores[asked.seen[row]] = _LEFT_OUT
            ranks[row] = ranks_of(scores, asked.right[row])
        return self._by_objective(ranks)

    def _given(self, vectors: torch.Tensor, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        asked = self._questions
        batch = self._corpus.batch(
            asked.user[rows], asked.prefix[rows], asked.asked[rows], asked.now[rows],
            [asked.texts[row] for row in rows],
        )
        ordinals = torch.from_numpy(batch.item_ordinals.astype(np.int64))
        there = (ordinals != NO_ITEM).unsqueeze(-1)
        given = torch.where(there, vectors[ordinals.clamp(min=0)], vectors.new_zeros(()))
        return torch.from_numpy(batch.token_ids), torch.from_numpy(batch.attention_mask), given

    def _by_objective(self, ranks: dict[int, list[np.ndarray]]) -> dict[str, Quality]:
        found = {}
        for index, name in enumerate(self._names):
            rows = np.flatnonzero(self._questions.objective == index)
            if len(rows):
                found[name] = quality([ranks[int(row)] for row in rows])
        return found


@contextmanager
def answering(backbone: Backbone) -> Iterator[None]:
    """As requests meet it, without dropout; afterwards as it was."""
    was_training = backbone.training
    backbone.eval()
    try:
        yield
    finally:
        backbone.train(was_training)


def maximum(query_vectors: torch.Tensor, vectors: torch.Tensor) -> torch.Tensor:
    """Maximum over M, [B, N], one query vector at a time: all at once would be M times the memory and no faster."""
    best = query_vectors[:, 0] @ vectors.T
    products = torch.empty_like(best)
    for query in range(1, query_vectors.shape[1]):
        torch.matmul(query_vectors[:, query], vectors.T, out=products)
        torch.maximum(best, products, out=best)
    return best


def score_of(report: Report) -> float:
    """One number to choose a checkpoint by: the geometric mean of HR@10, so that no objective drowns another."""
    hits = [max(quality.hit_10, 1e-4) for quality in report.objectives.values()]
    return float(np.exp(np.mean(np.log(hits)))) if hits else 0.0


def _questions(dataset: Dataset, split: Split, stage: Stage, users: int | None) -> _Questions:
    chosen = np.arange(len(dataset.users))
    if users is not None and users < len(chosen):
        chosen = np.sort(np.random.default_rng([split.seed, 0x1D6E]).permutation(chosen)[:users])
    rows: list[tuple[int, int, int, int]] = []
    texts: list[str | None] = []
    right: list[tuple[int, ...]] = []
    seen: list[np.ndarray] = []
    for user in map(int, chosen):
        history = split.history(user, stage)
        known = np.unique(np.array([b.item for b in history], np.int64))
        now = split.now(user, stage)
        for name, held in split.held_out(user, stage).items():
            rows.append((user, len(history), split.names.index(name), NO_TIME if now is None else now))
            texts.append(held.text)
            right.append(held.items)
            seen.append(known)
    table = np.array(rows, np.int64).reshape(-1, 4)
    return _Questions(table[:, 0], table[:, 1], table[:, 2], table[:, 2], table[:, 3], texts, right, seen)


def ranks_of(scores: np.ndarray, right: tuple[int, ...]) -> np.ndarray:
    """Places of the right items, best is 0, ascending."""
    places = [
        int((scores > scores[item]).sum() + (scores[:item] == scores[item]).sum()) for item in right
    ]
    return np.sort(np.array(places, np.int64))
