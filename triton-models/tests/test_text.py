"""Sentence vectors: the mean over real tokens, of length one, kept for the next run.

The encoder here is a table of token embeddings, so that every vector can be worked out by hand.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers

from trawl_models import text
from trawl_models.dataset import DataError

WORDS = {"[PAD]": 0, "[UNK]": 1, "red": 2, "blue": 3, "lamp": 4}


@pytest.fixture
def table() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(len(WORDS), text.WIDTH)).astype(np.float32)


@pytest.fixture
def jar(tmp_path: Path, table: np.ndarray) -> Path:
    tokenizer = Tokenizer(models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "l"])
    mask = helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["b", "l"])
    hidden = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["b", "l", text.WIDTH])
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["hidden"])]
    weights = [numpy_helper.from_array(table, "table")]
    graph = helper.make_graph(nodes, "encoder", [ids, mask], [hidden], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    file = tmp_path / "encoder.jar"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(text.MODEL_ENTRY, model.SerializeToString())
        archive.writestr(text.TOKENIZER_ENTRY, tokenizer.to_str())
    return file


def test_a_vector_is_the_mean_of_the_real_tokens_scaled_to_one(
    jar: Path, table: np.ndarray
) -> None:
    vectors = text.encode_texts(["red lamp lamp", "blue"], jar)

    mean = (table[2] + 2 * table[4]) / 3
    assert vectors.shape == (2, 384) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[0], mean / np.linalg.norm(mean), atol=1e-6)
    np.testing.assert_allclose(vectors[1], table[3] / np.linalg.norm(table[3]), atol=1e-6)


def test_rows_keep_their_order_over_many_batches(jar: Path) -> None:
    texts = ["red " * (n % 5 + 1) + ("lamp" if n % 2 else "blue") for n in range(100)]
    together = text.encode_texts(texts, jar)
    alone = np.concatenate([text.encode_texts([one], jar) for one in texts[:10]])
    np.testing.assert_allclose(together[:10], alone, atol=1e-6)


def test_the_cache_is_used_for_the_same_texts_only(jar: Path, tmp_path: Path) -> None:
    cache = tmp_path / "kept" / "vectors.npz"
    first = text.encode_texts(["red", "blue"], jar, cache)
    with np.load(cache) as kept:
        marked = {"vectors": kept["vectors"] + 1, "key": kept["key"]}
    np.savez(cache, **marked)

    assert (text.encode_texts(["red", "blue"], jar, cache) == first + 1).all()
    assert (text.encode_texts(["redblue", ""], jar, cache) != first + 1).any()
    assert (text.encode_texts(["red", "blue"], jar, cache) == first).all()


def test_a_text_without_tokens_is_zero(jar: Path) -> None:
    assert (text.encode_texts(["", "red"], jar)[0] == 0).all()


def test_a_broken_cache_is_made_anew(jar: Path, tmp_path: Path) -> None:
    cache = tmp_path / "vectors.npz"
    first = text.encode_texts(["red"], jar, cache)
    whole = cache.read_bytes()
    for damaged in (b"PK\x03\x04 nonsense", b"", whole[:80] + bytes(40) + whole[120:]):
        cache.write_bytes(damaged)
        assert (text.encode_texts(["red"], jar, cache) == first).all()


def test_a_jar_without_an_encoder_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jar"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("README", "")
    with pytest.raises(DataError, match=text.MODEL_ENTRY):
        text.encode_texts(["red"], empty)
    for model, tokenizer in ((b"no model", b"{}"), (b"no model", b"\xff"), (b"no model", None)):
        with zipfile.ZipFile(empty, "w") as archive:
            archive.writestr(text.MODEL_ENTRY, model)
            archive.writestr(text.TOKENIZER_ENTRY, tokenizer or Tokenizer(models.WordLevel(WORDS)).to_str())
        with pytest.raises(DataError, match="empty.jar.*expected a jar with"):
            text.encode_texts(["red"], empty)
    with pytest.raises(DataError, match="the jar with"):
        text.encode_texts(["red"], tmp_path / "absent.jar")
