"""The cut: nothing held out is ever trained on, and each objective is judged by its own truth."""

from __future__ import annotations

import re
from pathlib import Path

import folders
import numpy as np
import pytest

from trawl_models.dataset import Behaviour, Dataset, Item, User, load
from trawl_models.objectives import (
    DEFAULT_RATES,
    LONG_TAIL,
    NEW_CATEGORY,
    NEXT_ITEM,
    NO_TIME,
    TEXT_SEARCH,
    Split,
    split,
)

EVERYTHING = dict.fromkeys(DEFAULT_RATES, 1.0)


@pytest.fixture(params=["sequences", "behaviours"])
def cut(request: pytest.FixtureRequest, tmp_path: Path) -> Split:
    make = getattr(folders, request.param)
    return split(load(make(tmp_path), seed=4), seed=4)


def test_the_last_purchase_is_the_test_and_the_one_before_the_validation(cut: Split) -> None:
    for user, found in enumerate(cut.dataset.users):
        bought = [b.item for b in found.behaviours if b.action == "purchase"]
        assert cut.held_out(user, "test")[NEXT_ITEM].items == (bought[-1],)
        assert cut.held_out(user, "validation")[NEXT_ITEM].items == (bought[-2],)
        known = [b.item for b in cut.history(user, "test")]
        assert bought[-2] in known and bought[-1] not in known
        assert bought[-2] not in [b.item for b in cut.history(user, "validation")]


def test_no_example_reaches_what_is_held_out(cut: Split) -> None:
    validation = [len(cut.history(u, "validation")) for u in range(len(cut.dataset.users))]
    for epoch in range(3):
        examples = cut.examples(np.random.default_rng(epoch), EVERYTHING)
        for user, prefix, target in zip(
            examples.user, examples.prefix, examples.target, strict=True
        ):
            behaviours = cut.dataset.users[user].behaviours
            assert prefix < validation[user]
            assert target == behaviours[prefix].item
            assert target not in [b.item for b in behaviours[:prefix]]


def test_popularity_is_counted_from_training_alone(cut: Split) -> None:
    expected = np.zeros(len(cut.dataset.items), np.int64)
    for user in cut.dataset.users:
        for behaviour in [b for b in user.behaviours if b.action == "purchase"][:-2]:
            expected[behaviour.item] += 1
    assert (cut.purchases == expected).all()


def test_the_first_users_are_cut_as_among_all(cut: Split) -> None:
    first = cut.of_first(3)
    assert [user.id for user in first.dataset.users] == [user.id for user in cut.dataset.users[:3]]
    assert first.names == cut.names and first.tail is cut.tail and first.purchases is cut.purchases
    for user in range(3):
        for stage in ("validation", "test"):
            assert first.held_out(user, stage) == cut.held_out(user, stage)
            assert first.history(user, stage) == cut.history(user, stage)
    examples = first.examples(np.random.default_rng(1), EVERYTHING)
    assert set(examples.user) == {0, 1, 2}
    assert cut.of_first(None) is cut and cut.of_first(len(cut.dataset.users) + 1) is cut


def test_the_head_is_the_smallest_set_with_half_of_the_purchases(cut: Split) -> None:
    head = cut.purchases[~cut.tail]
    assert head.sum() >= cut.purchases.sum() / 2
    assert head.sum() - head.min() < cut.purchases.sum() / 2
    assert head.min() >= cut.purchases[cut.tail].max()


def test_held_out_items_qualify_for_their_objective(cut: Split) -> None:
    data = cut.dataset
    counted = dict.fromkeys(cut.names, 0)
    for stage in ("validation", "test"):
        for user in range(len(data.users)):
            categories = {data.category(b.item) for b in cut.history(user, stage)}
            right = cut.held_out(user, stage)
            (item,) = right[NEXT_ITEM].items
            assert (NEW_CATEGORY in right) == (data.category(item) not in categories)
            assert (LONG_TAIL in right) == cut.tail[item]
            assert all((held.text is None) == (n != TEXT_SEARCH) for n, held in right.items())
            for name in right:
                counted[name] += 1
    assert all(counted.values()), counted
    coverage = cut.coverage()
    assert counted == {n: coverage[n]["validation"] + coverage[n]["test"] for n in cut.names}


