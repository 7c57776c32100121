"""A fit tries numbers of query vectors while validation gains, goes on where it stopped, and fits once more
on all but the test if told to."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny
import torch

from trawl_models import fit
from trawl_models.fit import Fit, Fitted
from trawl_models.figures import Quality
from trawl_models.quality import Report
from trawl_models.train import Interrupted, Outcome, PromptTrainer
from trawl_models.train_options import TrainingSettings

QUICK = TrainingSettings(
    seed=5, history_epochs=1, epochs=2, batch=32, validation_users=8, threads=1, precision="float32", share=0.1,
    catalogue_share=0.2,
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tiny.Material:
    return tiny.material(tiny.circle(tmp_path_factory.mktemp("circle")))


def choose(found: tiny.Material, folder: Path, *queries: int, final: bool = False) -> Fitted:
    return Fit(found.corpus, found.sentences, found.words, found.settings, QUICK, folder, {}).choose(found.split, queries, final)


@pytest.mark.parametrize(
    ("hits", "expected", "tried"), [((0.1, 0.2, 0.3), 4, 3), ((0.1, 0.1005), 1, 2), ((0.1, 0.102, 0.1), 2, 3)]
)
def test_numbers_of_query_vectors_are_tried_while_validation_gains(
    found: tiny.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    hits: tuple[float, ...], expected: int, tried: int,
) -> None:
    scores = dict(zip((1, 2, 4), hits, strict=False))
    monkeypatch.setattr(fit, "_score", lambda fitted: scores[fitted.backbone.settings.queries])
    fitted = choose(found, tmp_path, 1, 2, 4)
    assert fitted.backbone.settings.queries == expected
    assert len(list((tmp_path / "training").glob("queries-*"))) == tried


def test_an_interrupted_fit_ends_as_one_that_was_not(
    found: tiny.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = choose(found, tmp_path / "whole", 2, final=True)
    made = PromptTrainer.__init__
    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(PromptTrainer, "__init__", lambda *given: made(*given, stop_after=3))
        choose(found, tmp_path / "cut", 2, final=True)
    resumed = choose(found, tmp_path / "cut", 2, final=True)
    for name, value in whole.backbone.state_dict().items():
        assert torch.equal(value, resumed.backbone.state_dict()[name]), name
    assert torch.equal(whole.table.vectors(), resumed.table.vectors())


def test_a_final_fit_takes_what_validation_chose(
    found: tiny.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = []
    made = PromptTrainer.__init__
    monkeypatch.setattr(PromptTrainer, "__init__", lambda *given: (runs.append(given), made(*given))[1])
    fitted = choose(found, tmp_path, 1, final=True)
    first, last = runs
    assert last[1].purchases.sum() - first[1].purchases.sum() == len(found.dataset.users)
    assert last[5].epochs == fitted.outcome.best_epoch
    assert fitted.outcome.validation is not None


def test_without_a_validation_step_the_first_number_is_taken_and_fitted_once(tmp_path: Path) -> None:
    folder = tiny.circle(tmp_path / "two-steps")
    lines = [f"{user} {1 + user % 40} {1 + (user + 1) % 40}" for user in range(1, 151)]
    (folder / "sequences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    fitted = choose(tiny.material(folder), tmp_path / "work", 2, 4, 1, final=True)
    assert fitted.backbone.settings.queries == 2
    assert fitted.before is None and fitted.outcome.validation is None
    assert fitted.outcome.best_epoch == QUICK.epochs
    assert sorted(p.name for p in (tmp_path / "work").iterdir()) == ["training"]
    assert [p.name for p in (tmp_path / "work" / "training").glob("queries-*")] == ["queries-2"]


@pytest.mark.parametrize(("best", "kept"), [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (0.4, 0.5)])
def test_of_the_leanings_as_much_is_kept_as_validation_is_best_by(found: tiny.Material, best: float, kept: float) -> None:
    backbone, table = tiny.model(found)
    torch.nn.init.ones_(backbone.leaning.weight)

    class Asked:
        def judge(self, backbone: torch.nn.Module, _: object) -> Report:
            share = float(backbone.leaning.weight.mean())
            return Report({"next-item": Quality(1, 0, 1.0 - abs(share - best), 0, 0, 0)}, 1.0)

    outcome = fit._leant(Outcome(1, 1.0, 1, "float32"), Asked(), backbone, table)  # type: ignore[arg-type]
    assert torch.equal(backbone.leaning.weight, torch.full_like(backbone.leaning.weight, kept))
    assert outcome.validation is not None and outcome.validation.objectives["next-item"].hit_10 == pytest.approx(1 - abs(kept - best))
    assert f"{kept:g} of them kept" in outcome.log[-1]


def test_a_score_is_that_of_the_validation() -> None:
    report = Report({"one": Quality(1, 0, 0.25, 0, 0, 0)}, 1.0)
    outcome = type("Outcome", (), {"validation": report})()
    assert fit._score(Fitted(None, None, outcome)) == pytest.approx(0.25)  # type: ignore[arg-type]
