"""Files line by line: UTF-8, packed by gzip or not, no line longer than the bound; and JSON in them."""

from __future__ import annotations

import codecs
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .refusal import DataError

MAX_LINE_BYTES = 64 << 20
"""The gateway reads no longer line of a space."""


def read_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines from 1 without their ends, of a file in one of Trawl's own forms: without a byte-order mark."""
    for line, text in decoded_lines(file):
        if line == 1 and text.startswith("\ufeff"):
            raise DataError(file, line, text[:40], "UTF-8 without a byte-order mark")
        yield line, text.rstrip("\r\n")


def decoded_lines(file: Path, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Numbered lines from 1 with their ends."""
    if not file.is_file():
        raise DataError(file, None, "no such file", "a file of this name")
    packed = file.suffix == ".gz"
    line = 0
    try:
        with gzip.open(file, "rb") if packed else file.open("rb") as stream:
            while raw := stream.readline(MAX_LINE_BYTES + 1):
                line += 1
                yield line, _decoded(file, line, raw, encoding)
    except (OSError, EOFError, zlib.error) as bad:
        expected = "a whole gzip file" if packed else "a file that can be read"
        raise DataError(file, line + 1, str(bad), expected) from None


def _decoded(file: Path, line: int, raw: bytes, encoding: str) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise DataError(file, line, raw[:40], f"a line of at most {MAX_LINE_BYTES} bytes")
    if line == 1 and raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError(file, line, raw[:40], "UTF-8, not UTF-16")
    if b"\0" in raw:
        raise DataError(file, line, raw[max(0, raw.index(b"\0") - 20) :][:40], "text without NUL")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as bad:
        found = raw[max(0, bad.start - 20) : bad.start + 20]
        raise DataError(file, line, found, f"UTF-8 ({bad.reason}); if it is Latin-1: iconv -f latin1 -t utf-8") from None


def read_json(file: Path) -> tuple[dict[str, Any], str]:
    """The object that a file holds, and its text."""
    text = "\n".join(text for _, text in read_lines(file))
    return json_object(file, 1, text), text


class _GivenTwice(Exception):
    """A key that stands twice in one JSON object."""

    def __init__(self, key: str):
        super().__init__(key)
        self.key = key


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise _GivenTwice(key)
        members[key] = value
    return members


def json_object(file: Path, line: int, text: str) -> dict[str, Any]:
    """The object that `text` is; `line` is where it begins."""
    try:
        found = json.loads(text, object_pairs_hook=_members)
        if "\\ud" in text.lower():
            json.dumps(found, ensure_ascii=False).encode("utf-8")
    except _GivenTwice as bad:
        raise DataError(file, line, bad.key, "a key that is given once") from None
    except json.JSONDecodeError as bad:
        raise DataError(file, line + bad.lineno - 1, text, f"JSON ({bad.msg} at character {bad.colno})") from None
    except UnicodeEncodeError as bad:
        raise DataError(file, line, bad.object[bad.start], "JSON without half of a surrogate pair") from None
    except RecursionError:
        raise DataError(file, line, text, "JSON that is nested less deeply") from None
    except ValueError:  # Python reads no whole number of more digits
        raise DataError(file, line, text, "JSON with numbers of at most 4300 digits") from None
    if not isinstance(found, dict):
        raise DataError(file, line, text, "a JSON object")
    return found
