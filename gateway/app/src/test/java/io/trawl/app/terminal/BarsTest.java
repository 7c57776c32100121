package io.trawl.app.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Bars are as long as what they stand for, and nothing that has any length is invisible. */
class BarsTest {

  @Test
  void barsBeginWhereTheySay() {
    assertEquals("█".repeat(24), Bars.span(0, 500, 1000, 48));
    assertEquals(" ".repeat(24) + "█".repeat(12), Bars.span(500, 250, 1000, 48));
    assertEquals(" ".repeat(36) + "█".repeat(12), Bars.span(750, 250, 1000, 48));
  }

  @Test
  void aShortBarIsStillSeen() {
    assertEquals("▏", Bars.span(0, 1, 1_000_000, 48));
    assertEquals(" ".repeat(47) + "█", Bars.span(999_999, 1, 1_000_000, 48));
    assertEquals("", Bars.span(500, 0, 1000, 48));
  }
}
