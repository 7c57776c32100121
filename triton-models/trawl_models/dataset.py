"""Reads interactions of users with items from a folder, in any of three formats.

`load(path, seed)` looks at the file names to tell the format and gives a `Dataset`:

    sequences    items.tsv, sequences.txt                  item numbers per user, oldest first
    baskets      items.tsv, interactions.tsv or .tsv.gz    order lines with times, cut at baskets
    behaviours   dataset.json, items.tsv, users.jsonl      profiles, actions and times

The formats are described line by line in triton-models/README.md.

Items come in ordinal order. Ordinals are a seeded permutation of the order in the file, because
source numbers often follow the time of the first purchase, held-out purchases included. The
source's number or id survives only as `Item.id`, the name under which callers know the item; it
never becomes a feature, a token or a word of a text.

Every line that does not fit raises a `DataError` naming file, line, value and expectation. What a
request may hold (bounds.py) binds here too, but for the length of a history: a space keeps the
newest part of a longer one.

Reading needs nothing but Python itself; only `load` with a seed needs numpy.
"""

from __future__ import annotations

import calendar
import codecs
import gzip
import json
import math
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bounds import MAX_ID_CHARS, MAX_PROFILE_ENTRIES, MAX_TEXT_CHARS, MAX_TIME_S, TIME, characters, wrong_time

AttributeValue = str | tuple[str, ...] | float | int | bool
ATTRIBUTE_TYPES = ("text", "texts", "number", "flag")

PURCHASE = "purchase"
SECONDS_PER_DAY = 86_400

_SPACE_AND_CONTROLS = re.compile(r"[\u0000-\u0020\u007f-\u00a0\u2028\u2029]+")
_ID = re.compile(r"[^\s\x00-\x1f\x7f\ufeff]+")
_AN_ID = f"an id of 1 to {MAX_ID_CHARS} characters without white space"
_NAME = re.compile(r"[a-z][a-z0-9_-]*")

MIN_EXAMPLES = 20
"""An objective with fewer training targets than this has no signal."""

MAX_LINE_BYTES = 64 << 20
"""The gateway reads no longer line of a space."""


class DataError(Exception):
    """A data set that cannot be used; says where, what stood there and what was expected."""

    def __init__(self, file: Path | str, line: int | None, value: object, expected: str):
        self.file = str(file)
        self.line = line
        self.value = value
        self.expected = expected
        where = self.file if line is None else f"{self.file}, line {line}"
        super().__init__(f"{where}: found {_shorten(value)}, expected {expected}")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to retrieve. Its place in `Dataset.items` is its ordinal."""

    id: str
    title: str
    attributes: dict[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a user did with an item (an ordinal), and when, in Unix seconds, if known."""

    item: int
    action: str
    time: int | None


@dataclass(frozen=True, slots=True)
class User:
    """A user; behaviours are oldest first."""

    id: str
    profile: dict[str, str]
    behaviours: tuple[Behaviour, ...]


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    attributes          (name, type) of every attribute that an item may have
    grammar             the `prompt` object of a space's manifest.json
    category_attribute  the text attribute that tells an item's category, or None
    baskets             whether behaviours of equal time form one basket, held out as a whole
    """

    name: str
    items: tuple[Item, ...]
    users: tuple[User, ...]
    attributes: tuple[tuple[str, str], ...]
    grammar: dict[str, Any]
    category_attribute: str | None
    baskets: bool = False

    @property
    def target_action(self) -> str:
        """The action that objectives predict; others are context only."""
        return str(self.grammar["history"]["default_action"])

    def category(self, ordinal: int) -> str | None:
        """The category of an item, None where it has none."""
        if self.category_attribute is None:
            return None
        value = self.items[ordinal].attributes.get(self.category_attribute)
        return value if isinstance(value, str) else None


def item_text(item: Item) -> str:
    """What the sentence encoder reads of an item: its title and its texts, never its id."""
    parts = [item.title]
    for name, value in item.attributes.items():
        if name == "category" and "categories" in item.attributes:
            continue
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, tuple):
            parts.append(", ".join(value))
    return ". ".join(parts)


def load(path: Path | str, seed: int | None) -> Dataset:
    """Reads the folder at `path`; `seed` decides the ordinals, None leaves the file's order, for who only looks."""
    folder = Path(path)
    try:
        return _load(folder, seed)
    except OSError as bad:
        raise DataError(folder, None, bad.strerror, "a folder that can be read") from None


