"""Nothing is replaced but a space, and nothing is deleted but what a training made."""

from __future__ import annotations

from pathlib import Path

import pytest

from trawl_models import __main__, checks, places, train_options

KEPT = "nobody else has this"


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "thesis.txt").write_text(KEPT)
    return path


def refusal(data: Path, out: Path, *more: str, match: str) -> None:
    chosen = train_options.parser().parse_args(["--data", str(data), "--out", str(out), *more])
    with pytest.raises(ValueError, match=match):
        checks.check(chosen)


@pytest.mark.parametrize("manifest", [None, "", "[]", "{}", '{"format_version": "1"}', '{"format_version": true}'])
def test_only_a_space_is_replaced(tmp_path: Path, manifest: str | None) -> None:
    data, out = folder(tmp_path / "data"), folder(tmp_path / "space")
    if manifest is not None:
        (out / "manifest.json").write_text(manifest)
    refusal(data, out, "--replace", match="--replace: found no space in .*space")
    (out / "manifest.json").write_text('{"format_version": 2}')
    assert places.is_space(out)
    places.replaceable(out)


@pytest.mark.parametrize(
    ("data", "out"),
    [("a", "a"), ("a", "a/space"), ("a/data", "a"), ("a.training", "a"), ("a.training/data", "a"), ("a/data.csv", "a"), ("link", "a/space")],
)
def test_what_is_written_is_apart_from_what_is_read(tmp_path: Path, data: str, out: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")
    place = tmp_path / data
    folder(tmp_path / "a" if data in ("link", "a/data.csv") else place)
    with pytest.raises(ValueError, match="--out: found .*expected a place of its own: .* is, holds or lies in --data"):
        places.apart(tmp_path / out, place, {})
    places.apart(tmp_path / "b", place, {"--base": tmp_path / "b.base"})
    with pytest.raises(ValueError, match="is or holds --base"):
        places.apart(tmp_path / "b", place, {"--base": tmp_path / "b.training" / "base"})


@pytest.mark.parametrize("more", [(), ("--fresh",)])
def test_no_folder_without_the_mark_is_deleted(tmp_path: Path, more: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    data, work = folder(tmp_path / "data"), folder(tmp_path / "space.training")
    assert __main__.main(["train", "--data", str(data), "--out", str(tmp_path / "space"), *more]) == 1
    assert f"{work}: found what no training of this version left there" in capsys.readouterr().err
    for touch in (places.claim, places.discard):
        with pytest.raises(ValueError, match="expected a free place for checkpoints"):
            touch(work)
    assert (work / "thesis.txt").read_text() == KEPT


def test_a_link_to_another_training_is_no_folder_of_this_one(tmp_path: Path) -> None:
    places.claim(tmp_path / "other.training")
    (tmp_path / "space.training").symlink_to(tmp_path / "other.training")
    with pytest.raises(ValueError, match="expected a free place for checkpoints"):
        places.discard(tmp_path / "space.training")
    assert (tmp_path / "other.training").is_dir()


def test_what_a_training_made_is_its_own(tmp_path: Path) -> None:
    work = tmp_path / "new" / "space.training"
    places.discard(work)
    places.claim(work)
    (work / "sentences.npz").touch()
    places.claim(work)
    assert (work / "sentences.npz").exists()
    places.discard(work)
    assert not work.exists()
