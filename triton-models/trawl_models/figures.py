"""The figures that rankings are judged by, of the places at which right items stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DEPTH = 1_000
"""As deep as any figure looks."""


@dataclass(frozen=True)
class Quality:
    """Of one objective. A hit is a user with a right item among the first k; Recall is the share of right items found."""

    users: int
    hit_5: float
    hit_10: float
    ndcg_5: float
    ndcg_10: float
    recall_1000: float


def quality(ranks: Sequence[np.ndarray]) -> Quality:
    """Means over users; of each the places of the right items, best is 0, ascending, DEPTH or more where there is none."""
    return Quality(
        users=len(ranks),
        hit_5=float(np.mean([places[0] < 5 for places in ranks])),
        hit_10=float(np.mean([places[0] < 10 for places in ranks])),
        ndcg_5=float(np.mean([_ndcg(places, 5) for places in ranks])),
        ndcg_10=float(np.mean([_ndcg(places, 10) for places in ranks])),
        recall_1000=float(np.mean([np.mean(places < DEPTH) for places in ranks])),
    )


def _ndcg(places: np.ndarray, k: int) -> float:
    ideal = (1.0 / np.log2(np.arange(min(len(places), k)) + 2.0)).sum()
    return float((1.0 / np.log2(places[places < k] + 2.0)).sum() / ideal)
