"""The demo shop: readable, the same for the same seed, and with something in it to learn."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trawl_models import shop, shop_oracle, shop_words
from trawl_models.__main__ import main
from trawl_models.dataset import Dataset, load
from trawl_models.objectives import DEFAULT_RATES, split
from trawl_models.space import user_lines


@pytest.fixture(scope="module")
def made() -> shop.Shop:
    return shop.generate(seed=3, items=1200, users=600)


@pytest.fixture(scope="module")
def dataset(made: shop.Shop, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("shop")
    shop.write(folder, made)
    return load(folder, seed=3)


def test_what_reads_the_files_keeps_those_that_it_opened(made: shop.Shop, tmp_path: Path) -> None:
    shop.write(tmp_path, made)
    with (tmp_path / "items.tsv").open(encoding="utf-8") as stream:
        shop.write(tmp_path, shop.generate(seed=4, items=1200, users=10))
        kept = stream.read()
        assert kept != (tmp_path / "items.tsv").read_text(encoding="utf-8")
    shop.write(tmp_path, made)
    assert kept == (tmp_path / "items.tsv").read_text(encoding="utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["dataset.json", "items.tsv", "users.jsonl"]


def test_the_words_fit_together() -> None:
    departments = shop_words.departments()
    categories = [c for _, of_department in departments.values() for c in of_department]
    names = {category.name for category in categories}

    assert len(departments) == 10 and len(names) == len(categories) == 60
    for category in categories:
        assert set(category.complements) <= names - {category.name}
    brands = [brand for of_department, _ in departments.values() for brand in of_department]
    assert len(brands) == len(set(brands)) == 60
    assert names >= shop_words.WITHOUT_COLOUR


def test_the_same_seed_gives_the_same_shop() -> None:
    one, two, other = (shop.generate(seed, items=120, users=30) for seed in (5, 5, 6))
    assert one == two
    assert one.items != other.items and one.users != other.users


def test_the_first_customers_are_the_same_however_many_there_are(made: shop.Shop) -> None:
    fewer = shop.generate(seed=3, items=1200, users=40)
    assert fewer.items == made.items and fewer.users == made.users[:40]


def test_titles_are_distinct_and_readable(made: shop.Shop) -> None:
    titles = [title for _, title, _ in made.items]
    assert len(set(titles)) == len(titles)
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9&,'\- ]{9,70}", title) for title in titles)
    for _, title, attributes in made.items:
        assert title.startswith(attributes["brand"])
        assert attributes["price"] > 0


def test_every_behaviour_names_an_item_once(made: shop.Shop) -> None:
    known = {identifier for identifier, _, _ in made.items}
    for user in made.users:
        items = [item for item, _, _ in user["behaviours"]]
        assert set(items) <= known and len(set(items)) == len(items)
        assert user["behaviours"][-1][1] == "purchase"
        assert sum(action == "purchase" for _, action, _ in user["behaviours"]) >= 4


def test_all_four_objectives_have_signal(dataset: Dataset) -> None:
    cut = split(dataset, seed=3)
    assert set(cut.names) == set(DEFAULT_RATES) and not cut.left_out
    for counts in cut.coverage().values():
        assert counts["test"] > 100 and counts["training"] > 300


def test_popularity_is_skewed(dataset: Dataset) -> None:
    purchases = np.sort(split(dataset, seed=3).purchases)[::-1]
    assert purchases[:120].sum() > 0.35 * purchases.sum()


def test_purchases_lead_to_what_goes_with_them(dataset: Dataset) -> None:
    goes_with = {
        category.name: set(category.complements)
        for _, of_department in shop_words.departments().values()
        for category in of_department
    }
    followed = pairs = same_brand = 0
    for user in dataset.users:
        bought = [dataset.items[b.item] for b in user.behaviours if b.action == "purchase"]
        for before, after in zip(bought, bought[1:], strict=False):
            pairs += 1
            if after.attributes["category"] in goes_with[before.attributes["category"]]:
                followed += 1
                same_brand += after.attributes["brand"] == before.attributes["brand"]
    assert followed > 0.4 * pairs
    assert same_brand > 0.3 * followed


def test_the_command_writes_a_shop_that_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "shop"
    assert main(["shop", "--out", str(out), "--items", "90", "--users", "25", "--seed", "2"]) == 0

    assert "90 items, 25 users, seed 2" in capsys.readouterr().out
    dataset = load(out, seed=1)
    assert (len(dataset.items), len(dataset.users)) == (90, 25)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--items", "items: found -1"), ("--users", "users: found -1"), ("--oracle-users", "oracle-users: found -1"),
        ("--out", "Not a directory"),
    ],
)
def test_what_is_no_shop_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, words: str
) -> None:
    (tmp_path / "file").write_text("")
    value = str(tmp_path / "file" / "shop") if option == "--out" else "-1"
    assert main(["shop", "--out", str(tmp_path / "shop"), option, value]) == 1
    assert words in capsys.readouterr().err


def test_more_items_than_titles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"items: found 20000, expected at most about \d+: category"):
        shop.generate(items=20_000, users=1)


def test_the_oracle_is_right_as_often_as_it_expects_to_be(made: shop.Shop) -> None:
    oracle = shop_oracle.Oracle(made.rules, 3)
    hits, expected = [], []
    for user in made.users:
        chances, bought = oracle.last_purchase(user)
        assert chances.sum() == pytest.approx(1.0) and (chances >= 0.0).all()
        assert all(chances[int(item[1:]) - 1] == 0.0 for item, _, _ in user["behaviours"][:-1])
        hits.append((chances > chances[bought]).sum() < 10)
        expected.append(np.sort(chances)[-10:].sum())
    error = np.std(hits) / len(hits) ** 0.5
    assert abs(np.mean(hits) - np.mean(expected)) < 3 * error
    assert np.mean(hits) > 0.3


def test_the_oracle_says_the_same_for_the_same_seed(made: shop.Shop) -> None:
    few = replace(made, users=made.users[:50])
    assert shop_oracle.foreseen(few, 3) == shop_oracle.foreseen(few, 3)


def test_the_oracle_foresees_the_first_customers(made: shop.Shop) -> None:
    few = replace(made, users=made.users[:20])
    some, all_of_them = shop_oracle.foreseen(few, 3, 8), shop_oracle.foreseen(few, 3)
    assert some.users == all_of_them.users[:8] + few.users[8:]


def test_the_oracle_hears_ages_as_prompts_tell_them(made: shop.Shop) -> None:
    day = 86_400
    bought = [f"i{number}" for number in (1, 7, 61, 121)]

    def foreseen(*ages: float) -> np.ndarray:
        behaviours = [[item, "purchase", shop.OPENING - int(age * day)] for item, age in zip(bought, ages, strict=True)]
        user = {**made.users[0], "behaviours": behaviours}
        return shop_oracle.Oracle(made.rules, 3).last_purchase(user)[0]

    assert (foreseen(20.0, 19.5, 3.0, 0.0) == foreseen(40.0, 8.0, 6.0, 0.0)).all(), "older, older, week"
    assert (foreseen(20.0, 19.5, 3.0, 0.0) != foreseen(20.0, 19.5, 0.5, 0.0)).any(), "older, older, day"


def test_the_oracle_goes_on_where_a_category_is_used_up() -> None:
    small = shop.generate(seed=5, items=120, users=30)
    oracle = shop_oracle.Oracle(small.rules, 5)
    with np.errstate(all="raise"):
        for user in small.users:
            assert oracle.last_purchase(user)[0].sum() == pytest.approx(1.0)


def test_a_space_of_the_shop_has_the_ranks_of_the_oracle(made: shop.Shop, tmp_path: Path) -> None:
    shop.write(tmp_path, shop_oracle.foreseen(replace(made, users=made.users[:50]), 3))
    lines = [json.loads(line) for line in user_lines(split(load(tmp_path, seed=3), seed=3))]
    oracle = shop_oracle.Oracle(made.rules, 3)
    for line, user in zip(lines, made.users):
        assert line["held_out"]["next-item"]["oracle_ranks"] == [oracle.rank(user)]


def test_the_oracle_sees_nothing_of_the_last_purchase(made: shop.Shop) -> None:
    user = made.users[0]
    *before, (_, action, time) = user["behaviours"]
    other = {**user, "behaviours": [*before, ["i1", action, time]]}
    one, two = (shop_oracle.Oracle(made.rules, 3).last_purchase(asked)[0] for asked in (user, other))
    assert (one == two).all()
