"""Softmax over the items, with the maximum over the query vectors inside.

A batch is scored against every item, or, where the catalogue is too large for that, against one
sample: its own targets and items drawn uniformly. A candidate that is likely to be in the sample
must count less, so what a negative adds to the normaliser is divided by its probability of having
been included; the target is there for certain and is not corrected. Items of a row's own history
are no negatives of it, as retrieval leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

WHOLE_CATALOGUE = 32_768
"""Items up to which a softmax over all of them is affordable: on two cores a step of 128 histories then takes
about a second."""

_PRODUCTS = 65_536
"""Products of a query vector and an item that a row of a softmax takes at most: with M query vectors, of that many
items by M."""

_NEVER = -1e9
_SCORES_AT_ONCE = 1 << 22
_SHARPNESS = 3.0
_LEAST_SPREAD = 0.1


@dataclass(frozen=True)
class Candidates:
    """Items that a batch is scored against: distinct ordinals, ascending, and the log probability of
    inclusion, or None if they are all items."""

    ordinals: np.ndarray
    log_inclusion: np.ndarray | None

    @property
    def whole(self) -> bool:
        return self.log_inclusion is None

    @property
    def correction(self) -> Tensor | None:
        return None if self.log_inclusion is None else torch.from_numpy(self.log_inclusion)

    def columns(self, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each ordinal stands among the candidates, and whether it does."""
        at = np.minimum(np.searchsorted(self.ordinals, ordinals), len(self.ordinals) - 1)
        return at, self.ordinals[at] == ordinals


def most_items(queries: int) -> int:
    """Items up to which a softmax over all of them is affordable with so many query vectors."""
    return max(1, min(WHOLE_CATALOGUE, _PRODUCTS // queries))


class CandidateSampler:
    """Gives the candidates of a batch: every item up to WHOLE_CATALOGUE of them, of fewer for many query vectors;
    beyond, all targets of the batch and `uniform` items drawn with replacement, for many query vectors fewer."""

    def __init__(
        self, target_counts: np.ndarray, uniform: int, queries: int = 1, whole: int = WHOLE_CATALOGUE
    ) -> None:
        total = target_counts.sum()
        if total < 1:
            raise ValueError("no training targets to sample negatives by")
        self._share = target_counts / total
        self._uniform = min(uniform, most_items(queries))
        self.whole = len(target_counts) <= min(whole, most_items(queries))

    def draw(self, targets: np.ndarray, rng: np.random.Generator) -> Candidates:
        items = len(self._share)
        if self.whole:
            return Candidates(np.arange(items), None)
        drawn = rng.integers(0, items, self._uniform)
        ordinals = np.unique(np.concatenate([targets, drawn]))
        # P(in) = 1 - P(no target of the batch is it) * P(no uniform draw is it), in logarithms for rare items.
        missed = len(targets) * np.log1p(-np.minimum(self._share[ordinals], 1 - 1e-9))
        missed += self._uniform * np.log1p(-1.0 / items) if items > 1 else -np.inf
        inclusion = np.log(-np.expm1(missed))
        return Candidates(ordinals, inclusion.astype(np.float32))


def softmax_loss(
    queries: Tensor,
    vectors: Tensor,
    target_columns: Tensor,
    log_inclusion: Tensor | None,
    excluded: tuple[Tensor, Tensor],
) -> Tensor:
    """Mean of -log p(target) over T rows, whose scores are the maximum over M query vectors.

    queries    [T, M, H]; of a row, the query vector that wins a candidate alone gets its gradient
    vectors    [C, H]
    excluded   (row, column) pairs that are no negatives, none of them a target
    """
    found: Tensor = _SoftmaxLoss.apply(queries, vectors, target_columns, log_inclusion, excluded)
    return found


class _SoftmaxLoss(torch.autograd.Function):
    """Takes a few rows at a time, their gradient with them: so scores stay in the caches and are never kept."""

    @staticmethod
    def forward(
        ctx: Any,
        queries: Tensor,
        vectors: Tensor,
        target_columns: Tensor,
        log_inclusion: Tensor | None,
        excluded: tuple[Tensor, Tensor],
    ) -> Tensor:
        rows, many, width = queries.shape
        kind = torch.bfloat16 if torch.is_autocast_enabled("cpu") else vectors.dtype
        given, matrix = queries.to(kind), vectors.to(kind)
        by_queries = torch.empty_like(queries, dtype=torch.float32)
        by_vectors = torch.zeros_like(vectors, dtype=torch.float32)
        order = torch.argsort(excluded[0], stable=True)
        own_rows, own_columns = excluded[0][order], excluded[1][order]
        size = max(1, _SCORES_AT_ONCE // (many * len(vectors)))
        bounds = torch.searchsorted(own_rows, torch.arange(0, rows + size, size)).tolist()
        total = queries.new_zeros((), dtype=torch.float32)
        for part, start in enumerate(range(0, rows, size)):
            some = given[start : start + size].reshape(-1, width)
            targets = target_columns[start : start + size]
            here, own = torch.arange(len(targets)), slice(bounds[part], bounds[part + 1])
            products = (some @ matrix.T).view(len(targets), many, -1)
            best, winners = (products[:, 0], None) if many == 1 else products.max(dim=1)
            scores = best.float()
            right = scores[here, targets]
            if log_inclusion is not None:
                scores = scores - log_inclusion
                scores[here, targets] = right
            scores[own_rows[own] - start, own_columns[own]] = _NEVER
            highest = scores.amax(dim=1, keepdim=True)
            slope = (scores - highest).exp_()
            norm = slope.sum(dim=1, keepdim=True)
            total += (norm.log() + highest).sum() - right.sum()
            slope /= norm * rows
            slope[here, targets] -= 1.0 / rows
            slope = slope.to(kind).unsqueeze(1)
            if winners is not None:
                slope = slope * (winners.unsqueeze(1) == torch.arange(many).view(-1, 1))
            slope = slope.view(-1, len(vectors))
            by_queries[start : start + size] = (slope @ matrix).view(-1, many, width)
            if ctx.needs_input_grad[1]:
                by_vectors += slope.T @ some
        ctx.save_for_backward(by_queries.to(queries.dtype), by_vectors.to(vectors.dtype))
        return total / rows

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        by_queries, by_vectors = ctx.saved_tensors
        return slope * by_queries, slope * by_vectors, None, None, None


def balance(query_vectors: Tensor, target_vectors: Tensor) -> Tensor:
    """Smallest (1) when every query vector wins equally many targets of the batch, M when one wins all.

    The product of the share that each query wins and the mean probability that it would win, as
    mixtures of experts use it: the share has no gradient, the probability has. Probabilities are
    taken of differences relative to their own spread: query vectors that have grown alike differ
    by little, and without that they would look balanced while one of them wins everything.
    """
    products = torch.einsum("bmh,bh->bm", query_vectors.float(), target_vectors.float())
    queries = products.shape[1]
    centred = products - products.mean(dim=1, keepdim=True)
    spread = centred.detach().square().mean(dim=1, keepdim=True).sqrt().clamp(min=_LEAST_SPREAD)
    likely = functional.softmax(_SHARPNESS * centred / spread, dim=1).mean(dim=0)
    won = functional.one_hot(products.argmax(dim=1), queries).float().mean(dim=0)
    return queries * (won * likely).sum()


def queries_in_use(wins: np.ndarray) -> float:
    """Exponential of the entropy of which query vector wins: M when all win equally often, 1 when one wins all."""
    share = wins[wins > 0] / wins.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