def _load(folder: Path, seed: int | None) -> Dataset:
    if not folder.is_dir():
        raise DataError(folder, None, "no folder", "a folder with a data set")
    if (folder / "dataset.json").is_file():
        return _load_behaviours(folder, seed)
    if (folder / "sequences.txt").is_file():
        return _load_sequences(folder, seed)
    for name in ("interactions.tsv.gz", "interactions.tsv"):
        if (folder / name).is_file():
            return _load_baskets(folder, folder / name, seed)
    found = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
    raise DataError(
        folder,
        None,
        found,
        "dataset.json (behaviours), sequences.txt (sequences) or interactions.tsv[.gz] (baskets)",
    )


def clean(text: str) -> str:
    """One line of text: every run of white space and control characters is one space."""
    return _SPACE_AND_CONTROLS.sub(" ", text).strip()


# --- sequences ---------------------------------------------------------------------------------


def _load_sequences(folder: Path, seed: int | None) -> Dataset:
    file = folder / "items.tsv"
    rows = _table(file, ["item", "external_id", "title", "categories", "textual_id"])
    items, ordinals = _permuted(_numbered(file, rows, _sequence_item), seed)
    users = list(_sequence_users(folder / "sequences.txt", ordinals))
    return Dataset(
        name=folder.resolve().name,
        items=items,
        users=_checked_users(folder / "sequences.txt", users),
        attributes=(("category", "text"), ("categories", "texts")),
        grammar=_grammar((), PURCHASE, (PURCHASE,), ()),
        category_attribute="category",
    )


def _sequence_item(file: Path, line: int, row: list[str]) -> Item:
    number, _, title, categories, _ = row
    path = tuple(part for part in map(clean, categories.split(" > ")) if part)
    if not path:
        raise DataError(file, line, categories, "at least one category, levels parted by ' > '")
    below_root = path[1:] or path
    attributes: dict[str, AttributeValue] = {
        "category": " > ".join(below_root[:2]),
        "categories": below_root,
    }
    return Item(number, clean(title) or below_root[-1], attributes)


def _sequence_users(file: Path, ordinals: dict[str, int]) -> Iterator[tuple[int, User]]:
    for line, text in _lines(file):
        numbers = text.split()
        if len(numbers) < 2:
            raise DataError(file, line, text, "a user number and at least one item number")
        behaviours = tuple(
            Behaviour(_known(file, line, number, ordinals), PURCHASE, None)
            for number in numbers[1:]
        )
        yield line, User(_positive(file, line, numbers[0], "a user number"), {}, behaviours)


# --- baskets -----------------------------------------------------------------------------------


def _load_baskets(folder: Path, interactions: Path, seed: int | None) -> Dataset:
    file = folder / "items.tsv"
    rows = _table(file, ["item", "stock_code", "title", "median_price_gbp"])
    items, ordinals = _permuted(_numbered(file, rows, _basket_item), seed)
    times = (("week", 7 * SECONDS_PER_DAY), ("month", 30 * SECONDS_PER_DAY), ("older", None))
    return Dataset(
        name=folder.resolve().name,
        items=items,
        users=tuple(_basket_users(interactions, ordinals)),
        attributes=(("price", "number"),),
        grammar=_grammar((), PURCHASE, (PURCHASE,), times),
        category_attribute=None,
        baskets=True,
    )


def _basket_item(file: Path, line: int, row: list[str]) -> Item:
    number, _, title, price = row
    if not clean(title):
        raise DataError(file, line, title, "a title")
    return Item(number, clean(title), {"price": _number(file, line, price, "a price")})


