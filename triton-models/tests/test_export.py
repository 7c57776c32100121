"""The ONNX file is the trained model, at every batch and length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import tiny
import torch

from trawl_models import export
from trawl_models.model import Backbone


def changed(backbone: Backbone, seed: int) -> Backbone:
    """As after training: no part is zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in backbone.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=generator)
    return backbone.eval()


@pytest.fixture(scope="module")
def backbone() -> Backbone:
    torch.manual_seed(1)
    return changed(tiny.backbone(), seed=1)


@pytest.fixture(scope="module")
def file(backbone: Backbone, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("onnx") / "model.onnx"
    export.export_onnx(backbone, file)
    return file


def test_it_answers_as_pytorch_does_at_other_shapes(backbone: Backbone, file: Path) -> None:
    assert export.largest_difference(backbone, file) <= export.TOLERANCE


def test_padding_changes_no_vector(backbone: Backbone, file: Path) -> None:
    session = export.open_session(file)
    ids, mask, items = export._sample(backbone, 1, 11, 0, seed=3)
    wider = (
        np.pad(ids, ((0, 0), (21, 0)), constant_values=tiny.PAD),
        np.pad(mask, ((0, 0), (21, 0))),
        np.pad(items, ((0, 0), (21, 0), (0, 0))),
    )
    difference = np.abs(export.run(session, ids, mask, items) - export.run(session, *wider)).max()
    assert difference <= 1e-4


def test_the_file_is_what_servers_expect(file: Path) -> None:
    model = onnx.load(str(file), load_external_data=False)
    onnx.checker.check_model(model)
    assert [i.name for i in model.graph.input] == list(export.INPUTS)
    assert [o.name for o in model.graph.output] == [export.OUTPUT]
    assert {o.domain: o.version for o in model.opset_import}[""] == export.OPSET
    assert not any(w.external_data for w in model.graph.initializer)
    types = [i.type.tensor_type.elem_type for i in model.graph.input]
    assert types == [onnx.TensorProto.INT64, onnx.TensorProto.INT64, onnx.TensorProto.FLOAT]
    shape = model.graph.output[0].type.tensor_type.shape.dim
    assert shape[0].dim_param and [d.dim_value for d in shape[1:]] == [4, 8]


def test_another_model_is_noticed(backbone: Backbone, file: Path) -> None:
    torch.manual_seed(2)
    other = changed(tiny.backbone(), seed=2)
    assert export.largest_difference(other, file) > 0.01
