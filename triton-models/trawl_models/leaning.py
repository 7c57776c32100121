"""Fits how far each objective leans towards items like those of the history, and towards popular ones.

Training cannot tell: what a model has learned by heart it needs no likeness for. What it has not
seen can: each objective's two numbers are the likeliest for the right items of the validation step,
beside a third one that says how much of what the model is sure of holds there. Only the ratios
count for a ranking, so the third is divided out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .model import Backbone, ItemTable
from .objectives import Split
from .quality import Judge, answering, maximum

_MOST_SCORES = 1 << 24
"""Users times items that are looked at for an objective: three numbers need no more, and 0.2 GB hold them."""
_LEAST_USERS = 50
_MOST = 100.0
"""Of a leaning: what is beyond comes of a fit that went astray."""
_STEPS = 12
_ROWS = 256
_NEVER = -1e4
_ALIKE = 1e-2
"""Objectives whose texts differ by less, as a share, are not told apart."""


@dataclass(frozen=True)
class _Terms:
    """Scores by the model [R, N], by likeness [R, N] and by popularity [N]; the highest of the model is zero in
    each row and items that the history holds are out of all reach."""

    model: Tensor
    likeness: Tensor
    popularity: Tensor
    right: list[Tensor]


@torch.no_grad()
def fit_leaning(split: Split, judge: Judge, backbone: Backbone, table: ItemTable) -> None:
    """Sets `backbone.leaning` by the questions of the judge. An objective with few of them leans nowhere."""
    torch.nn.init.zeros_(backbone.leaning.weight)
    vectors = table.vectors()
    texts, leanings = [], []
    for name in split.names:
        asked = judge.asked_once(name, vectors)
        if asked is not None:
            texts.append(backbone.said(asked[0], asked[1])[0][0, 0])
            with answering(backbone):
                terms = _terms(judge, name, backbone, vectors)
            leanings.append(torch.zeros(2) if terms is None else _likeliest(terms))
    if texts:
        of_texts = torch.linalg.pinv(torch.stack(texts), rtol=_ALIKE)
        backbone.leaning.weight.copy_((of_texts @ torch.stack(leanings)).T)


def _terms(judge: Judge, name: str, backbone: Backbone, vectors: Tensor) -> _Terms | None:
    """None where there are too few questions to tell."""
    words, popularity = (vectors[:, part] for part in (backbone.settings.words, backbone.settings.popularity))
    model, likeness, right = [], [], []
    for given, questions in judge.prompts(name, vectors, max(_LEAST_USERS, _MOST_SCORES // len(vectors))):
        scores = maximum(backbone(*given), vectors)
        scores -= scores.amax(dim=1, keepdim=True)
        for row, question in enumerate(questions):
            scores[row, torch.from_numpy(question.seen)] = _NEVER
        model.append(scores)
        likeness.append(backbone.mean_item(*given)[:, 0, backbone.settings.words] @ words.T)
        right += [torch.tensor(question.right) for question in questions]
    if len(right) < _LEAST_USERS:
        return None
    return _Terms(torch.cat(model), torch.cat(likeness), popularity[:, 0], right)


def _likeliest(terms: _Terms) -> Tensor:
    """Of likeness and of popularity [2], beside a model that counts one."""
    numbers = torch.tensor([1.0, 0.0, 0.0])
    search = torch.optim.LBFGS([numbers], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss() -> float:
        found, numbers.grad = _unlikely(terms, numbers)
        return found

    search.step(loss)
    sure, *leanings = numbers.tolist()
    found = np.divide(leanings, sure) if sure > 0 else np.zeros(2)
    return torch.tensor(found, dtype=torch.float32) if (np.abs(found) <= _MOST).all() else torch.zeros(2)


def _unlikely(terms: _Terms, numbers: Tensor) -> tuple[float, Tensor]:
    """Mean of -log p over the right items, and its gradient by the three numbers."""
    total, slope, rows = 0.0, torch.zeros(3), len(terms.right)
    for start in range(0, rows, _ROWS):
        part = slice(start, start + _ROWS)
        model, likeness = terms.model[part], terms.likeness[part]
        scores = numbers[0] * model + numbers[1] * likeness + numbers[2] * terms.popularity
        norm = scores.logsumexp(dim=1, keepdim=True)
        likely = (scores - norm).exp_()
        slope += torch.stack([(likely * model).sum(), (likely * likeness).sum(), likely.sum(dim=0) @ terms.popularity])
        for row, items in enumerate(terms.right[part]):
            total += float(norm[row, 0] - scores[row, items].mean())
            slope -= torch.stack([one[items].mean() for one in (model[row], likeness[row], terms.popularity)])
    return total / rows, slope / rows
