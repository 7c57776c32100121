"""A table of words stands for an encoder: over texts that it never saw, and with nothing for tokens without a text."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from trawl_models.words import likeness, word_vectors

TOKENS, WIDTH = 60, 16


def texts(count: int, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [rng.integers(2, TOKENS, rng.integers(2, 9)).tolist() for _ in range(count)]


def encoded(of: list[list[int]]) -> np.ndarray:
    """By an encoder that weighs tokens: odd ones say ten times as much."""
    rng = np.random.default_rng(1)
    table = rng.standard_normal((TOKENS, WIDTH)) * np.where(np.arange(TOKENS) % 2, 1.0, 0.1)[:, None]
    sums = np.stack([table[text].sum(axis=0) for text in of])
    return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)


def test_it_points_where_the_encoder_does_over_texts_never_seen() -> None:
    seen, unseen = texts(2_000, 2), texts(200, 3)
    words = word_vectors(seen, encoded(seen), TOKENS, seed=7)
    assert likeness(words, unseen, encoded(unseen)) > 0.97
    lengths = np.linalg.norm(words[2:], axis=1)
    assert lengths[1::2].mean() > 3 * lengths[::2].mean()


def test_tokens_without_a_text_say_nothing() -> None:
    seen = [*texts(100, 2), []]
    sentences = np.concatenate([encoded(seen[:-1]), np.ones((1, WIDTH), np.float32)])
    words = word_vectors(seen, sentences, TOKENS, seed=7)
    assert words.dtype == np.float32 and words.shape == (TOKENS, WIDTH)
    assert not words[:2].any()
    assert words[2:].any(axis=1).all()
    assert np.array_equal(words, word_vectors(seen, sentences, TOKENS, seed=7))


@pytest.mark.parametrize("seen", [[], [[]]])
def test_no_text_at_all_is_no_table(seen: list[list[int]]) -> None:
    assert not word_vectors(seen, np.ones((len(seen), WIDTH), np.float32), TOKENS, seed=7).any()


@pytest.mark.parametrize(("count", "most"), [(1, 100), (3, 100), (1000, 100), (1024, 100), (1025, 200), (1500, 200)])
def test_few_texts_take_few_steps(monkeypatch: pytest.MonkeyPatch, count: int, most: int) -> None:
    steps = []
    step = torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: (steps.append(1), step(self))[1])
    word_vectors([[2]] * count, np.ones((count, 4), np.float32), 3, seed=7)
    assert 100 <= len(steps) <= most
