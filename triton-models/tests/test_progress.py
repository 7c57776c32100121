"""A bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import io

from trawl_models.progress import Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_elsewhere_a_line_every_half_minute_with_time_left() -> None:
    now, out = [0.0], io.StringIO()
    progress = Progress("prompts", total=100, stream=out, clock=lambda: now[0])
    for _ in range(40):
        now[0] += 1.0
        progress.advance("loss 1.5")
    progress.close("done")
    assert out.getvalue() == "prompts:  30 %  loss 1.5  1:10 left\nprompts: done\n"


def test_on_a_terminal_one_line_that_is_drawn_over() -> None:
    now, out = [0.0], Terminal()
    progress = Progress("test", total=4, done=2, stream=out, clock=lambda: now[0])
    now[0] = 10.0
    progress.advance()
    progress.close()
    assert "\n" not in out.getvalue()
    assert "75 %" in out.getvalue() and "0:10 left" in out.getvalue()


def test_durations_read_as_clocks() -> None:
    assert [duration(s) for s in (0.4, 75, 3675)] == ["0:00", "1:15", "1:01:15"]
