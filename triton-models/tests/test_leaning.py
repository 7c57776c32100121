"""What an objective leans on is told by held-out items: where likeness or popularity decided what was bought
beside what the model says, the fit finds by how much."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

from trawl_models import leaning
from trawl_models.leaning import fit_leaning
from trawl_models.quality import Judge

ROWS, ITEMS = 3000, 50


@pytest.mark.parametrize(("sure", "like", "popular"), [(1.0, 2.0, 0.5), (0.4, 0.8, -0.3), (0.7, 0.0, 0.0)])
def test_the_numbers_that_made_the_choices_are_found(sure: float, like: float, popular: float) -> None:
    rng = np.random.default_rng(4)
    model, likeness = rng.normal(size=(ROWS, ITEMS)) * 2, rng.normal(size=(ROWS, ITEMS)) / 2
    popularity = rng.normal(size=ITEMS)
    scores = sure * model + like * likeness + popular * popularity
    chosen = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    terms = leaning._Terms(
        *(torch.tensor(part, dtype=torch.float32) for part in (model, likeness, popularity)), [torch.tensor([i]) for i in chosen]
    )
    found = leaning._likeliest(terms)
    assert found.tolist() == pytest.approx([like / sure, popular / sure], abs=0.2)


def test_items_of_the_history_are_out_of_reach_and_the_fit_is_the_same_each_time(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path, users=200))
    backbone, table = tiny.model(found)
    judge = Judge(found.dataset, found.split, found.corpus, "validation", None)
    fit_leaning(found.split, judge, backbone, table)
    once = backbone.leaning.weight.clone()
    assert torch.isfinite(once).all()
    assert once.abs().max() > 0
    fit_leaning(found.split, judge, backbone, table)
    assert torch.equal(backbone.leaning.weight, once)
    with torch.no_grad():
        terms = leaning._terms(judge, "next-item", backbone, table.vectors())
    given, questions = next(judge.prompts("next-item", table.vectors(), 5))
    for row, question in enumerate(questions):
        assert (terms.model[row, torch.from_numpy(question.seen)] < -1e3).all()
    assert len(given[0]) == 5


def test_an_objective_with_few_questions_leans_nowhere(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path, users=40))
    backbone, table = tiny.model(found)
    fit_leaning(found.split, Judge(found.dataset, found.split, found.corpus, "validation", None), backbone, table)
    assert backbone.leaning.weight.abs().max() == 0


def test_one_with_few_questions_leans_nowhere_beside_others_that_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tiny.material(tiny.circle(tmp_path, users=200))
    backbone, table = tiny.model(found)
    judge = Judge(found.dataset, found.split, found.corpus, "validation", None)
    few = found.split.names[-1]
    fit = leaning._terms
    monkeypatch.setattr(leaning, "_terms", lambda judge, name, *rest: None if name == few else fit(judge, name, *rest))
    fit_leaning(found.split, judge, backbone, table)
    with torch.no_grad():
        leans = {
            name: backbone.leaning(backbone.said(*judge.asked_once(name, table.vectors())[:2])[0][0, 0])
            for name in found.split.names
        }
    assert leans[few].abs().max() < 1e-3
    assert max(value.abs().max() for value in leans.values()) > 1e-2


@pytest.mark.parametrize("sure", [0.0, -1.0, 1e-30, float("nan")])
def test_a_fit_that_went_astray_leans_nowhere(sure: float, monkeypatch: pytest.MonkeyPatch) -> None:
    class Astray:
        def __init__(self, numbers: list[torch.Tensor], **_: object) -> None:
            self.numbers = numbers[0]

        def step(self, _: object) -> None:
            self.numbers.copy_(torch.tensor([sure, 1.0, 1.0]))

    monkeypatch.setattr(torch.optim, "LBFGS", Astray)
    assert leaning._likeliest(None).tolist() == [0.0, 0.0]  # type: ignore[arg-type]