def _basket_users(file: Path, ordinals: dict[str, int]) -> Iterator[User]:
    """A basket takes the time of its earliest line; an item counts once a basket."""
    baskets: dict[str, dict[str, tuple[int, dict[int, None]]]] = {}
    owners: dict[str, str] = {}
    for line, row in _table(file, ["customer", "basket", "time", "item", "quantity"]):
        customer = _positive(file, line, row[0], "a customer number")
        basket = _positive(file, line, row[1], "a basket number")
        if owners.setdefault(basket, customer) != customer:
            raise DataError(file, line, basket, f"a basket of customer {owners[basket]} alone")
        moment = _minute(file, line, row[2])
        item = _known(file, line, row[3], ordinals)
        _positive(file, line, row[4], "a quantity")
        of_customer = baskets.setdefault(customer, {})
        earliest, found = of_customer.get(basket, (moment, {}))
        found[item] = None
        of_customer[basket] = (min(earliest, moment), found)
    for customer, of_customer in baskets.items():
        merged: dict[int, dict[int, None]] = {}
        for moment, found in of_customer.values():
            merged.setdefault(moment, {}).update(found)
        behaviours = tuple(
            Behaviour(item, PURCHASE, moment)
            for moment in sorted(merged)
            for item in merged[moment]
        )
        yield User(customer, {}, behaviours)


def _minute(file: Path, line: int, text: str) -> int:
    try:
        moment = calendar.timegm(time.strptime(text, "%Y-%m-%d %H:%M"))
    except ValueError:
        moment = -1
    if moment < 0:
        raise DataError(file, line, text, "a time as YYYY-MM-DD HH:MM, not before 1970")
    return moment


# --- behaviours --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Head:
    """dataset.json of the behaviours format."""

    name: str
    attributes: tuple[tuple[str, str], ...]
    category_attribute: str | None
    profile_keys: tuple[str, ...]
    default_action: str
    actions: tuple[str, ...]
    times: tuple[tuple[str, int | None], ...]


def _load_behaviours(folder: Path, seed: int | None) -> Dataset:
    head = _head(folder / "dataset.json")
    file = folder / "items.tsv"
    types = dict(head.attributes)
    read = ((line, _behaviour_item(file, line, text, types)) for line, text in _lines(file))
    items, ordinals = _permuted(_unique_items(file, read), seed)
    users_file = folder / "users.jsonl"
    users = [
        (line, _behaviour_user(users_file, line, text, head, ordinals))
        for line, text in _lines(users_file)
    ]
    return Dataset(
        name=head.name,
        items=items,
        users=_checked_users(users_file, users),
        attributes=head.attributes,
        grammar=_grammar(head.profile_keys, head.default_action, head.actions, head.times),
        category_attribute=head.category_attribute,
    )


_HEAD_KEYS = {
    "name",
    "attributes",
    "category_attribute",
    "profile_keys",
    "default_action",
    "actions",
    "times",
}


def _head(file: Path) -> _Head:
    found, text = read_json(file)
    _keys(file, 1, found, _HEAD_KEYS)
    # No key of the head stands within another's value: no value that is right holds an object.
    lines = {key: 1 + text.count("\n", 0, re.search(rf'"{key}"\s*:|\Z', text).start()) for key in _HEAD_KEYS}
    attributes = _head_attributes(file, lines["attributes"], found["attributes"])
    category = found["category_attribute"]
    if category is not None and (category, "text") not in attributes:
        expected = "null or the name of an attribute of type text"
        raise DataError(file, lines["category_attribute"], category, expected)
    actions = _names(file, lines["actions"], found["actions"], "actions")
    if found["default_action"] not in actions:
        raise DataError(file, lines["default_action"], found["default_action"], f"one of the actions {actions}")
    profile_keys = _names(file, lines["profile_keys"], found["profile_keys"], "profile keys")
    if len(profile_keys) > MAX_PROFILE_ENTRIES:
        raise DataError(file, lines["profile_keys"], len(profile_keys), f"at most {MAX_PROFILE_ENTRIES} profile keys")
    return _Head(
        name=_names(file, lines["name"], [found["name"]], "a name")[0],
        attributes=attributes,
        category_attribute=category,
        profile_keys=profile_keys,
        default_action=found["default_action"],
        actions=actions,
        times=_head_times(file, lines["times"], found["times"]),
    )


