"""Tells which file of a folder is what, and reads them."""

from __future__ import annotations

from pathlib import Path

from ..reading_options import DATA, NOTHING, Asked
from . import baskets, behaviours, sequences, tables
from .lines import decoded_lines
from .parts import Dataset
from .refusal import DataError
from .understood import FileSeen, Reading, Understood


def load(path: Path | str, seed: int | None, asked: Asked | None = None) -> Dataset:
    """Reads the folder at `path`; `seed` decides the ordinals, None leaves the file's order, for who only looks."""
    return read(path, seed, asked).dataset


def read(path: Path | str, seed: int | None, asked: Asked | None = None) -> Reading:
    """As `load`, with what was understood."""
    folder = Path(path)
    try:
        return _read(folder, seed, asked or Asked())
    except OSError as bad:
        raise DataError(folder, None, bad.strerror, "a folder that can be read") from None


def _read(path: Path, seed: int | None, asked: Asked) -> Reading:
    if path.is_file():
        return tables.read(path.parent, [path], path.name.split(".")[0] or path.name, seed, asked)
    if not path.is_dir():
        raise DataError(path, None, NOTHING, DATA)
    own = _own_form(path, seed)
    if own is None:
        files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith((".", "_")))
        return tables.read(path, files, path.resolve().name, seed, asked)
    if asked.given():
        expected = f"no such option for a folder in Trawl's own form, {own.understood.form}"
        raise DataError(path, None, " ".join(asked.given()), expected)
    return own


def _own_form(folder: Path, seed: int | None) -> Reading | None:
    if (folder / "dataset.json").is_file():
        return _reading("behaviours", behaviours.load(folder, seed), "dataset.json", "items.tsv", "users.jsonl")
    if (folder / "sequences.txt").is_file():
        return _reading("sequences", sequences.load(folder, seed), "items.tsv", "sequences.txt")
    for name in ("interactions.tsv.gz", "interactions.tsv"):
        file = folder / name
        if file.is_file() and (_header(folder / "items.tsv") == baskets.ITEMS or _header(file) == baskets.INTERACTIONS):
            return _reading("baskets", baskets.load(folder, file, seed), "items.tsv", name)
    return None


def _header(file: Path) -> list[str]:
    try:
        _, text = next(decoded_lines(file), (1, ""))
    except DataError:
        return []
    return text.rstrip("\r\n").split("\t")


def _reading(form: str, dataset: Dataset, *files: str) -> Reading:
    kinds = {"items.tsv": "items", "dataset.json": "head", "users.jsonl": "users and interactions"}
    seen = [FileSeen(name, kinds.get(name, "interactions"), f"Trawl's own form, {form}") for name in files]
    return Reading(dataset, Understood(form, seen))
