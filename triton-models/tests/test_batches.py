"""Batches hold what was asked for: targets only from training, histories without what comes later."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import tiny

from trawl_models.batches import Histories, Prompts, behaviours_ahead
from trawl_models.dataset import User
from trawl_models.dataset.histories import LOW_RATING
from trawl_models.prompt import NO_ITEM


def plain_ahead(ordinals: np.ndarray, never: np.ndarray | None = None) -> list[tuple[int, int, int, frozenset[int]]]:
    """(row, place, target, items before it), written as one would say it."""
    found = []
    allowed = iter(() if never is None else ~never)
    for row, line in enumerate(ordinals):
        places = [place for place, item in enumerate(line) if item != NO_ITEM]
        may = [next(allowed, True) for _ in places]
        for index in range(1, len(places)):
            before = [int(line[place]) for place in places[:index]]
            target = int(line[places[index]])
            if target not in before and may[index]:
                found.append((row, places[index - 1], target, frozenset(before)))
    return found


def test_behaviours_ahead_agrees_with_the_plain_loop() -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        shape = (int(rng.integers(1, 5)), int(rng.integers(1, 9)))
        ordinals = np.where(rng.random(shape) < 0.6, rng.integers(0, 6, shape), NO_ITEM).astype(np.int32)
        never = rng.random((ordinals != NO_ITEM).sum()) < 0.3 if seed % 2 else None
        batch = behaviours_ahead(ordinals, ordinals, ordinals, never)
        before = [set() for _ in batch.targets]
        for index, item in zip(*batch.excluded, strict=True):
            before[index].add(int(item))
        found = [
            (int(row), int(place), int(target), frozenset(items))
            for row, place, target, items in zip(batch.rows, batch.places, batch.targets, before, strict=True)
        ]
        assert found == plain_ahead(ordinals, never), f"seed {seed}"


def test_histories_never_show_a_held_out_item(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    histories = Histories(found.split, found.corpus, 16)
    shown = [batch().item_ordinals for batch in histories.epoch(np.random.default_rng(1))]
    longest = sorted(int((row != NO_ITEM).sum()) for batch in shown for row in batch)
    expected = sorted(
        n for n in (len(found.split.history(u, "validation")) for u in range(len(found.dataset.users))) if n >= 2
    )
    assert longest == expected


def test_what_was_rated_too_low_is_read_and_never_predicted(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    plain = Histories(found.split, found.corpus, 16)

    def lower(user: User) -> User:
        behaviours = (replace(b, action=LOW_RATING) if at % 2 else b for at, b in enumerate(user.behaviours))
        return replace(user, behaviours=tuple(behaviours))

    rated = replace(found.dataset, users=tuple(map(lower, found.dataset.users)))
    split = copy(found.split)
    split.dataset = rated
    histories = Histories(split, found.corpus, 16)
    targets = [np.concatenate([batch().targets for batch in h.epoch(np.random.default_rng(1))]) for h in (plain, histories)]
    assert 0 < len(targets[1]) < len(targets[0])
    assert (np.bincount(targets[1], minlength=len(found.dataset.items)) <= histories.counts).all()
    assert histories.counts.sum() < plain.counts.sum()


def test_prompts_of_an_epoch_are_those_of_its_seed(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    prompts = Prompts(found.split, found.corpus, 16, 0.5)

    def targets(seed: int) -> list[list[int]]:
        return [batch().targets.tolist() for batch in prompts.epoch(np.random.default_rng(seed))[1]]

    assert targets(1) == targets(1)
    assert targets(1) != targets(2)


def test_prompts_exclude_their_own_history(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    prompts = Prompts(found.split, found.corpus, 16, 0.5)
    counts, batches = prompts.epoch(np.random.default_rng(1))
    made = [batch() for batch in batches]
    assert counts.sum() == sum(len(batch.targets) for batch in made)
    for batch in made:
        own = [set(row[row != NO_ITEM].tolist()) for row in batch.item_ordinals]
        assert all(target not in items for target, items in zip(batch.targets.tolist(), own, strict=True))
        pairs = set(zip(batch.excluded[0].tolist(), batch.excluded[1].tolist(), strict=True))
        assert pairs == {(row, item) for row, items in enumerate(own) for item in items}


def test_histories_answer_for_the_next_item_alone(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    _, batches = Prompts(found.split, found.corpus, 16, 0.5).epoch(np.random.default_rng(1))
    said = {
        name: found.prompts._encode(f"<|objective|>{name.replace('-', ' ')}") for name in ("next-item", "long-tail")
    }
    asked = {True: 0, False: 0}
    for batch in (make() for make in batches):
        for ids, items, as_history in zip(batch.token_ids, batch.item_ordinals, batch.as_history, strict=True):
            next_item = ids[-len(said["next-item"]) :].tolist() == said["next-item"]
            assert as_history == (next_item and (items != NO_ITEM).any())
            asked[bool(as_history)] += 1
    assert min(asked.values()) > 0


def test_items_are_searched_for_by_their_own_words_as_often_as_asked(tmp_path: Path) -> None:
    found = tiny.material(tiny.circle(tmp_path))
    prompts = Prompts(found.split, found.corpus, 16, 2.5, share=1e-9)
    counts, _ = prompts.epoch(np.random.default_rng(1))
    assert counts.sum() == 100 and set(counts.tolist()) == {2, 3}
