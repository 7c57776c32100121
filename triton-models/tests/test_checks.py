"""The verb as the launcher starts it: what can be refused is refused before its environment of 5 GB is made."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import folders
import pytest
import tables

TRAINER = Path(__file__).resolve().parents[1]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A trainer whose environment is a shell that only says that it was made."""
    home = tmp_path / "trawl"
    shutil.copytree(TRAINER / "trawl_models", home / "triton-models" / "trawl_models")
    shutil.copy(TRAINER / "train", home / "triton-models" / "train")
    (home / "servers").mkdir()
    shutil.copy(TRAINER.parent / "servers" / "environment.sh", home / "servers")
    env = home / "triton-models" / "env"
    env.write_text('#!/bin/sh\necho made >&2; echo "$(dirname "$0")/python"\n')
    python = home / "triton-models" / "python"
    python.write_text('#!/bin/sh\nprintf "trains %s\\n" "$*"\n')
    env.chmod(0o755)
    python.chmod(0o755)
    return home


def train(home: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    """With whatever Python runs the tests, and nothing that it has installed."""
    plain = home / "plain"
    plain.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n')
    plain.chmod(0o755)
    return subprocess.run(
        [home / "triton-models" / "train", *options],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(plain)},
        capture_output=True, text=True, timeout=60, check=False,
    )


def refused(home: Path, words: str, *options: str | Path) -> None:
    answer = train(home, *options)
    assert answer.returncode == 1, answer
    assert words in answer.stderr and len(answer.stderr.splitlines()) == 1
    assert answer.stderr != "made\n" and answer.stdout == ""


def test_good_data_is_trained_on(home: Path, tmp_path: Path) -> None:
    data = folders.behaviours(tmp_path / "data")
    answer = train(home, "--data", data, "--out", tmp_path / "new" / "space")
    assert answer.stderr == "made\n"
    assert answer.stdout == f"trains -m trawl_models train --data {data} --out {tmp_path}/new/space\n"


def test_tables_are_trained_on(home: Path, tmp_path: Path) -> None:
    data = tables.csv_files(tmp_path / "data")
    answer = train(home, "--data", data, "--out", tmp_path / "space", "--columns", "user=user_id", "--min-rating", "3")
    assert answer.stderr == "made\n"
    refused(home, "one of the columns", "--data", data, "--out", tmp_path / "space", "--columns", "user=whom")
    refused(home, "--columns: found 'usr=x', expected PART=COLUMN; the nearest part is 'user'", "--data", data, "--out", tmp_path / "space", "--columns", "usr=x")
    refused(home, "max_bad_rows must be a share, 0 to 1, is 2.0", "--data", data, "--out", tmp_path / "space", "--max-bad-rows", "2")


def test_parquet_is_checked_where_it_can_be_read(home: Path, tmp_path: Path) -> None:
    data = tables.parquet_files(tmp_path / "data")
    answer = train(home, "--data", data, "--out", tmp_path / "space")
    given = f"--data {data} --out {tmp_path}/space"
    assert answer.stdout == f"trains -m trawl_models.checks {given}\ntrains -m trawl_models train {given}\n"


def test_a_question_is_answered(home: Path) -> None:
    answer = train(home, "--help")
    assert answer.returncode == 0 and "--history-epochs" in answer.stdout
    assert answer.stderr == ""


def test_an_unknown_option_names_the_nearest_one(home: Path) -> None:
    answer = train(home, "--data", "x", "--out", "y", "--histroy-epochs", "3")
    assert answer.returncode == 2
    assert answer.stderr == "trawl: train: unknown option '--histroy-epochs'; the nearest known one is '--history-epochs'\n"


def test_a_folder_that_is_not_there(home: Path, tmp_path: Path) -> None:
    refused(home, "expected a folder with a data set", "--data", tmp_path / "nowhere", "--out", tmp_path / "space")


def test_the_last_line_of_the_data(home: Path, tmp_path: Path) -> None:
    data = folders.behaviours(tmp_path / "data")
    lines = (data / "users.jsonl").read_text().splitlines()
    user = json.loads(lines[-1])
    user["behaviours"][-1][2] *= 1000
    (data / "users.jsonl").write_text("\n".join([*lines[:-1], json.dumps(user)]) + "\n")
    refused(home, f"line {len(lines)}: found", "--data", data, "--out", tmp_path / "space")


