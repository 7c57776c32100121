"""The verb from end to end: a data folder in, a space out, on tiny models; refusals in one sentence."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import Qwen3Config, Qwen3Model

from trawl_models import __main__, export, train_command, train_options

LAUNCHER = Path(__file__).resolve().parents[2] / "trawl"

TINY = (
    "--history-epochs 1 --epochs 1 --batch 32 --negatives 16 --width 16 --heads 2 --queries 4 --vector-width 8 "
    "--vocabulary 400 --validation-users 5 --share 0.1 --threads 1 --neighbours 5"
).split()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def sentences(texts: list[str], *_: object) -> np.ndarray:
        return np.random.default_rng(1).standard_normal((len(texts), 6)).astype(np.float32)

    monkeypatch.setattr(train_command, "encode_texts", sentences)
    return tiny.circle(tmp_path / "circle", items=25, users=40)


def train(data: Path, out: Path, *more: str) -> int:
    return __main__.main(["train", "--data", str(data), "--out", str(out), *TINY, *more])


def space_agrees_with_itself(space: Path, queries: int) -> None:
    manifest = json.loads((space / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["query_vectors"] == queries
    assert 1.0 <= manifest["notes"]["queries_in_use"] <= queries
    session = export.open_session(space / "models" / "urm_backbone" / str(manifest["version"]) / "model.onnx")
    embeddings = np.load(space / "item_embeddings.npy").astype(np.float32)
    for line in (space / "golden.jsonl").read_text(encoding="utf-8").splitlines():
        golden = json.loads(line)
        given = np.zeros((1, len(golden["token_ids"]), embeddings.shape[1]), np.float32)
        for position, ordinal in golden["item_positions"]:
            given[0, position] = embeddings[ordinal]
        ids, mask = (np.array([golden[name]], np.int64) for name in ("token_ids", "attention_mask"))
        found = export.run(session, ids, mask, given)[0]
        assert np.abs(found - np.array(golden["query_vectors"])).max() <= 1e-4


def test_a_data_folder_becomes_a_space(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "space"
    assert train(data, out, "--name", "tiny", "--version", "3", "--table-precision", "float16", "--no-final") == 0
    space_agrees_with_itself(out, queries=4)
    card = (out / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# tiny") and "next-item" in card and "| seed | 7 |" in card
    assert "neither is seen in training" in card and card.count("| next-item |") == 3
    assert "asked as next-item" in card and "| next item | " in card and "| what will be bought after this | " in card
    notes = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["notes"]
    assert notes["fitted_on"] == "training items"
    assert np.load(out / "item_embeddings.npy").dtype == np.float16
    assert not (tmp_path / "space.training").exists()
    assert train(data, out) == 1, "an existing space is not replaced unasked"


def test_a_space_has_a_final_fit_unless_told_otherwise_and_says_so(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "space"
    assert train(data, out, "--queries", "1,2") == 0
    notes = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["notes"]
    assert notes["fitted_on"] == "training and validation items"
    card = (out / "card.md").read_text(encoding="utf-8")
    assert "fitted on training and validation purchases together" in card
    assert card.count("| next-item |") == 4, "also as fitted on training items alone"


def test_a_space_that_no_validation_chose_says_so(data: Path, tmp_path: Path) -> None:
    lines = [f"{user} {1 + user % 25} {1 + (user + 1) % 25}" for user in range(1, 81)]
    (data / "sequences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert train(data, tmp_path / "space", "--queries", "2,1") == 0
    manifest = json.loads((tmp_path / "space" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["query_vectors"] == 2 and manifest["notes"]["fitted_on"] == "training items"
    assert manifest["notes"]["chosen_by"] == "nothing: validation has no questions"
    card = (tmp_path / "space" / "card.md").read_text(encoding="utf-8")
    assert "Validation has no questions" in card and "weights of epoch 1, the last" in card and "best on validation" not in card


def test_two_items_become_a_space_and_one_is_refused_before_training(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(items: int) -> Path:
        rows = [f"u{user},i{(user + step) % items},{step}" for user in range(30) for step in range(2)]
        (data / "events.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
        return data / "events.csv"

    assert train(write(1), tmp_path / "space") == 1
    assert "found 1, expected 2 or more items" in capsys.readouterr().err
    assert train(write(2), tmp_path / "space") == 0
    space_agrees_with_itself(tmp_path / "space", queries=4)


def test_a_space_holds_the_first_users_and_is_judged_by_them(data: Path, tmp_path: Path) -> None:
    whole, some = tmp_path / "whole", tmp_path / "some"
    assert train(data, whole, "--no-final") == 0
    assert train(data, some, "--no-final", "--keep-users", "7") == 0
    users = [(space / "users.jsonl").read_text(encoding="utf-8").splitlines() for space in (whole, some)]
    assert users[1] == users[0][:7] and len(users[0]) == 40
    assert (whole / "item_vectors.npy").read_bytes() == (some / "item_vectors.npy").read_bytes(), "all are trained on"
    cards = [(space / "card.md").read_text(encoding="utf-8") for space in (whole, some)]
    assert "| next-item | 40 |" in cards[0] and "| next-item | 7 |" in cards[1]
    assert "40 users" in cards[1] and "Users are the 7 that the space holds" in cards[1]
    assert "that the space holds" not in cards[0]


def test_the_java_worker_gives_the_golden_vectors(data: Path, tmp_path: Path) -> None:
    """What PyTorch trained and ONNX Runtime answered here, prompt builder, worker and engine in Java answer too."""
    out = tmp_path / "space"
    assert train(data, out) == 0
    check = [str(LAUNCHER), "space", "check", str(out)]
    checked = subprocess.run(check, capture_output=True, text=True, timeout=600, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "golden requests give their query vectors and top items through the worker" in checked.stdout


def test_a_real_checkpoint_drops_in(data: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    config = Qwen3Config(
        vocab_size=60, hidden_size=24, intermediate_size=32, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8,
    )
    torch.manual_seed(1)
    Qwen3Model(config).save_pretrained(base)
    words = {word: number for number, word in enumerate(["?", "next", "item", "room", "corner", "word1"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(base / "tokenizer.json"))
    assert train(data, tmp_path / "space", "--base", str(base)) == 0
    space_agrees_with_itself(tmp_path / "space", queries=4)
    card = (tmp_path / "space" / "card.md").read_text(encoding="utf-8")
    assert "started from `base`" in card and str(tmp_path) not in card


def test_more_data_is_read_less_often_unless_told_otherwise() -> None:
    def chosen(*options: str, **size: int) -> tuple[int, float]:
        parsed = train_options.parser().parse_args(["--data", "d", "--out", "o", *options])
        found = train_options.training(parsed, **size)
        return found.history_epochs, found.share

    usual = train_options.TrainingSettings()
    assert chosen() == chosen(shown=150_000, targets=130_000) == (usual.history_epochs, usual.share)
    assert chosen(shown=500_000) == (4, usual.share)
    assert chosen(targets=320_000) == (usual.history_epochs, usual.share / 2)
    assert chosen(shown=10**9, targets=10**9)[0] == 1
    assert chosen("--history-epochs", "7", "--share", "0.5", shown=10**9, targets=10**9) == (7, 0.5)

    def dropout(*options: str, shown: int) -> float:
        parsed = train_options.parser().parse_args(["--data", "d", "--out", "o", *options])
        return train_options.backbone(parsed, shown, vocabulary=9, item_token=1, pad_token=0).dropout

    assert dropout(shown=150_000) == train_options.BackboneSettings.dropout
    assert dropout(shown=400_000) == train_options.BackboneSettings.dropout / 2
    assert dropout(shown=10**9) == train_options.LEAST_DROPOUT
    assert dropout("--dropout", "0.3", shown=10**9) == 0.3


def test_what_cannot_be_trained_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.json", "tokenizer.json"):
        assert train(data, tmp_path / "space", "--base", str(tmp_path)) == 1
        assert f"holds no {name}" in capsys.readouterr().err
        (tmp_path / name).write_text("{}")
    assert train(data, tmp_path / "space", "--base", str(tmp_path)) == 1
    assert "tokenizer.json: found" in capsys.readouterr().err
    Tokenizer(models.WordLevel({"?": 0}, unk_token="?")).save(str(tmp_path / "tokenizer.json"))
    assert train(data, tmp_path / "space", "--base", str(tmp_path)) == 1
    assert "expected a Qwen3 checkpoint" in capsys.readouterr().err
    assert train(data, tmp_path / "space", "--dropout", "1.5") == 1
    assert "dropout must be in [0, 1)" in capsys.readouterr().err
    assert train(tmp_path / "nowhere", tmp_path / "space") == 1
    assert not (tmp_path / "space").exists()
