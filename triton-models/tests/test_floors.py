"""Figures of rankings that others make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import circle
from trawl_models.dataset import load
from trawl_models.figures import DEPTH
from trawl_models.floors import judged
from trawl_models.objectives import NEXT_ITEM, Split, split


@pytest.fixture
def cut(tmp_path: Path) -> Split:
    return split(load(circle(tmp_path), 3), 3)


def test_what_is_always_first_is_found_by_all(cut: Split) -> None:
    found = judged(lambda users: ranked(cut, users, 0), cut, at_once=7)
    assert found.users == sum(NEXT_ITEM in cut.held_out(user, "test") for user in range(120))
    assert (found.hit_5, found.hit_10, found.ndcg_5, found.ndcg_10, found.recall_1000) == (1, 1, 1, 1, 1)


def test_a_place_counts_as_deep_as_it_is(cut: Split) -> None:
    found = judged(lambda users: ranked(cut, users, 6), cut)
    assert (found.hit_5, found.hit_10, found.ndcg_5, found.recall_1000) == (0, 1, 0, 1)
    assert found.ndcg_10 == pytest.approx(1 / np.log2(8))


def test_who_finds_nothing_has_nothing(cut: Split) -> None:
    found = judged(lambda users: np.full((len(users), DEPTH), -1), cut)
    assert found.users > 0 and found.hit_10 == found.recall_1000 == found.ndcg_10 == 0


def ranked(cut: Split, users: np.ndarray, place: int) -> np.ndarray:
    """The held-out item at a place, and nothing else."""
    best = np.full((len(users), DEPTH), -1)
    for row, user in enumerate(users):
        best[row, place] = cut.held_out(int(user), "test")[NEXT_ITEM].items[0]
    return best
