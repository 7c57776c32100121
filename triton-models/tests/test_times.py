"""How columns of times are recognised and read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from trawl_models.dataset.times import MICROS, Ambiguous, WrongTime, recognise

MAY = int(datetime(2024, 5, 31, tzinfo=UTC).timestamp())

COLUMNS = {
    "seconds": ([f"{MAY}", f"{MAY + 1}"], MAY, "seconds since 1970"),
    "whole numbers": ([MAY, MAY + 1], MAY, "seconds since 1970"),
    "floats": ([f"{MAY}.0", f"{MAY}.75"], MAY, "seconds since 1970"),
    "exponents": (["1.7E+09"], 1_700_000_000, "seconds since 1970"),
    "milliseconds": ([f"{MAY}250"], MAY, "milliseconds since 1970"),
    "microseconds": ([MAY * MICROS + 7], MAY, "microseconds since 1970"),
    "nanoseconds": ([f"{MAY}000000007"], MAY, "nanoseconds since 1970"),
    "days": (["2024-05-31"], MAY, "ISO 8601, UTC where it names no zone"),
    "zulu": (["2024-05-31T00:00:00Z"], MAY, "ISO 8601, UTC where it names no zone"),
    "zone": (["2024-05-31 02:00:00.5+02:00"], MAY, "ISO 8601, UTC where it names no zone"),
    "digits": (["20240531"], MAY, "dates in digits, UTC"),
    "whole digits": ([20240531], MAY, "dates in digits, UTC"),
    "digits with a clock": (["20240531000005"], MAY + 5, "dates in digits, UTC"),
    "day first": (["31/05/2024", "01/02/2024"], MAY, "%d/%m/%Y, UTC"),
    "month first": (["5/31/2024 0:01", "1/2/2024 10:00"], MAY + 60, "%m/%d/%Y %H:%M, UTC"),
    "dots": (["31.05.2024"], MAY, "%d.%m.%Y, UTC"),
    "year first": (["2024/05/31"], MAY, "%Y/%m/%d, UTC"),
    "words": (["May 31, 2024"], MAY, "%b %d, %Y, UTC"),
    "old reviews": (["05 31, 2024"], MAY, "%m %d, %Y, UTC"),
    "typed": ([datetime(2024, 5, 31), datetime(2024, 5, 31, tzinfo=UTC)], MAY, "times of the file's own type"),
    "typed with a zone": ([datetime(2024, 5, 31, 2, tzinfo=timezone(timedelta(hours=2)))], MAY, "times of the file's own type"),
    "typed days": ([date(2024, 5, 31)], MAY, "times of the file's own type"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_recognised(name: str) -> None:
    values, seconds, said = COLUMNS[name]
    form = recognise(values, None)
    assert form is not None and form.said == said and not form.order
    assert form.read(values[0]) // MICROS == seconds


def test_most_of_a_column_decides_and_the_rest_is_refused() -> None:
    form = recognise([MAY, MAY, MAY, MAY * 1000, "soon"], None)
    assert form is not None
    with pytest.raises(WrongTime, match="this looks like milliseconds"):
        form.read(MAY * 1000)
    with pytest.raises(WrongTime, match="^seconds since 1970$"):
        form.read("soon")
    form = recognise([MAY * 1000] * 3, None)
    assert form is not None
    for early in (0, MAY):
        with pytest.raises(WrongTime, match="this looks like seconds"):
            form.read(early)


@pytest.mark.parametrize("value", ["1969-12-31", "0001-01-01", "2024-13-01", "2024-02-30T10:00", "", "10000-01-01", "9999-12-31T23:59:59-10:00", "0001-01-01T00:00+23:59"])
def test_days_that_are_none(value: str) -> None:
    form = recognise(["2024-05-31"], None)
    assert form is not None
    with pytest.raises(WrongTime):
        form.read(value)


def test_days_and_months_that_cannot_be_told_apart() -> None:
    with pytest.raises(Ambiguous):
        recognise(["01/02/2024", "03/04/2024"], None)
    said = recognise(["01/02/2024"], "%d/%m/%Y")
    assert said is not None and said.read("01/02/2024") // MICROS == datetime(2024, 2, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("form", ["%", "%Q", "%d%d", "%Y %Y", ""])
def test_a_format_that_is_none_reads_nothing(form: str) -> None:
    said = recognise(["01/02/2024"], form)
    assert said is not None
    with pytest.raises(WrongTime):
        said.read("01/02/2024")


def test_what_is_no_time_is_not_recognised() -> None:
    assert recognise(["red", "blue"], None) is None
    assert recognise([True, None, {}], None) is None


def test_small_numbers_tell_an_order() -> None:
    form = recognise(["0", "1", "2.5"], None)
    assert form is not None and form.order
    assert [form.read(value) for value in ("0", "1", 2.5)] == [0, MICROS, 2_500_000]
    with pytest.raises(WrongTime):
        form.read("-1")
