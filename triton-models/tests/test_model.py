"""What the backbone owes to its callers: padding changes nothing, later tokens change nothing earlier,
and the query vectors are the hidden states seen through U. A checkpoint from elsewhere fits in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from transformers import Qwen3Config, Qwen3Model

from trawl_models.model import Backbone, ItemTables, scores

ITEM = tiny.ITEM


@pytest.fixture
def backbone() -> Backbone:
    torch.manual_seed(1)
    return Backbone(tiny.backbone_settings()).eval()


def prompt(length: int, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(2, 50, (1, length), generator=generator)
    ids[:, ::2] = ITEM
    items = torch.randn(1, length, 12, generator=generator) * (ids == ITEM).unsqueeze(-1)
    return ids, torch.ones_like(ids), items


def padded(inputs: tuple[torch.Tensor, ...], by: int) -> tuple[torch.Tensor, ...]:
    ids, mask, items = inputs
    return (
        torch.nn.functional.pad(ids, (by, 0), value=tiny.PAD),
        torch.nn.functional.pad(mask, (by, 0)),
        torch.nn.functional.pad(items, (0, 0, by, 0)),
    )


@pytest.mark.parametrize("by", [1, 7, 40])
def test_padding_changes_no_vector(backbone: Backbone, by: int) -> None:
    inputs = prompt(9)
    with torch.inference_mode():
        difference = (backbone(*inputs) - backbone(*padded(inputs, by))).abs().max()
    assert difference <= 1e-4


def test_neighbours_in_a_batch_change_no_vector(backbone: Backbone) -> None:
    long, short = prompt(12, seed=1), prompt(5, seed=2)
    with torch.inference_mode():
        alone = backbone(*short)
        together = backbone(*(torch.cat(pair) for pair in zip(long, padded(short, 7), strict=True)))
    assert (alone[0] - together[1]).abs().max() <= 1e-4


def test_every_part_of_the_prompt_counts(backbone: Backbone) -> None:
    ids, mask, items = prompt(9)
    with torch.inference_mode():
        before = backbone(ids, mask, items)
        other_text, other_item = ids.clone(), items.clone()
        other_text[0, 1] = 2 + (ids[0, 1] - 1) % 48
        other_item[0, 4] += 1.0
        assert (before - backbone(other_text, mask, items)).abs().max() > 1e-3
        assert (before - backbone(ids, mask, other_item)).abs().max() > 1e-3


def test_embeddings_at_text_positions_are_ignored(backbone: Backbone) -> None:
    ids, mask, items = prompt(9)
    stray = items + torch.randn_like(items) * (ids != ITEM).unsqueeze(-1)
    with torch.inference_mode():
        assert torch.equal(backbone(ids, mask, items), backbone(ids, mask, stray))


def test_history_is_read_as_before_the_query_tokens(backbone: Backbone) -> None:
    inputs = prompt(9)
    with torch.inference_mode():
        prompt_part, queries = backbone.read(*inputs)
        assert (prompt_part - backbone.history(*inputs)).abs().max() <= 1e-5
    assert queries.shape == (1, 4, 8)


def test_folded_scores_are_those_of_the_item_matrix(backbone: Backbone) -> None:
    """W = U Vᵀ over hidden states gives what query vectors over V give, the maximum over M included."""
    tables = ItemTables(np.random.default_rng(1).standard_normal((30, 6)).astype(np.float32), 8, 12)
    hidden = []
    backbone.output.register_forward_pre_hook(lambda _, given: hidden.append(given[0]))
    with torch.inference_mode():
        vectors = tables.all_vectors()
        queries = backbone(*prompt(9))
        matrix = backbone.output.weight.T @ vectors.T
        explicit = (hidden[0][:, -4:] @ matrix).amax(dim=1)
    assert (scores(queries, vectors) - explicit).abs().max() <= 1e-5


def test_score_is_the_maximum_where_sum_and_mean_rank_otherwise() -> None:
    queries = torch.tensor([[[3.0, 0.0], [-3.0, 1.0]]])
    items = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert scores(queries, items).tolist() == [[3.0, 2.0]]


def test_an_item_without_a_learned_row_has_its_text_vector() -> None:
    tables = ItemTables(np.random.default_rng(1).standard_normal((3, 6)).astype(np.float32), 8, 12)
    with torch.no_grad():
        tables.vector_by_id.weight[1] = 0.0
        expected = tables.vector_by_text(tables.sentences[1])
    assert torch.equal(tables.vectors(torch.tensor([1]))[0], expected)
    assert expected.abs().max() > 0


def test_a_checkpoint_from_disk_is_the_decoder(tmp_path: Path) -> None:
    torch.manual_seed(4)
    config = Qwen3Config(
        vocab_size=40, hidden_size=24, intermediate_size=32, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8,
    )
    original = Qwen3Model(config)
    original.save_pretrained(tmp_path)
    backbone = Backbone(tiny.backbone_settings(base=str(tmp_path), vocabulary=50)).eval()
    assert backbone.decoder.config.num_hidden_layers == 3
    assert torch.equal(backbone.decoder.layers[2].mlp.up_proj.weight, original.layers[2].mlp.up_proj.weight)
    assert torch.equal(backbone.decoder.embed_tokens.weight[:40], original.embed_tokens.weight)
    assert backbone.decoder.embed_tokens.num_embeddings == 50
    inputs = prompt(9)
    with torch.inference_mode():
        assert backbone(*inputs).shape == (1, 4, 8)
        assert (backbone(*inputs) - backbone(*padded(inputs, 5))).abs().max() <= 1e-4


@pytest.mark.parametrize(
    "changes", [{"queries": 0}, {"width": 10, "heads": 4}, {"width": 6, "heads": 2}, {"dropout": 1.0}]
)
def test_sizes_that_cannot_be_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        tiny.backbone_settings(**changes)