def _head_attributes(file: Path, line: int, found: Any) -> tuple[tuple[str, str], ...]:
    expected = "attributes as [name, type], type one of " + ", ".join(ATTRIBUTE_TYPES)
    if not isinstance(found, list):
        raise DataError(file, line, found, expected)
    for pair in found:
        good = isinstance(pair, list) and len(pair) == 2 and pair[1] in ATTRIBUTE_TYPES
        if not good:
            raise DataError(file, line, pair, expected)
    _names(file, line, [name for name, _ in found], "attribute names")
    return tuple((name, kind) for name, kind in found)


def _head_times(file: Path, line: int, found: Any) -> tuple[tuple[str, int | None], ...]:
    expected = f"times as [name, seconds], ascending, at most {MAX_TIME_S}, the last with null for seconds"
    pairs = found if isinstance(found, list) else [found]
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise DataError(file, line, found, expected)
    _names(file, line, [name for name, _ in pairs], "names of times")
    bounds = [bound for _, bound in pairs]
    inner = bounds[:-1]
    whole = all(isinstance(b, int) and not isinstance(b, bool) and 0 < b <= MAX_TIME_S for b in inner)
    if not whole or inner != sorted(set(inner)) or (bounds and bounds[-1] is not None):
        raise DataError(file, line, found, expected)
    return tuple((name, bound) for name, bound in pairs)


def _behaviour_item(file: Path, line: int, text: str, types: dict[str, str]) -> Item:
    row = text.split("\t")
    if len(row) != 3:
        raise DataError(file, line, text, "three columns: id, title, attributes as a JSON object")
    _id(file, line, row[0])
    if not clean(row[1]):
        raise DataError(file, line, row[1], "a title")
    attributes = {
        name: _attribute(file, line, name, value, types)
        for name, value in _json_object(file, line, row[2]).items()
    }
    return Item(row[0], clean(row[1]), attributes)


def _attribute(
    file: Path, line: int, name: str, value: Any, types: dict[str, str]
) -> AttributeValue:
    kind = types.get(name)
    if kind == "text" and isinstance(value, str):
        return clean(value)
    if kind == "texts" and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(map(clean, value))
    if kind == "flag" and isinstance(value, bool):
        return value
    if kind == "number" and isinstance(value, (int, float)) and not isinstance(value, bool):
        if _is_finite(value):
            return value
    expected = f"a {kind}" if kind else "an attribute of dataset.json: " + ", ".join(types)
    raise DataError(file, line, f"{name}: {_shorten(value)}", expected)


def _is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all doubles
        return False


def _behaviour_user(
    file: Path, line: int, text: str, head: _Head, ordinals: dict[str, int]
) -> User:
    found = _json_object(file, line, text)
    _keys(file, line, found, {"id", "profile", "behaviours"})
    identifier, profile, behaviours = found["id"], found["profile"], found["behaviours"]
    _id(file, line, identifier)
    if not isinstance(profile, dict) or not all(isinstance(v, str) for v in profile.values()):
        raise DataError(file, line, profile, "a profile: a JSON object from key to text")
    for key in profile:
        if key not in head.profile_keys:
            raise DataError(file, line, key, f"one of the profile keys {head.profile_keys}")
        if characters(profile[key]) > MAX_TEXT_CHARS:
            raise DataError(file, line, f"{key}: {profile[key]}", f"at most {MAX_TEXT_CHARS} characters")
    if not isinstance(behaviours, list):
        raise DataError(file, line, behaviours, "a list of behaviours")
    read = tuple(_behaviour(file, line, found, head, ordinals) for found in behaviours)
    known = [behaviour.time for behaviour in read if behaviour.time is not None]
    if known != sorted(known):
        raise DataError(file, line, identifier, "behaviours oldest first")
    return User(identifier, profile, read)


