"""From a user, a history and an objective to token ids: the grammar of docs/space-format.md.

The gateway implements the same grammar in Java; a space's golden.jsonl ties the two together.

`PromptBuilder` has two faces with one meaning:

    build(...)            one request of texts, ids unknown allowed -> `Prompt`, padded
    corpus(users)         the training path: literals, profiles and behaviours encoded once;
                          `PromptCorpus.batch` then only copies integers

Shapes: token_ids int64 [B, L], attention_mask int64 [B, L], item_ordinals int32 [B, L], which
holds the ordinal at the position of each item token and -1 elsewhere. Padding is on the left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from .dataset import Dataset, User, item_text
from .objectives import Objective, Split
from .train_options import DEFAULT_VOCABULARY, MAX_VOCABULARY

NO_ITEM = -1

_PLACEHOLDER = re.compile(r"(\{profile\}|\{history\}|\{text\})")
_SPECIAL = re.compile(r"<\|[a-z0-9_-]+\|>")
_SPACES_AND_CONTROLS = re.compile("[\u0000-\u0020\u007f-\u00a0]+")

_QUERIES_PER_ITEM = 2


class PromptError(ValueError):
    """A grammar that contradicts itself, or a request that it does not cover."""


@dataclass(frozen=True)
class Event:
    """One behaviour as a request brings it: `item` is None where the space does not know it,
    `action` where none is given."""

    item: int | None
    action: str | None
    time: int | None


@dataclass(frozen=True)
class Prompt:
    """One prompt, padded.

    token_ids       int64 [L]
    attention_mask  int64 [L]
    item_positions  (position, ordinal) in order
    unknown         behaviours left out because the space does not know their item or action
    dropped         known behaviours left out because there were too many
    """

    token_ids: np.ndarray
    attention_mask: np.ndarray
    item_positions: tuple[tuple[int, int], ...]
    unknown: int
    dropped: int


@dataclass(frozen=True)
class Batch:
    """token_ids int64 [B, L], attention_mask int64 [B, L], item_ordinals int32 [B, L]."""

    token_ids: np.ndarray
    attention_mask: np.ndarray
    item_ordinals: np.ndarray


def neutralise(text: str) -> str:
    """What a user wrote, unable to form a token of the grammar; half a surrogate pair is U+FFFD."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    flat = _SPACES_AND_CONTROLS.sub(" ", whole).strip(" ")
    return flat.replace("<|", "< |").replace("|>", "| >")


def added_specials(tokenizer: Tokenizer) -> dict[str, int]:
    """Ids of the tokens that the tokenizer adds to its vocabulary as special, or that look so."""
    found = {}
    for number, token in sorted(tokenizer.get_added_tokens_decoder().items()):
        text = token.content
        if token.special or (text.startswith("<|") and text.endswith("|>")):
            ids = tokenizer.encode(text, add_special_tokens=False).ids
            found[text] = ids[0] if len(ids) == 1 else number
    return found


def special_tokens(grammar: Mapping[str, Any], objectives: Iterable[Objective]) -> list[str]:
    """Every `<|…|>` of the grammar and the templates, padding first, each once."""
    history = grammar["history"]
    texts = [grammar["pad"], grammar["item"]]
    texts += [objective.template for objective in objectives]
    texts += list(history["actions"].values())
    texts += [entry["text"] for entry in history["times"]]
    found = [token for text in texts for token in _SPECIAL.findall(text)]
    return list(dict.fromkeys(found))


def train_tokenizer(
    dataset: Dataset, split: Split, seed: int, vocabulary: int = DEFAULT_VOCABULARY
) -> Tokenizer:
    """A byte-level BPE in lower case over templates, profiles, titles, attributes and queries.

    Held-out queries take no part; an item's id never does.
    """
    if not 0 < vocabulary <= MAX_VOCABULARY:
        raise PromptError(f"vocabulary: found {vocabulary}, expected 1 to {MAX_VOCABULARY}")
    specials = special_tokens(dataset.grammar, split.objectives)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        special_tokens=[AddedToken(token, special=True, normalized=False) for token in specials],
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(dataset, split, seed), trainer)
    return tokenizer