def test_examples_qualify_for_their_objective(cut: Split) -> None:
    data = cut.dataset
    examples = cut.examples(np.random.default_rng(1), EVERYTHING)
    seen = set()
    for index in range(len(examples)):
        name = cut.names[examples.objective[index]]
        target, prefix = examples.target[index], examples.prefix[index]
        history = data.users[examples.user[index]].behaviours[:prefix]
        seen.add(name)
        assert (examples.texts[index] is not None) == (name == TEXT_SEARCH)
        if name == NEW_CATEGORY:
            assert history
            assert data.category(target) not in {data.category(b.item) for b in history}
        if name == LONG_TAIL:
            assert cut.tail[target]
    assert seen == set(cut.names)


def test_a_query_has_category_words_and_at_most_two_of_the_title(cut: Split) -> None:
    rng = np.random.default_rng(2)
    lengths = set()
    for ordinal, item in enumerate(cut.dataset.items):
        for _ in range(10):
            words = cut.query(ordinal, rng).split()
            category = re.findall(r"[a-z0-9]+", cut.dataset.category(ordinal).lower())
            title = re.findall(r"[a-z0-9]+", item.title.lower())
            beyond = [word for word in words if word not in category]
            assert len(beyond) <= 2 and set(beyond) <= set(title)
            assert len(words) > len(beyond)
            lengths.add(len(beyond))
    assert lengths == {0, 1, 2}


def test_a_query_never_names_an_item_by_a_rare_word(cut: Split) -> None:
    rng = np.random.default_rng(2)
    words = {word for item in range(30) for _ in range(10) for word in cut.query(item, rng).split()}
    assert "red" in words
    assert not [word for word in words if word.startswith(("model", "no"))]


def test_no_query_comes_from_the_textual_id(tmp_path: Path) -> None:
    cut = split(load(folders.sequences(tmp_path), seed=4), seed=4)
    rng = np.random.default_rng(2)
    queries = [cut.query(item, rng) for item in range(len(cut.dataset.items)) for _ in range(20)]
    assert not [query for query in queries if "secret" in query or "ext0" in query]


def test_the_same_seed_gives_the_same_examples(tmp_path: Path) -> None:
    folders.behaviours(tmp_path)
    first, second = (split(load(tmp_path, seed=4), seed=4) for _ in range(2))

    one, two, other = (
        cut.examples(np.random.default_rng(seed))
        for cut, seed in ((first, 8), (second, 8), (first, 9))
    )

    for name in ("user", "prefix", "objective", "target", "now"):
        assert (getattr(one, name) == getattr(two, name)).all()
    assert one.texts == two.texts
    assert one.texts != other.texts
    users = range(len(first.dataset.users))
    assert [first.held_out(u, "test") for u in users] == [second.held_out(u, "test") for u in users]


def test_rates_choose_how_often_an_objective_is_trained(cut: Split) -> None:
    quiet = cut.examples(np.random.default_rng(1), dict.fromkeys(DEFAULT_RATES, 0.0))
    only = cut.examples(
        np.random.default_rng(1), dict.fromkeys(DEFAULT_RATES, 0.0) | {LONG_TAIL: 1.0}
    )
    assert len(quiet) == 0
    assert {cut.names[o] for o in only.objective} == {LONG_TAIL}


def test_times_come_along_where_the_data_has_them(cut: Split) -> None:
    examples = cut.examples(np.random.default_rng(1))
    for user, prefix, now in zip(examples.user, examples.prefix, examples.now, strict=True):
        time = cut.dataset.users[user].behaviours[prefix].time
        assert now == (NO_TIME if time is None else time)