def _behaviour(
    file: Path, line: int, found: Any, head: _Head, ordinals: dict[str, int]
) -> Behaviour:
    if not isinstance(found, list) or len(found) != 3:
        raise DataError(file, line, found, "a behaviour as [item, action, time]")
    item, action, moment = found
    if action not in head.actions:
        raise DataError(file, line, action, f"one of the actions {head.actions}")
    if moment is not None:
        whole = isinstance(moment, int) and not isinstance(moment, bool)
        expected = wrong_time(moment) if whole else TIME
        if expected is not None:
            raise DataError(file, line, moment, expected + ", or null" * (not whole))
    return Behaviour(_known(file, line, item, ordinals), action, moment)


# --- what the formats share --------------------------------------------------------------------


def _grammar(
    profile_keys: Iterable[str],
    default_action: str,
    actions: Iterable[str],
    times: Iterable[tuple[str, int | None]],
) -> dict[str, Any]:
    written = [
        {"text": f"<|{name}|>"}
        if bound is None
        else {"max_age_seconds": bound, "text": f"<|{name}|>"}
        for name, bound in times
    ]
    return {
        "pad": "<|pad|>",
        "item": "<|item|>",
        "profile": {"keys": list(profile_keys), "max_tokens": 16},
        "text": {"max_tokens": 16},
        "history": {
            "max_behaviours": 50,
            "default_action": default_action,
            "actions": {a: "" if a == default_action else f"<|{a}|>" for a in actions},
            "times": written,
        },
    }


def _permuted(items: list[Item], seed: int | None) -> tuple[tuple[Item, ...], dict[str, int]]:
    shuffled = tuple(items)
    if seed is not None:
        import numpy as np

        order = np.random.default_rng([seed, 0x17E3]).permutation(len(items))
        shuffled = tuple(items[source] for source in order)
    return shuffled, {item.id: ordinal for ordinal, item in enumerate(shuffled)}


def _numbered(file: Path, rows: Iterator[tuple[int, list[str]]], make: Any) -> list[Item]:
    def read() -> Iterator[tuple[int, Item]]:
        for line, row in rows:
            _positive(file, line, row[0], "an item number")
            yield line, make(file, line, row)

    return _unique_items(file, read())


def _unique_items(file: Path, read: Iterable[tuple[int, Item]]) -> list[Item]:
    seen: dict[str, int] = {}
    items = []
    for line, item in read:
        if seen.setdefault(item.id, line) != line:
            raise DataError(file, line, item.id, f"an item other than that of line {seen[item.id]}")
        items.append(item)
    if not items:
        raise DataError(file, 1, "no items", "at least one item")
    return items


def _checked_users(file: Path, users: list[tuple[int, User]]) -> tuple[User, ...]:
    seen: dict[str, int] = {}
    for line, user in users:
        if seen.setdefault(user.id, line) != line:
            raise DataError(file, line, user.id, f"a user other than that of line {seen[user.id]}")
    return tuple(user for _, user in users)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines from 1 without their ends."""
    if not file.is_file():
        raise DataError(file, None, "no such file", "a file of this name")
    packed = file.suffix == ".gz"
    line = 0
    try:
        with gzip.open(file, "rb") if packed else file.open("rb") as stream:
            while raw := stream.readline(MAX_LINE_BYTES + 1):
                line += 1
                yield line, _decoded(file, line, raw)
    except (OSError, EOFError, zlib.error) as bad:
        expected = "a whole gzip file" if packed else "a file that can be read"
        raise DataError(file, line + 1, str(bad), expected) from None


def _decoded(file: Path, line: int, raw: bytes) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise DataError(file, line, raw[:40], f"a line of at most {MAX_LINE_BYTES} bytes")
    if line == 1 and raw.startswith(codecs.BOM_UTF8):
        raise DataError(file, line, raw[:40], "UTF-8 without a byte-order mark")
    if b"\0" in raw:
        raise DataError(file, line, raw[max(0, raw.index(b"\0") - 20) :][:40], "text without NUL")
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as bad:
        raise DataError(file, line, raw[bad.start : bad.start + 40], f"UTF-8 ({bad.reason})") from None


def _table(file: Path, header: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Rows of a tab separated file below its header."""
    width = len(header)
    rows = ((line, text, text.split("\t")) for line, text in _lines(file))
    _, text, row = next(rows, (1, "", []))
    if row != header:
        raise DataError(file, 1, text, "the header " + " <TAB> ".join(header))
    for line, text, row in rows:
        if len(row) != width:
            raise DataError(file, line, text, f"{width} columns, not {len(row)}")
        yield line, row


