"""A written space holds what docs/space-format.md says, and its parts agree with each other."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import folders
import numpy as np
import onnxruntime
import pytest
import torch
from tokenizers import Tokenizer

from trawl_models import bounds
from trawl_models.dataset import load
from trawl_models.objectives import split
from trawl_models.prompt import Event, default_lengths, train_tokenizer
from trawl_models.serving import MODEL, MODEL_PY, Batching
from trawl_models.stand_in import backbone
from trawl_models.space import SpaceError, SpaceParts, golden_requests, rules, run_prompt, user_lines, write_space

QUERIES, VECTOR, EMBEDDING = 3, 8, 5


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> SpaceParts:
    folder = tmp_path_factory.mktemp("parts")
    data = load(folders.behaviours(folder), seed=4)
    cut = split(data, seed=4)
    rng = np.random.default_rng(9)
    items = len(data.items)
    return SpaceParts(
        name="tiny-shop",
        version=3,
        split=cut,
        tokenizer=train_tokenizer(data, cut, seed=4, vocabulary=500),
        lengths=default_lengths(data),
        item_vectors=rng.normal(size=(items, VECTOR)).astype(np.float32),
        item_embeddings=rng.normal(size=(items, EMBEDDING)).astype(np.float16),
        onnx=backbone(folder / "backbone.onnx", EMBEDDING, QUERIES, VECTOR),
        card="# Tiny shop",
        notes={"seed": 4, "queries_in_use": 2.5, "trained": "by hand"},
        neighbour_count=6,
    )


@pytest.fixture(scope="module")
def space(parts: SpaceParts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_space(tmp_path_factory.mktemp("spaces") / "new" / "tiny", parts)


def _manifest(space: Path) -> dict[str, Any]:
    return json.loads((space / "manifest.json").read_text(encoding="utf-8"))


def _json_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_manifest_has_the_keys_of_the_format(space: Path, parts: SpaceParts) -> None:
    manifest = _manifest(space)
    assert set(manifest) == {
        "format_version", "name", "version", "items", "query_vectors", "vector_width",
        "embedding_width", "lengths", "backbone", "neighbours", "attributes", "prompt",
        "objectives", "files", "notes",
    }  # fmt: skip
    assert (manifest["items"], manifest["query_vectors"]) == (40, QUERIES)
    assert (manifest["vector_width"], manifest["embedding_width"]) == (VECTOR, EMBEDDING)
    assert manifest["version"] == manifest["backbone"]["version"] == 3
    assert manifest["neighbours"] == {"count": 6, "metric": "cosine"}
    assert [o["name"] for o in manifest["objectives"]] == list(parts.split.names)
    of_all = {"name", "title", "template", "text"}
    assert {o["name"]: {k: v for k, v in o.items() if k not in of_all} for o in manifest["objectives"]} == {
        "next-item": {},
        "new-category": {"leave_out_categories_of_history": "category"},
        "long-tail": {"tail_only": True},
        "text-search": {},
    }
    assert manifest["notes"]["queries_in_use"] == 2.5


def test_every_file_is_listed_with_size_and_checksum(space: Path) -> None:
    found = {p.relative_to(space).as_posix(): p for p in space.rglob("*") if p.is_file()}
    listed = _manifest(space)["files"]

    assert set(found) == set(listed) | {"manifest.json"}
    assert {
        "items.tsv",
        "models/urm_backbone/config.pbtxt",
        "models/urm_backbone/3/model.onnx",
    } < set(listed)
    for name, facts in listed.items():
        data = found[name].read_bytes()
        assert facts == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_arrays_are_plain_little_endian_npy(space: Path, parts: SpaceParts) -> None:
    for name, expected in (
        ("item_vectors.npy", parts.item_vectors),
        ("item_embeddings.npy", parts.item_embeddings),
    ):
        assert (space / name).read_bytes()[:8] == b"\x93NUMPY\x01\x00"
        found = np.load(space / name)
        assert found.dtype.str == expected.dtype.newbyteorder("<").str
        assert (found == expected).all() and found.flags.c_contiguous
    graph = np.load(space / "neighbours.npy")
    assert graph.dtype == np.int32 and graph.shape == (40, 6)


def test_the_tail_is_the_one_that_was_trained_for(space: Path, parts: SpaceParts) -> None:
    tail = np.load(space / "tail.npy")
    assert tail.dtype == np.uint8
    assert tail[:, 0].tolist() == parts.split.tail.tolist()
    assert 0 < tail.sum() < len(tail)


def test_words_count_what_validation_chose(parts: SpaceParts, tmp_path: Path) -> None:
    manifest = _manifest(write_space(tmp_path / "weighed", replace(parts, lexical_weight=2.5)))
    weights = {o["name"]: o.get("lexical_weight") for o in manifest["objectives"]}
    assert weights.pop("text-search") == 2.5
    assert set(weights.values()) == {None}
    for wrong in (0.0, -1.0, 1001.0, float("nan")):
        with pytest.raises(SpaceError, match="lexical_weight"):
            replace(parts, lexical_weight=wrong)


def test_a_space_without_categories_or_tail_has_no_rules(parts: SpaceParts) -> None:
    data = replace(parts.dataset, category_attribute=None)
    assert all(not rules(o, data) for o in parts.split.objectives if o.name != "long-tail")


def test_the_line_of_an_item_is_its_ordinal(space: Path, parts: SpaceParts) -> None:
    lines = (space / "items.tsv").read_text(encoding="utf-8").splitlines()
    types_of = dict(parts.dataset.attributes)
    assert len(lines) == 40
    for line, item in zip(lines, parts.dataset.items, strict=True):
        identifier, title, attributes = line.split("\t")
        assert (identifier, title) == (item.id, item.title)
        assert set(json.loads(attributes)) <= set(types_of)
        assert json.loads(attributes)["tags"] == list(item.attributes["tags"])


def test_no_user_has_a_held_out_item_in_the_history(space: Path, parts: SpaceParts) -> None:
    users = _json_lines(space / "users.jsonl")
    assert len(users) == len(parts.dataset.users)
    for user in users:
        known = {item for item, _, _ in user["history"]}
        assert set(user) == {"id", "profile", "now", "history", "held_out"}
        assert user["held_out"]["next-item"]["items"]
        for right in user["held_out"].values():
            assert not known & set(right["items"])
        assert user["held_out"]["text-search"]["text"]
        assert all(time <= user["now"] for _, _, time in user["history"])


def test_golden_requests_hold(space: Path, parts: SpaceParts) -> None:
    """What stands in golden.jsonl follows from the files of the space alone."""
    manifest = _manifest(space)
    tokenizer = Tokenizer.from_file(str(space / "tokenizer.json"))
    builder = replace(parts, tokenizer=tokenizer).builder()
    ids = [line.split("\t")[0] for line in (space / "items.tsv").read_text().splitlines()]
    vectors, embeddings = (
        np.load(space / "item_vectors.npy"),
        np.load(space / "item_embeddings.npy"),
    )
    session = onnxruntime.InferenceSession(space / "models/urm_backbone/3/model.onnx")
    golden = _json_lines(space / "golden.jsonl")

    assert {line["objective"] for line in golden} == {o["name"] for o in manifest["objectives"]}
    for line in golden:
        events = [Event(ids.index(i) if i in ids else None, a, t) for i, a, t in line["history"]]
        prompt = builder.build(
            line["objective"], line["profile"], events, line["now"], line["text"]
        )
        assert prompt.token_ids.tolist() == line["token_ids"]
        assert prompt.attention_mask.tolist() == line["attention_mask"]
        assert [list(pair) for pair in prompt.item_positions] == line["item_positions"]
        assert len(line["token_ids"]) in manifest["lengths"]
        found = run_prompt(session, prompt, embeddings)
        np.testing.assert_array_equal(found, np.array(line["query_vectors"], np.float32))
        scores = np.array([max(float(q @ v) for q in found) for v in vectors])
        best = np.argsort(-scores, kind="stable")[:20]
        assert [item for item, _ in line["top"]] == [ids[item] for item in best]
        np.testing.assert_allclose([score for _, score in line["top"]], scores[best], atol=1e-5)


def test_golden_requests_cover_what_is_easy_to_get_wrong(parts: SpaceParts) -> None:
    requests = golden_requests(parts.split)
    ids = {item.id for item in parts.dataset.items}
    builder = parts.builder()

    assert any(not request.history for request in requests)
    assert any(i not in ids for request in requests for i, _, _ in request.history)
    assert any("<|" in (request.text or "") for request in requests)
    assert {"no-such-action", None} < {a for request in requests for _, a, _ in request.history}
    assert any(
        t is not None and request.now is None for request in requests for _, _, t in request.history
    )
    assert any(
        t and request.now and t > request.now for request in requests for _, _, t in request.history
    )
    lengths = {
        len(
            builder.build(
                r.objective, r.profile, [Event(0, a, t) for _, a, t in r.history], r.now, r.text
            ).token_ids
        )
        for r in requests
    }
    assert len(lengths) > 1


def test_golden_requests_forge_the_tokens_of_a_base_checkpoint(parts: SpaceParts) -> None:
    usual = golden_requests(parts.split, ["<|item|>"])
    assert usual == golden_requests(parts.split)
    more = golden_requests(parts.split, ["<|item|>", "<s>", "[INST]"])
    forged = [request for request in more if request not in usual]
    assert [request.text or next(iter(request.profile.values())) for request in forged] == [
        "<s>a[INST]"
    ] * len(forged)
    assert forged


def test_users_and_golden_requests_are_what_a_request_may_hold(tmp_path: Path) -> None:
    keys = [f"{'k' * 253}{number:02}" for number in range(bounds.MAX_PROFILE_ENTRIES)]
    folders.behaviours(tmp_path)
    (tmp_path / "dataset.json").write_text(json.dumps(folders.HEAD | {"profile_keys": keys}))
    long = " ".join(f"category{number}" for number in range(200))
    items = [f'i{number}\tLamp\t{{"category": "{long}"}}' for number in range(40)]
    (tmp_path / "items.tsv").write_text("\n".join(items) + "\n")
    bought = [[f"i{number % 30}", "click", number] for number in range(2500)]
    bought += [[f"i{number}", "purchase", 3000 + number] for number in range(30, 40)]
    users = [{"id": f"u{number}", "profile": {}, "behaviours": bought[number:]} for number in range(10)]
    (tmp_path / "users.jsonl").write_text("".join(f"{json.dumps(user)}\n" for user in users))

    cut = split(load(tmp_path, seed=4), seed=4)
    lines = [json.loads(line) for line in user_lines(cut)]
    assert lines[0]["history"] == bought[:-1][-bounds.MAX_HISTORY :]
    texts = [held["text"] for line in lines for held in line["held_out"].values() if "text" in held]
    requests = golden_requests(cut)
    assert max(len(request.history) for request in requests) == bounds.MAX_HISTORY
    assert max(len(request.profile) for request in requests) == bounds.MAX_PROFILE_ENTRIES
    texts += [text for request in requests for text in request.profile.values()]
    assert max(map(len, texts)) == bounds.MAX_TEXT_CHARS


def test_the_same_parts_give_the_same_bytes(parts: SpaceParts, tmp_path: Path, space: Path) -> None:
    again = write_space(tmp_path / "again", parts)
    assert _manifest(again) == _manifest(space)


def test_a_space_is_replaced_only_when_asked(parts: SpaceParts, tmp_path: Path) -> None:
    target = write_space(tmp_path / "tiny", parts)
    with pytest.raises(SpaceError, match="free place"):
        write_space(target, parts)

    write_space(target, replace(parts, version=4), replace=True)

    assert _manifest(target)["version"] == 4
    assert not (target / "models/urm_backbone/3").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["tiny"]


def test_what_is_no_space_is_never_replaced(parts: SpaceParts, tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "thesis.txt").touch()
    with pytest.raises(SpaceError, match="expected a space to replace"):
        write_space(tmp_path / "tiny", parts, replace=True)
    assert [p.name for p in (tmp_path / "tiny").iterdir()] == ["thesis.txt"]


def test_a_failed_write_leaves_nothing(parts: SpaceParts, tmp_path: Path) -> None:
    wrong = replace(parts, onnx=backbone(tmp_path / "wide.onnx", EMBEDDING, QUERIES, VECTOR + 1))
    with pytest.raises(SpaceError, match="query vectors of shape"):
        write_space(tmp_path / "tiny", wrong)
    assert [p.name for p in tmp_path.iterdir()] == ["wide.onnx"]


def test_parts_that_make_no_space_are_refused(parts: SpaceParts) -> None:
    vectors = parts.item_vectors
    broken = vectors.copy()
    broken[3, 3] = np.nan
    faults: list[tuple[dict[str, Any], str]] = [
        ({"version": 0}, "version"),
        ({"item_vectors": vectors[1:]}, "item_vectors: found shape"),
        ({"item_vectors": vectors.astype(np.float64)}, "float64, expected float32"),
        ({"item_vectors": broken}, "not finite"),
        ({"item_embeddings": vectors.astype(np.int32)}, "float32 or float16"),
        ({"notes": {"loss": float("inf")}}, "notes.loss"),
    ]
    for change, expected in faults:
        with pytest.raises(SpaceError, match=expected):
            replace(parts, **change)


def test_the_configuration_names_every_tensor(space: Path) -> None:
    config = (space / "models/urm_backbone/config.pbtxt").read_text()
    assert 'name: "item_embeddings" data_type: TYPE_FP32 dims: [ -1, 5 ]' in config
    assert 'name: "query_vectors" data_type: TYPE_FP32 dims: [ 3, 8 ]' in config
    assert "preferred_batch_size: [ 4, 8, 16 ]" in config
    longest = max(json.loads((space / "manifest.json").read_text())["lengths"])
    assert f'key: "trawl.max_dim" value: {{ string_value: "{longest}" }}' in config
    with pytest.raises(ValueError, match="ascending sizes"):
        Batching(max_batch_size=8, preferred=(4, 16))


@pytest.mark.parametrize(("output", "tolerance"), [("FP32", 1e-5), ("FP16", 1e-2), ("BF16", 5e-2)])
def test_the_python_backend_answers_a_batch(
    space: Path, monkeypatch: pytest.MonkeyPatch, output: str, tolerance: float
) -> None:
    """model.py under a stand-in for Triton's module: three requests, one pass, three answers."""
    triton = _triton()
    monkeypatch.setitem(sys.modules, "triton_python_backend_utils", triton)
    file = space / "models/urm_backbone/3/model.py"
    spec = importlib.util.spec_from_file_location("served", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.TritonPythonModel()
    config = {"output": [{"name": "query_vectors", "data_type": f"TYPE_{output}"}]}
    model.initialize({"model_config": json.dumps(config), "model_instance_kind": "CPU"})
    rng = np.random.default_rng(1)
    requests = [
        {
            "token_ids": rng.integers(0, 50, (rows, 7)),
            "attention_mask": np.ones((rows, 7), np.int64),
            "item_embeddings": rng.normal(size=(rows, 7, EMBEDDING)).astype(np.float32),
        }
        for rows in (1, 2, 1)
    ]

    answers = model.execute(requests)

    session = onnxruntime.InferenceSession(file.with_name("model.onnx"))
    for request, answer in zip(requests, answers, strict=True):
        expected = session.run(None, request)[0]
        assert answer.error is None
        given = answer.output_tensors[0].as_numpy()
        assert given.dtype == (np.float16 if output == "FP16" else np.float32)
        np.testing.assert_allclose(given, expected, rtol=tolerance, atol=tolerance)

    requests[1]["item_embeddings"] = rng.normal(size=(2, 6, EMBEDDING)).astype(np.float32)[:, :, :2]
    failed = model.execute(requests[1:2])
    assert len(failed) == 1 and failed[0].error is not None


def _triton() -> types.ModuleType:
    module = types.ModuleType("triton_python_backend_utils")

    class Tensor:
        def __init__(self, name: str, values: np.ndarray):
            self.name, self._values = name, values

        def as_numpy(self) -> np.ndarray:
            return self._values

        @staticmethod
        def from_dlpack(name: str, capsule: object) -> Tensor:
            tensor = torch.from_dlpack(capsule)
            assert tensor.dtype is torch.bfloat16
            return Tensor(name, tensor.float().numpy())

    class InferenceResponse:
        def __init__(self, output_tensors: list[Tensor], error: Any = None):
            self.output_tensors, self.error = output_tensors, error

    module.Tensor, module.InferenceResponse = Tensor, InferenceResponse
    module.TritonError = lambda message: message
    module.get_input_tensor_by_name = lambda request, name: Tensor(name, request[name])
    return module


def test_the_demo_space_holds_the_script_that_is_written_today() -> None:
    demo = Path(__file__).parents[1] / "spaces" / "demo-shop" / "models" / MODEL / "1"
    assert (demo / "model.py").read_text() == MODEL_PY.rstrip("\n") + "\n"
