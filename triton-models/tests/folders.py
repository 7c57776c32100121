"""Small data sets for tests, written to disk in each of the three formats."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

NOUNS = ("lamp", "chair", "kettle", "tent")
COLOURS = ("red", "blue", "green")


def sequences(folder: Path, items: int = 40, users: int = 60, seed: int = 3) -> Path:
    """Users walk over item numbers; item 1 is by far the most popular."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["item\texternal_id\ttitle\tcategories\ttextual_id"]
    for number in range(1, items + 1):
        noun, colour = NOUNS[number % len(NOUNS)], COLOURS[number % len(COLOURS)]
        rows.append(
            f"{number}\tEXT{number:04d}\t{colour} {noun} model{number}\t"
            f"Home > Room {number % 3} > {noun}s\tsecret{number}"
        )
    (folder / "items.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rng = np.random.default_rng(seed)
    lines = []
    for user in range(1, users + 1):
        others = 2 + rng.choice(items - 1, size=int(rng.integers(4, 9)), replace=False)
        lines.append(" ".join(map(str, [user, 1, *others])))
    (folder / "sequences.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def baskets(folder: Path, lines: list[str] | None = None) -> Path:
    """Three customers; the first has three baskets, the third only one."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["item\tstock_code\ttitle\tmedian_price_gbp"]
    rows += [f"{n}\tS{n}\tTIN OF {COLOURS[n % 3].upper()} TEA\t{n / 4}" for n in range(1, 13)]
    (folder / "items.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    if lines is None:
        lines = [
            "1\t1\t2011-01-01 10:00\t1\t2",
            "1\t1\t2011-01-01 10:00\t2\t1",
            "1\t1\t2011-01-01 10:01\t3\t1",
            "1\t2\t2011-02-01 10:00\t4\t1",
            "1\t3\t2011-03-01 10:00\t1\t1",
            "1\t3\t2011-03-01 10:00\t5\t1",
            "1\t3\t2011-03-01 10:00\t6\t9",
            "2\t4\t2011-01-05 09:00\t7\t1",
            "2\t5\t2011-01-06 09:00\t8\t1",
            "3\t6\t2011-01-07 09:00\t9\t1",
        ]
    text = "\n".join(["customer\tbasket\ttime\titem\tquantity", *lines]) + "\n"
    with gzip.open(folder / "interactions.tsv.gz", "wt", encoding="utf-8") as stream:
        stream.write(text)
    return folder


HEAD = {
    "name": "tiny-shop",
    "attributes": [
        ["category", "text"],
        ["tags", "texts"],
        ["price", "number"],
        ["in_stock", "flag"],
    ],
    "category_attribute": "category",
    "profile_keys": ["region", "age"],
    "default_action": "purchase",
    "actions": ["purchase", "click"],
    "times": [["day", 86400], ["week", 604800], ["older", None]],
}

DAY = 86_400
START = 1_700_000_000


def behaviours(folder: Path, items: int = 40, users: int = 50, seed: int = 5) -> Path:
    """A shop with profiles, clicks and times; every user buys at least three times."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset.json").write_text(json.dumps(HEAD), encoding="utf-8")
    rows = []
    for number in range(items):
        noun = NOUNS[number % len(NOUNS)]
        attributes = {
            "category": noun.title() + "s",
            "tags": [COLOURS[number % 3]],
            "price": 2.5 * number,
            "in_stock": number % 7 > 0,
        }
        title = f"{COLOURS[number % 3].title()} {noun.title()} No{number}"
        rows.append(f"i{number}\t{title}\t{json.dumps(attributes)}")
    (folder / "items.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    rng = np.random.default_rng(seed)
    lines = []
    for user in range(users):
        chosen = rng.choice(items, size=9, replace=False)
        found = [
            [f"i{item}", "click" if step in (1, 4) else "purchase", START + step * 2 * DAY]
            for step, item in enumerate(chosen)
        ]
        profile = {"region": ("north", "south")[user % 2], "age": "25-34"}
        lines.append(json.dumps({"id": f"u{user}", "profile": profile, "behaviours": found}))
    (folder / "users.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
