"""Reading data: what is wrong is refused by file, line and value, and nothing leaks the source."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import folders
import pytest

from trawl_models import dataset as reader
from trawl_models.dataset import Behaviour, DataError, clean, item_text, lines, load


def test_sequences_become_users_with_behaviours(tmp_path: Path) -> None:
    dataset = load(folders.sequences(tmp_path / "garden"), seed=1)

    assert dataset.name == "garden"
    assert len(dataset.items) == 40 and len(dataset.users) == 60
    first_line = (tmp_path / "garden" / "sequences.txt").read_text().splitlines()[0].split()
    user = dataset.users[0]
    assert user.id == first_line[0]
    assert [dataset.items[b.item].id for b in user.behaviours] == first_line[1:]
    assert {(b.action, b.time) for b in user.behaviours} == {("purchase", None)}


def test_categories_lose_their_root_and_keep_two_levels(tmp_path: Path) -> None:
    dataset = load(folders.sequences(tmp_path), seed=1)
    item = next(item for item in dataset.items if item.id == "4")

    assert item.attributes == {"category": "Room 1 > lamps", "categories": ("Room 1", "lamps")}
    assert dataset.category(dataset.items.index(item)) == "Room 1 > lamps"


def test_an_item_without_a_title_is_called_by_its_category(tmp_path: Path) -> None:
    folders.sequences(tmp_path)
    _replace_line(tmp_path / "items.tsv", 2, "1\tEXT\t \tHome > Room > lamps\tx")

    item = next(item for item in load(tmp_path, seed=1).items if item.id == "1")

    assert item.title == "lamps"


def test_ordinals_are_a_seeded_permutation(tmp_path: Path) -> None:
    folders.sequences(tmp_path)
    orders = [[int(item.id) for item in load(tmp_path, seed).items] for seed in (1, 1, 2)]

    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert sorted(orders[0]) == list(range(1, 41))
    assert sum(ordinal + 1 == number for ordinal, number in enumerate(orders[0])) < 10


def test_no_text_of_an_item_holds_its_source_ids(tmp_path: Path) -> None:
    for item in load(folders.sequences(tmp_path), seed=1).items:
        text = item_text(item) + item.title + repr(item.attributes)
        assert "EXT" not in text and "secret" not in text


def test_a_basket_has_one_time_and_each_item_once(tmp_path: Path) -> None:
    dataset = load(folders.baskets(tmp_path), seed=1)
    bought = [(dataset.items[b.item].id, b.time) for b in dataset.users[0].behaviours]

    january = bought[0][1]
    assert [item for item, _ in bought] == ["1", "2", "3", "4", "1", "5", "6"]
    assert january == 1293876000
    assert [moment == january for _, moment in bought] == [True] * 3 + [False] * 4
    assert dataset.baskets and dataset.category_attribute is None


def test_baskets_read_plain_text_too(tmp_path: Path) -> None:
    import gzip

    zipped = load(folders.baskets(tmp_path), seed=1)
    packed = tmp_path / "interactions.tsv.gz"
    (tmp_path / "interactions.tsv").write_bytes(gzip.decompress(packed.read_bytes()))
    packed.unlink()

    assert load(tmp_path, seed=1) == zipped


def test_behaviours_keep_profile_action_and_time(tmp_path: Path) -> None:
    dataset = load(folders.behaviours(tmp_path), seed=1)
    user = dataset.users[1]

    assert dataset.name == "tiny-shop"
    assert user.profile == {"region": "south", "age": "25-34"}
    assert user.behaviours[1].action == "click"
    assert user.behaviours[1] == Behaviour(
        user.behaviours[1].item, "click", folders.START + 2 * folders.DAY
    )
    assert dataset.target_action == "purchase"
    assert dataset.grammar["history"]["actions"] == {"purchase": "", "click": "<|click|>"}
    assert dataset.grammar["history"]["times"][-1] == {"text": "<|older|>"}


def test_titles_become_one_line() -> None:
    assert clean(" two\t lines\r\nand\u00a0a\u2028third ") == "two lines and a third"


PACKAGE = Path(reader.__file__).parents[1]
LOOK = "import sys; from trawl_models.dataset import load; print(load(sys.argv[1], None).items[0].id)"

SEQUENCE_FAULTS = [
    ("items.tsv", 1, "item\ttitle", "the header"),
    ("items.tsv", 3, "2\tEXT\ttitle", "5 columns"),
    ("items.tsv", 3, "two\tE\tt\tA > B\tx", "positive whole number"),
    ("items.tsv", 3, "1\tE\tt\tA > B\tx", "other than that of line 2"),
    ("items.tsv", 3, "2\tE\tt\t\tx", "at least one category"),
    ("sequences.txt", 2, "2", "at least one item number"),
    ("sequences.txt", 2, "2 999", "an item of items.tsv"),
    ("sequences.txt", 2, "9" * 4301 + " 3", "a user number: a positive whole number of at most 256 digits"),
    ("sequences.txt", 1, "\ufeff1 3 4", "without a byte-order mark"),
    ("items.tsv", 1, "\ufeffitem\texternal_id\ttitle\tcategories\ttextual_id", "without a byte-order mark"),
    ("items.tsv", 3, "9" * 300 + "\tE\tt\tA > B\tx", "an item number"),
    ("sequences.txt", 2, "1 3 4", "a user other than that of line 1"),
    ("sequences.txt", 2, "-2 3 4", "a user number"),
    ("sequences.txt", 2, "", "at least one item number"),
]


@pytest.mark.parametrize(("file", "line", "text", "expected"), SEQUENCE_FAULTS)
def test_a_bad_line_of_sequences_is_named(
    tmp_path: Path, file: str, line: int, text: str, expected: str
) -> None:
    folders.sequences(tmp_path)
    _replace_line(tmp_path / file, line, text)
    _assert_refused(tmp_path, file, line, expected)


BASKET_FAULTS = [
    ("1\t1\t01.02.2011\t1\t2", "a time as YYYY-MM-DD HH:MM"),
    ("1\t1\t1969-12-31 23:59\t1\t2", "not before 1970"),
    ("1\t1\t0001-01-01 00:00\t1\t2", "not before 1970"),
    ("1\t1\t2011-01-01 10:00\t1\t0", "a quantity"),
    ("1\t1\t2011-01-01 10:00\t1\t" + "9" * 5000, "a quantity"),
    ("1\t1\t2011-01-01 10:00\t1\t-2", "a quantity"),
    ("1\t1\t2011-01-01 10:00\t77\t1", "an item of items.tsv"),
    ("2\t1\t2011-01-01 10:00\t1\t1", "a basket of customer 1 alone"),
    ("1\t1\t2011-01-01 10:00\t1", "5 columns"),
]


@pytest.mark.parametrize(("text", "expected"), BASKET_FAULTS)
def test_a_bad_line_of_baskets_is_named(tmp_path: Path, text: str, expected: str) -> None:
    folders.baskets(tmp_path, ["1\t1\t2011-01-01 10:00\t1\t2", text])
    _assert_refused(tmp_path, "interactions.tsv.gz", 3, expected)


def _user(*behaviours: list[object], profile: dict[str, str] | None = None) -> str:
    return json.dumps({"id": "a", "profile": profile or {}, "behaviours": behaviours})


BEHAVIOUR_FAULTS = [
    ("items.tsv", "i1\ttitle", "three columns"),
    ("items.tsv", "i 1\ttitle\t{}", "without white space"),
    ("items.tsv", f"{'i' * 257}\tt\t{{}}", "an id of 1 to 256 characters"),
    ("items.tsv", f"{'😀' * 129}\tt\t{{}}", "an id of 1 to 256 characters"),
    ("items.tsv", "\ufeffi1\tt\t{}", "an id of"),
    ("items.tsv", "i1\t\t{}", "a title"),
    ("items.tsv", "i1\ttitle\t[1]", "a JSON object"),
    ("items.tsv", "i1\ttitle\t{", "JSON ("),
    ("items.tsv", 'i1\ttitle\t{"price": "3"}', "a number"),
    ("items.tsv", 'i1\ttitle\t{"price": NaN}', "a number"),
    ("items.tsv", 'i1\ttitle\t{"price": true}', "a number"),
    ("items.tsv", 'i1\ttitle\t{"tags": "red"}', "a texts"),
    ("items.tsv", 'i1\ttitle\t{"smell": "rose"}', "an attribute of dataset.json"),
    ("users.jsonl", "{}", "the keys"),
    ("users.jsonl", '{"id": 4, "profile": {}, "behaviours": []}', "an id of"),
    ("users.jsonl", json.dumps({"id": "u" * 257, "profile": {}, "behaviours": []}), "an id of"),
    ("users.jsonl", '{"id": "a", "profile": {"region": 1}, "behaviours": []}', "a profile"),
    ("users.jsonl", '{"id": "a", "profile": {"shoe": "9"}, "behaviours": []}', "profile keys"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": 3}', "a list of behaviours"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": [], "oracle_rank": -1}', "a whole number from 0"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": [], "oracle_rank": true}', "a whole number from 0"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": [["i1"]]}', "a behaviour as"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": [["i1", "stole", 1]]}', "actions"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": [["i1", "click", 1.5]]}', "whole seconds"),
    ("users.jsonl", '{"id": "a", "profile": {}, "behaviours": [["zz", "click", 1]]}', "an item of"),
    (
        "users.jsonl",
        '{"id": "a", "profile": {}, "behaviours": [["i1", "click", 9], ["i2", "click", 8]]}',
        "oldest first",
    ),
    ("users.jsonl", '{"id": "u0", "profile": {}, "behaviours": []}', "other than that of line 1"),
    ("items.tsv", f'i1\tt\t{{"price": 1{"0" * 400}}}', "a number"),
    ("items.tsv", f'i1\tt\t{{"price": {"9" * 4301}}}', "numbers of at most 4300 digits"),
    ("items.tsv", f'i1\tt\t{"[" * 100_000}{"]" * 100_000}', "nested less deeply"),
    ("items.tsv", f'i1\tt\t{{"price": {"[" * 100_000}1{"]" * 100_000}}}', "nested less deeply"),
    ("items.tsv", f'i1\tt\t{{"price": {"[" * 900}1{"]" * 900}}}', ""),
    ("items.tsv", r'i1	t	{"category": "\uD83d"}'.replace(r"\t", "\t"), "half of a surrogate pair"),
    ("items.tsv", r'i1	t	{"\ude00": 1}'.replace(r"\t", "\t"), "half of a surrogate pair"),
    ("users.jsonl", r'{"id": "\udead", "profile": {}, "behaviours": []}', "half of a surrogate pair"),
    ("items.tsv", "i1\tti\0tle\t{}", "text without NUL"),
    ("items.tsv", 'i1\tt\t{"price": 1, "price": 2}', "a key that is given once"),
    ("users.jsonl", '{"id": "a", "id": "b", "profile": {}, "behaviours": []}', "a key that is given once"),
    ("users.jsonl", '{"id": "a", "profile": {"age": "1", "age": "2"}, "behaviours": []}', "a key that is given once"),
    ("users.jsonl", _user(profile={"age": "9" * 1025}), "at most 1024 characters"),
    ("users.jsonl", _user(["i1", "click", -1]), "whole seconds since 1970, 0 to 253402300799"),
    ("users.jsonl", _user(["i1", "click", 1_700_000_000_000]), "; this looks like milliseconds"),
    ("users.jsonl", _user(["i1", "click", 10**400]), "whole seconds since 1970"),
    ("users.jsonl", _user(["i1", "click", True]), "whole seconds since 1970"),
    ("users.jsonl", _user(["i1", ["click"], 1]), "one of the actions"),
    ("users.jsonl", _user([["i1"], "click", 1]), "an item of"),
]


@pytest.mark.parametrize(("file", "text", "expected"), BEHAVIOUR_FAULTS)
def test_a_bad_line_of_behaviours_is_named(
    tmp_path: Path, file: str, text: str, expected: str
) -> None:
    folders.behaviours(tmp_path)
    _replace_line(tmp_path / file, 2, text)
    _assert_refused(tmp_path, file, 2, expected)


HEAD_FAULTS = [
    ({"name": "Not A Name"}, "lower-case names"),
    ({"attributes": [["price", "money"]]}, "attributes as"),
    ({"attributes": {"price": "number"}}, "attributes as"),
    ({"category_attribute": "price"}, "type text"),
    ({"default_action": "steal"}, "one of the actions"),
    ({"actions": ["purchase", "<|x|>"]}, "lower-case names"),
    ({"times": [["day", 5], ["week", 5], ["older", None]]}, "ascending"),
    ({"times": [["day", 5], ["week", 9]]}, "the last with null"),
    ({"times": [["day", None], ["older", None]]}, "ascending"),
    ({"speed": 3}, "the keys"),
    ({"category_attribute": ["category"]}, "type text"),
    ({"category_attribute": {"a": 1}}, "type text"),
    ({"attributes": [["price", ["number"]]]}, "attributes as"),
    ({"default_action": ["purchase"]}, "one of the actions"),
    ({"actions": ["purchase", "p" * 257]}, "256 at most"),
    ({"actions": [["purchase"], ["purchase"]]}, "lower-case names"),
    ({"profile_keys": [f"k{n}" for n in range(65)]}, "at most 64"),
    ({"times": [["day", 10**30], ["older", None]]}, "at most 253402300799"),
    ({"name": "\ud800"}, "half of a surrogate pair"),
]


@pytest.mark.parametrize(("change", "expected"), HEAD_FAULTS)
def test_a_bad_head_is_refused(tmp_path: Path, change: dict[str, object], expected: str) -> None:
    folders.behaviours(tmp_path)
    text = json.dumps(folders.HEAD | change, indent=1)
    (tmp_path / "dataset.json").write_text(text)
    whole = "speed" in change or "surrogate" in expected
    line = 1 if whole else 1 + text[: text.index(f'"{next(iter(change))}":')].count("\n")
    _assert_refused(tmp_path, "dataset.json", line, expected)


HEAD_TEXTS = [
    (b"\xef\xbb\xbf{}", 1, "without a byte-order mark"),
    (b'{\n"name": "caf\xe9"}', 2, "UTF-8"),
    (b'{\n\n"name" "x"}', 3, "JSON ("),
    (b"[" * 100_000, 1, "nested less deeply"),
    (b'{"version": ' + b"9" * 4301 + b"}", 1, "4300 digits"),
    (b"", 1, "JSON ("),
    (b"[]", 1, "a JSON object"),
    (b'{"name": "a",\n"name": "b"}', 1, "a key that is given once"),
    (b'{\n"name": "a\0b"}', 2, "text without NUL"),
]


@pytest.mark.parametrize(("text", "line", "expected"), HEAD_TEXTS, ids=range(len(HEAD_TEXTS)))
def test_a_head_that_is_no_object_is_named(tmp_path: Path, text: bytes, line: int, expected: str) -> None:
    folders.behaviours(tmp_path)
    (tmp_path / "dataset.json").write_bytes(text)
    _assert_refused(tmp_path, "dataset.json", line, expected)


@pytest.mark.parametrize("name", ["items.tsv", "users.jsonl"])
def test_a_byte_order_mark_becomes_part_of_nothing(tmp_path: Path, name: str) -> None:
    file = folders.behaviours(tmp_path) / name
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    _assert_refused(tmp_path, name, 1, "without a byte-order mark")


def test_what_a_request_may_just_hold_is_read(tmp_path: Path) -> None:
    folders.behaviours(tmp_path)
    identifier = "😀" * 128
    _replace_line(tmp_path / "items.tsv", 1, f"{identifier}\ttitle\t{{}}")
    latest = [[identifier, "click", 0], *[["i1", "click", 253_402_300_799]] * 2500]
    _replace_line(tmp_path / "users.jsonl", 1, _user(*latest, profile={"age": "9" * 1024}))
    later = (tmp_path / "users.jsonl").read_text().split("\n")
    (tmp_path / "users.jsonl").write_text(later[0] + "\n")
    dataset = load(tmp_path, seed=1)
    assert len(dataset.users[0].behaviours) == 2501, "the space holds the newest of them"


def test_looking_needs_nothing_but_python(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-S", "-c", LOOK, str(folders.behaviours(tmp_path))],
        env={"PYTHONPATH": str(PACKAGE.parent)}, capture_output=True, text=True, timeout=60, check=False,
    )
    assert found.stdout == "i0\n", found.stderr


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    folders.sequences(tmp_path)
    with (tmp_path / "items.tsv").open("ab") as stream:
        stream.write(b"41\tE\tcaf\xe9\tA > B\tx\n")
    _assert_refused(tmp_path, "items.tsv", 42, "UTF-8")


def test_a_cut_gzip_file_is_named(tmp_path: Path) -> None:
    file = folders.baskets(tmp_path) / "interactions.tsv.gz"
    file.write_bytes(file.read_bytes()[:-12])
    _assert_refused(tmp_path, file.name, 12, "a whole gzip file")


GZIP_FAULTS = {
    "no gzip at all": lambda packed: b"customer\tbasket",
    "a damaged block": lambda packed: packed[:30] + bytes(20) + packed[50:],
    "another checksum": lambda packed: packed[:-8] + bytes(8),
    "rubbish behind": lambda packed: packed + b"rubbish",
    "a bad second header": lambda packed: packed + packed[:2] + b"\x00" * 20,
}


@pytest.mark.parametrize("fault", GZIP_FAULTS)
def test_a_damaged_gzip_file_is_named(tmp_path: Path, fault: str) -> None:
    file = folders.baskets(tmp_path) / "interactions.tsv.gz"
    file.write_bytes(GZIP_FAULTS[fault](file.read_bytes()))
    with pytest.raises(DataError) as refused:
        load(tmp_path, seed=1)
    assert refused.value.line is not None and "a whole gzip file" in refused.value.expected


@pytest.mark.parametrize("name", ["items.tsv", "interactions.tsv"])
def test_an_empty_table_lacks_its_header(tmp_path: Path, name: str) -> None:
    folders.baskets(tmp_path)
    (tmp_path / "interactions.tsv.gz").unlink()
    (tmp_path / "interactions.tsv").write_text("customer\tbasket\ttime\titem\tquantity\n")
    (tmp_path / name).write_text("")
    _assert_refused(tmp_path, name, 1, "the header")


def test_a_line_without_end_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1000)
    folders.behaviours(tmp_path)
    _replace_line(tmp_path / "items.tsv", 3, "i" * 1001)
    _assert_refused(tmp_path, "items.tsv", 3, "a line of at most 1000 bytes")


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_folder_of_no_format_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="expected (a folder|a file of interactions: CSV, .* own form: dataset.json)"):
        load(tmp_path / name, seed=1)


def _replace_line(file: Path, line: int, text: str) -> None:
    lines = file.read_text(encoding="utf-8").split("\n")
    lines[line - 1] = text
    file.write_text("\n".join(lines), encoding="utf-8")


def _assert_refused(folder: Path, file: str, line: int | None, expected: str) -> None:
    with pytest.raises(DataError) as refused:
        load(folder, seed=1)
    assert Path(refused.value.file).name == file
    assert refused.value.line == line
    assert expected in refused.value.expected
    assert file in str(refused.value)
