"""Tables that people have: what is guessed, what is passed over, and what is refused by file, row, column and value."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import folders
import numpy as np
import pytest
import tables
from trawl_models import dataset as reader
from trawl_models.dataset import Behaviour, DataError, Dataset, NeedsLibrary, load, read
from trawl_models.dataset.delimited import GENRES
from trawl_models.reading_options import Asked

HEADER = "user_id,item_id,timestamp\n"


def write(folder: Path, text: str, name: str = "events.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def histories(dataset: Dataset) -> dict[str, list[tuple[str, int | None]]]:
    return {u.id: [(dataset.items[b.item].id, b.time) for b in u.behaviours] for u in dataset.users}


def refused(folder: Path, expected: str, asked: Asked | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        load(folder, 1, asked)
    assert expected in str(caught.value), str(caught.value)
    return caught.value


@pytest.mark.parametrize("form", tables.FORMS)
def test_a_shop_is_the_same_in_every_form(tmp_path: Path, form: str) -> None:
    dataset = load(tables.FORMS[form](tmp_path), 1)
    plain = form in ("u.data", "ratings.csv")
    expected: dict[str, list[tuple[str, int | None]]] = {}
    for user, item, _, time in tables.events():
        expected.setdefault(user[1:] if plain else user, []).append((item[1:] if plain else item, time))
    assert histories(dataset) == expected
    assert len(dataset.items) == tables.ITEMS
    assert {b.action for u in dataset.users for b in u.behaviours} == {"purchase"}
    assert dataset.category_attribute == "category"
    assert [entry["text"] for entry in dataset.grammar["history"]["times"]] == ["<|day|>", "<|week|>", "<|month|>", "<|older|>"]


@pytest.mark.parametrize("form", ["csv", "tsv", "json", "parquet", "recbole"])
def test_items_keep_title_category_and_price(tmp_path: Path, form: str) -> None:
    dataset = load(tables.FORMS[form](tmp_path), 1)
    found = next(item for item in dataset.items if item.id == "i5")
    assert found.title == "green chair of room 5"
    assert found.attributes == {"category": "chairs", "categories": ("chairs",), "price": 7.5}
    assert dataset.attributes == (("category", "text"), ("categories", "texts"), ("price", "number"))


def test_films_have_their_genres(tmp_path: Path) -> None:
    items = {item.id: item for item in load(tables.movielens_100k(tmp_path), 1).items}
    assert items["7"].title == "Café Lamp (1995)"
    assert items["5"].attributes["categories"] == (GENRES[2], GENRES[8])
    assert "example.com" not in repr(items)
    films = (tmp_path / "u.item").read_text(encoding="latin-1")
    (tmp_path / "u.item").write_text(films, encoding="utf-8")
    assert {item.id: item for item in load(tmp_path, 1).items} == items, "a copy in UTF-8 is read too"


def test_films_without_genres_have_no_category(tmp_path: Path) -> None:
    items = {item.id: item for item in load(tables.movielens_csv(tmp_path), 1).items}
    assert items["3"].attributes == {}
    assert items["4"].attributes == {"category": "Comedy", "categories": ("Comedy", "Drama")}


def test_files_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    seen = {file.name: file.what for file in read(tables.movielens_csv(tmp_path), 1).understood.files}
    assert seen == {"links.csv": "not read", "movies.csv": "items", "ratings.csv": "interactions", "tags.csv": "not read"}


def test_ordinals_are_a_seeded_permutation(tmp_path: Path) -> None:
    folder = tables.csv_files(tmp_path)
    orders = [[item.id for item in load(folder, seed).items] for seed in (1, 1, 2, None)]
    assert orders[0] == orders[1] != orders[2]
    assert orders[3] == [f"i{number}" for number in range(tables.ITEMS)]


def test_what_was_guessed_is_told(tmp_path: Path) -> None:
    told = read(tables.tsv_files(tmp_path), 1).understood
    assert [(c.column, c.part, c.how) for c in told.columns] == [
        ("customer", "user", "guessed by its name"),
        ("product", "item", "guessed by its name"),
        ("when", "time", "guessed by its name; seconds since 1970"),
        ("stars", "rating", "guessed by its name; 1 to 5; every row counts, --min-rating R makes lower ones context"),
        ("product", "item", "guessed as in the interactions"),
        ("name", "title", "guessed by its name"),
        ("category", "category", "guessed by its name"),
        ("price", "attribute", "number"),
    ]
    line, user, item, action, time = told.examples[0]
    assert (line, action) == (2, "purchase") and (user, item, time) == (*tables.events()[0][:2], tables.events()[0][3])
    assert list(told.summary()) == [
        "interactions.tsv: user is customer, item is product, time is when, rating is stars; 0 of 233 rows passed over",
        "products.tsv: item is product, title is name, category is category, attribute is price; 0 of 30 rows passed over",
    ]


def test_columns_can_be_said(tmp_path: Path) -> None:
    write(tmp_path, "who,what,buyer\na,x,1\nb,y,2\n")
    dataset = load(tmp_path, None, Asked(columns={"user": ["who"], "item": ["what"]}))
    assert histories(dataset) == {"a": [("x", None)], "b": [("y", None)]}


def test_a_name_that_is_longer_is_guessed_by_a_word_of_it(tmp_path: Path) -> None:
    write(tmp_path, "hashedUserKey,item_code,date_utc\na,x,2024-05-31\n")
    told = read(tmp_path, None).understood
    assert [(c.column, c.part) for c in told.columns] == [("hashedUserKey", "user"), ("item_code", "item"), ("date_utc", "time")]
    assert "a word of its name" in told.columns[0].how


HEADS = {
    "who,what\na,b\n": "a column that tells the user, in a header by a usual name or as --columns user=COLUMN",
    "user_id,what\na,b\n": "a column that tells the item",
    "user_id,item_id,item_id\na,b,c\n": "a column that is given once",
    "": "a header with names of columns",
    "\n\n": "a header with names of columns",
    "user_id\na\n": "a header with two or more columns",
    HEADER: "at least one row below the header",
    ",".join(f"c{n}" for n in range(1025)) + "\n": "at most 1024 columns",
    "1,2,3\n4,5,6\n": "a column that tells the user",
}


@pytest.mark.parametrize("text", HEADS, ids=range(len(HEADS)))
def test_a_header_that_is_none(tmp_path: Path, text: str) -> None:
    fault = refused(write(tmp_path, text), HEADS[text])
    assert Path(fault.file).name == "events.csv" and fault.line in (1, None)


ROWS = {
    "a,x": "3 columns between commas, not 2",
    "a,x,1700000000,9": "3 columns between commas, not 4",
    ",x,1700000000": "column 'user_id': found '', expected an id of 1 to 256 characters",
    "a, ,1700000000": "column 'item_id': found ' '",
    "a\x1b[2J,x,1700000000": "column 'user_id'",
    "a\u200b\ufeff,x,1700000000": "column 'user_id'",
    f"a,{'x' * 257},1700000000": "column 'item_id'",
    "a,x,": "column 'timestamp': found '', expected seconds since 1970",
    "a,x,yesterday": "expected seconds since 1970",
    "a,x,nan": "expected seconds since 1970",
    "a,x,-1": "expected seconds since 1970",
    "a,x,1700000000000": "seconds since 1970 as in the rest of the column; this looks like milliseconds",
    "a,x,1" + "0" * 30: "expected seconds since 1970 as in the rest of the column",
    "a,x,1e999": "expected seconds since 1970",
    "a,x,2024-05-31": "expected seconds since 1970",
    'a,"x"y,1700000000': "a row that can be read",
    "a,x,1700000000\rb,y,1700000000": "a row that can be read",
    f"a,{'x' * 140_000},1700000000": "a row that can be read",
}


@pytest.mark.parametrize("row", ROWS, ids=range(len(ROWS)))
def test_a_row_that_cannot_be_is_passed_over_and_shown(tmp_path: Path, row: str) -> None:
    good = [f"u{n % 9},i{n},{1_700_000_000 + n}" for n in range(150)]
    write(tmp_path, HEADER + "\n".join([*good[:70], row, *good[70:]]) + "\n")
    reading = read(tmp_path, 1)
    (tally,) = reading.understood.tallies
    assert (tally.rows, tally.refused) == (151, 1)
    assert tally.shown[0].line == 72 and ROWS[row] in str(tally.shown[0])
    assert sum(len(user.behaviours) for user in reading.dataset.users) == 150
    fault = refused(tmp_path, "1 of 151 rows cannot be used, of which --max-bad-rows allows 0.001 of all", Asked(max_bad_rows=0.001))
    assert fault.line == 72 and ROWS[row].split("found")[0] in str(fault)


def test_a_file_of_nothing_but_bad_rows_is_refused_whatever_the_share(tmp_path: Path) -> None:
    write(tmp_path, HEADER + ",,\n,,\n")
    refused(tmp_path, "expected a time: a number since 1970, ISO 8601, or --time-format", Asked(max_bad_rows=1.0))
    refused(write(tmp_path, "user_id,item_id\n,\n"), "1 of 1 rows cannot be used", Asked(max_bad_rows=1.0))


def test_a_quotation_mark_that_nobody_closed(tmp_path: Path) -> None:
    lines = [f"u{n},i{n},{1_700_000_000 + n}" for n in range(1500)]
    write(tmp_path, HEADER + "\n".join([*lines[:20], 'u,"i', *lines]) + "\n")
    fault = refused(tmp_path, "a quotation mark that is closed within 1000 lines", Asked(max_bad_rows=1.0))
    assert fault.line == 22


def test_quoted_values_may_span_lines_and_hold_commas(tmp_path: Path) -> None:
    write(tmp_path, 'user_id,item_id,title_of_item,itemname\na,x,"one, two","two\nlines"\nb,y,,plain\nb,,,\n')
    reading = read(tmp_path, None, Asked(max_bad_rows=0.5))
    assert [item.title for item in reading.dataset.items] == ["two lines", "plain"]
    assert reading.understood.tallies[0].shown[0].line == 5, "lines count as an editor counts them"


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    plain = tables.csv_files(tmp_path / "one")
    excel = tmp_path / "two"
    excel.mkdir()
    for name in ("events.csv", "items.csv"):
        text = (plain / name).read_bytes().replace(b"\n", b"\r\n")
        (excel / name).write_bytes(b"\xef\xbb\xbf" + text)
    one, two = load(plain, 1), load(excel, 1)
    assert (one.items, one.users) == (two.items, two.users)


@pytest.mark.parametrize("form", ["csv", "json", "recbole", "u.data"])
def test_gzip_is_unpacked(tmp_path: Path, form: str) -> None:
    plain = load(tables.FORMS[form](tmp_path), 1)
    for file in list(tmp_path.iterdir()):
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert load(tmp_path, 1) == plain


ENCODINGS = {
    "latin-1": (HEADER + "a,x,1700000000\nb,café,1700000000\n").encode("latin-1"),
    "utf-16": HEADER.encode("utf-16"),
    "nul": (HEADER + "a,x\0,1\n").encode(),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_what_is_no_utf8_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "events.csv").write_bytes(ENCODINGS[name])
    words = {"latin-1": "if it is Latin-1: iconv -f latin1 -t utf-8", "utf-16": "UTF-8, not UTF-16", "nul": "text without NUL"}
    fault = refused(tmp_path, words[name], Asked(max_bad_rows=1.0))
    assert fault.line == {"latin-1": 3, "utf-16": 1, "nul": 2}[name]


def test_ids_may_hold_spaces_but_none_around_them(tmp_path: Path) -> None:
    write(tmp_path, "user_id,artist\n  a b ,The Band\na b,Éthé\n")
    assert histories(load(tmp_path, None)) == {"a b": [("The Band", None), ("Éthé", None)]}


def test_times_out_of_order_are_put_in_order_and_equal_ones_stay(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "a,z,1700000300\na,x,1700000100\na,w,1700000200\na,y,1700000100\na,y,1700000100\n")
    reading = read(tmp_path, None)
    assert [item for item, _ in histories(reading.dataset)["a"]] == ["x", "y", "w", "z"]
    assert any("1 rows repeat user, item, action and time" in note for note in reading.understood.notes)
    assert any("the file's order stands for theirs" in note for note in reading.understood.notes)


def test_without_times_the_order_of_the_file_counts_and_repeats_stay(tmp_path: Path) -> None:
    write(tmp_path, "user_id,item_id\na,z\nb,x\na,y\na,z\n")
    dataset = load(tmp_path, None)
    assert histories(dataset) == {"a": [("z", None), ("y", None), ("z", None)], "b": [("x", None)]}
    assert dataset.grammar["history"]["times"] == []


def test_numbers_too_small_for_times_are_an_order(tmp_path: Path) -> None:
    write(tmp_path, "session_id,item_id,time\na,z,3\na,x,1\na,y,2.5\n")
    dataset = load(tmp_path, None)
    assert histories(dataset) == {"a": [("x", None), ("y", None), ("z", None)]}
    assert dataset.grammar["history"]["times"] == []


def test_every_rating_counts_unless_a_least_one_is_said(tmp_path: Path) -> None:
    write(tmp_path, "userId,movieId,rating\na,x,4.5\na,y,2\na,z,4\n")
    assert [b.action for b in load(tmp_path, None).users[0].behaviours] == ["purchase"] * 3
    reading = read(tmp_path, None, Asked(min_rating=4))
    dataset = reading.dataset
    assert [example[3] for example in reading.understood.examples] == ["purchase", "low-rating", "purchase"]
    assert [b.action for b in dataset.users[0].behaviours] == ["purchase", "low-rating", "purchase"]
    assert dataset.grammar["history"]["actions"] == {"purchase": "", "low-rating": "<|low-rating|>"}
    write(tmp_path, "userId,movieId,rating\na,x,good\na,y,2\n")
    refused(tmp_path, "column 'rating': found 'good', expected a rating: a number", Asked(min_rating=4))
    write(tmp_path, "userId,movieId\na,x\n")
    refused(tmp_path, "a column of ratings for --min-rating", Asked(min_rating=4))


def test_actions_are_context_but_the_one_that_is_predicted(tmp_path: Path) -> None:
    lines = ["a,view,x", "a,Add_To_Cart,x", "a,transaction,x", "b,view,y", "b,3,y"]
    write(tmp_path, "\n".join(["visitorid,event,itemid", *lines]) + "\n")
    reading = read(tmp_path, None)
    assert reading.dataset.target_action == "transaction"
    assert [b.action for b in reading.dataset.users[0].behaviours] == ["view", "add-to-cart", "transaction"]
    assert reading.understood.actions == {"transaction": 1, "view": 2, "add-to-cart": 1, "action-3": 1}
    assert load(tmp_path, None, Asked(target_action="view")).target_action == "view"
    refused(tmp_path, "expected --target-action to be one of view, action-3, add-to-cart, transaction", Asked(target_action="buy"))
    assert load(tmp_path, None, Asked(columns={"action": [""]})).target_action == "purchase"


def test_a_column_of_too_many_actions_is_none(tmp_path: Path) -> None:
    write(tmp_path, "user_id,item_id,event\n" + "".join(f"a,x,e{n}\n" for n in range(60)))
    refused(tmp_path, "at most 32 different actions; if this is no column of actions: --columns action=")


def test_lines_of_a_basket_are_one_step(tmp_path: Path) -> None:
    lines = ["7,A,12/1/2010 8:26,lamp,17850", "7,B,12/1/2010 8:28,kettle,17850", "7,A,12/1/2010 8:26,lamp,17850", "8,C,12/13/2010 9:00,tent,17850"]
    write(tmp_path, "\n".join(["InvoiceNo,StockCode,InvoiceDate,Description,CustomerID", *lines]) + "\n")
    dataset = load(tmp_path, None)
    assert dataset.baskets
    start = 1291191960
    assert histories(dataset) == {"17850": [("A", start), ("B", start), ("C", 1292230800)]}
    assert [item.title for item in dataset.items] == ["lamp", "kettle", "tent"]
    write(tmp_path, "user_id,item_id,order_id,time\na,x,1,7\n")
    refused(tmp_path, "a column of times too: baskets are told apart by them")
    write(tmp_path, "user_id,item_id,order_id\na,x,1\n")
    refused(tmp_path, "a column of times too: baskets are told apart by them")
    assert not load(tmp_path, None, Asked(columns={"basket": [""]})).baskets


def test_one_user_alone_is_read(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "".join(f"only,i{n},{1_700_000_000 + n}\n" for n in range(30)))
    assert len(load(tmp_path, 1).users[0].behaviours) == 30


def test_an_item_that_the_items_lack_is_no_row(tmp_path: Path) -> None:
    tables.csv_files(tmp_path)
    with (tmp_path / "events.csv").open("a") as stream:
        stream.write("u1,nowhere,3,1700000000\n")
    (tally, _) = read(tmp_path, 1).understood.tallies
    assert "column 'item_id': found 'nowhere', expected an item of items.csv" in str(tally.shown[0])
    assert load(tmp_path, 1, Asked(items="none")).items[0].title == ""


def test_items_given_twice_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "user_id,item_id\na,x\n")
    write(tmp_path, "item_id,title\nx,first\n x ,second\n,third\n", "items.csv")
    refused(tmp_path, "items.csv, line 3, column 'item_id': found ' x ', expected an item other than that of line 2")
    assert load(tmp_path, 1, Asked(max_bad_rows=0.7)).items[0].title == "first"


def test_ids_by_other_names_are_no_attributes(tmp_path: Path) -> None:
    write(tmp_path, "user_id,item_id\na,0\n")
    rows = [f"{n},title {n},B{n:05d},http://example.com/{n}.png,brand {n % 3},{'' if n else 'x'},,{str(n % 2 == 0).lower()}" for n in range(50)]
    write(tmp_path, "\n".join(["item_id,title,external_code,image,Brand Name,rare,empty,in_stock", *rows]) + "\n", "items.csv")
    reading = read(tmp_path, None)
    assert reading.dataset.attributes == (("brand_name", "text"), ("rare", "text"), ("in_stock", "flag"))
    assert reading.dataset.items[1].attributes == {"brand_name": "brand 1", "in_stock": False}
    left = {c.column: c.how for c in reading.understood.columns if c.part == "left out"}
    assert left == {"external_code": "nearly every item has a value of its own, as ids and addresses are",
                    "image": "nearly every item has a value of its own, as ids and addresses are", "empty": "no values"}
    said = load(tmp_path, None, Asked(item_columns={"attribute": ["external_code"]}))
    assert said.attributes == (("external_code", "text"),)
    assert load(tmp_path, None, Asked(item_columns={"attribute": [""]})).attributes == ()


def test_a_few_values_that_are_no_numbers_count_as_missing(tmp_path: Path) -> None:
    write(tmp_path, "user_id,item_id\na,0\n")
    write(tmp_path, "item_id,title,price\n" + "".join(f"{n},t,{'on request' if n == 3 else n}\n" for n in range(40)), "items.csv")
    reading = read(tmp_path, None)
    assert "price" not in reading.dataset.items[3].attributes and reading.dataset.items[4].attributes["price"] == 4
    assert "1 values of price are no number and count as missing" in reading.understood.notes


def test_paths_of_categories_lose_the_root_that_all_share(tmp_path: Path) -> None:
    write(tmp_path, "user_id,asin\na,0\n")
    lines = [json.dumps({"asin": str(n), "title": "t", "categories": [["Beauty", "Skin", "Face", f"Kind {n}"]]}) for n in range(3)]
    write(tmp_path, "\n".join(lines), "meta.json")
    assert load(tmp_path, None).items[2].attributes == {"category": "Skin > Face", "categories": ("Skin", "Face", "Kind 2")}


def test_items_without_titles_have_no_words(tmp_path: Path) -> None:
    from trawl_models.objectives import split
    from trawl_models.space import item_line

    write(tmp_path, "user_id,item_id\n" + "".join(f"u{n % 7},i{n % 11}\n" for n in range(200)))
    reading = read(tmp_path, 1)
    assert {item.title for item in reading.dataset.items} == {""}
    assert reader.item_text(reading.dataset.items[0]) == ""
    assert "text-search" in split(reading.dataset, 1).left_out
    assert any("items are called by their ids" in note for note in reading.understood.notes)
    name = reading.dataset.items[0].id
    assert item_line(reading.dataset.items[0]) == f"{name}\t{name}\t{{}}"


JSON_LINES = {
    "{": "JSON (",
    "[1]": "a JSON object",
    '{"user_id": "a", "user_id": "b", "item_id": "x"}': "a key that is given once",
    '{"item_id": "x"}': "column 'user_id': found None",
    '{"user_id": true, "item_id": "x"}': "column 'user_id': found True",
    '{"user_id": 1.5, "item_id": "x"}': "column 'user_id': found 1.5",
    '{"user_id": ["a"], "item_id": "x"}': "column 'user_id': found ['a']",
    '{"user_id": "a", "item_id": "x", "time": {"s": 1}}': "expected seconds since 1970",
    '{"user_id": "a", "item_id": "x", "time": true}': "expected seconds since 1970",
    '{"user_id": "a", "item_id": "\\ud83d"}': "half of a surrogate pair",
    "[" * 100_000: "nested less deeply",
    '{"user_id": ' + "9" * 4301 + "}": "at most 4300 digits",
}


@pytest.mark.parametrize("line", JSON_LINES, ids=range(len(JSON_LINES)))
def test_an_object_that_cannot_be_is_passed_over(tmp_path: Path, line: str) -> None:
    good = [json.dumps({"user_id": n % 3, "item_id": float(n), "time": 1_700_000_000.25 + n}) for n in range(120)]
    write(tmp_path, "\n".join([*good, line, ""]), "events.jsonl")
    reading = read(tmp_path, None)
    (tally,) = reading.understood.tallies
    assert (tally.rows, tally.refused, tally.shown[0].line) == (121, 1, 121)
    assert JSON_LINES[line] in str(tally.shown[0])
    assert reading.dataset.users[0].behaviours[1] == Behaviour(3, "purchase", 1_700_000_003)
    assert reading.dataset.items[3].id == "3", "whole numbers have no decimals"


def test_odd_values_of_items_and_ratings_end_in_no_trace(tmp_path: Path) -> None:
    rows = [{"user_id": "a", "item_id": n, "rating": [10**400, {}, None, "x", 3][n]} for n in range(5)]
    write(tmp_path, "\n".join(map(json.dumps, rows)), "events.jsonl")
    nest: object = "deep"
    for _ in range(800):
        nest = [nest]
    odd = [nest, "[" * 100_000, {"a": 1}, ["x", None, ["y"]], 5]
    items = [{"item_id": n, "title": odd[n], "category": odd[n], "size": odd[n], "price": [10**400, 2**60, 1, 2, 3][n]} for n in range(5)]
    write(tmp_path, "\n".join(map(json.dumps, items)), "items.jsonl")
    reading = read(tmp_path, None)
    assert [item.title[:3] for item in reading.dataset.items] == ["", "[[[", "", "", "5"]
    assert [item.attributes.get("category", "")[:4] for item in reading.dataset.items] == ["deep", "[[[[", "", "x", "5"]
    assert "rating" in [c.part for c in reading.understood.columns]


def test_decimals_of_parquet_are_numbers(tmp_path: Path) -> None:
    from decimal import Decimal

    import pyarrow as pa
    import pyarrow.parquet as pq

    write(tmp_path, "user_id,item_id\na,1\n")
    table = pa.table({"item_id": pa.array([Decimal("1.00")]), "title": ["t"], "price": [Decimal("2.50")], "a.b": [{"c": 1}]})
    pq.write_table(table, tmp_path / "items.parquet")
    (item,) = load(tmp_path, None).items
    assert (item.id, item.attributes) == ("1", {"price": 2.5})


def test_json_that_is_no_lines_is_refused(tmp_path: Path) -> None:
    write(tmp_path, '[\n{"user_id": 1}\n]\n', "events.jsonl")
    refused(tmp_path, "events.jsonl, line 1: found '[', expected JSON")
    tables.csv_files(tmp_path / "more")
    write(tmp_path / "more", '{\n"a": 1}\n', "package.json")
    assert {f.name: f.what for f in read(tmp_path / "more", 1).understood.files}["package.json"] == "not read"


PARQUET_FAULTS = {
    "no parquet": lambda packed: b"user_id,item_id\n",
    "nothing": lambda packed: b"",
    "cut": lambda packed: packed[: len(packed) // 2],
    "damaged": lambda packed: packed[:40] + bytes(len(packed) - 400) + packed[-360:],
}


@pytest.mark.parametrize("fault", PARQUET_FAULTS)
def test_a_damaged_parquet_file_is_named(tmp_path: Path, fault: str) -> None:
    file = tables.parquet_files(tmp_path) / "events.parquet"
    file.write_bytes(PARQUET_FAULTS[fault](file.read_bytes()))
    refused(tmp_path, "events.parquet")


def test_rows_of_parquet_count_from_one(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"user_id": [1, None, 3], "item_id": [1.0, 2.0, float("nan")], "date": pa.array([0, 1, 2], pa.date32())})
    pq.write_table(table, tmp_path / "events.parquet")
    reading = read(tmp_path, None, Asked(max_bad_rows=0.9))
    assert [str(bad).split(": ", 1)[1] for bad in reading.understood.tallies[0].shown] == [
        "found None, expected an id of 1 to 256 characters, spaces allowed inside",
        "found nan, expected an id of 1 to 256 characters, spaces allowed inside",
    ]
    assert "events.parquet, row 2, column 'user_id'" in str(reading.understood.tallies[0].shown[0])
    assert reading.dataset.users[0].behaviours == (Behaviour(0, "purchase", 0),)


LOOK = "import sys; from trawl_models.dataset import load; print(load(sys.argv[1], None).items[0].id)"


@pytest.mark.parametrize("form", tables.FORMS)
def test_looking_needs_nothing_but_python_but_for_parquet(tmp_path: Path, form: str) -> None:
    package = Path(reader.__file__).parents[1]
    found = subprocess.run(
        [sys.executable, "-S", "-c", LOOK, str(tables.FORMS[form](tmp_path))],
        env={"PYTHONPATH": str(package.parent)}, capture_output=True, text=True, timeout=60, check=False,
    )
    if form == "parquet":
        assert found.stderr.splitlines()[-1].endswith("events.parquet: Parquet needs pyarrow")
        assert issubclass(NeedsLibrary, ValueError)
    else:
        assert found.stdout in ("i0\n", "0\n"), found.stderr


def test_several_files_that_could_be_it_have_to_be_told_apart(tmp_path: Path) -> None:
    for name in ("january.csv", "february.csv"):
        write(tmp_path, "user_id,item_id\na,x\n", name)
    refused(tmp_path, "found 'february.csv, january.csv', expected one such file; several have the columns for it, so name one: --interactions FILE")
    assert len(load(tmp_path, 1, Asked(interactions="january.csv")).users) == 1
    refused(tmp_path, "for --interactions the name of a table in the folder; there are: february.csv, january.csv", Asked(interactions="march.csv"))
    refused(tmp_path, "for --items the name of a table", Asked(interactions="january.csv", items="march.csv"))


def test_a_file_alone_is_read_too(tmp_path: Path) -> None:
    write(tmp_path, "user_id,item_id\na,x\n", "shop.csv")
    write(tmp_path, "nonsense", "other.csv")
    assert load(tmp_path / "shop.csv", 1).name == "shop"
    write(tmp_path, "", "notes.txt")
    refused(tmp_path / "notes.txt", "the ending of a form that is known: CSV, TSV, JSON lines (.jsonl), Parquet")


def test_a_broken_file_that_nobody_needs_is_passed_over(tmp_path: Path) -> None:
    tables.csv_files(tmp_path)
    write(tmp_path, "a,a\n", "zz.csv")
    told = {file.name: file.how for file in read(tmp_path, 1).understood.files}
    assert told["zz.csv"] == "no table: expected a column that is given once"
    write(tmp_path, "a,a\n", "ratings.csv")
    refused(tmp_path, "ratings.csv, line 1: found 'a', expected a column that is given once")


SAID = [
    (Asked(columns={"user": ["usr_id"]}), "found 'usr_id', expected for --columns user= one of the columns 'user_id'"),
    (Asked(columns={"user": ["item_id"], "item": ["item_id"]}), "one part for the column, not user and item"),
    (Asked(item_columns={"title": ["titel"]}), "the nearest is 'title'"),
    (Asked(item_columns={"attribute": ["prize"]}), "the nearest is 'price'"),
    (Asked(time_format="%d/%m/%Y"), "expected a time"),
]


@pytest.mark.parametrize(("asked", "expected"), SAID, ids=range(len(SAID)))
def test_what_was_said_must_be_there(tmp_path: Path, asked: Asked, expected: str) -> None:
    refused(tables.csv_files(tmp_path), expected, asked)


def test_nothing_is_said_about_forms_of_our_own(tmp_path: Path) -> None:
    folders.sequences(tmp_path)
    refused(tmp_path, "found '--items --min-rating', expected no such option for a folder in Trawl's own form, sequences", Asked(items="x", min_rating=3))
    (own,) = [read(tmp_path, 1).understood]
    assert own.form == "sequences" and [file.name for file in own.files] == ["items.tsv", "sequences.txt"]


def test_interactions_tsv_with_another_header_is_a_table(tmp_path: Path) -> None:
    write(tmp_path, "user_id\titem_id\na\tx\n", "interactions.tsv")
    assert read(tmp_path, 1).understood.form == "tables"


def test_recbole_needs_types_that_it_has(tmp_path: Path) -> None:
    write(tmp_path, "user_id:token\titem_id:string\na\tx\n", "shop.inter")
    refused(tmp_path, "found 'item_id:string', expected a column as name:token, token_seq, float or float_seq")


FRAGMENTS = [b'"', b",", b"\t", b"\r", b"|", b"{", b"[", b"1e999", b"-1", b"9" * 20, b"null", b"NaN", b" > ", b"user_id", b":token", b"2024-05-31"]


@pytest.mark.parametrize("form", tables.FORMS)
def test_a_file_with_one_change_is_read_or_refused(tmp_path: Path, form: str) -> None:
    """Whatever stands where: a data set or a `DataError`, nothing else."""
    rng = np.random.default_rng(7)
    whole = {file: file.read_bytes() for file in tables.FORMS[form](tmp_path).iterdir()}
    for _ in range(40):
        changed = list(whole)[rng.integers(len(whole))]
        for file, text in whole.items():
            place = int(rng.integers(len(text) if rng.random() < 0.6 else 60))
            put, gap = FRAGMENTS[rng.integers(len(FRAGMENTS))], int(rng.integers(0, 20))
            file.write_bytes(text[:place] + put + text[place + gap :] if file == changed else text)
        try:
            found = read(tmp_path, 1)
        except DataError as bad:
            assert str(tmp_path) in bad.file and len(str(bad).splitlines()) == 1
        else:
            assert all(0 <= b.item < len(found.dataset.items) for user in found.dataset.users for b in user.behaviours)
