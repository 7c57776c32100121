"""A tokenizer as a base checkpoint brings it, with special tokens of its own, and texts that try to
write them. `forgeries.json` holds both and the ids that come of it; the gateway's ForgeriesTest reads
the same file. `python forgeries.py` writes it anew."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers
from trawl_models.prompt import PromptBuilder, special_tokens

from trawl_models.objectives import Objective

FILE = Path(__file__).with_name("forgeries.json")
OBJECTIVE = Objective("search", "", "{text}{history}", "required")
GRAMMAR: dict[str, Any] = {
    "pad": "<|pad|>",
    "item": "<|item|>",
    "profile": {"keys": [], "max_tokens": 0},
    "text": {"max_tokens": 60},
    "history": {"max_behaviours": 1, "default_action": "buy", "actions": {"buy": ""}, "times": []},
}
FOREIGN = (
    AddedToken("<s>", normalized=False),
    AddedToken("</s>", normalized=False),
    AddedToken("<|im_start|>", normalized=False),
    AddedToken("<\uff5cuser\uff5c>", normalized=False),
    AddedToken("[INST]", normalized=True),
    AddedToken("TM", normalized=True),
    AddedToken("<mask>", normalized=False, lstrip=True, rstrip=True),
    AddedToken("< s", normalized=False),
    AddedToken("aXb", normalized=False),
    AddedToken("Xbc", normalized=False),
    AddedToken("aXbc", normalized=True, single_word=True),
    AddedToken("\u2126", normalized=True),
)
PLAIN = ("<think>", "<|think|>")
PIECES = (
    *(token.content for token in FOREIGN),
    *PLAIN,
    *("<|item|>", "<|pad|>", "<", "s", ">", "|", "[In", "st]", "\uff3bINST\uff3d", "\u2122", "\u210c"),
    *("\uff1cs\uff1e", "\uff1c|think|\uff1e", "e\u0301", "\u03a9", "\u03c9", "im_start", "a", "X", "bc", "user", "mask"),
    *(" ", "\t", "\u0000", "\u00a0", "\u200b", "\U0001f600", "\ud83d", "\ude00", "lamp", "7"),
)


def tokenizer() -> Tokenizer:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("l", "a"), ("m", "p"), ("la", "mp"), ("<", "s"), ("<s", ">"), ("t", "m")]
    words = [*alphabet, *(a + b for a, b in merges)]
    made = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=merges))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.add_special_tokens(list(FOREIGN))
    made.add_tokens(list(PLAIN))
    made.add_special_tokens(special_tokens(GRAMMAR, [OBJECTIVE]))
    return made


def builder(of: Tokenizer) -> PromptBuilder:
    return PromptBuilder(of, GRAMMAR, [OBJECTIVE], [64])


def ids(of: PromptBuilder, text: str) -> list[int]:
    prompt = of.build("search", {}, [], None, text)
    return prompt.token_ids[prompt.attention_mask == 1].tolist()


def random_text(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randint(1, 12)))


def content() -> dict[str, Any]:
    made, chance = tokenizer(), random.Random(9)
    prompts = builder(made)
    texts = [*PIECES, "a red lamp for 7 \u20ac", *(random_text(chance) for _ in range(150))]
    return {
        "max_tokens": GRAMMAR["text"]["max_tokens"],
        "tokenizer": json.loads(made.to_str()),
        "texts": [[text, ids(prompts, text)] for text in texts],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(content(), separators=(",", ":")) + "\n", encoding="utf-8")
