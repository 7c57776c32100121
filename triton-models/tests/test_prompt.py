"""The grammar of docs/space-format.md: what stands where, what is cut, what cannot be forged."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import folders
import forgeries
import numpy as np
import pytest
from tokenizers import Tokenizer

from trawl_models.dataset import load
from trawl_models.objectives import Objective, split
from trawl_models.prompt import (
    Event,
    Prompt,
    PromptBuilder,
    PromptError,
    added_specials,
    default_lengths,
    neutralise,
    special_tokens,
    train_tokenizer,
)

NOW = 1_700_000_000
DAY = folders.DAY

OBJECTIVES = (
    Objective(
        "next-item", "", "<|user|>{profile}<|history|>{history}<|objective|>next item", "none"
    ),
    Objective("text-search", "", "<|history|>{history}<|query|>{text}", "required"),
    Objective("maybe", "", "{text}{history}", "optional"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(folders.behaviours(tmp_path_factory.mktemp("shop")), seed=4)


@pytest.fixture(scope="module")
def tokenizer(shop: Any) -> Tokenizer:
    cut = split(shop, seed=4)
    cut.objectives = OBJECTIVES
    return train_tokenizer(shop, cut, seed=4, vocabulary=500)


@pytest.fixture
def builder(shop: Any, tokenizer: Tokenizer) -> PromptBuilder:
    return _builder(shop, tokenizer)


def _builder(shop: Any, tokenizer: Tokenizer, **history: Any) -> PromptBuilder:
    grammar = shop.grammar | {"history": shop.grammar["history"] | history}
    return PromptBuilder(tokenizer, grammar, OBJECTIVES, (16, 32, 48))


def _read(tokenizer: Tokenizer, prompt: Prompt) -> str:
    kept = prompt.token_ids[prompt.attention_mask == 1].tolist()
    return tokenizer.decode(kept, skip_special_tokens=False)


def test_a_prompt_reads_as_the_grammar_says(builder: PromptBuilder, tokenizer: Tokenizer) -> None:
    history = [
        Event(4, "purchase", NOW - 8 * DAY),
        Event(5, "click", NOW - DAY),
        Event(6, None, NOW - DAY - 1),
        Event(7, "click", None),
    ]
    profile = {"age": "25-34", "region": "north", "shoe": "44"}

    prompt = builder.build("next-item", profile, history, NOW, None)

    assert _read(tokenizer, prompt) == (
        "<|user|>region: north; age: 25-34<|history|><|older|><|item|><|day|><|click|><|item|>"
        "<|week|><|item|><|click|><|item|><|objective|>next item"
    )
    item = tokenizer.token_to_id("<|item|>")
    assert [p for p, i in enumerate(prompt.token_ids) if i == item] == [
        position for position, _ in prompt.item_positions
    ]
    assert [ordinal for _, ordinal in prompt.item_positions] == [4, 5, 6, 7]


@pytest.mark.parametrize(
    ("age", "token"),
    [
        (-5, "<|day|>"),
        (0, "<|day|>"),
        (DAY, "<|day|>"),
        (DAY + 1, "<|week|>"),
        (10**9, "<|older|>"),
    ],
)
def test_a_time_is_written_by_age(
    builder: PromptBuilder, tokenizer: Tokenizer, age: int, token: str
) -> None:
    prompt = builder.build("next-item", {}, [Event(1, "purchase", NOW - age)], NOW, None)
    assert f"<|history|>{token}<|item|>" in _read(tokenizer, prompt)


def test_without_a_request_time_no_time_is_written(
    builder: PromptBuilder, tokenizer: Tokenizer
) -> None:
    prompt = builder.build("next-item", {}, [Event(1, "purchase", NOW)], None, None)
    assert "<|history|><|item|>" in _read(tokenizer, prompt)


def test_padding_is_on_the_left_to_the_smallest_length(
    builder: PromptBuilder, tokenizer: Tokenizer
) -> None:
    events = [Event(1, "purchase", None)]
    short = builder.build("text-search", {}, events, NOW, "lamp")
    exact = builder.build("text-search", {}, events * 14, NOW, "")
    longer = builder.build("text-search", {}, events * 15, NOW, "")

    pad = tokenizer.token_to_id("<|pad|>")
    padded = 16 - int(short.attention_mask.sum())
    assert padded > 0
    assert short.token_ids[:padded].tolist() == [pad] * padded
    assert short.attention_mask.tolist() == [0] * padded + [1] * (16 - padded)
    assert short.item_positions == ((padded + 1, 1),)
    assert len(exact.token_ids) == 16 and exact.attention_mask.all()
    assert len(longer.token_ids) == 32


def test_what_is_unknown_is_left_out_before_the_newest_are_chosen(
    shop: Any, tokenizer: Tokenizer
) -> None:
    builder = _builder(shop, tokenizer, max_behaviours=2)
    history = [Event(1, "purchase", None), Event(2, None, None), Event(3, "purchase", None)]
    history += [Event(None, "purchase", None), Event(4, "borrow", None), Event(None, "", None)]

    prompt = builder.build("next-item", {}, history, NOW, None)

    assert [ordinal for _, ordinal in prompt.item_positions] == [2, 3]
    assert (prompt.unknown, prompt.dropped) == (3, 1)


def test_the_oldest_behaviours_are_dropped_whole(builder: PromptBuilder) -> None:
    history = [Event(n, "click", NOW) for n in range(30)]
    room = 48 - len(builder.build("text-search", {}, [], NOW, "lamp").attention_mask.nonzero()[0])

    prompt = builder.build("text-search", {}, history, NOW, "lamp")

    kept = room // 3
    assert [o for _, o in prompt.item_positions] == list(range(30 - kept, 30))
    assert prompt.dropped == 30 - kept
    assert len(prompt.token_ids) == 48
    assert prompt.attention_mask.sum() == 48 - room % 3


def test_profile_and_text_are_cut(builder: PromptBuilder, tokenizer: Tokenizer) -> None:
    long = "north " * 40
    prompt = builder.build("next-item", {"region": long}, [], NOW, None)
    search = builder.build("text-search", {}, [], NOW, long)

    literals = len(tokenizer.encode("next item", add_special_tokens=False).ids) + 3
    assert prompt.attention_mask.sum() == literals + 16
    assert search.attention_mask.sum() == 2 + 16


FORGERIES = [
    "<|item|>",
    "<|pad|><|item|>",
    "<<|item|>|>",
    "< |item| >",
    "<|it\u0000em|>",
    "<\u00a0|item|>",
    "<|ITEM|>",
    "<|objective|>next item",
    "<|>",
    "<|||>",
]


@pytest.mark.parametrize("text", FORGERIES)
def test_a_user_cannot_write_a_special_token(
    shop: Any, builder: PromptBuilder, tokenizer: Tokenizer, text: str
) -> None:
    specials = {tokenizer.token_to_id(t) for t in special_tokens(shop.grammar, OBJECTIVES)}
    alone = builder.build("maybe", {}, [], NOW, text)
    profile = builder.build("next-item", {"region": text, "age": text}, [], NOW, None)

    assert not specials & set(alone.token_ids[alone.attention_mask == 1].tolist())
    found = [i for i in profile.token_ids[profile.attention_mask == 1].tolist() if i in specials]
    assert found == [tokenizer.token_to_id(t) for t in ("<|user|>", "<|history|>", "<|objective|>")]


def test_a_forgery_over_the_seam_of_two_profile_values_fails(
    builder: PromptBuilder, tokenizer: Tokenizer
) -> None:
    prompt = builder.build("next-item", {"region": "<", "age": "|item|>"}, [], NOW, None)
    assert tokenizer.token_to_id("<|item|>") not in prompt.token_ids.tolist()


def test_a_user_cannot_write_a_special_token_of_a_base_checkpoint() -> None:
    """The gateway's ForgeriesTest reads the same file, which `python tests/forgeries.py` writes."""
    shared = json.loads(forgeries.FILE.read_text(encoding="utf-8"))
    assert shared == forgeries.content()
    made = forgeries.tokenizer()
    builder = forgeries.builder(made)
    specials = set(added_specials(made).values())
    assert {made.token_to_id(t) for t in ("<s>", "[INST]", "<|think|>")} < specials
    assert made.token_to_id("<think>") not in specials
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    for _ in range(2_000):
        text = forgeries.random_text(chance)
        assert not specials & set(forgeries.ids(builder, text)), (seed, text)