def test_the_last_basket_is_held_out_as_a_whole(tmp_path: Path) -> None:
    data = load(folders.baskets(tmp_path), seed=4)
    cut = split(data, seed=4)
    ids = lambda ordinals: {data.items[o].id for o in ordinals}  # noqa: E731

    assert cut.names == ()
    assert "no categories" in cut.left_out[NEW_CATEGORY]
    assert "needed" in cut.left_out[NEXT_ITEM]
    assert ids(b.item for b in cut.history(0, "test")) == {"1", "2", "3", "4"}
    assert ids(b.item for b in cut.history(0, "validation")) == {"1", "2", "3"}
    assert len(cut.history(1, "test")) == 1
    assert cut.now(2, "test") == data.users[2].behaviours[0].time


def test_items_bought_before_are_no_truth_of_a_basket() -> None:
    data = _regulars(users=40)
    cut = split(data, seed=1)
    right = cut.held_out(0, "test")

    assert NEXT_ITEM in cut.names
    assert right[NEXT_ITEM].items == (5, 6)
    assert len(right[TEXT_SEARCH].items) == 1 and right[TEXT_SEARCH].items[0] in (5, 6)


def test_the_first_basket_is_halved_for_training() -> None:
    cut = split(_regulars(users=40), seed=1)
    examples = cut.examples(np.random.default_rng(1), EVERYTHING)
    pairs = set(zip(examples.prefix.tolist(), examples.target.tolist(), strict=True))

    assert pairs == {(2, 2), (2, 3)}


def test_a_user_whose_held_out_item_stands_in_the_history_does_not_count() -> None:
    data = _regulars(users=40)
    again = User(
        "again", {}, tuple(Behaviour(i, "purchase", t) for t, i in enumerate((1, 2, 3, 1)))
    )
    cut = split(Dataset(**{**vars(data), "users": (*data.users, again), "baskets": False}), seed=1)

    assert cut.held_out(40, "test") == {}
    assert set(cut.held_out(40, "validation")) >= {NEXT_ITEM}


def _regulars(users: int) -> Dataset:
    """Baskets (0 1 2 3), (4), (0 5 6) of items without categories, the same for every user."""
    grammar = {
        "profile": {"keys": []},
        "history": {"default_action": "purchase"},
    }
    bought = [(0, 10), (1, 10), (2, 10), (3, 10), (4, 20), (0, 30), (5, 30), (6, 30)]
    behaviours = tuple(Behaviour(item, "purchase", time) for item, time in bought)
    return Dataset(
        name="regulars",
        items=tuple(Item(f"i{n}", f"{folders.COLOURS[n % 3]} tin", {}) for n in range(8)),
        users=tuple(User(f"u{n}", {}, behaviours) for n in range(users)),
        attributes=(),
        grammar=grammar,
        category_attribute=None,
        baskets=True,
    )


def test_a_long_history_is_cut_in_time_that_grows_with_its_length() -> None:
    """Counted is what is looked at, not how long that takes."""

    class Counted(tuple):
        looked = 0

        def __getitem__(self, key: object) -> object:
            found = super().__getitem__(key)
            if isinstance(key, slice):
                Counted.looked += len(found)
            return found

    items = tuple(Item(f"i{n}", f"thing {n % 7}", {"category": f"c{n % 25}"}) for n in range(300))
    behaviours = Counted(Behaviour(n % 300, "purchase", n) for n in range(600))
    grammar = {"profile": {"keys": []}, "history": {"default_action": "purchase"}}
    data = Dataset("long", items, (User("u", {}, behaviours),), (("category", "text"),), grammar, "category")
    cut = split(data, seed=1)
    assert Counted.looked <= 3 * len(behaviours)
    assert cut.coverage()[NEXT_ITEM]["training"] == 300
    assert cut.coverage()[NEW_CATEGORY]["training"] == 24
