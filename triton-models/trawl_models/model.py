"""The backbone and the item tables.

The backbone turns one prompt into M query vectors: a Qwen3 decoder reads text tokens, item
embeddings at item positions, and M learned query tokens at the end; one pass, nothing generated.
The item tables say what an item looks like to the backbone (its embedding, E wide) and to the
search (its vector, H wide). The score of an item is the maximum over the M inner products.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Qwen3Config, Qwen3Model

from .train_options import BackboneSettings


class Backbone(nn.Module):
    """Inputs `token_ids` [B, L], `attention_mask` [B, L], `item_embeddings` [B, L, E]; output [B, M, H].

    Sequences are padded on the left. `output` is Uᵀ of the factorised item matrix W = U Vᵀ: a
    query's hidden state h scores item i by hᵀ U vᵢ, so Uᵀ h is taken once and only V is stored.
    """

    def __init__(self, settings: BackboneSettings) -> None:
        super().__init__()
        self.settings = settings
        self.decoder = _decoder(settings)
        width = self.decoder.config.hidden_size
        self.item_projection = nn.Linear(settings.embedding_width, width)
        self.query_tokens = nn.Parameter(torch.empty(settings.queries, width))
        self.output = nn.Linear(width, settings.vector_width, bias=False)
        self.dropout = nn.Dropout(settings.dropout)
        nn.init.normal_(self.query_tokens, std=0.5)
        nn.init.normal_(self.item_projection.weight, std=settings.embedding_width**-0.5)
        nn.init.zeros_(self.item_projection.bias)
        nn.init.normal_(self.output.weight, std=width**-0.5)

    def forward(self, token_ids: Tensor, attention_mask: Tensor, item_embeddings: Tensor) -> Tensor:
        return self.read(token_ids, attention_mask, item_embeddings)[1]

    def read(self, token_ids: Tensor, attention_mask: Tensor, item_embeddings: Tensor) -> tuple[Tensor, Tensor]:
        """The prompt's own positions [B, L, H] and the query vectors [B, M, H], both through U."""
        batch, length = token_ids.shape
        queries = self.query_tokens.shape[0]
        items = self.item_projection(item_embeddings)
        is_item = (token_ids == self.settings.item_token).unsqueeze(-1)
        prompt = torch.where(is_item, items, self.decoder.embed_tokens(token_ids).to(items.dtype))
        tokens = self.query_tokens.to(items.dtype).unsqueeze(0).expand(batch, -1, -1)
        inputs = torch.cat([self.dropout(prompt), tokens], dim=1)

        present = torch.cat([attention_mask, attention_mask.new_ones(batch, queries)], dim=1)
        positions = (present.cumsum(dim=1) - 1).clamp(min=0)
        hidden = self.decoder(
            inputs_embeds=inputs,
            attention_mask={"full_attention": _causal(present)},
            position_ids=positions,
            use_cache=False,
        ).last_hidden_state
        vectors = self.output(self.dropout(hidden))
        return vectors[:, :length], vectors[:, length:]

    def history(self, token_ids: Tensor, attention_mask: Tensor, item_embeddings: Tensor) -> Tensor:
        """What every position of the prompt says about the behaviour after it [B, L, H], without query tokens."""
        items = self.item_projection(item_embeddings)
        is_item = (token_ids == self.settings.item_token).unsqueeze(-1)
        prompt = torch.where(is_item, items, self.decoder.embed_tokens(token_ids).to(items.dtype))
        hidden = self.decoder(
            inputs_embeds=self.dropout(prompt),
            attention_mask={"full_attention": _causal(attention_mask)},
            position_ids=(attention_mask.cumsum(dim=1) - 1).clamp(min=0),
            use_cache=False,
        ).last_hidden_state
        return self.output(self.dropout(hidden))


class ItemTables(nn.Module):
    """Item vectors V = V_dis + V_trans and item embeddings, both with a part learned by id and a part from text.

    V_trans is a learned projection of the sentence encoder's vector of the item's text, so an item
    without a learned row still has a vector: its text's. The id part starts small for that reason.
    """

    def __init__(self, sentences: np.ndarray, vector_width: int, embedding_width: int) -> None:
        super().__init__()
        items, text_width = sentences.shape
        self.register_buffer("sentences", torch.as_tensor(sentences, dtype=torch.float32), persistent=False)
        self.vector_by_id = nn.Embedding(items, vector_width)
        self.vector_by_text = nn.Linear(text_width, vector_width, bias=False)
        self.embedding_by_id = nn.Embedding(items, embedding_width)
        self.embedding_by_text = nn.Linear(text_width, embedding_width, bias=False)
        for table in (self.vector_by_id, self.embedding_by_id):
            nn.init.normal_(table.weight, std=0.02)
        # A sentence vector has length 1 over `text_width` numbers: this makes entries of size about 1/sqrt(width).
        for projection, width in ((self.vector_by_text, vector_width), (self.embedding_by_text, embedding_width)):
            nn.init.normal_(projection.weight, std=width**-0.5)

    @property
    def count(self) -> int:
        return self.vector_by_id.num_embeddings

    def vectors(self, ordinals: Tensor) -> Tensor:
        return self.vector_by_id(ordinals) + self.vector_by_text(self.sentences[ordinals])

    def embeddings(self, ordinals: Tensor) -> Tensor:
        return self.embedding_by_id(ordinals) + self.embedding_by_text(self.sentences[ordinals])

    def all_vectors(self) -> Tensor:
        return self.vector_by_id.weight + self.vector_by_text(self.sentences)

    def all_embeddings(self) -> Tensor:
        return self.embedding_by_id.weight + self.embedding_by_text(self.sentences)


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
