"""A sentence-space vector for every token: what stands for the sentence encoder where requests are answered.

The gateway sends token ids of the space's own vocabulary, and runs no sentence encoder. So the
encoder is distilled into a table: one vector a token, whose sum over the tokens of a text points
where the encoder's vector of that text does. A token that says little has a short vector, so the
sum weighs words as well. Learned from the texts of items, queries and objectives, each with the
encoder's vector; see docs/decisions/0015-a-table-of-words-for-the-encoder.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

_EPOCHS = 6
_BATCH = 1024
_RATE = 0.01
_STEPS = 100
"""At least so many, however few the texts, and for few texts no more than twice as many."""


def word_vectors(texts: Sequence[Sequence[int]], sentences: np.ndarray, vocabulary: int, seed: int) -> np.ndarray:
    """float32 [vocabulary, S]; zero for tokens that no text has.

    texts      token ids of each
    sentences  float32 [len(texts), S], the encoder's vectors of them
    """
    rng = np.random.default_rng([seed, 0x30D5])
    kept = [row for row, text in enumerate(texts) if len(text)]
    lengths = np.array([len(texts[row]) for row in kept], np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    flat = np.concatenate([np.asarray(texts[row], np.int64) for row in kept]) if kept else np.zeros(0, np.int64)
    wanted = torch.from_numpy(np.asarray(sentences, np.float32)[kept])
    table = torch.from_numpy(rng.normal(scale=0.05, size=(vocabulary, sentences.shape[1])).astype(np.float32))
    weights = _rarity(flat, starts, vocabulary)
    table.requires_grad_()
    weights.requires_grad_()
    optimizer = torch.optim.Adam([table, weights], lr=_RATE)
    epochs = max(_EPOCHS, -(-_STEPS * _BATCH // max(len(kept), _BATCH))) if kept else 0
    steps = epochs * -(-len(kept) // _BATCH)
    step = 0
    for _ in range(epochs):
        order = rng.permutation(len(kept))
        for at in range(0, len(order), _BATCH):
            rows = order[at : at + _BATCH]
            optimizer.param_groups[0]["lr"] = _RATE * (1.0 - step / steps)
            found = _sums(table, weights, flat, starts, rows)
            loss = (1.0 - functional.cosine_similarity(found, wanted[torch.from_numpy(rows)], dim=1)).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
    with torch.no_grad():
        vectors = (table * weights.exp().unsqueeze(1)).numpy()
    vectors[np.bincount(flat, minlength=vocabulary) == 0] = 0.0
    return vectors


def likeness(words: np.ndarray, texts: Sequence[Sequence[int]], sentences: np.ndarray) -> float:
    """Mean cosine between the sum of a text's token vectors and the encoder's vector of it."""
    sums = np.stack([words[list(text)].sum(axis=0) for text in texts])
    lengths = np.linalg.norm(sums, axis=1) * np.linalg.norm(sentences, axis=1)
    return float(((sums * sentences).sum(axis=1) / np.maximum(lengths, 1e-9)).mean())


def _rarity(flat: np.ndarray, starts: np.ndarray, vocabulary: int) -> Tensor:
    """What the logarithms of the tokens' weights begin at: larger for tokens that fewer texts have."""
    texts = len(starts) - 1
    pairs = np.unique(np.stack([np.repeat(np.arange(texts), np.diff(starts)), flat]), axis=1)
    frequency = np.bincount(pairs[1], minlength=vocabulary)
    return torch.from_numpy((0.3 * np.log((texts + 1) / (frequency + 1))).astype(np.float32))


def _sums(table: Tensor, weights: Tensor, flat: np.ndarray, starts: np.ndarray, rows: np.ndarray) -> Tensor:
    lengths = starts[rows + 1] - starts[rows]
    first = np.cumsum(lengths) - lengths
    places = np.repeat(starts[rows] - first, lengths) + np.arange(lengths.sum())
    ids = torch.from_numpy(flat[places])
    weighted = table[ids] * weights[ids].exp().unsqueeze(1)
    return table.new_zeros(len(rows), table.shape[1]).index_add(
        0, torch.from_numpy(np.repeat(np.arange(len(rows)), lengths)), weighted
    )
