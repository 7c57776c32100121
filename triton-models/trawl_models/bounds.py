"""What a request may hold, and so what the data of a space may hold: its items and users are sent as requests.

The numbers are those of the gateway's `RequestBounds`; a test there compares them. Needs nothing but Python itself.
"""

from __future__ import annotations

MAX_TIME_S = 253_402_300_799
MAX_ID_CHARS = 256
MAX_TEXT_CHARS = 1024
MAX_HISTORY = 2000
MAX_PROFILE_ENTRIES = 64

TIME = f"whole seconds since 1970, 0 to {MAX_TIME_S}"
"""What a time is, for whoever gave another."""


def characters(text: str) -> int:
    """Length in UTF-16, as the gateway counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def wrong_time(number: int) -> str | None:
    """What was expected instead of this number; None where it is a time."""
    if 0 <= number <= MAX_TIME_S:
        return None
    millis = MAX_TIME_S < number <= 1000 * MAX_TIME_S
    return TIME + ("; this looks like milliseconds" if millis else "")
