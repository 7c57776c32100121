"""Sampled softmax over the items, with the maximum over the query vectors inside.

A batch is scored against one set of candidates: its own targets and items drawn uniformly. A
candidate that is likely to be in the set must count less, so what a negative adds to the
normaliser is divided by its probability of having been included; the target is there for certain
and is not corrected. Items of a row's own history are no negatives of it, as retrieval leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_NEVER = -1e9
_SHARPNESS = 3.0
_LEAST_SPREAD = 0.1


@dataclass(frozen=True)
class Candidates:
    """Items that a batch is scored against: distinct ordinals, ascending, and the log probability of inclusion."""

    ordinals: np.ndarray
    log_inclusion: np.ndarray

    def columns(self, ordinals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each ordinal stands among the candidates, and whether it does."""
        at = np.minimum(np.searchsorted(self.ordinals, ordinals), len(self.ordinals) - 1)
        return at, self.ordinals[at] == ordinals


class CandidateSampler:
    """Draws candidates: all targets of the batch and `uniform` items drawn with replacement."""

    def __init__(self, target_counts: np.ndarray, uniform: int) -> None:
        total = target_counts.sum()
        if total < 1:
            raise ValueError("no training targets to sample negatives by")
        self._share = target_counts / total
        self._uniform = uniform

    def draw(self, targets: np.ndarray, rng: np.random.Generator) -> Candidates:
        items = len(self._share)
        drawn = rng.integers(0, items, self._uniform)
        ordinals = np.unique(np.concatenate([targets, drawn]))
        # P(in) = 1 - P(no target of the batch is it) * P(no uniform draw is it), in logarithms for rare items.
        missed = len(targets) * np.log1p(-np.minimum(self._share[ordinals], 1 - 1e-9))
        missed += self._uniform * np.log1p(-1.0 / items) if items > 1 else -np.inf
        inclusion = np.log(-np.expm1(missed))
        return Candidates(ordinals, inclusion.astype(np.float32))


def maximum_scores(query_vectors: Tensor, item_vectors: Tensor) -> Tensor:
    """Maximum over the M inner products, [B, M, H] and [C, H] to [B, C] in float32; the winner alone gets the gradient."""
    products = query_vectors @ item_vectors.T
    return products.max(dim=1).values.float()


def sampled_softmax(
    logits: Tensor, target_columns: Tensor, log_inclusion: Tensor, excluded: tuple[Tensor, Tensor], smoothing: float = 0.0
) -> Tensor:
    """Mean of -log p(target) over the rows. `excluded` are (row, column) pairs that are no negatives."""
    rows = torch.arange(logits.shape[0], device=logits.device)
    target = logits[rows, target_columns]
    corrected = logits - log_inclusion
    corrected = corrected.index_put(excluded, corrected.new_tensor(_NEVER))
    corrected = corrected.index_put((rows, target_columns), target)
    return torch.logsumexp(corrected, dim=1) - target


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
