"""The backbone and the item table.

The backbone turns one prompt into M query vectors: a Qwen3 decoder reads text tokens, item
vectors at item positions, and M learned query tokens at the end; one pass, nothing generated.
An item looks to the backbone as it does to the search: one table, H wide, serves both. The score
of an item is the maximum over the M inner products.

A vector has three parts. The first is of behaviour: what histories teach. Then `text_width`
numbers of words: there a search's query meets the items' texts, and a history the items that are
like its own. The last number is an item's popularity, and of a query how much that counts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DynamicCache, Qwen3Config, Qwen3Model

from .train_options import BackboneSettings

_TEXT_WEIGHT = 4.0
"""On sentence vectors in the part of behaviour: each step of the optimizer moves what texts say so many times as far
as rows by id, which learn the training items by heart where they are as quick."""

_APART = 0.5
"""Of a hidden state's length, at first, how far query vectors of one history are apart."""

_WORDS_LENGTH = 4.0
"""Of query and item in the part of words, at first: as large in the products as what histories say."""


class Backbone(nn.Module):
    """Inputs `token_ids` [B, L], `attention_mask` [B, L], `item_embeddings` [B, L, H]; output [B, M, H].

    Sequences are padded on the left. `output` is Uᵀ of the factorised item matrix W = U Vᵀ: a
    query's hidden state h scores item i by hᵀ U vᵢ, so Uᵀ h is taken once and only V is stored.

    A query vector is the sum of four: what the history says, which histories alone teach, times a
    share that the objective's text chooses; what the search's words say; what the objective adds,
    which its text lets through; and how far the objective leans towards items like those of the
    history and towards popular ones, which leaning.py fits. In an untrained backbone the share is
    one, the objective adds nothing and leans nowhere, so that a prompt without words begins with
    what its history says.

    words  float32 [vocabulary, S]: the sentence-space vector of each token, whose sum over a text points
           where the sentence encoder's vector of the text does; it is not trained
    """

    words: Tensor

    def __init__(self, settings: BackboneSettings, words: np.ndarray) -> None:
        super().__init__()
        if len(words) != settings.vocabulary:
            raise ValueError(f"words: found {len(words)} rows, expected one for each of {settings.vocabulary} tokens")
        self.settings = settings
        self.decoder = _decoder(settings)
        width, vector, text = self.decoder.config.hidden_size, settings.vector_width, words.shape[1]
        behaviour = settings.behaviour_width
        self.register_buffer("words", torch.as_tensor(words, dtype=torch.float32))
        self.query_tokens = nn.Parameter(torch.empty(settings.queries, width))
        self.output = nn.Linear(width, behaviour, bias=False)
        self.asked = nn.Linear(text, vector, bias=False)
        self.share = nn.Linear(text, 1, bias=False)
        self.leaning = nn.Linear(text, 2, bias=False)
        self.gate = nn.Linear(text, width, bias=False)
        self.features = nn.Linear(2 * width + vector + 1, width)
        self.addition = nn.Linear(width, vector, bias=False)
        self.dropout = nn.Dropout(settings.dropout)
        for layer in self.decoder.layers:
            layer.mlp.down_proj.register_forward_pre_hook(lambda _, given: (self.dropout(given[0]),))
            for part in (layer.self_attn.o_proj, layer.mlp):
                part.register_forward_hook(lambda _, __, found: self.dropout(found))
        nn.init.normal_(self.query_tokens, std=0.5)
        for zero in (self.asked, self.share, self.leaning, self.addition):
            nn.init.zeros_(zero.weight)
        nn.init.normal_(self.gate.weight, std=1.0)
        nn.init.orthogonal_(self.output.weight)
        if settings.queries > 1:
            self.apart = nn.Parameter(torch.empty(width, settings.queries * width))
            nn.init.normal_(self.apart, std=_APART / width)

    def forward(self, token_ids: Tensor, attention_mask: Tensor, item_embeddings: Tensor) -> Tensor:
        return self.answer(token_ids, attention_mask, item_embeddings)[0]

    def answer(self, token_ids: Tensor, attention_mask: Tensor, item_embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """Query vectors [B, M, H], and what the history alone says [B, M, H]."""
        batch = token_ids.shape[0]
        prompt = self._prompt(token_ids, item_embeddings[..., : self.settings.behaviour_width])
        tokens = self.query_tokens.to(prompt.dtype).unsqueeze(0).expand(batch, -1, -1)
        present = torch.cat([attention_mask, attention_mask.new_ones(batch, tokens.shape[1])], dim=1)
        prompt, added = self._read(prompt, tokens, present)

        is_item = (token_ids == self.settings.item_token) & (attention_mask > 0)
        count = is_item.long().cumsum(dim=1)
        newest = (is_item & (count == count[:, -1:])).to(prompt.dtype).unsqueeze(1) @ prompt
        items = self.mean_item(token_ids, attention_mask, item_embeddings).to(prompt.dtype)
        cold = (count[:, -1:] == 0).to(prompt.dtype).unsqueeze(1)

        objective, query = self.said(token_ids, attention_mask)
        known = torch.cat([newest, items, cold], dim=2).expand(-1, tokens.shape[1], -1)
        features = self.features(self.dropout(torch.cat([added, known], dim=2)))
        history = functional.pad(self._interests(newest)[:, 0], (0, self.settings.text_width + 1))
        leaning = self.leaning(objective)
        leant = torch.cat([leaning[..., :1] * items[..., self.settings.words], leaning[..., 1:]], dim=2)
        leant = functional.pad(leant, (self.settings.behaviour_width, 0))
        added = self.addition(self.gate(objective) * functional.silu(features))
        return (1.0 + self.share(objective)) * history + self.asked(query) + leant + added, history

    def history(self, token_ids: Tensor, attention_mask: Tensor, items: Tensor) -> Tensor:
        """What every position of the prompt says about the behaviour after it, in the part of behaviour [B, L, M, H']."""
        return self._interests(self.dropout(self._decode(self._prompt(token_ids, items), attention_mask)))

    def _interests(self, hidden: Tensor) -> Tensor:
        """Of hidden states [..., W] what each query vector says of them [..., M, H']."""
        if self.settings.queries == 1:
            return self.output(hidden).unsqueeze(-2)
        apart = (hidden @ self.apart).unflatten(-1, (self.settings.queries, -1))
        return self.output(hidden.unsqueeze(-2) + apart)

    def mean_item(self, token_ids: Tensor, attention_mask: Tensor, item_embeddings: Tensor) -> Tensor:
        """The mean of the prompt's items [B, 1, H]; zero where there are none."""
        is_item = ((token_ids == self.settings.item_token) & (attention_mask > 0)).to(item_embeddings.dtype).unsqueeze(1)
        return (is_item @ item_embeddings) / is_item.sum(dim=2, keepdim=True).clamp(min=1)

    def _prompt(self, token_ids: Tensor, items: Tensor) -> Tensor:
        # Through U, by which it is also written: behaviour is read and answered in one language.
        projected = functional.linear(items, self.output.weight.T) * self.settings.behaviour_width**0.5
        is_item = (token_ids == self.settings.item_token).unsqueeze(-1)
        return self.dropout(torch.where(is_item, projected, self.decoder.embed_tokens(token_ids).to(projected.dtype)))

    def said(self, token_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Sentence-space vectors [B, 1, S] of the objective's text and of the search's, of length one; zero where
        there is none."""
        said = self.words[token_ids]
        of_query = _after(token_ids, self.settings.query_token)
        of_objective = _after(token_ids, self.settings.objective_token) & ~of_query
        present = attention_mask > 0

        def text(chosen: Tensor) -> Tensor:
            total = (chosen & present).to(said.dtype).unsqueeze(1) @ said
            return total / total.square().sum(dim=2, keepdim=True).add(1e-12).sqrt()

        return text(of_objective), text(of_query)

    def _read(self, prompt: Tensor, tokens: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Hidden states of a prompt [B, L, W] and of the query tokens behind it [B, M, W].

        Training takes the prompt first and then the tokens, which gives the same: no prompt sees them. Where only
        what comes behind the prompt learns, nothing of it is then kept for gradients, nor any taken through it."""
        length = prompt.shape[1]
        if not self.training:
            hidden = self._decode(torch.cat([prompt, tokens], dim=1), present)
            return hidden[:, :length], hidden[:, length:]
        cache = DynamicCache()
        read = self._decode(prompt, present[:, :length], cache)
        return read, self._decode(tokens, present, cache)

    def _decode(self, inputs: Tensor, present: Tensor, cache: DynamicCache | None = None) -> Tensor:
        """Of the last inputs that `present` speaks of; those before them are in the cache."""
        count = inputs.shape[1]
        return self.decoder(
            inputs_embeds=inputs,
            attention_mask={"full_attention": _causal(present)[:, :, -count:]},
            position_ids=(present.cumsum(dim=1) - 1).clamp(min=0)[:, -count:],
            past_key_values=cache,
            use_cache=cache is not None,
        ).last_hidden_state


class ItemTable(nn.Module):
    """Item vectors V = V_dis + V_trans: a part learned by id and a part from text.

    V_trans is a learned projection of the sentence encoder's vector of the item's text, so an item
    without a learned row still has a vector: its text's. In the part of behaviour both start small:
    a sentence vector has length 1, so that the text part's entries start at the size of the
    projection's. In the part of words the learned row starts at nothing, the projection at the
    directions in which the items' texts differ most, and of sentence vectors only what sets them
    apart is told: a history then is like some items and unlike others. What all have in common
    changes no ranking.

    purchases  [N] of each item, whose logarithm, of mean zero, is its popularity
    """

    def __init__(self, sentences: np.ndarray, purchases: np.ndarray, width: int, text_width: int) -> None:
        super().__init__()
        items, sentence_width = sentences.shape
        if len(purchases) != items:
            raise ValueError(f"purchases: found {len(purchases)}, expected one for each of {items} items")
        self.register_buffer("sentences", torch.as_tensor(sentences, dtype=torch.float32), persistent=False)
        self.register_buffer("apart", self.sentences - self.sentences.mean(dim=0), persistent=False)
        self.register_buffer("popularity", _popularity(purchases), persistent=False)
        self.by_id = nn.Embedding(items, width - text_width - 1)
        self.by_text = nn.Linear(sentence_width, width - text_width - 1, bias=False)
        self.words_by_id = nn.Embedding(items, text_width)
        self.words_by_text = nn.Linear(sentence_width, text_width, bias=False)
        nn.init.normal_(self.by_id.weight, std=0.02)
        nn.init.normal_(self.by_text.weight, std=0.03 / _TEXT_WEIGHT)
        nn.init.zeros_(self.words_by_id.weight)
        with torch.no_grad():
            self.words_by_text.weight.copy_(_WORDS_LENGTH * _directions(self.apart, text_width))

    def vectors(self) -> Tensor:
        """Of all items [N, H]."""
        words = self.words_by_id.weight + self.words_by_text(self.apart)
        return torch.cat([self.behaviour(), words, self.popularity], dim=1)

    def vectors_of(self, ordinals: Tensor) -> Tensor:
        words = self.words_by_id(ordinals) + self.words_by_text(self.apart[ordinals])
        return torch.cat([self.behaviour_of(ordinals), words, self.popularity[ordinals]], dim=1)

    def behaviour(self) -> Tensor:
        """The part of behaviour alone, of all items."""
        return self.by_id.weight + self.by_text(_TEXT_WEIGHT * self.sentences)

    def behaviour_of(self, ordinals: Tensor) -> Tensor:
        return self.by_id(ordinals) + self.by_text(_TEXT_WEIGHT * self.sentences[ordinals])


def untrained(
    settings: BackboneSettings, sentences: np.ndarray, words: np.ndarray, purchases: np.ndarray
) -> tuple[Backbone, ItemTable]:
    """A backbone and its items, a search's words where the same words of an item are."""
    backbone = Backbone(settings, words)
    table = ItemTable(sentences, purchases, settings.vector_width, settings.text_width)
    with torch.no_grad():
        backbone.asked.weight[settings.words] = table.words_by_text.weight
    return backbone, table


@torch.no_grad()
def even_out(backbone: Backbone, table: ItemTable) -> None:
    """Makes the parts of behaviour and of words equally long on average, popularity as large as any number of
    behaviour, and changes no score: what the items' part is scaled by, the queries' is divided by. Whoever compares
    whole item vectors, as the neighbour graph does, then hears both parts and next to nothing of popularity."""
    settings = backbone.settings
    squares = table.vectors().square().mean(dim=0)
    behaviour = squares[: settings.behaviour_width]
    # Likeness is a product of two items, popularity one of an item and a number.
    for part, size, own, leaning, power in (
        (settings.words, behaviour.sum(), (table.words_by_id.weight, table.words_by_text.weight), 0, 2),
        (settings.popularity, behaviour.mean(), (table.popularity,), 1, 1),
    ):
        if not size > 0 or not squares[part].sum() > 0:
            continue
        scale = (size / squares[part].sum()).sqrt()
        for scaled in own:
            scaled *= scale
        backbone.asked.weight[part] /= scale
        backbone.addition.weight[part] /= scale
        backbone.leaning.weight[leaning] /= scale**power
        # Of the features, the items' mean stands before `cold`, the last.
        mean = backbone.features.weight[:, -1 - settings.vector_width : -1]
        mean[:, part] /= scale


def _popularity(purchases: np.ndarray) -> Tensor:
    """[N, 1]"""
    found = torch.log1p(torch.as_tensor(purchases, dtype=torch.float32))
    return (found - found.mean()).unsqueeze(1)


def _directions(apart: Tensor, count: int) -> Tensor:
    """The `count` directions [count, S] in which sentence vectors, of mean zero, vary most; zeros where there are not as many."""
    _, found = torch.linalg.eigh(apart.T @ apart)
    directions = apart.new_zeros(count, apart.shape[1])
    most = found.T.flip(0)[:count]
    directions[: len(most)] = most
    return directions


def scores(query_vectors: Tensor, item_vectors: Tensor) -> Tensor:
    """Maximum over the M inner products: [B, M, H] and [C, H] give [B, C]."""
    return (query_vectors @ item_vectors.T).amax(dim=1)


def _decoder(settings: BackboneSettings) -> Qwen3Model:
    if settings.base is not None:
        try:
            decoder = Qwen3Model.from_pretrained(Path(settings.base), attn_implementation="sdpa", dtype=torch.float32)
        except Exception as bad:  # each library under it has errors of its own for what it cannot read
            raise ValueError(f"{settings.base}: found {bad}; expected a Qwen3 checkpoint") from None
        if decoder.has_sliding_layers:
            raise ValueError(f"{settings.base} uses sliding-window attention, which this backbone does not")
        if decoder.embed_tokens.num_embeddings < settings.vocabulary:
            decoder.resize_token_embeddings(settings.vocabulary, mean_resizing=False)
        decoder.config.use_cache = False
        return decoder
    head = settings.width // settings.heads
    config = Qwen3Config(
        vocab_size=settings.vocabulary,
        hidden_size=settings.width,
        intermediate_size=settings.width * 2,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.heads,
        head_dim=head,
        max_position_embeddings=settings.max_length + settings.queries,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        attention_dropout=settings.dropout,
        use_cache=False,
        attn_implementation="sdpa",
    )
    decoder = Qwen3Model(config)
    nn.init.normal_(decoder.embed_tokens.weight, std=0.5)
    return decoder


def _causal(present: Tensor) -> Tensor:
    """Who may look at whom, [B, 1, T, T]: backwards, at what is present. A padded position sees itself, so no row is empty."""
    steps = torch.arange(present.shape[1], device=present.device)
    backwards = steps.unsqueeze(0) <= steps.unsqueeze(1)
    itself = steps.unsqueeze(0) == steps.unsqueeze(1)
    seen = present.bool().unsqueeze(1) & backwards.unsqueeze(0)
    return (seen | itself.unsqueeze(0)).unsqueeze(1)


def _after(token_ids: Tensor, token: int) -> Tensor:
    """Whether a position stands after `token`; none does where there is no such token."""
    return ((token_ids == token).long().cumsum(dim=1) > 0) & (token_ids != token)
