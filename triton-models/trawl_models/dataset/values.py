"""Single values of a table's rows, whatever type the file gave them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ..bounds import MAX_ID_CHARS, characters

_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")

AN_ID = f"an id of 1 to {MAX_ID_CHARS} characters, spaces allowed inside"


def identifier(value: Any) -> str | None:
    """An id as a text without space around it; None where the value is none."""
    text = as_text(value)
    if text is None:
        return None
    text = text.strip()
    if not text or _ODD.search(text) or characters(text) > MAX_ID_CHARS:
        return None
    return text


def as_text(value: Any) -> str | None:
    """A value as a text; whole numbers have no decimals, whatever their type. None for what is no text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**255 else None
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return None
    if isinstance(value, Decimal):
        return str(int(value)) if value.is_finite() and value == value.to_integral_value() else None
    return None


def missing(value: Any) -> bool:
    """Whether a row holds nothing here: no value, an empty text or list, or not a number."""
    return value is None or value == "" or value == [] or (isinstance(value, float) and value != value)
