"""Which column is what: as a person said, by its name, or by a word of its name.

Names are compared without case, spaces and signs: `userId`, `USER_ID` and `user id` are one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..reading_options import Columns
from .table import Table, head_fault

_USER = "user userid uid customer customerid client clientid visitor visitorid member memberid reviewer reviewerid buyer buyerid account accountid shopper shopperid person personid username login session sessionid"
_ITEM = "item itemid iid product productid movie movieid film filmid article articleid parentasin asin sku stockcode book bookid isbn isbn13 song songid track trackid artist artistid game gameid appid business businessid recipe recipeid anime animeid news newsid video videoid course courseid good goods goodsid offer offerid content contentid"
_TIME = "timestamp time datetime date ts unixreviewtime timestampms unixtime eventtime createdat creationtime reviewtime eventtimestamp purchasetime purchasedate orderdate ordertime invoicedate tdat ratingtimestamp datestamp when"

NAMES: dict[str, tuple[str, ...]] = {
    "user": tuple(_USER.split()),
    "item": tuple(_ITEM.split()),
    "time": tuple(_TIME.split()),
    "action": tuple("action actiontype event eventtype eventname behavior behaviortype behaviour behaviourtype interaction interactiontype feedback".split()),
    "rating": tuple("rating score stars overall reviewscore ratingvalue".split()),
    "basket": tuple("basket basketid order orderid invoice invoiceno invoiceid transaction transactionid".split()),
    "title": tuple("title name itemname itemtitle productname producttitle movietitle booktitle prodname displayname primarytitle description productdescription itemdescription".split()),
    "category": tuple("categories category categorypath genres genre maincategory maincat productcategory itemcategory categoryname productgroupname producttypename department class taxonomy".split()),
}
"""Part -> the names by which it goes, the surest first."""

_WORDS = {
    "user": frozenset("user customer client visitor member reviewer buyer account shopper".split()),
    "item": frozenset("item product movie film article asin sku book song track".split()),
    "time": frozenset("time timestamp date datetime".split()),
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SIGNS = re.compile(r"[\W_]+")

PARTS_OF_INTERACTIONS = ("user", "item", "time", "action", "rating", "basket", "title", "category")
PARTS_OF_ITEMS = ("item", "title", "category")

_OF_REVIEWS = frozenset({"title", "name"})
"""In a file of interactions these name the review or the user, not the item."""


@dataclass(frozen=True)
class Chosen:
    """The column of a part, how it was found, and which others it could have been."""

    column: str
    how: str
    others: tuple[str, ...] = ()


Roles = dict[str, Chosen]


def plain(name: str) -> str:
    """A name as it is compared."""
    return _SIGNS.sub("", name).lower()


def of_interactions(table: Table, said: Columns) -> Roles:
    """The parts of the columns of a file of interactions. Raises where what was said cannot be."""
    found = _roles(table, PARTS_OF_INTERACTIONS, said, "--columns")
    title = found.get("title")
    if title is not None and "title" not in said and plain(title.column) in _OF_REVIEWS:
        del found["title"]
    return found


def of_items(table: Table, said: Columns, like: str | None) -> Roles:
    """The parts of the columns of a file of items; `like` is what the interactions call an item."""
    told, columns = dict(said), table.columns
    same = [name for name in columns if like is not None and plain(name) == plain(like)] or [
        name for name in columns if plain(name) == "id" and not any(plain(each) in NAMES["item"] for each in columns)
    ]
    if "item" not in said and same:
        told["item"] = same[:1]
    found = _roles(table, PARTS_OF_ITEMS, told, "--item-columns")
    if "item" not in said and same:
        how = "by its name" if plain(same[0]) == "id" else "as in the interactions"
        found["item"] = Chosen(same[0], how)
    return found


def _roles(table: Table, parts: Sequence[str], said: Columns, option: str) -> Roles:
    found: Roles = {}
    columns = table.columns
    for part in parts:
        for name in said.get(part, [])[:1]:
            if name:
                found[part] = Chosen(column_called(table, name, f"{option} {part}="), "as said")
    _each_once(table, found)
    for by, candidates in (("its name", _by_name), ("a word of its name", _by_word)):
        for part in parts:
            if part in said or part in found:
                continue
            taken = {chosen.column for chosen in found.values()}
            names = [name for name in candidates(part, columns) if name not in taken]
            if names and (by == "its name" or len(names) == 1):
                found[part] = Chosen(names[0], f"by {by}", tuple(names[1:]))
    return found


def column_called(table: Table, name: str, option: str) -> str:
    """A column by the name that a person gave."""
    columns = table.columns
    if name in columns:
        return name
    alike = [column for column in columns if plain(column) == plain(name.partition(":")[0]) != ""]
    if len(alike) == 1:
        return alike[0]
    near = difflib.get_close_matches(name, columns, n=1)
    advice = f"; the nearest is {near[0]!r}" if near else ""
    raise head_fault(table, f"for {option} one of the columns {', '.join(map(repr, columns[:20]))}{advice}", name)


def _each_once(table: Table, found: Roles) -> None:
    parts: dict[str, str] = {}
    for part, chosen in found.items():
        if parts.setdefault(chosen.column, part) != part:
            raise head_fault(table, f"one part for the column, not {parts[chosen.column]} and {part}", chosen.column)


def _by_name(part: str, columns: Sequence[str]) -> list[str]:
    known = NAMES[part]
    places = {name: place for place, name in reversed(list(enumerate(known)))}
    return sorted((name for name in columns if plain(name) in places), key=lambda name: places[plain(name)])


def _by_word(part: str, columns: Sequence[str]) -> list[str]:
    words = _WORDS.get(part, frozenset())
    return [name for name in columns if words & {word.lower() for word in _WORD.findall(name)}]
