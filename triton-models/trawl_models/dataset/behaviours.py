"""Behaviours: dataset.json, items.tsv and users.jsonl; profiles, actions and times."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bounds import MAX_PROFILE_ENTRIES, MAX_TEXT_CHARS, MAX_TIME_S, TIME, characters, wrong_time
from .fields import check_id, check_keys, check_names, checked_users, clean, known, unique_items
from .lines import json_object, read_json, read_lines
from .parts import ATTRIBUTE_TYPES, AttributeValue, Behaviour, Dataset, Item, User, grammar, permuted
from .refusal import DataError, shorten


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


def load(folder: Path, seed: int | None) -> Dataset:
    head = _head(folder / "dataset.json")
    file = folder / "items.tsv"
    types = dict(head.attributes)
    read = ((line, _behaviour_item(file, line, text, types)) for line, text in read_lines(file))
    items, ordinals = permuted(unique_items(file, read), seed)
    users_file = folder / "users.jsonl"
    users = [
        (line, _behaviour_user(users_file, line, text, head, ordinals))
        for line, text in read_lines(users_file)
    ]
    return Dataset(
        name=head.name,
        items=items,
        users=checked_users(users_file, users),
        attributes=head.attributes,
        grammar=grammar(head.profile_keys, head.default_action, head.actions, head.times),
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
    check_keys(file, 1, found, _HEAD_KEYS)
    # No key of the head stands within another's value: no value that is right holds an object.
    lines = {key: 1 + text.count("\n", 0, re.search(rf'"{key}"\s*:|\Z', text).start()) for key in _HEAD_KEYS}
    attributes = _head_attributes(file, lines["attributes"], found["attributes"])
    category = found["category_attribute"]
    if category is not None and (category, "text") not in attributes:
        expected = "null or the name of an attribute of type text"
        raise DataError(file, lines["category_attribute"], category, expected)
    actions = check_names(file, lines["actions"], found["actions"], "actions")
    if found["default_action"] not in actions:
        raise DataError(file, lines["default_action"], found["default_action"], f"one of the actions {actions}")
    profile_keys = check_names(file, lines["profile_keys"], found["profile_keys"], "profile keys")
    if len(profile_keys) > MAX_PROFILE_ENTRIES:
        raise DataError(file, lines["profile_keys"], len(profile_keys), f"at most {MAX_PROFILE_ENTRIES} profile keys")
    return _Head(
        name=check_names(file, lines["name"], [found["name"]], "a name")[0],
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
    check_names(file, line, [name for name, _ in found], "attribute names")
    return tuple((name, kind) for name, kind in found)


def _head_times(file: Path, line: int, found: Any) -> tuple[tuple[str, int | None], ...]:
    expected = f"times as [name, seconds], ascending, at most {MAX_TIME_S}, the last with null for seconds"
    pairs = found if isinstance(found, list) else [found]
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise DataError(file, line, found, expected)
    check_names(file, line, [name for name, _ in pairs], "names of times")
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
    check_id(file, line, row[0])
    if not clean(row[1]):
        raise DataError(file, line, row[1], "a title")
    attributes = {
        name: _attribute(file, line, name, value, types)
        for name, value in json_object(file, line, row[2]).items()
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
        if is_finite(value):
            return value
    expected = f"a {kind}" if kind else "an attribute of dataset.json: " + ", ".join(types)
    raise DataError(file, line, f"{name}: {shorten(value)}", expected)


def is_finite(value: int | float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond all doubles
        return False


def _behaviour_user(
    file: Path, line: int, text: str, head: _Head, ordinals: dict[str, int]
) -> User:
    found = json_object(file, line, text)
    rank = found.pop("oracle_rank", None)
    check_keys(file, line, found, {"id", "profile", "behaviours"})
    if rank is not None and (type(rank) is not int or not 0 <= rank < len(ordinals)):
        raise DataError(file, line, rank, f"an oracle_rank: a whole number from 0 to {len(ordinals) - 1}")
    identifier, profile, behaviours = found["id"], found["profile"], found["behaviours"]
    check_id(file, line, identifier)
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
    return User(identifier, profile, read, rank)


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
    return Behaviour(known(file, line, item, ordinals), action, moment)
