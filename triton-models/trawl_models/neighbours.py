"""The exact neighbour graph over item vectors: for every item the G items nearest to it.

    float32 [N, H]  ->  int32 [N, G], nearest first, self excluded, -1 where there are fewer

Metrics: `inner_product` and `cosine` (greatest first) and `l2` (least first). Equal distances are
ordered by ordinal. Exact by blocked matrix products, so O(N² H): meant for up to some 100,000
items.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

Metric = Literal["inner_product", "cosine", "l2"]

NONE = -1
_BLOCK_SCORES = 8_000_000


def neighbours(vectors: np.ndarray, count: int, metric: Metric) -> np.ndarray:
    """int32 [N, count]."""
    if vectors.ndim != 2 or count < 1:
        raise ValueError(f"found shape {vectors.shape} and count {count}, expected [N, H] and 1 up")
    rows, shift = _prepared(np.asarray(vectors, np.float32), metric)
    items = len(rows)
    kept = min(count, items - 1)
    graph = np.full((items, count), NONE, np.int32)
    if kept == 0:
        return graph
    block = max(1, _BLOCK_SCORES // items)
    for start in range(0, items, block):
        stop = min(start + block, items)
        scores = rows[start:stop] @ rows.T + shift
        scores[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        graph[start:stop, :kept] = _best(scores, kept)
    return graph


def _prepared(vectors: np.ndarray, metric: Metric) -> tuple[np.ndarray, np.ndarray]:
    """Rows and a shift per item, so that the greatest inner product plus shift is the nearest."""
    none = np.zeros(len(vectors), np.float32)
    if metric == "inner_product":
        return vectors, none
    lengths = np.linalg.norm(vectors, axis=1)
    if metric == "cosine":
        return vectors / np.maximum(lengths, 1e-12)[:, None], none
    if metric == "l2":
        return vectors, (-0.5 * lengths**2).astype(np.float32)
    raise ValueError(f"metric: found {metric!r}, expected inner_product, cosine or l2")


def _best(scores: np.ndarray, count: int) -> np.ndarray:
    """Places of the `count` greatest of each row, greatest first, equal ones by place."""
    threshold = np.partition(scores, scores.shape[1] - count, axis=1)[:, -count]
    best = np.empty((len(scores), count), np.int32)
    for row, (found, least) in enumerate(zip(scores, threshold, strict=True)):
        places = np.flatnonzero(found >= least)
        order = np.lexsort((places, -found[places]))
        best[row] = places[order[:count]]
    return best
