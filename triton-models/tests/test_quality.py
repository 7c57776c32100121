"""Figures are those of a full ranking written out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

from trawl_models import figures, quality
from trawl_models.figures import Quality
from trawl_models.quality import Judge, Report, score_of


def test_places_count_better_scores_and_equal_ones_before() -> None:
    scores = np.array([1.0, 3.0, 3.0, -np.inf, 2.0])
    assert quality.ranks_of(scores, (1,)).tolist() == [0]
    assert quality.ranks_of(scores, (2,)).tolist() == [1]
    assert quality.ranks_of(scores, (0, 4)).tolist() == [2, 3]


def test_figures_of_two_users_by_hand() -> None:
    found = figures.quality([np.array([0]), np.array([7])])
    assert (found.users, found.hit_5, found.hit_10, found.recall_1000) == (2, 0.5, 1.0, 1.0)
    assert found.ndcg_5 == pytest.approx(0.5)
    assert found.ndcg_10 == pytest.approx((1.0 + 1.0 / np.log2(9)) / 2)


def test_several_right_items_share_an_ideal() -> None:
    found = figures.quality([np.array([0, 2, 5000])])
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert found.ndcg_5 == pytest.approx((1 + 1 / np.log2(4)) / ideal)
    assert found.recall_1000 == pytest.approx(2 / 3)


def test_popularity_ranks_by_all_histories(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path, items=12, users=30))
    data, cut = found.dataset, found.split
    counts = np.zeros(len(data.items))
    for user in range(len(data.users)):
        for behaviour in cut.history(user, "test"):
            counts[behaviour.item] += 1
    hits = []
    for user in range(len(data.users)):
        right = cut.held_out(user, "test").get("next-item")
        if right:
            seen = {b.item for b in cut.history(user, "test")}
            order = [i for i in np.lexsort((np.arange(len(counts)), -counts)) if i not in seen]
            hits.append(right.items[0] in order[:5])
    assert Judge(data, cut, found.corpus, "test").popularity()["next-item"].hit_5 == pytest.approx(np.mean(hits))


def test_a_judge_leaves_the_history_out_and_asks_everyone(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path, items=12, users=30))
    backbone, table = tiny.model(found)
    judge, heard = Judge(found.dataset, found.split, found.corpus, "test"), []
    report = judge.judge(backbone, table, heard.append)
    assert sum(heard) == len(judge)
    assert 1.0 <= report.queries_in_use <= found.settings.queries
    # Of 12 items at least 4 are history, so at most 8 places are left: HR@10 must be 1.
    assert report.objectives["next-item"].hit_10 == 1.0
    assert backbone.training


def test_what_is_right_for_one_can_be_asked_for_as_another(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path, items=30, users=30))
    backbone, table = tiny.model(found)
    torch.nn.init.normal_(backbone.addition.weight)
    judge = Judge(found.dataset, found.split, found.corpus, "test")
    own = judge.judge(backbone, table).objectives
    for name in found.split.names:
        report = judge.asked_as(name).judge(backbone, table).objectives
        assert report.keys() == ({name} if name == "text-search" else own.keys())
        assert report[name] == own[name]
        assert {key: quality.users for key, quality in report.items()} == {key: own[key].users for key in report}
    as_tail = judge.asked_as("long-tail").judge(backbone, table).objectives
    assert as_tail["next-item"] != own["next-item"]


def test_no_objective_drowns_another() -> None:
    def report(*hits: float) -> Report:
        return Report({str(i): Quality(1, 0, hit, 0, 0, 0) for i, hit in enumerate(hits)}, 1.0)

    assert score_of(report(0.1, 0.4)) == pytest.approx(0.2)
    assert score_of(report(0.11, 0.4)) > score_of(report(0.1, 0.42))
