"""Reads interactions of users with items from a folder.

`load(path, seed)` tells the form by the names of the files (`folder`) and gives a `Dataset` (`parts`):

    sequences    items.tsv, sequences.txt                  item numbers per user, oldest first
    baskets      items.tsv, interactions.tsv or .tsv.gz    order lines with times, cut at baskets
    behaviours   dataset.json, items.tsv, users.jsonl      profiles, actions and times

They are described line by line in triton-models/README.md.

Items come in ordinal order. Ordinals are a seeded permutation of the order in the file, because
source numbers often follow the time of the first purchase, held-out purchases included. The
source's number or id survives only as `Item.id`, the name under which callers know the item; it
never becomes a feature, a token or a word of a text.

Every refusal is a `DataError` naming file, line, value and expectation. What a request may hold
(bounds.py) binds here too, but for the length of a history: a space keeps the newest part of a longer one.

Reading needs nothing but Python itself; only `load` with a seed needs numpy.
"""

from .fields import clean
from .folder import load
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
from .refusal import DataError

__all__ = [
    "ATTRIBUTE_TYPES", "MIN_EXAMPLES", "PURCHASE", "SECONDS_PER_DAY",
    "AttributeValue", "Behaviour", "DataError", "Dataset", "Item", "User",
    "clean", "item_text", "load", "read_json",
]
