"""A space whose backbone costs next to nothing: for measuring what stands before and behind it.

Item vectors are chance, so that its answers say nothing of quality. Its backbone is a sum:
query vectors = A * sum of item embeddings + b * sum of token ids.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .dataset import Dataset, load
from .objectives import split
from .prompt import default_lengths, train_tokenizer
from .space import SpaceParts, write_space

VERSION = 1
VOCABULARY = 2_000
CARD = "# A stand-in\n\nItem vectors and backbone are chance: for measuring, not for serving."


def backbone(file: Path, embedding_width: int, queries: int, vector_width: int) -> Path:
    """Writes the backbone as ONNX: two sums, two small products."""
    rng = np.random.default_rng(2)
    width = queries * vector_width
    weights = {
        "a": rng.normal(size=(embedding_width, width)).astype(np.float32),
        "b": (rng.normal(size=(1, width)) * 1e-3).astype(np.float32),
        "one": np.array([1], np.int64),
        "shape": np.array([-1, queries, vector_width], np.int64),
    }
    nodes = [
        helper.make_node("Mul", ["token_ids", "attention_mask"], ["kept"]),
        helper.make_node("Cast", ["kept"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["real", "one"], ["tokens"], keepdims=1),
        helper.make_node("MatMul", ["tokens", "b"], ["from_tokens"]),
        helper.make_node("ReduceSum", ["item_embeddings", "one"], ["items"], keepdims=0),
        helper.make_node("MatMul", ["items", "a"], ["from_items"]),
        helper.make_node("Add", ["from_tokens", "from_items"], ["flat"]),
        helper.make_node("Reshape", ["flat", "shape"], ["query_vectors"]),
    ]
    ints, floats = TensorProto.INT64, TensorProto.FLOAT
    inputs = [
        helper.make_tensor_value_info("token_ids", ints, ["b", "l"]),
        helper.make_tensor_value_info("attention_mask", ints, ["b", "l"]),
        helper.make_tensor_value_info("item_embeddings", floats, ["b", "l", embedding_width]),
    ]
    outputs = [
        helper.make_tensor_value_info("query_vectors", floats, ["b", queries, vector_width])
    ]
    held = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "backbone", inputs, outputs, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, file)
    return file


def _with(dataset: Dataset, items: int) -> Dataset:
    given = dataset.items
    if items < len(given):
        raise ValueError(f"items: found {items}, expected at least the data set's {len(given)}")
    copies = (
        replace(given[number % len(given)], id=f"{given[number % len(given)].id}-{number}")
        for number in range(len(given), items)
    )
    return replace(dataset, items=(*given, *copies))


def write(
    data: Path, out: Path, items: int, queries: int, vector_width: int, seed: int
) -> Path:
    """Writes the space; the same bytes for the same arguments.

    items    that it has: those of the data set, and copies of them under other ids
    """
    dataset = _with(load(data, seed), items)
    cut = split(dataset, seed)
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(len(dataset.items), vector_width)).astype(np.float32)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        file = backbone(Path(folder) / "backbone.onnx", vector_width, queries, vector_width)
        return write_space(
            out,
            SpaceParts(
                name=out.name,
                version=VERSION,
                split=cut,
                tokenizer=train_tokenizer(dataset, cut, seed=seed, vocabulary=VOCABULARY),
                lengths=default_lengths(dataset),
                item_vectors=vectors,
                item_embeddings=vectors.astype(np.float16),
                onnx=file,
                card=CARD,
                notes={"seed": seed},
            ),
        )