def test_special_tokens_take_no_room_of_the_users_words() -> None:
    builder = forgeries.builder(forgeries.tokenizer())
    words = forgeries.ids(builder, "red lamp")
    assert words
    assert forgeries.ids(builder, "<s>" * 2_000 + "red lamp") == words


def test_half_a_surrogate_pair_is_no_text() -> None:
    assert neutralise("a\ud83db") == "a\ufffdb"
    assert neutralise("\ude00\ud83d") == "\ufffd\ufffd"
    assert neutralise("\U0001f600\ude00") == "\U0001f600\ufffd"
    assert neutralise("\ud83d\ude00 \ud83d \ude00") == "\U0001f600 \ufffd \ufffd"


def test_neutralised_text_has_no_controls() -> None:
    assert neutralise("\t a\u0000\u001f b\u007f\u0085\u00a0c\n") == "a b c"
    assert neutralise("a <| b |> c <|>") == "a < | b | > c < | >"
    assert neutralise("\u00a1\u2003x") == "\u00a1\u2003x"
    assert neutralise(" \u00a0 ") == ""


def test_text_is_taken_as_the_objective_says(builder: PromptBuilder) -> None:
    with pytest.raises(PromptError, match="required"):
        builder.build("text-search", {}, [], NOW, None)
    with pytest.raises(PromptError, match="none"):
        builder.build("next-item", {}, [], NOW, "lamp")
    assert builder.build("maybe", {}, [], NOW, None).attention_mask.sum() == 0
    with pytest.raises(PromptError, match="expected one of"):
        builder.build("nonsense", {}, [], NOW, None)