def test_data_that_is_too_little_for_any_objective(home: Path, tmp_path: Path) -> None:
    data = folders.behaviours(tmp_path / "data", users=2)
    words = "found 14, expected 20 or more 'purchase' of a user's and an item's to train on"
    refused(home, words, "--data", data, "--out", tmp_path / "space")
    (data / "users.jsonl").write_text("")
    refused(home, "found 0, expected 20 or more", "--data", data, "--out", tmp_path / "space")


def test_one_item_and_nobody_to_test_by(home: Path, tmp_path: Path) -> None:
    given = ["--data", tmp_path / "data", "--out", tmp_path / "space"]

    def write(*rows: str) -> None:
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "data" / "events.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")

    write(*(f"u{n},only,{n % 3}" for n in range(30)))
    refused(home, "found 1, expected 2 or more items", *given)
    once = [f"u{n},i{n % 2},1" for n in range(30)]
    write(*once)
    refused(home, "found 'nobody to test by', expected a user with two 'purchase' or more", *given)
    write(*once, "u1,i1,2")
    refused(home, "nobody to test by", *given)
    write(*once, "u1,i0,2")
    assert train(home, *given).stderr == "made\n"
    refused(home, "expected among the first 1 (--keep-users) a user", *given, "--keep-users", "1")
    baskets = folders.baskets(tmp_path / "baskets", [f"{n}\t{n}\t2011-01-01 10:00\t{item}\t1" for n in (1, 2) for item in range(1, 13)])
    refused(home, "two baskets or more", "--data", baskets, "--out", tmp_path / "space")


@pytest.mark.parametrize("place", ["there", "file/space", "/"])
def test_a_place_where_no_space_can_be_written(home: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    words = "exists already; give --replace" if place == "there" else "--out: "
    replace = ["--replace"] * (place == "/")
    data = folders.sequences(tmp_path / "data")
    refused(home, words, "--data", data, "--out", tmp_path / place, *replace)


OPTIONS = {
    "--version 0": "version must be 1 to 9223372036854775807, is 0",
    "--keep-users 0": "--keep-users: found 0, expected at least 1",
    "--neighbours 0": "neighbours must be 1 to 65536, is 0",
    "--vocabulary 8001": "vocabulary must be 1 to 8000, is 8001",
    "--queries 65537": "queries must be 1 to 65536",
    "--queries 1,0": "queries must be 1 to 65536, is 0",
    "--dropout 1.5": "dropout must be in [0, 1)",
    "--width 65": "not a multiple of heads",
    "--seed -1": "seed must be 0 to",
    "--rate nan": "rate must be a number of zero or more, is nan",
    "--balance -1": "balance must be a number of zero or more",
    "--minutes inf": "minutes must be positive",
    "--epochs -1": "epochs must not be negative",
    "--name \n": "--name: found '\\n', expected 1 to 256 printable characters",
    "--name \udcff": "--name: found '\\udcff'",
    f"--name {'n' * 257}": "expected 1 to 256 printable characters",
    "--encoder /no/such.jar": "expected the jar with the sentence encoder",
    "--base /no/such": "/no/such holds no config.json; --base wants a checkpoint folder",
}


@pytest.mark.parametrize("option", OPTIONS, ids=[option.split()[0] for option in OPTIONS])
def test_a_value_that_no_training_takes(home: Path, tmp_path: Path, option: str) -> None:
    data = folders.baskets(tmp_path / "data")
    refused(home, OPTIONS[option], "--data", data, "--out", tmp_path / "space", *option.split(" ", 1))


def test_a_checkpoint_that_is_none(home: Path, tmp_path: Path) -> None:
    data = folders.baskets(tmp_path / "data")
    (tmp_path / "config.json").write_text("{}")
    given = ["--data", data, "--out", tmp_path / "space", "--base", tmp_path]
    refused(home, "holds no tokenizer.json", *given)
    (tmp_path / "tokenizer.json").write_text("{\n,")
    refused(home, f"{tmp_path}/tokenizer.json, line 2: found", *given)
