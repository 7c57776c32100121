"""What a place among what words find counts beside one among what query vectors find, for text search.

A gateway makes one list of both by `1 / (60 + place)` (docs/decisions/0014). How far either leg is
to be trusted depends on the space, so the validation step's searches choose. Words are counted here
as the gateway's index counts them, near enough to choose by: BM25 over titles and text attributes,
every word in lower case, without accents, English plurals as their singulars.
"""

from __future__ import annotations

import re
import unicodedata

import bm25s
import numpy as np
import torch

from .dataset import Item, item_text
from .figures import quality
from .model import Backbone, ItemTable
from .objectives import TEXT_SEARCH
from .quality import Judge, answering, maximum, ranks_of

WEIGHTS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_K = 60.0
_DEPTH = 1000
_K1, _B = 1.2, 0.75
_USERS = 3000
_WORD = re.compile(r"[^\W_]+")


@torch.no_grad()
def lexical_weight(judge: Judge, items: tuple[Item, ...], backbone: Backbone, table: ItemTable) -> float | None:
    """Of WEIGHTS the one whose fused lists have the highest HR@10 over the judge's searches, the least one of equals; None
    where there are no searches."""
    index = bm25s.BM25(method="lucene", k1=_K1, b=_B)
    index.index([words_of(item_text(item)) for item in items], show_progress=False)
    vectors = table.vectors()
    ranks: dict[float, list[np.ndarray]] = {weight: [] for weight in WEIGHTS}
    for given, asked in judge.prompts(TEXT_SEARCH, vectors, _USERS):
        with answering(backbone):
            dense = maximum(backbone(*given), vectors).numpy()
        for row, question in enumerate(asked):
            words = words_of(question.text or "")
            lexical = index.get_scores(list(dict.fromkeys(words))) if words else np.zeros(len(items))
            by_vectors = worth(dense[row], question.seen, np.isfinite(dense[row]))
            by_words = worth(lexical, question.seen, lexical > 0)
            for weight in WEIGHTS:
                ranks[weight].append(ranks_of(by_vectors + weight * by_words, question.right))
    if not ranks[WEIGHTS[0]]:
        return None
    return max(WEIGHTS, key=lambda weight: quality(ranks[weight]).hit_10)


def words_of(text: str) -> list[str]:
    """The words of a text in their order."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return [_singular(word) for word in _WORD.findall(plain)]


def worth(scores: np.ndarray, seen: np.ndarray, listed: np.ndarray) -> np.ndarray:
    """1 / (60 + place) of the best thousand that are listed and not seen, zero of all others. Equal scores share the
    middle of their places."""
    listed = listed.copy()
    listed[seen] = False
    candidates = np.flatnonzero(listed)
    best = candidates[np.argsort(-scores[candidates], kind="stable")][:_DEPTH]
    _, group, count = np.unique(-scores[best], return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    found = np.zeros(len(scores))
    found[best] = 1.0 / (_K + ((last - count + 1 + last) / 2.0)[group])
    return found


def _singular(word: str) -> str:
    """Harman's rules for English plurals."""
    if len(word) < 3 or not word.endswith("s") or word[-2] in "us":
        return word
    if word.endswith("es"):
        if word.endswith("ies") and len(word) > 3 and word[-4] not in "ae":
            return word[:-3] + "y"
        if word[-3] in "iaoe":
            return word
    return word[:-1]
