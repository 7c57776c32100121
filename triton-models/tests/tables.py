"""One small shop as tables in every form that is read, for tests: the same users, items and order in each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from folders import COLOURS, NOUNS, START

ITEMS = 30
USERS = 40


def events(seed: int = 3) -> list[tuple[str, str, int, int]]:
    """User, item, rating and Unix seconds, as a log has them: by time, users mixed."""
    rng = np.random.default_rng(seed)
    found = []
    for user in range(1, USERS + 1):
        chosen = rng.choice(ITEMS, size=int(rng.integers(4, 9)), replace=False)
        found += [
            (f"u{user}", f"i{item}", 1 + (user + item) % 5, START + step * 90_000 + user)
            for step, item in enumerate(chosen.tolist())
        ]
    return sorted(found, key=lambda event: event[3])


def item(number: int) -> tuple[str, str, str, float]:
    """Id, title, category and price."""
    noun, colour = NOUNS[number % len(NOUNS)], COLOURS[number % len(COLOURS)]
    return f"i{number}", f"{colour} {noun} of room {number}", f"{noun}s", 1.5 * number


def delimited(file: Path, header: Iterable[str], rows: Iterable[Iterable[Any]], delimiter: str = ",") -> Path:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(stream.getvalue(), encoding="utf-8")
    return file


def csv_files(folder: Path) -> Path:
    delimited(folder / "events.csv", ("user_id", "item_id", "rating", "timestamp"), events())
    delimited(folder / "items.csv", ("item_id", "title", "category", "price"), map(item, range(ITEMS)))
    return folder


def tsv_files(folder: Path) -> Path:
    delimited(folder / "interactions.tsv", ("customer", "product", "stars", "when"), events(), "\t")
    delimited(folder / "products.tsv", ("product", "name", "category", "price"), map(item, range(ITEMS)), "\t")
    return folder


def json_files(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [dict(zip(("reviewerID", "asin", "overall", "unixReviewTime"), event, strict=True)) for event in events()]
    items = [dict(zip(("asin", "title", "categories", "price"), item(number), strict=True)) for number in range(ITEMS)]
    for name, found in (("reviews.jsonl", rows), ("meta.jsonl", items)):
        (folder / name).write_text("".join(json.dumps(each) + "\n" for each in found), encoding="utf-8")
    return folder


def parquet_files(folder: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    users, items, ratings, times = zip(*events(), strict=True)
    moments = pa.array([1000 * time for time in times], pa.timestamp("ms", "Europe/Berlin"))
    table = pa.table({"userId": users, "itemId": pa.array(items).dictionary_encode(), "rating": ratings, "eventTime": moments})
    pq.write_table(table, folder / "events.parquet")
    ids, titles, categories, prices = zip(*map(item, range(ITEMS)), strict=True)
    pq.write_table(pa.table({"itemId": ids, "title": titles, "category": categories, "price": prices}), folder / "items.parquet")
    return folder


def recbole_files(folder: Path) -> Path:
    rows = [(user, found, float(rating), float(time)) for user, found, rating, time in events()]
    delimited(folder / "shop.inter", ("user_id:token", "item_id:token", "rating:float", "timestamp:float"), rows, "\t")
    header = ("item_id:token", "item_title:token_seq", "categories:token_seq", "price:float")
    delimited(folder / "shop.item", header, map(item, range(ITEMS)), "\t")
    return folder


def movielens_100k(folder: Path) -> Path:
    """Without headers; one title in Latin-1, as published."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{user[1:]}\t{found[1:]}\t{rating}\t{time}\n" for user, found, rating, time in events()]
    (folder / "u.data").write_text("".join(lines), encoding="utf-8")
    films = []
    for number in range(ITEMS):
        flags = "|".join(str(int(place in (1 + number % 4, 8))) for place in range(19))
        title = "Café Lamp (1995)" if number == 7 else f"{item(number)[1]} (1995)"
        films.append(f"{number}|{title}|01-Jan-1995||http://example.com/{number}|{flags}\n")
    (folder / "u.item").write_text("".join(films), encoding="latin-1")
    (folder / "README").write_text("about\n", encoding="utf-8")
    return folder


def movielens_csv(folder: Path) -> Path:
    """As the newer releases: ratings.csv sorted by user, and files beside it that look alike."""
    rows = sorted((int(user[1:]), int(found[1:]), float(rating), time) for user, found, rating, time in events())
    delimited(folder / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), rows)
    films = [(number, item(number)[1], "Comedy|Drama" if number % 3 else "(no genres listed)") for number in range(ITEMS)]
    delimited(folder / "movies.csv", ("movieId", "title", "genres"), films)
    delimited(folder / "links.csv", ("movieId", "imdbId", "tmdbId"), [(number, 100 + number, 200 + number) for number in range(ITEMS)])
    delimited(folder / "tags.csv", ("userId", "movieId", "tag", "timestamp"), [(1, 2, "funny, dark", START)])
    return folder


FORMS = {
    "csv": csv_files, "tsv": tsv_files, "json": json_files, "parquet": parquet_files,
    "recbole": recbole_files, "u.data": movielens_100k, "ratings.csv": movielens_csv,
}
