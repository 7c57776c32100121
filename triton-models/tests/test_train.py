"""A run is a function of data, settings and seed: repeated or interrupted, it gives the same weights.
And it learns: on data where the next item is certain it finds it, which random weights do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

from trawl_models.quality import Judge
from trawl_models.train import CHECKPOINT, HistoryTrainer, Interrupted, Outcome, PromptTrainer, TrainingSettings

QUICK = TrainingSettings(
    seed=5, history_epochs=1, epochs=2, batch=32, negatives=16, rate=3e-3, validation_users=8, threads=1,
    precision="float32", share=0.15, catalogue_share=0.2,
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tiny.Material:
    return tiny.material(tiny.circle(tmp_path_factory.mktemp("circle")))


def train(
    found: tiny.Material, folder: Path, settings: TrainingSettings = QUICK, stop_after: tuple[int, int] = (0, 0),
    identity: str = "one",
) -> tuple[dict[str, torch.Tensor], list[Outcome]]:
    """Both phases; `stop_after` are steps of each, 0 for none."""
    backbone, table = tiny.model(found)
    outcomes = [
        phase(
            found.split, found.corpus, backbone, table, settings, folder / phase.__name__, {"run": identity}, stop
        ).run()
        for phase, stop in zip((HistoryTrainer, PromptTrainer), stop_after, strict=True)
    ]
    return {**backbone.state_dict(), **table.state_dict()}, outcomes


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert value.numpy().tobytes() == other[name].numpy().tobytes(), name


def test_equal_seeds_give_equal_weights(found: tiny.Material, tmp_path: Path) -> None:
    one, _ = train(found, tmp_path / "a")
    assert_same(one, train(found, tmp_path / "b")[0])


def test_another_seed_gives_other_weights(found: tiny.Material, tmp_path: Path) -> None:
    one, _ = train(found, tmp_path / "a")
    other, _ = train(found, tmp_path / "b", TrainingSettings(**(vars(QUICK) | {"seed": 6})))
    assert not torch.equal(one["query_tokens"], other["query_tokens"])


def test_an_interrupted_run_ends_as_one_that_was_not(found: tiny.Material, tmp_path: Path) -> None:
    whole, outcomes = train(found, tmp_path / "whole")
    for phase, outcome in enumerate(outcomes):
        for stop in sorted({2, outcome.steps // 2, outcome.steps - 1, outcome.steps}):
            with pytest.raises(Interrupted):
                train(found, tmp_path / "cut", stop_after=(stop, 0) if phase == 0 else (0, stop))
    resumed, again = train(found, tmp_path / "cut")
    assert_same(whole, resumed)
    for one, other in zip(outcomes, again, strict=True):
        assert (one.steps, one.best_epoch) == (other.steps, other.best_epoch)


def test_a_stop_while_the_last_epoch_is_judged_is_heard(
    found: tiny.Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trainer(folder: str) -> PromptTrainer:
        return PromptTrainer(found.split, found.corpus, *tiny.model(found), QUICK, tmp_path / folder, {})

    whole, cut = trainer("whole"), trainer("cut")
    expected, judge = whole.run(), cut._judge
    last = QUICK.epochs - 1
    monkeypatch.setattr(cut, "_judge", lambda: (judge(), cut._epoch == last and cut._ask_to_stop()))
    with pytest.raises(Interrupted):
        cut.run()
    assert trainer("cut").run().best_epoch == expected.best_epoch


def test_a_checkpoint_of_another_run_is_refused(found: tiny.Material, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(found, tmp_path, stop_after=(2, 0))
    with pytest.raises(ValueError, match="other data or settings"):
        train(found, tmp_path, identity="two")
    assert (tmp_path / "HistoryTrainer" / CHECKPOINT).is_file()


def test_a_checkpoint_that_cannot_be_read_is_refused(found: tiny.Material, tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        train(found, tmp_path, stop_after=(2, 0))
    file = tmp_path / "HistoryTrainer" / CHECKPOINT
    for damaged in (b"", b"nonsense", file.read_bytes()[:-1000]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="give --fresh to discard it"):
            train(found, tmp_path)


def test_it_learns_what_random_weights_do_not_know(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path / "small", items=24, users=60))
    questions = Judge(found.dataset, found.split, found.corpus, "test")
    backbone, table = tiny.model(found)
    random = questions.judge(backbone, table)
    settings = TrainingSettings(
        **(vars(QUICK) | {"history_epochs": 8, "epochs": 3, "share": 0.7, "rate": 1e-2, "batch": 16})
    )
    for phase in (HistoryTrainer, PromptTrainer):
        phase(found.split, found.corpus, backbone, table, settings, tmp_path / phase.__name__, {}).run()
    trained, popular = questions.judge(backbone, table), questions.popularity()
    assert trained.objectives["next-item"].hit_5 > 0.8
    assert random.objectives["next-item"].hit_5 < 0.7
    for name, quality in trained.objectives.items():
        assert quality.ndcg_10 > popular[name].ndcg_10, name
    assert trained.queries_in_use >= found.settings.queries / 2


def test_prompts_leave_histories_and_the_next_item_as_they_were(found: tiny.Material, tmp_path: Path) -> None:
    backbone, table = tiny.model(found)
    settings = TrainingSettings(**(vars(QUICK) | {"prompt_rate": 1e-2, "epochs": 4, "share": 1.0, "fidelity": 100.0}))
    HistoryTrainer(found.split, found.corpus, backbone, table, settings, tmp_path / "h", {}).run()
    before = {**backbone.state_dict(prefix="backbone."), **table.state_dict(prefix="table.")}
    before = {name: value.clone() for name, value in before.items()}
    PromptTrainer(found.split, found.corpus, backbone, table, settings, tmp_path / "p", {}).run()
    after = {**backbone.state_dict(prefix="backbone."), **table.state_dict(prefix="table.")}
    kept = ("backbone.decoder.", "backbone.output.", "backbone.apart", "backbone.words", "backbone.leaning.", "table.by_")
    for name, value in before.items():
        assert torch.equal(value, after[name]) == name.startswith(kept), name

    batch = found.corpus.batch(
        np.arange(40), np.full(40, 3), np.arange(40) % len(found.split.names), np.full(40, -1), ["thing room"] * 40
    )
    ordinals = torch.from_numpy(batch.item_ordinals.astype(np.int64))
    items = table.vectors()[ordinals.clamp(min=0)] * (ordinals >= 0).unsqueeze(-1)
    with torch.no_grad():
        answer = backbone.eval().answer(torch.from_numpy(batch.token_ids), torch.from_numpy(batch.attention_mask), items)
    away = (answer[0] - answer[1]).norm(dim=2).mean(dim=1).view(-1, len(found.split.names)).mean(dim=0)
    assert away[0] < 0.2 * away[1:].min(), away


def test_a_phase_in_two_runs_is_that_in_one(found: tiny.Material, tmp_path: Path) -> None:
    settings = TrainingSettings(**(vars(QUICK) | {"history_epochs": 3}))

    def run(name: str, **part: object) -> HistoryTrainer:
        backbone, table = tiny.model(found, queries=1)
        run = HistoryTrainer(found.split, found.corpus, backbone, table, settings, tmp_path / name, {}, **part)
        run.run()
        return run

    whole = run("whole").reached()
    end = run("end", part=(2, 3), start=run("trunk", part=(0, 2)).reached()).reached()
    assert whole.step == end.step
    for part, weights in whole.weights.items():
        for name, value in weights.items():
            assert torch.equal(value, end.weights[part][name]), name


def test_query_vectors_part_in_the_last_epochs_of_histories(found: tiny.Material, tmp_path: Path) -> None:
    settings = TrainingSettings(**(vars(QUICK) | {"history_epochs": 4, "rate": 1e-2}))
    given = (found.split, found.corpus)
    trunk = HistoryTrainer(*given, *tiny.model(found, queries=1), settings, tmp_path / "trunk", {}, part=(0, 3))
    trunk.run()
    backbone, table = tiny.model(found)
    fresh = backbone.apart.detach().clone()
    end = HistoryTrainer(*given, backbone, table, settings, tmp_path / "end", {}, part=(3, 4), start=trunk.reached())
    assert torch.equal(backbone.apart, fresh)
    assert torch.equal(backbone.output.weight, trunk.reached().weights["backbone"]["output.weight"])
    outcome = end.run()
    assert not torch.equal(backbone.apart, fresh)
    assert outcome.steps == end.reached().step - trunk.reached().step
    found_now = Judge(found.dataset, found.split, found.corpus, "validation").judge(backbone, table)
    assert found_now.queries_in_use > 1.5


def test_time_ends_a_run_with_weights_and_a_verdict(found: tiny.Material, tmp_path: Path) -> None:
    _, (_, outcome) = train(found, tmp_path, TrainingSettings(**(vars(QUICK) | {"minutes": 1e-6})))
    assert outcome.validation is not None and outcome.best_epoch == 1


@pytest.mark.parametrize("bad", [{"batch": 0}, {"batch": 1_000_000_000}, {"threads": 1_000_000}, {"epochs": -1}, {"minutes": 0.0}, {"precision": "half"}, {"share": 0.0}, {"rate": float("nan")}, {"seed": -1}])
def test_settings_that_cannot_be_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        TrainingSettings(**bad)
