"""What `./trawl data show` prints, and how the launcher starts it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import folders
import pytest
import tables
from trawl_models import __main__
from trawl_models.reading_options import asked, show_parser

TRAINER = Path(__file__).resolve().parents[1]


def show(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> tuple[int, str]:
    answer = __main__.main(["data", "show", str(folder), *more])
    caught = capsys.readouterr()
    return answer, caught.out + caught.err


@pytest.mark.parametrize("form", [*tables.FORMS, "sequences", "baskets", "behaviours"])
def test_every_form_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    write = tables.FORMS.get(form) or getattr(folders, form)
    answer, page = show(capsys, write(tmp_path / "shop"))
    assert answer == (1 if form == "baskets" else 0)
    assert page.startswith(f"shop, read as {form if form in ('sequences', 'baskets') else 'tables'}") or form == "behaviours"
    for part in ("files", "sizes", "split", "next-item", "first interactions", "items"):
        assert part in page
    assert max(map(len, page.splitlines())) <= 120


def test_the_page_says_what_train_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables.movielens_csv(tmp_path)
    with (tmp_path / "ratings.csv").open("a") as stream:
        stream.write("1,2,5.0,soon\n")
    _, page = show(capsys, tmp_path, "--min-rating", "3")
    plain = re.sub(r"\s+", " ", page)
    assert "ratings.csv interactions text, commas between columns 234 1" in plain
    assert "timestamp time guessed by its name; seconds since 1970" in plain
    assert "below 3 is context" in plain
    assert "new-category left out:" in plain
    assert "rows that were passed over: 1 of 234 in ratings.csv" in plain
    assert "ratings.csv line 235 timestamp 'soon' seconds since 1970" in plain
    assert re.search(r"interactions 233: \d+ purchase \(predicted\), \d+ low-rating", plain)
    assert re.search(r"users 40 items 30, 0 of them in no interaction", plain)


def test_data_without_signal_is_shown_and_not_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "events.csv").write_text("user_id,item_id\na,x\n")
    answer, page = show(capsys, tmp_path)
    assert answer == 1 and "found 1, expected 2 or more items" in page and "./trawl train refuses this data" in page
    (tmp_path / "events.csv").write_text("user_id,item_id\n" + "".join(f"u{n},i{n % 3}\n" for n in range(30)))
    answer, page = show(capsys, tmp_path)
    assert answer == 1 and "nobody to test by" in page
    (tmp_path / "events.csv").write_text("user_id,item_id\n" + "".join(f"u{n},i{m}\n" for n in range(5) for m in range(4)) + "u9,i1\n" * 30)
    answer, page = show(capsys, tmp_path)
    assert answer == 1 and "No objective has signal" in page


def test_data_without_a_validation_step_says_what_that_means(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"u{user},i{(user + step) % 9},{step}" for user in range(30) for step in (1, 2)]
    (tmp_path / "events.csv").write_text("\n".join(["user,item,time", *rows]) + "\n")
    assert __main__.main(["data", "show", str(tmp_path)]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "No user is asked for a validation step" in words and "first of --queries and the last epoch" in words


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "events.csv").write_text("who,what\na,x\n")
    answer, page = show(capsys, tmp_path)
    assert answer == 1 and len(page.splitlines()) == 1 and "--columns user=COLUMN" in page
    assert __main__.main(["data", "shew"]) == 1
    assert capsys.readouterr().err == "data: found shew, expected show\n"
    answer, page = show(capsys, tmp_path / "nowhere")
    assert answer == 1 and page.endswith("found 'no folder', expected a folder with a data set, or a file of interactions\n")


def test_data_gives_a_terminal_no_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"a,x{n},[bold]\x1b[31mred\x07\n" for n in range(30))
    (tmp_path / "ev\x1b[2Jents.csv").write_text("user_id,item_id,itemname\n" + rows + "\x1b,y,z\n")
    _, page = show(capsys, tmp_path, "--max-bad-rows", "0.5")
    assert "\x1b" not in page and "\x07" not in page
    assert "[bold] [31mred" in page and "'\\x1b'" in page


def test_options_are_parts_and_columns() -> None:
    given = ["x", "--columns", "user=who, exactly,item=a=b", "--columns", "time=", "--item-columns", "attribute=a,attribute=b"]
    found = asked(show_parser().parse_args(given))
    assert found.columns == {"user": ["who, exactly"], "item": ["a=b"], "time": [""]}
    assert found.item_columns == {"attribute": ["a", "b"]}
    assert found.given() == ("--columns", "--item-columns")
    for wrong in ("user", "person=x", "=x", "user=a,user=b"):
        with pytest.raises(ValueError, match="^--columns: found"):
            asked(show_parser().parse_args(["x", "--columns", wrong]))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A trainer whose environment for data is the one that runs the tests, and says that it was asked for."""
    home = tmp_path / "trawl"
    shutil.copytree(TRAINER / "trawl_models", home / "triton-models" / "trawl_models")
    shutil.copy(TRAINER / "data", home / "triton-models")
    (home / "servers").mkdir()
    shutil.copy(TRAINER.parent / "servers" / "environment.sh", home / "servers")
    env = home / "triton-models" / "env"
    env.write_text(f'#!/bin/sh\necho "made $*" >&2; echo "{sys.executable}"\n')
    env.chmod(0o755)
    return home


def launch(home: Path, *given: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [home / "triton-models" / "data", *given], env={"PATH": os.environ["PATH"]},
        capture_output=True, text=True, timeout=60, check=False,
    )


def test_the_launcher_makes_the_small_environment(home: Path, tmp_path: Path) -> None:
    answer = launch(home, "show", tables.csv_files(tmp_path / "data"))
    assert answer.stderr == "made data\n" and "first interactions" in answer.stdout


QUESTIONS = {
    "--help": (0, "usage: ./trawl data show DIR"),
    "show --help": (0, "--columns PART=COLUMN"),
    "shew x": (2, "trawl: data: unknown verb 'shew'; expected show"),
    "show nowhere": (1, "nowhere: found 'no folder', expected a folder with a data set, or a file of interactions"),
    "show x --colunms user=a": (2, "unknown option '--colunms'; the nearest known one is '--columns'"),
    "show x --columns usr=a": (1, "the nearest part is 'user'"),
    "show": (2, "required: DIR"),
}


@pytest.mark.parametrize("given", QUESTIONS)
def test_what_needs_no_environment_is_answered_without(home: Path, given: str) -> None:
    status, words = QUESTIONS[given]
    answer = launch(home, *given.split())
    assert answer.returncode == status and words in answer.stdout + answer.stderr
    assert "made" not in answer.stderr and "Traceback" not in answer.stderr


def test_both_environments_read_with_the_same_libraries() -> None:
    pins = [
        {line for line in (TRAINER / f"requirements-{kind}.txt").read_text().splitlines() if not line.startswith("#")}
        for kind in ("data", "train")
    ]
    assert pins[0] < pins[1]