def _corpus(dataset: Dataset, split: Split, seed: int) -> Iterable[str]:
    rng = np.random.default_rng([seed, 0xB9E])
    keys = dataset.grammar["profile"]["keys"]
    for user in dataset.users:
        yield profile_text(user.profile, keys)
        for objective in split.objectives:
            for literal in _PLACEHOLDER.split(_SPECIAL.sub("", objective.template)):
                if not _PLACEHOLDER.fullmatch(literal):
                    yield literal
    for item in dataset.items:
        yield item_text(item)
    for _ in range(_QUERIES_PER_ITEM * len(dataset.items)):
        yield split.query(int(rng.integers(len(dataset.items))), rng)


def profile_text(profile: Mapping[str, str], keys: Sequence[str]) -> str:
    """`key: value; key: value` for the keys that the profile has, in the grammar's order."""
    return "; ".join(f"{key}: {profile[key]}" for key in keys if key in profile)


class PromptBuilder:
    """The grammar of one space.

    tokenizer   of the space
    grammar     the manifest's `prompt` object
    objectives  the manifest's objectives, in order
    lengths     the accepted lengths, ascending
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        grammar: Mapping[str, Any],
        objectives: Sequence[Objective],
        lengths: Sequence[int],
    ):
        if list(lengths) != sorted(set(lengths)) or not lengths or lengths[0] < 1:
            raise PromptError(
                f"lengths: found {list(lengths)}, expected ascending positive numbers"
            )
        self.lengths = tuple(lengths)
        self.objectives = tuple(objectives)
        self._tokenizer = tokenizer
        self._profile_keys = tuple(grammar["profile"]["keys"])
        self._profile_max = int(grammar["profile"]["max_tokens"])
        self._text_max = int(grammar["text"]["max_tokens"])
        self._pad = self._special(grammar["pad"])
        self._item = self._special(grammar["item"])
        self._reserved = {self._pad, self._item, *added_specials(tokenizer).values()}
        history = grammar["history"]
        self._max_behaviours = int(history["max_behaviours"])
        self._actions = {name: self._encode(text) for name, text in history["actions"].items()}
        self._default_action = str(history["default_action"])
        self._times = [self._encode(entry["text"]) for entry in history["times"]]
        self._bounds = [entry["max_age_seconds"] for entry in history["times"][:-1]]
        self._templates = [self._template(objective) for objective in objectives]
        self._index = {objective.name: index for index, objective in enumerate(objectives)}

    def build(
        self,
        objective: str,
        profile: Mapping[str, str],
        history: Sequence[Event],
        now: int | None,
        text: str | None,
    ) -> Prompt:
        """One request; `history` is oldest first."""
        index = self._index.get(objective)
        if index is None:
            raise PromptError(
                f"objective: found {objective!r}, expected one of {list(self._index)}"
            )
        rule = self.objectives[index].text
        if (rule == "none" and text is not None) or (rule == "required" and text is None):
            raise PromptError(f"text: found {text!r}, but {objective!r} says {rule!r}")
        known = [e for e in history if e.item is not None and self._action(e) in self._actions]
        newest = known[-self._max_behaviours :] if self._max_behaviours else []
        groups = [self._behaviour(event, now) for event in newest]
        fixed = self._templates[index]
        before, after = fixed.around(self._profile(profile), self._text(text))
        kept = _newest_that_fit(groups, self.lengths[-1] - len(before) - len(after))
        sequence = before + [i for group in kept for i in group] + after
        length = next(n for n in self.lengths if n >= len(sequence))
        start = length - len(sequence)
        token_ids = np.full(length, self._pad, np.int64)
        token_ids[start:] = sequence
        attention_mask = np.zeros(length, np.int64)
        attention_mask[start:] = 1
        position = start + len(before) - 1
        positions = []
        for group, event in zip(kept, newest[len(newest) - len(kept) :], strict=True):
            position += len(group)
            positions.append((position, int(event.item)))  # type: ignore[arg-type]
        return Prompt(
            token_ids,
            attention_mask,
            tuple(positions),
            unknown=len(history) - len(known),
            dropped=len(known) - len(kept),
        )

    def corpus(self, users: Sequence[User]) -> PromptCorpus:
        """The same prompts for many users, prepared for speed."""
        return PromptCorpus(self, users)

    def _behaviour(self, event: Event, now: int | None) -> list[int]:
        time: list[int] = []
        if self._times and event.time is not None and now is not None:
            time = self._times[self._age_index(now - event.time)]
        return [*time, *self._actions[self._action(event)], self._item]

    def _action(self, event: Event) -> str:
        return self._default_action if event.action is None else event.action

    def _age_index(self, age: int) -> int:
        age = max(age, 0)
        return next((i for i, bound in enumerate(self._bounds) if age <= bound), len(self._bounds))

    def _profile(self, profile: Mapping[str, str]) -> list[int]:
        written = profile_text(profile, self._profile_keys)
        return self._written(written, self._profile_max)

    def _text(self, text: str | None) -> list[int]:
        return [] if text is None else self._written(text, self._text_max)

    def _written(self, text: str, most: int) -> list[int]:
        """The ids of what a user wrote: whatever is still a special token then is taken out."""
        return [i for i in self._encode(neutralise(text)) if i not in self._reserved][:most]

    def _encode(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False).ids

    def _special(self, text: str) -> int:
        ids = self._encode(text)
        if len(ids) != 1:
            raise PromptError(f"{text}: {len(ids)} tokens, expected one: is it in the tokenizer?")
        return ids[0]

    def _template(self, objective: Objective) -> _Template:
        parts = [part for part in _PLACEHOLDER.split(objective.template) if part]
        if parts.count("{history}") != 1:
            raise PromptError(f"{objective.name}: {objective.template!r} needs {{history}} once")
        pieces = [part if _PLACEHOLDER.fullmatch(part) else self._encode(part) for part in parts]
        cut = pieces.index("{history}")
        template = _Template(tuple(pieces[:cut]), tuple(pieces[cut + 1 :]))
        most = template.most(self._profile_max, self._text_max)
        if most > self.lengths[-1]:
            raise PromptError(
                f"{objective.name}: needs {most} tokens without any history, "
                f"but the largest accepted length is {self.lengths[-1]}"
            )
        return template


@dataclass(frozen=True)
class _Template:
    """Literals as ids and placeholders as text, before and after the history."""

    head: tuple[list[int] | str, ...]
    rear: tuple[list[int] | str, ...]

    def around(self, profile: list[int], text: list[int]) -> tuple[list[int], list[int]]:
        filled = {"{profile}": profile, "{text}": text}

        def join(pieces: tuple[list[int] | str, ...]) -> list[int]:
            return [
                i for piece in pieces for i in (filled[piece] if isinstance(piece, str) else piece)
            ]

        return join(self.head), join(self.rear)

    def most(self, profile_max: int, text_max: int) -> int:
        bound = {"{profile}": profile_max, "{text}": text_max}
        pieces = (*self.head, *self.rear)
        return sum(bound[p] if isinstance(p, str) else len(p) for p in pieces)


def _newest_that_fit(groups: list[list[int]], room: int) -> list[list[int]]:
    first = len(groups)
    while first > 0 and len(groups[first - 1]) <= room:
        first -= 1
        room -= len(groups[first])
    return groups[first:]


class PromptCorpus:
    """Prompts of known users, by user index. Every text is encoded once; a batch copies integers.

    Gives what `PromptBuilder.build` gives (a test compares the two), but lets the caller choose
    the padded length, since a model in training takes any.
    """

    def __init__(self, builder: PromptBuilder, users: Sequence[User]):
        self._builder = builder
        self._profiles = [builder._profile(user.profile) for user in users]
        counts = [len(user.behaviours) for user in users]
        self._starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        behaviours = [b for user in users for b in user.behaviours]
        self._items = np.array([b.item for b in behaviours], np.int32)
        self._times = np.array(
            [_NO_AGE if b.time is None else b.time for b in behaviours], np.int64
        )
        names = list(builder._actions)
        codes = {name: code for code, name in enumerate(names)}
        for unknown in {b.action for b in behaviours} - codes.keys():
            raise PromptError(f"action: found {unknown!r}, expected one of {names}")
        self._action = np.array([codes[b.action] for b in behaviours], np.int64)
        self._tails = [[*builder._actions[name], builder._item] for name in names]
        self._tail_lengths = np.array([len(tail) for tail in self._tails], np.int64)
        self._time_lengths = np.array([len(t) for t in builder._times] + [0], np.int64)
        timed = np.where(self._times == _NO_AGE, 0, self._time_lengths.max())
        most = self._tail_lengths[self._action] + timed
        self._tokens_before = np.concatenate([[0], np.cumsum(most)]).astype(np.int64)
        self._texts: dict[str, list[int]] = {}

    def sizes(self, user: np.ndarray, prefix: np.ndarray, objective: np.ndarray) -> np.ndarray:
        """int64 [B]: how long each prompt is at most, for grouping; a text counts as its bound."""
        builder = self._builder
        fixed = np.array([t.most(0, builder._text_max) for t in builder._templates], np.int64)
        profile = np.array([len(ids) for ids in self._profiles], np.int64)
        stop = self._starts[user] + prefix
        start = np.maximum(self._starts[user], stop - builder._max_behaviours)
        shown = self._tokens_before[stop] - self._tokens_before[start]
        return np.minimum(fixed[objective] + profile[user] + shown, builder.lengths[-1])

    def batch(
        self,
        user: np.ndarray,
        prefix: np.ndarray,
        objective: np.ndarray,
        now: np.ndarray,
        texts: Sequence[str | None],
        length: int | None = None,
    ) -> Batch:
        """Prompts of the given rows; `now` is -1 where there is no request time.

        Padded to `length`, or to the longest of the batch if that is None.
        """
        rows = [
            self._row(int(u), int(p), int(o), int(n), t)
            for u, p, o, n, t in zip(user, prefix, objective, now, texts, strict=True)
        ]
        longest = max((len(ids) for ids, _ in rows), default=0)
        width = longest if length is None else length
        if longest > width:
            raise PromptError(f"length: found {width}, expected at least {longest}")
        token_ids = np.full((len(rows), width), self._builder._pad, np.int64)
        attention_mask = np.zeros((len(rows), width), np.int64)
        item_ordinals = np.full((len(rows), width), NO_ITEM, np.int32)
        for row, (ids, ordinals) in enumerate(rows):
            start = width - len(ids)
            token_ids[row, start:] = ids
            attention_mask[row, start:] = 1
            item_ordinals[row, start:] = ordinals
        return Batch(token_ids, attention_mask, item_ordinals)

    def _row(
        self, user: int, prefix: int, objective: int, now: int, text: str | None
    ) -> tuple[list[int], list[int]]:
        builder = self._builder
        before, after = builder._templates[objective].around(self._profiles[user], self._text(text))
        stop = int(self._starts[user]) + prefix
        start = max(int(self._starts[user]), stop - builder._max_behaviours)
        ages = self._age_indices(start, stop, now)
        actions = self._action[start:stop]
        sizes = self._time_lengths[ages] + self._tail_lengths[actions]
        room = builder.lengths[-1] - len(before) - len(after)
        kept = int((np.cumsum(sizes[::-1]) <= room).sum())
        ids, ordinals = list(before), [NO_ITEM] * len(before)
        skipped = len(sizes) - kept
        for index in range(skipped, len(sizes)):
            if ages[index] < len(builder._times):
                ids += builder._times[ages[index]]
            ids += self._tails[actions[index]]
            ordinals += [NO_ITEM] * (int(sizes[index]) - 1)
            ordinals.append(int(self._items[start + index]))
        return ids + after, ordinals + [NO_ITEM] * len(after)

    def _age_indices(self, start: int, stop: int, now: int) -> np.ndarray:
        """Index into the grammar's times; their number where nothing is written."""
        none = len(self._builder._times)
        if none == 0 or now < 0:
            return np.full(stop - start, none, np.int64)
        times = self._times[start:stop]
        ages = np.maximum(now - times, 0)
        indices = np.searchsorted(np.array(self._builder._bounds, np.int64), ages, side="left")
        return np.where(times == _NO_AGE, none, indices)

    def _text(self, text: str | None) -> list[int]:
        if text is None:
            return []
        ids = self._texts.get(text)
        if ids is None:
            if len(self._texts) >= _TEXT_CACHE:
                self._texts.clear()
            ids = self._texts[text] = self._builder._text(text)
        return ids


_NO_AGE = np.iinfo(np.int64).min
_TEXT_CACHE = 200_000


def default_lengths(dataset: Dataset) -> tuple[int, ...]:
    """Accepted lengths that suit a grammar: short prompts are the common case."""
    return (32, 64, 128) if dataset.grammar["history"]["times"] else (16, 32, 64)
