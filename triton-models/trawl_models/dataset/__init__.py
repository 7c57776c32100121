"""Reads interactions of users with items from a folder.

`load(path, seed)` gives a `Dataset`; `read(path, seed, asked)` also what was understood on the way.
Which file is what is told by names and headers (`folder`). There are two kinds of forms:

    Trawl's own, exact: one line that does not fit is refused
        sequences    items.tsv, sequences.txt                  item numbers per user, oldest first
        baskets      items.tsv, interactions.tsv or .tsv.gz    order lines with times, cut at baskets
        behaviours   dataset.json, items.tsv, users.jsonl      profiles, actions and times
    tables, of whoever has them: columns are guessed, rows that do not fit are passed over up to a share
        CSV, TSV, JSON lines, Parquet, RecBole's .inter and .item, MovieLens' u.data and u.item

Steps of the second kind (`tables`): a file becomes rows of named columns (`delimited`, `jsonlines`,
`parquet`, each a `table`), columns get their parts (`columns`), a file is chosen for the interactions and one
for the items (`choice`), times are recognised (`times`), rows become arrays (`interactions`), users
(`histories`) and items (`catalogue`). What was guessed is kept to be told (`understood`). docs/data.md
describes the tables, triton-models/README.md Trawl's own forms.

Items come in ordinal order. Ordinals are a seeded permutation of the order in the file, because
source numbers often follow the time of the first purchase, held-out purchases included. The
source's number or id survives only as `Item.id`, the name under which callers know the item; it
never becomes a feature, a token or a word of a text.

Every refusal is a `DataError` naming file, line, column, value and expectation. What a request may hold
(bounds.py) binds here too, but for the length of a history: a space keeps the newest part of a longer one.

Reading needs nothing but Python itself; only a seed needs numpy, and Parquet pyarrow.
"""

from ..reading_options import Asked
from .fields import clean
from .folder import load, read
from .lines import read_json
from .parts import (
    ATTRIBUTE_TYPES,
    MIN_EXAMPLES,
    PURCHASE,
    SECONDS_PER_DAY,
    AttributeValue,
    Behaviour,
    Dataset,
    Item,
    User,
    item_text,
)
from .refusal import DataError, NeedsLibrary

__all__ = [
    "ATTRIBUTE_TYPES", "MIN_EXAMPLES", "PURCHASE", "SECONDS_PER_DAY",
    "Asked", "AttributeValue", "Behaviour", "DataError", "Dataset", "Item", "NeedsLibrary", "User",
    "clean", "item_text", "load", "read", "read_json",
]
