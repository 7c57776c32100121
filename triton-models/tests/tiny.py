"""Tiny models and a data set that a tiny model can learn, for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from trawl_models.dataset import Dataset, load
from trawl_models.model import Backbone, BackboneSettings, ItemTable, untrained
from trawl_models.objectives import OBJECTIVE_TOKEN, QUERY_TOKEN, Split, split
from trawl_models.prompt import PromptBuilder, PromptCorpus, default_lengths, train_tokenizer

PAD, ITEM, OBJECTIVE, QUERY = range(4)
SENTENCE = 6
"""Width of sentence vectors."""


def backbone_settings(**changes: object) -> BackboneSettings:
    sizes = dict(
        vocabulary=50, item_token=ITEM, pad_token=PAD, objective_token=OBJECTIVE, query_token=QUERY, width=16,
        layers=2, heads=2, queries=4, vector_width=8, text_width=3, max_length=64, dropout=0.1,
    )
    return BackboneSettings(**(sizes | changes))


def words(vocabulary: int) -> np.ndarray:
    """Made-up sentence-space vectors of tokens."""
    return np.random.default_rng(2).standard_normal((vocabulary, SENTENCE)).astype(np.float32)


def backbone(**changes: object) -> Backbone:
    settings = backbone_settings(**changes)
    return Backbone(settings, words(settings.vocabulary))


def circle(folder: Path, items: int = 40, users: int = 120) -> Path:
    """Users walk round a circle of items, one step of 1 at a time, so the next item is certain."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["item\texternal_id\ttitle\tcategories\ttextual_id"]
    rows += [f"{n}\tE{n}\tthing word{n}\tHome > Room {n % 4} > Corner {n % 8}\tt" for n in range(1, items + 1)]
    (folder / "items.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rng = np.random.default_rng(5)
    lines = []
    for user in range(1, users + 1):
        start, length = int(rng.integers(items)), int(rng.integers(5, 12))
        lines.append(" ".join(map(str, [user, *(1 + (start + step) % items for step in range(length))])))
    (folder / "sequences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Material:
    dataset: Dataset
    split: Split
    prompts: PromptBuilder
    corpus: PromptCorpus
    sentences: np.ndarray
    words: np.ndarray
    settings: BackboneSettings


def material(folder: Path, **changes: object) -> Material:
    dataset = load(folder, 3)
    cut = split(dataset, 3)
    tokenizer = train_tokenizer(dataset, cut, 3, 400)
    prompts = PromptBuilder(tokenizer, dataset.grammar, cut.objectives, default_lengths(dataset))
    sentences = np.random.default_rng(1).standard_normal((len(dataset.items), SENTENCE)).astype(np.float32)
    sentences /= np.linalg.norm(sentences, axis=1, keepdims=True)
    settings = backbone_settings(
        vocabulary=tokenizer.get_vocab_size(),
        item_token=tokenizer.token_to_id(dataset.grammar["item"]),
        pad_token=tokenizer.token_to_id(dataset.grammar["pad"]),
        objective_token=tokenizer.token_to_id(OBJECTIVE_TOKEN),
        query_token=tokenizer.token_to_id(QUERY_TOKEN),
        **changes,
    )
    corpus = prompts.corpus(dataset.users)
    return Material(dataset, cut, prompts, corpus, sentences, words(settings.vocabulary), settings)


def model(found: Material, seed: int = 11, queries: int | None = None) -> tuple[Backbone, ItemTable]:
    import torch

    torch.manual_seed(seed)
    settings = found.settings if queries is None else replace(found.settings, queries=queries)
    return untrained(settings, found.sentences, found.words, found.split.purchases)
