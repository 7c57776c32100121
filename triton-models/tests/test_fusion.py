"""What words count in text search is chosen by the searches of the validation step, by the rule that gateways fuse by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny

from trawl_models import fusion
from trawl_models.fusion import lexical_weight, words_of, worth
from trawl_models.quality import Judge


def test_words_are_those_of_the_index() -> None:
    assert words_of("Café Tables, 2-in-1: boxes' GLASS series_x Zoë") == [
        "cafe", "table", "2", "in", "1", "boxe", "glass", "sery", "x", "zoe",
    ]
    assert words_of("bus gas ties shoes ") == ["bus", "ga", "ty", "shoes"]


def test_a_place_is_worth_what_gateways_say_and_equal_scores_share_theirs() -> None:
    found = worth(np.array([3.0, 5.0, 3.0, 9.0, 0.0]), np.array([3]), np.array([True, True, True, True, False]))
    assert found == pytest.approx([1 / 62.5, 1 / 61, 1 / 62.5, 0, 0])


def test_no_list_is_longer_than_a_thousand() -> None:
    found = worth(np.arange(1500.0), np.array([], np.int64), np.ones(1500, bool))
    assert (found > 0).sum() == 1000
    assert found[499] == 0


def test_the_better_leg_gets_the_weight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    backbone, table = tiny.model(found)
    judge = Judge(found.dataset, found.split, found.corpus, "validation", None)
    ranked = []

    def judged(ranks: list[np.ndarray]) -> object:
        ranked.append(np.mean([places[0] for places in ranks]))
        return type("Found", (), {"hit_10": -ranked[-1]})()

    monkeypatch.setattr(fusion, "quality", judged)
    chosen = lexical_weight(judge, found.dataset.items, backbone, table)
    # Each item of the circle has a word of its own, and the backbone knows nothing.
    assert chosen == fusion.WEIGHTS[int(np.argmin(ranked))]
    assert chosen > 1
    assert ranked[0] > ranked[-1]


def test_without_searches_nothing_is_chosen(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    backbone, table = tiny.model(found)
    judge = Judge(found.dataset, found.split, found.corpus, "validation", 0)
    assert lexical_weight(judge, found.dataset.items, backbone, table) is None