def _id(file: Path, line: int, found: Any) -> None:
    if not isinstance(found, str) or not _ID.fullmatch(found) or characters(found) > MAX_ID_CHARS:
        raise DataError(file, line, found, _AN_ID)


def _positive(file: Path, line: int, text: str, what: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) > MAX_ID_CHARS or int(text) == 0:
        raise DataError(file, line, text, f"{what}: a positive whole number of at most {MAX_ID_CHARS} digits")
    return str(int(text))


def _number(file: Path, line: int, text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        raise DataError(file, line, text, f"{what}: a number of zero or more")
    return value


def _known(file: Path, line: int, item: Any, ordinals: dict[str, int]) -> int:
    ordinal = ordinals.get(item) if isinstance(item, str) else None
    if ordinal is None:
        raise DataError(file, line, item, "an item of items.tsv")
    return ordinal


def read_json(file: Path) -> tuple[dict[str, Any], str]:
    """The object that a file holds, and its text."""
    text = "\n".join(text for _, text in _lines(file))
    return _json_object(file, 1, text), text


class _GivenTwice(Exception):
    """A key that stands twice in one JSON object."""

    def __init__(self, key: str):
        super().__init__(key)
        self.key = key


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise _GivenTwice(key)
        members[key] = value
    return members


def _json_object(file: Path, line: int, text: str) -> dict[str, Any]:
    """The object that `text` is; `line` is where it begins."""
    try:
        found = json.loads(text, object_pairs_hook=_members)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except _GivenTwice as bad:
        raise DataError(file, line, bad.key, "a key that is given once") from None
    except json.JSONDecodeError as bad:
        raise DataError(file, line + bad.lineno - 1, text, f"JSON ({bad.msg} at character {bad.colno})") from None
    except UnicodeEncodeError as bad:
        raise DataError(file, line, bad.object[bad.start], "JSON without half of a surrogate pair") from None
    except RecursionError:
        raise DataError(file, line, text, "JSON that is nested less deeply") from None
    except ValueError:  # Python reads no whole number of more digits
        raise DataError(file, line, text, "JSON with numbers of at most 4300 digits") from None
    if not isinstance(found, dict):
        raise DataError(file, line, text, "a JSON object")
    return found


def _keys(file: Path, line: int, found: dict[str, Any], expected: set[str]) -> None:
    for key in sorted(found.keys() ^ expected):
        raise DataError(file, line, sorted(found), f"the keys {sorted(expected)}: see {key!r}")


def _names(file: Path, line: int, found: Any, what: str) -> tuple[str, ...]:
    expected = f"{what}: distinct lower-case names of letters, digits, '_' and '-', {MAX_ID_CHARS} at most"
    if not isinstance(found, list):
        raise DataError(file, line, found, expected)
    for name in found:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_ID_CHARS:
            raise DataError(file, line, name, expected)
    if len(set(found)) != len(found):
        raise DataError(file, line, found, expected)
    return tuple(found)


def _shorten(value: object) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return "something deeply nested"
    return text if len(text) <= 120 else text[:117] + "..."
