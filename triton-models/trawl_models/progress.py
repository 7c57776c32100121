"""Says how far a long run is, on standard error: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

_BAR_WIDTH = 24
_REDRAW_SECONDS = 0.2
_LINE_SECONDS = 30.0


class Progress:
    """One stage of `total` steps; `done` of them may be behind already when a run is resumed."""

    def __init__(
        self,
        label: str,
        total: int,
        done: int = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._total = max(total, 1)
        self._done = self._first = done
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._started = clock()
        self._shown = self._started - (_LINE_SECONDS if self._terminal else 0.0)

    def advance(self, note: str = "", steps: int = 1) -> None:
        self._done += steps
        now = self._clock()
        if now - self._shown >= (_REDRAW_SECONDS if self._terminal else _LINE_SECONDS):
            self._shown = now
            self._show(note, now)

    def close(self, note: str = "") -> None:
        """Ends the stage; `note` replaces the bar by one line."""
        if self._terminal:
            self._stream.write("\r\x1b[K")
        if note:
            self._stream.write(f"{self._label}: {note}\n")
        self._stream.flush()

    def _show(self, note: str, now: float) -> None:
        share = min(self._done / self._total, 1.0)
        left = (now - self._started) / max(self._done - self._first, 1) * (self._total - self._done)
        text = f"{100 * share:3.0f} %  {note}  {duration(max(left, 0.0))} left"
        if self._terminal:
            full = int(share * _BAR_WIDTH)
            self._stream.write(f"\r\x1b[K{self._label} [{'#' * full}{'.' * (_BAR_WIDTH - full)}] {text}")
        else:
            self._stream.write(f"{self._label}: {text}\n")
        self._stream.flush()


def duration(seconds: float) -> str:
    """`75` is `1:15`, `3675` is `1:01:15`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
