"""A stand-in is a space like any other, with as many items as one asks for."""

from __future__ import annotations

import json
from pathlib import Path

import folders
import pytest

from trawl_models import stand_in


def test_a_stand_in_has_the_items_and_sizes_that_were_asked_for(tmp_path: Path) -> None:
    data = folders.behaviours(tmp_path / "data")
    space = stand_in.write(data, tmp_path / "space", items=500, queries=4, vector_width=8, seed=1)
    manifest = json.loads((space / "manifest.json").read_text())
    assert (manifest["items"], manifest["query_vectors"], manifest["vector_width"]) == (500, 4, 8)
    ids = [line.split("\t")[0] for line in (space / "items.tsv").read_text().splitlines()]
    assert len(set(ids)) == 500
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(ValueError, match="items: found 1, expected at least"):
        stand_in.write(data, tmp_path / "fewer", items=1, queries=4, vector_width=8, seed=1)


def test_what_is_written_depends_on_the_arguments_alone(tmp_path: Path) -> None:
    data = folders.behaviours(tmp_path / "data")
    first, second = (
        stand_in.write(data, tmp_path / name / "s", items=500, queries=4, vector_width=8, seed=1)
        for name in ("one", "two")
    )
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
