"""The neighbour graph against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from trawl_models import neighbours as module
from trawl_models.neighbours import NONE, neighbours


def _plain(vectors: np.ndarray, count: int, metric: str) -> list[list[int]]:
    def nearness(a: np.ndarray, b: np.ndarray) -> float:
        if metric == "l2":
            return -float(((a - b) ** 2).sum())
        product = float(a @ b)
        return (
            product
            if metric == "inner_product"
            else product / float(np.linalg.norm(a) * np.linalg.norm(b))
        )

    graph = []
    for item, a in enumerate(vectors):
        others = [other for other in range(len(vectors)) if other != item]
        others.sort(key=lambda other: (-nearness(a, vectors[other]), other))
        graph.append(others[:count])
    return graph


@pytest.mark.parametrize("metric", ["inner_product", "cosine", "l2"])
def test_the_graph_is_exact(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK_SCORES", 500)
    vectors = np.random.default_rng(6).normal(size=(90, 8))

    found = neighbours(vectors, 7, metric)

    assert found.dtype == np.int32 and found.shape == (90, 7)
    assert found.tolist() == _plain(vectors.astype(np.float32), 7, metric)


def test_equal_vectors_are_ordered_by_ordinal() -> None:
    vectors = np.ones((6, 3), np.float32)
    assert neighbours(vectors, 3, "cosine").tolist() == [
        [1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2],
    ]  # fmt: skip


def test_too_few_items_are_filled_with_none() -> None:
    vectors = np.eye(3, dtype=np.float32)
    assert neighbours(vectors, 4, "l2").tolist() == [
        [1, 2, NONE, NONE], [0, 2, NONE, NONE], [0, 1, NONE, NONE],
    ]  # fmt: skip
    assert neighbours(vectors[:1], 2, "l2").tolist() == [[NONE, NONE]]


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(ValueError, match="inner_product, cosine or l2"):
        neighbours(np.eye(3), 1, "hamming")
    with pytest.raises(ValueError, match="1 up"):
        neighbours(np.eye(3), 0, "l2")
