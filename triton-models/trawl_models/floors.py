"""What models of the package `implicit` reach on the next item, by the same split and the same rules as ours.

They are fitted on the histories that are known at test time, the validation item among them.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import shop
from .dataset import Dataset, load
from .figures import DEPTH, Quality, quality
from .objectives import NEXT_ITEM, Split, split

def add(verbs: argparse._SubParsersAction) -> None:
    parser = verbs.add_parser("floors", help="what models of the package implicit reach")
    parser.add_argument("data", type=Path, metavar="DIR", help="a data set")
    parser.add_argument("--seed", type=int, default=shop.DEFAULT_SEED)
    parser.set_defaults(run=_run)


def _run(chosen: argparse.Namespace) -> int:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    dataset = load(chosen.data, chosen.seed)
    cut = split(dataset, chosen.seed)
    table = Table(box=box.SIMPLE)
    for title in ("next-item ranked by", "users", "HR@5", "HR@10", "NDCG@5", "NDCG@10", f"Recall@{DEPTH}"):
        table.add_column(title, justify="left" if title.startswith("next") else "right")
    for name, recommend in _models(dataset, cut, chosen.seed):
        found = judged(recommend, cut)
        means = (found.hit_5, found.hit_10, found.ndcg_5, found.ndcg_10, found.recall_1000)
        table.add_row(name, f"{found.users:,}", *(f"{mean:.4f}" for mean in means))
    Console(width=100).print(table)
    return 0


Recommend = Callable[[np.ndarray], np.ndarray]
"""Users [B] -> their best items [B, DEPTH], best first, less those of their histories; -1 where there is none."""


def _models(dataset: Dataset, cut: Split, seed: int) -> Sequence[tuple[str, Recommend]]:
    import scipy.sparse as sparse
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender
    from implicit.utils import ParameterWarning

    pairs = [(user, b.item) for user in range(len(dataset.users)) for b in cut.history(user, "test")]
    rows, columns = np.array(pairs).T
    shape = len(dataset.users), len(dataset.items)
    seen = sparse.csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape)
    models: list[tuple[str, Any]] = [
        ("implicit: BM25, item by item", BM25Recommender(K=100, num_threads=1)),
        ("implicit: cosine, item by item", CosineRecommender(K=100, num_threads=1)),
    ]
    models += [
        (
            f"implicit: ALS, {factors} factors",
            AlternatingLeastSquares(factors, regularization=0.05, alpha=10.0, random_state=seed, num_threads=1),
        )
        for factors in (64, 256)
    ]

    def recommend(model: Any) -> Recommend:
        def best(users: np.ndarray) -> np.ndarray:
            items, scores = model.recommend(users, seen[users], N=DEPTH, filter_already_liked_items=True)
            # What it has no score for comes with the lowest there is.
            return np.where(scores > np.finfo(np.float32).min, items, -1)

        return best

    with warnings.catch_warnings():
        # Its own weighting makes a form that it then warns of.
        warnings.simplefilter("ignore", ParameterWarning)
        for _, model in models:
            model.fit(seen, show_progress=False)
    return [(name, recommend(model)) for name, model in models]


def judged(recommend: Recommend, cut: Split, at_once: int = 1_000) -> Quality:
    """How well the rankings put the held-out purchases on top."""
    held_out = {user: cut.held_out(user, "test").get(NEXT_ITEM) for user in range(len(cut.dataset.users))}
    right = {user: held.items for user, held in held_out.items() if held is not None}
    ranks = []
    for start in range(0, len(right), at_once):
        users = list(right)[start : start + at_once]
        for user, best in zip(users, recommend(np.array(users))):
            places = np.full(len(right[user]), DEPTH)
            found = np.flatnonzero(np.isin(best, right[user]))
            places[: len(found)] = found
            ranks.append(places)
    return quality(ranks)
