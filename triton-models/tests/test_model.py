"""What the backbone owes to its callers: padding changes nothing, later tokens change nothing earlier,
and the query vectors are the hidden states seen through U. A checkpoint from elsewhere fits in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from transformers import Qwen3Config, Qwen3Model

from trawl_models.model import Backbone, ItemTable, even_out, scores, untrained

ITEM = tiny.ITEM
EVEN = np.ones(30)


@pytest.fixture
def backbone() -> Backbone:
    """With words and objectives that count, as after training."""
    torch.manual_seed(1)
    backbone = tiny.backbone().eval()
    for part in (backbone.addition, backbone.share, backbone.asked):
        torch.nn.init.normal_(part.weight, std=0.1)
    return backbone


def prompt(length: int, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Text and items in turn, then an objective of two tokens and a query of three."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, 50, (1, length), generator=generator)
    ids[:, : length - 7 : 2] = ITEM
    ids[0, -7], ids[0, -4] = tiny.OBJECTIVE, tiny.QUERY
    items = torch.randn(1, length, 8, generator=generator) * (ids == ITEM).unsqueeze(-1)
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
    inputs = prompt(12)
    with torch.inference_mode():
        difference = (backbone(*inputs) - backbone(*padded(inputs, by))).abs().max()
    assert difference <= 1e-4


def test_training_reads_the_prompt_first_and_answers_the_same() -> None:
    torch.manual_seed(1)
    backbone = tiny.backbone(dropout=0.0)
    for part in (backbone.addition, backbone.share, backbone.asked):
        torch.nn.init.normal_(part.weight, std=0.1)
    inputs = padded(prompt(12), 3)
    at_once = backbone.eval().answer(*inputs)
    backbone.train()
    in_turn = backbone.answer(*inputs)
    for one, other in zip(at_once, in_turn, strict=True):
        assert (one - other).abs().max() <= 1e-4
    by_whole, in_parts = (torch.autograd.grad(found[0].sum(), list(backbone.decoder.parameters())[1:]) for found in (at_once, in_turn))
    for one, other in zip(by_whole, in_parts, strict=True):
        assert (one - other).abs().max() <= 1e-3 * one.abs().max() + 1e-5


def test_neighbours_in_a_batch_change_no_vector(backbone: Backbone) -> None:
    long, short = prompt(12, seed=1), prompt(8, seed=2)
    with torch.inference_mode():
        alone = backbone(*short)
        together = backbone(*(torch.cat(pair) for pair in zip(long, padded(short, 4), strict=True)))
    assert (alone[0] - together[1]).abs().max() <= 1e-4


def test_every_part_of_the_prompt_counts(backbone: Backbone) -> None:
    ids, mask, items = prompt(12)
    with torch.inference_mode():
        before = backbone(ids, mask, items)
        for place in (1, 6, 7, 9, 11):
            other_text = ids.clone()
            other_text[0, place] = 4 + (ids[0, place] - 3) % 46
            assert (before - backbone(other_text, mask, items)).abs().max() > 1e-4, place
        other_item = items.clone()
        other_item[0, 4] += 1.0
        assert (before - backbone(ids, mask, other_item)).abs().max() > 1e-3


def test_embeddings_at_text_positions_are_ignored(backbone: Backbone) -> None:
    ids, mask, items = prompt(12)
    stray = items + torch.randn_like(items) * (ids != ITEM).unsqueeze(-1)
    with torch.inference_mode():
        assert torch.equal(backbone(ids, mask, items), backbone(ids, mask, stray))


def test_a_prompt_without_words_begins_with_what_its_history_says() -> None:
    torch.manual_seed(1)
    backbone = tiny.backbone().eval()
    ids, mask, items = prompt(12)
    behaviour = backbone.settings.behaviour_width
    with torch.inference_mode():
        history = backbone.history(ids, mask, items[..., :behaviour])[:, 4]
        queries = backbone(ids, mask, items)
        nothing = backbone(torch.full_like(ids, 7), mask, items)
    assert history.abs().max() > 0.1
    assert torch.allclose(queries[0, :, :behaviour], history[0], atol=1e-5)
    assert (history[0, 0] - history[0, 1]).abs().max() > 1e-4
    assert queries[..., behaviour:].abs().max() == 0.0
    assert nothing.abs().max() == 0.0


def test_words_are_told_from_the_objective_and_meet_the_items_texts() -> None:
    """A query that says what an item's text says points where the item does; the objective's words do not."""
    sentences = np.random.default_rng(3).standard_normal((30, tiny.SENTENCE)).astype(np.float32)
    sentences /= np.linalg.norm(sentences, axis=1, keepdims=True)
    words = tiny.words(50)
    words[20], words[21] = sentences[4] / 2, sentences[9] / 2
    backbone, table = untrained(tiny.backbone_settings(text_width=tiny.SENTENCE, vector_width=13), sentences, words, EVEN)
    ids = torch.tensor([[tiny.OBJECTIVE, 21, tiny.QUERY, 20]])
    with torch.inference_mode():
        found = backbone(ids, torch.ones_like(ids), torch.zeros(1, 4, 13))
        products = (found[0, 0, 6:] @ table.vectors()[:, 6:].T)
    apart = torch.from_numpy(sentences - sentences.mean(axis=0))
    assert products.argmax() == 4
    assert torch.allclose(products, 16.0 * apart @ torch.from_numpy(sentences[4]), atol=1e-3)


def test_parts_are_evened_out_without_changing_a_score() -> None:
    torch.manual_seed(1)
    sentences = np.random.default_rng(3).standard_normal((30, tiny.SENTENCE)).astype(np.float32)
    backbone, table = untrained(tiny.backbone_settings(), sentences, tiny.words(50), np.arange(30))
    for part in (backbone.addition, backbone.share, backbone.asked, backbone.leaning, table.words_by_id):
        torch.nn.init.normal_(part.weight, std=0.3)
    backbone.eval()
    ids, mask, _ = prompt(12)
    ordinals = torch.randint(30, ids.shape, generator=torch.Generator().manual_seed(5))

    def answers() -> tuple[torch.Tensor, torch.Tensor]:
        with torch.inference_mode():
            vectors = table.vectors()
            items = vectors[ordinals] * (ids == ITEM).unsqueeze(-1)
            return vectors, scores(backbone(ids, mask, items), vectors)

    before, expected = answers()
    even_out(backbone, table)
    after, found = answers()
    assert (found - expected).abs().max() <= 1e-3 * expected.abs().max()
    squares = after.square().mean(dim=0)
    behaviour, words, popularity = squares[:4].sum(), squares[4:7].sum(), squares[7]
    assert float(words) == pytest.approx(float(behaviour), rel=1e-4)
    assert float(popularity) == pytest.approx(float(behaviour) / 4, rel=1e-4)
    assert before[:, 4:7].square().sum(dim=1).mean() > 10 * behaviour
    assert before[:, 7].square().mean() > 10 * behaviour


def test_an_objective_leans_towards_items_like_the_history_and_popular_ones() -> None:
    torch.manual_seed(1)
    backbone = tiny.backbone().eval()
    ids, mask, items = prompt(12)
    with torch.inference_mode():
        before = backbone(ids, mask, items)
        text = backbone.said(ids, mask)[0][0, 0]
        backbone.leaning.weight.copy_(torch.stack([3.0 * text, 0.5 * text]))
        leant = (backbone(ids, mask, items) - before)[0]
    expected = torch.cat([torch.zeros(4), 3.0 * items[0, ids[0] == ITEM].mean(dim=0)[4:7], torch.tensor([0.5])])
    assert torch.allclose(leant, expected.expand(4, -1), atol=1e-4)


def test_words_without_a_row_for_every_token_are_refused() -> None:
    with pytest.raises(ValueError, match="found 49 rows, expected one for each of 50 tokens"):
        Backbone(tiny.backbone_settings(), tiny.words(49))


def test_folded_scores_are_those_of_the_item_matrix() -> None:
    """W = U Vᵀ over hidden states gives what query vectors over V give."""
    torch.manual_seed(1)
    backbone = tiny.backbone().eval()
    table = ItemTable(np.random.default_rng(1).standard_normal((30, 6)).astype(np.float32), EVEN, 8, 3)
    hidden = []
    backbone.output.register_forward_pre_hook(lambda _, given: hidden.append(given[0]))
    with torch.inference_mode():
        queries = backbone(*prompt(12))
        matrix = backbone.output.weight.T @ table.behaviour().T
        explicit = (hidden[0] @ matrix).amax(dim=2)[:, 0]
        assert (scores(queries, table.vectors()) - explicit).abs().max() <= 1e-5


def test_score_is_the_maximum_where_sum_and_mean_rank_otherwise() -> None:
    queries = torch.tensor([[[3.0, 0.0], [-3.0, 1.0]]])
    items = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert scores(queries, items).tolist() == [[3.0, 2.0]]


def test_an_item_without_a_learned_row_has_its_text_vector() -> None:
    table = ItemTable(np.random.default_rng(1).standard_normal((3, 6)).astype(np.float32), np.array([7, 0, 0]), 8, 3)
    torch.nn.init.normal_(table.words_by_id.weight)
    with torch.no_grad():
        table.by_id.weight[1] = 0.0
        table.words_by_id.weight[1] = 0.0
        text = table.sentences[1]
        apart = text - table.sentences.mean(dim=0)
        popularity = torch.tensor([-np.log(2.0)], dtype=torch.float32)
        expected = torch.cat([table.by_text(4.0 * text), table.words_by_text(apart), popularity])
    assert torch.allclose(table.vectors_of(torch.tensor([1]))[0], expected)
    assert torch.allclose(table.vectors()[1], expected)
    assert expected.abs().max() > 0


def test_a_checkpoint_from_disk_is_the_decoder(tmp_path: Path) -> None:
    torch.manual_seed(4)
    config = Qwen3Config(
        vocab_size=40, hidden_size=24, intermediate_size=32, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, head_dim=8,
    )
    original = Qwen3Model(config)
    original.save_pretrained(tmp_path)
    backbone = tiny.backbone(base=str(tmp_path), vocabulary=50).eval()
    assert backbone.decoder.config.num_hidden_layers == 3
    assert torch.equal(backbone.decoder.layers[2].mlp.up_proj.weight, original.layers[2].mlp.up_proj.weight)
    assert torch.equal(backbone.decoder.embed_tokens.weight[:40], original.embed_tokens.weight)
    assert backbone.decoder.embed_tokens.num_embeddings == 50
    inputs = prompt(12)
    with torch.inference_mode():
        assert backbone(*inputs).shape == (1, 4, 8)
        assert (backbone(*inputs) - backbone(*padded(inputs, 5))).abs().max() <= 1e-4


@pytest.mark.parametrize(
    "changes", [{"queries": 0}, {"width": 10, "heads": 4}, {"width": 6, "heads": 2}, {"dropout": 1.0}, {"text_width": 7}]
)
def test_sizes_that_cannot_be_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        tiny.backbone_settings(**changes)