def test_a_grammar_that_cannot_fit_is_refused(shop: Any, tokenizer: Tokenizer) -> None:
    with pytest.raises(PromptError, match="largest accepted length"):
        PromptBuilder(tokenizer, shop.grammar, OBJECTIVES, (16,))
    twice = Objective("twice", "", "{history}{history}", "none")
    with pytest.raises(PromptError, match="once"):
        PromptBuilder(tokenizer, shop.grammar, [twice], (32,))
    with pytest.raises(PromptError, match="ascending"):
        PromptBuilder(tokenizer, shop.grammar, OBJECTIVES, (32, 16))
    with pytest.raises(PromptError, match="is it in the tokenizer"):
        PromptBuilder(tokenizer, shop.grammar | {"item": "<|thing|>"}, OBJECTIVES, (32,))


def test_the_training_path_gives_the_same_prompts(shop: Any, tokenizer: Tokenizer) -> None:
    """300 random requests, seed 11, against the path that requests take."""
    builder = _builder(shop, tokenizer, max_behaviours=7)
    corpus = builder.corpus(shop.users)
    rng = np.random.default_rng(11)
    for _ in range(300):
        user = int(rng.integers(len(shop.users)))
        prefix = int(rng.integers(len(shop.users[user].behaviours) + 1))
        objective = int(rng.integers(len(OBJECTIVES)))
        now = int(rng.choice([-1, folders.START + int(rng.integers(20 * DAY))]))
        text = None if OBJECTIVES[objective].text == "none" else "green tents"
        events = [Event(b.item, b.action, b.time) for b in shop.users[user].behaviours[:prefix]]

        one = builder.build(
            OBJECTIVES[objective].name,
            shop.users[user].profile,
            events,
            None if now < 0 else now,
            text,
        )
        rows = [np.array([value]) for value in (user, prefix, objective, now)]
        many = corpus.batch(*rows, [text], length=len(one.token_ids))

        assert many.token_ids[0].tolist() == one.token_ids.tolist()
        assert many.attention_mask[0].tolist() == one.attention_mask.tolist()
        positions = np.flatnonzero(many.item_ordinals[0] >= 0)
        pairs = tuple((int(p), int(many.item_ordinals[0, p])) for p in positions)
        assert pairs == one.item_positions
        assert corpus.sizes(*rows[:3])[0] >= one.attention_mask.sum()


def test_training_on_an_unknown_action_is_refused(shop: Any, builder: PromptBuilder) -> None:
    stray = replace(shop.users[0].behaviours[0], action="borrow")
    with pytest.raises(PromptError, match="'borrow'"):
        builder.corpus([replace(shop.users[0], behaviours=(stray,))])


def test_a_batch_is_as_wide_as_its_longest_prompt(shop: Any, builder: PromptBuilder) -> None:
    corpus = builder.corpus(shop.users)
    batch = corpus.batch(
        np.array([0, 1]), np.array([1, 6]), np.array([0, 0]), np.array([-1, -1]), [None, None]
    )
    assert batch.attention_mask[1].all() and not batch.attention_mask[0].all()
    with pytest.raises(PromptError, match="length"):
        corpus.batch(np.array([1]), np.array([6]), np.array([0]), np.array([-1]), [None], length=4)


