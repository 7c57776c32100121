"""Folders that a training replaces or deletes: none but a space, and none but its own. Needs nothing but Python itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from .dataset import DataError, read_json

MARK = ".trawl-training"
"""A file of every folder that a training keeps its checkpoints in; no folder without it is deleted."""


def work_folder(out: Path) -> Path:
    """Where the training of a space keeps its checkpoints."""
    return out.with_name(out.name + ".training")


def is_space(folder: Path) -> bool:
    """Whether there is a space, whatever the version of its format."""
    try:
        manifest, _ = read_json(folder / "manifest.json")
    except DataError:
        return False
    version = manifest.get("format_version")
    return isinstance(version, int) and not isinstance(version, bool)


def replaceable(out: Path) -> None:
    """Raises ValueError where something is there that is no space."""
    if not is_space(out):
        raise ValueError(f"--replace: found no space in {out} (a manifest.json with a format_version), expected one, or a free place")


def apart(out: Path, data: Path, others: dict[str, Path]) -> None:
    """Raises ValueError where what is written or deleted would touch what is read.

    others  option -> a path that is read too
    """
    for place in (out, work_folder(out)):
        written, read = place.resolve(), data.resolve()
        if written == read or written in read.parents or read in written.parents:
            raise ValueError(f"--out: found {out}, expected a place of its own: {place} is, holds or lies in --data {data}")
        for option, path in others.items():
            if written == path.resolve() or written in path.resolve().parents:
                raise ValueError(f"--out: found {out}, expected a place of its own: {place} is or holds {option} {path}")


def owned(work: Path) -> None:
    """Raises ValueError where something else stands in the place of a training's checkpoints."""
    there = work.is_symlink() or work.exists()
    if there and (work.is_symlink() or not (work / MARK).is_file()):
        raise ValueError(
            f"{work}: found what no training of this version left there (no {MARK} in it), expected a free place for "
            "checkpoints; move it away"
        )


def claim(work: Path) -> None:
    """Makes the folder, with its mark, unless it is there."""
    owned(work)
    work.mkdir(parents=True, exist_ok=True)
    (work / MARK).touch()


def discard(work: Path) -> None:
    """Deletes the folder if it is there. Raises ValueError where it is not a training's."""
    owned(work)
    if work.exists():
        shutil.rmtree(work)
