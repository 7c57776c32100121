"""Tells how a column of times is written, and reads it: numbers of any unit, ISO 8601, dates in digits, and days
before or after months where only one of the two can be.

A column is recognised by its first rows and then read in one way: whatever does not fit that is refused, row by row,
so that a few milliseconds among seconds never become the year 50,000.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ..bounds import MAX_TIME_S

MICROS = 1_000_000
"""Of a second. A time here is whole microseconds since 1970."""

UNITS = (("seconds", 1e11, MICROS), ("milliseconds", 1e14, 1000), ("microseconds", 1e17, 1), ("nanoseconds", 1e20, 0.001))
"""Name, what its numbers stay below, microseconds in one."""

MAX_ORDER = 1e7
"""Numbers that all stay below tell an order and no time: as seconds they would lie in the spring of 1970."""

_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})([eE][+-]?\d{1,3})?", re.ASCII)
_DIGITS = re.compile(r"(\d{8}|\d{14})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CLOCKS = ("", " %H:%M", " %H:%M:%S")
_DAY_FIRST = [f"%d{sep}%m{sep}%Y{clock}" for sep in "/-." for clock in _CLOCKS]
_MONTH_FIRST = [f"%m{sep}%d{sep}%Y{clock}" for sep in "/-." for clock in _CLOCKS]
_OTHERS = [f"%Y/%m/%d{clock}" for clock in _CLOCKS] + ["%d %b %Y", "%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%m %d, %Y"]


class WrongTime(Exception):
    """A value that is no time of this column; the message is what was expected."""


class Ambiguous(Exception):
    """Days before months, or months before days: the values do not say."""


@dataclass(frozen=True)
class TimeForm:
    """How a column is written: `said` in words, `read` from a value to microseconds or `WrongTime`.

    order  whether its numbers tell an order alone
    """

    said: str
    read: Callable[[Any], int]
    order: bool = False


def recognise(sample: Sequence[Any], asked: str | None) -> TimeForm | None:
    """The form that most of these values have; None where it is none that is known."""
    values = [value for value in sample if value is not None and value != ""]
    if asked is not None:
        return _as_format(asked)
    counted = [(sum(_reads(form.read, value) for value in values), form) for form in _forms(values)]
    best = max((count for count, _ in counted), default=0)
    if best == 0:
        return None
    found = [form for count, form in counted if count == best]
    if {form.said for form in found} & _said(_DAY_FIRST) and {form.said for form in found} & _said(_MONTH_FIRST):
        raise Ambiguous
    return found[0]


def _forms(values: Sequence[Any]) -> list[TimeForm]:
    texts = any(isinstance(value, str) and not _NUMBER.fullmatch(value.strip()) for value in values)
    typed = any(isinstance(value, date) for value in values)
    iso = TimeForm("times of the file's own type" if typed else "ISO 8601, UTC where it names no zone", _iso)
    forms = [TimeForm("dates in digits, UTC", _digits), _numeric(values), iso]
    return forms + [_as_format(each) for each in [*_OTHERS, *_DAY_FIRST, *_MONTH_FIRST] if texts]


def _said(formats: Sequence[str]) -> set[str]:
    return {_as_format(each).said for each in formats}


def _reads(read: Callable[[Any], int], value: Any) -> bool:
    try:
        read(value)
    except WrongTime:
        return False
    return True


def _digits(value: Any) -> int:
    text = str(value).strip() if isinstance(value, (str, int)) else ""
    if not _DIGITS.fullmatch(text) or not "1900" <= text[:4] <= "2199":
        raise WrongTime("a date as YYYYMMDD or YYYYMMDDhhmmss")
    try:
        return _since_epoch(datetime.strptime(text, "%Y%m%d" if len(text) == 8 else "%Y%m%d%H%M%S"))
    except ValueError:
        raise WrongTime("a date as YYYYMMDD or YYYYMMDDhhmmss") from None


def _iso(value: Any) -> int:
    if isinstance(value, date):  # a datetime is one
        whole = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return _since_epoch(whole)
    try:
        return _since_epoch(datetime.fromisoformat(value.strip()))
    except (ValueError, AttributeError, OverflowError):
        raise WrongTime("a time in ISO 8601, as 2024-05-31 or 2024-05-31T18:30:00Z") from None


def _as_format(form: str) -> TimeForm:
    def read(value: Any) -> int:
        try:
            return _since_epoch(datetime.strptime(value.strip(), form))
        except (ValueError, AttributeError, OverflowError, re.error):
            raise WrongTime(f"a time as {form}") from None

    return TimeForm(f"{form}, UTC", read)


def _since_epoch(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    micros = (aware - _EPOCH) // timedelta(microseconds=1)
    if not 0 <= micros <= MAX_TIME_S * MICROS:
        raise WrongTime("a time from 1970 to 9999")
    return micros


def _numeric(values: Sequence[Any]) -> TimeForm:
    numbers = [number for number in map(_number, values) if number is not None and number >= 0]
    if numbers and max(numbers) < MAX_ORDER:
        return TimeForm("numbers too small for times: an order alone", _read_order, order=True)
    units = Counter(_unit(number) for number in numbers)
    unit = max(range(len(UNITS)), key=lambda each: units[each])
    name, _, micros = UNITS[unit]
    expected = f"{name} since 1970"

    def read(value: Any) -> int:
        number = _number(value)
        if number is None or number < 0:
            raise WrongTime(expected)
        own = _unit(number)
        if own != unit:
            looks = f"; this looks like {UNITS[own][0]}" if own is not None else ""
            raise WrongTime(f"{expected} as in the rest of the column{looks}")
        exact = int(number * micros) if micros >= 1 else int(number) // 1000
        if exact > MAX_TIME_S * MICROS:
            raise WrongTime(f"{expected}, not after the year 9999")
        return exact

    return TimeForm(f"{name} since 1970", read)


def _read_order(value: Any) -> int:
    number = _number(value)
    if number is None or not 0 <= number < 1e12:
        raise WrongTime("a number of zero or more that tells the order")
    return int(number * MICROS)


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return None
        return int(text) if text.isdigit() else _finite(float(text))
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _finite(value)


def _finite(number: int | float) -> int | float | None:
    return number if not isinstance(number, float) or math.isfinite(number) else None


def _unit(number: int | float) -> int | None:
    for place, (_, below, _) in enumerate(UNITS):
        if number < below:
            return place
    return None