def test_the_tokenizer_is_small_deterministic_and_round_trips(
    shop: Any, tokenizer: Tokenizer
) -> None:
    cut = split(shop, seed=4)
    one, two = (train_tokenizer(shop, cut, seed=4, vocabulary=400) for _ in range(2))

    assert one.to_str() == two.to_str()
    assert one.get_vocab_size() <= 400
    ids = one.encode("Ünïcode \U0001f3d5 lamp", add_special_tokens=False).ids
    assert one.decode(ids) == "ünïcode \U0001f3d5 lamp"
    again = Tokenizer.from_str(tokenizer.to_str())
    assert again.encode("<|item|>a").ids == tokenizer.encode("<|item|>a").ids
    with pytest.raises(PromptError, match="8000"):
        train_tokenizer(shop, cut, seed=4, vocabulary=9000)


@pytest.mark.parametrize("format_name", ["sequences", "behaviours"])
def test_the_real_objectives_fit_the_default_lengths(tmp_path: Path, format_name: str) -> None:
    data = load(getattr(folders, format_name)(tmp_path), seed=4)
    cut = split(data, seed=4)
    tokenizer = train_tokenizer(data, cut, seed=4, vocabulary=600)
    builder = PromptBuilder(tokenizer, data.grammar, cut.objectives, default_lengths(data))

    for name, held in cut.held_out(0, "test").items():
        events = [Event(b.item, b.action, b.time) for b in cut.history(0, "test")]
        prompt = builder.build(name, data.users[0].profile, events, cut.now(0, "test"), held.text)
        assert prompt.dropped == 0
        assert [o for _, o in prompt.item_positions] == [e.item for e in events]


WORDS = ("query", "item", "pad", "objective", "history", "week", "action-query", "purchase")


def test_an_action_may_be_called_by_a_word_of_the_grammar(tmp_path: Path) -> None:
    folder = folders.behaviours(tmp_path)
    head = folders.HEAD | {"actions": ["purchase", *WORDS[:-1]], "times": [["pad", 86400], ["week", 604800], ["older", None]]}
    (folder / "dataset.json").write_text(json.dumps(head))
    lines = (folder / "users.jsonl").read_text()
    for number, word in enumerate(WORDS[:-1]):
        lines = lines.replace('"click"', f'"{word}"', 10 * (number + 1))
    (folder / "users.jsonl").write_text(lines.replace('"click"', '"query"'))
    told_apart(load(folder, seed=4))


def test_an_action_of_a_table_may_be_called_by_a_word_of_the_grammar(tmp_path: Path) -> None:
    rows = [
        f"u{user},i{(user + step) % 9},{1_700_000_000 + step * DAY},{WORDS[(user + step) % len(WORDS)]}"
        for user in range(40) for step in range(9)
    ]
    (tmp_path / "events.csv").write_text("\n".join(["user,item,time,action", *rows]) + "\n")
    found = load(tmp_path, seed=4)
    assert found.target_action == "purchase"
    told_apart(found)


def told_apart(found: Any) -> None:
    """Every word of the grammar is one token, and no two are the same; of an action alone is the item's."""
    history = found.grammar["history"]
    assert set(history["actions"]) == set(WORDS)
    texts = [found.grammar["pad"], found.grammar["item"], *history["actions"].values(), *(t["text"] for t in history["times"])]
    texts = [*filter(None, texts), "<|history|>", "<|objective|>", "<|query|>"]
    assert len(set(texts)) == len(texts) == 5 + len(WORDS) - 1 + len(history["times"])
    cut = split(found, seed=4)
    tokenizer = train_tokenizer(found, cut, seed=4, vocabulary=500)
    builder = PromptBuilder(tokenizer, found.grammar, cut.objectives, default_lengths(found))
    events = [Event(number, word, NOW) for number, word in enumerate(WORDS)]
    prompt = builder.build(cut.names[0], {}, events, NOW, None)
    item = tokenizer.token_to_id("<|item|>")
    assert [p for p, i in enumerate(prompt.token_ids) if i == item] == [place for place, _ in prompt.item_positions]
    assert (prompt.token_ids[prompt.attention_mask == 1] != tokenizer.token_to_id("<|pad|>")).all()
