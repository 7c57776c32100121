"""Tells the form of a folder by the names of its files, and reads it."""

from __future__ import annotations

from pathlib import Path

from . import baskets, behaviours, sequences
from .parts import Dataset
from .refusal import DataError


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
        return behaviours.load(folder, seed)
    if (folder / "sequences.txt").is_file():
        return sequences.load(folder, seed)
    for name in ("interactions.tsv.gz", "interactions.tsv"):
        if (folder / name).is_file():
            return baskets.load(folder, folder / name, seed)
    found = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
    raise DataError(
        folder, None, found, "dataset.json (behaviours), sequences.txt (sequences) or interactions.tsv[.gz] (baskets)"
    )
