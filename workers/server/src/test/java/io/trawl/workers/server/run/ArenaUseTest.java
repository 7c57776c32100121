package io.trawl.workers.server.run;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class ArenaUseTest {
  private static final long SECOND = 1_000_000_000;

  private final ArenaUse use = new ArenaUse(0);

  @Test
  void whatIsUnusualGivesBack() {
    assertFalse(use.givesBack(1000, 0));
    assertTrue(use.givesBack(1_000_000, 0));
    assertTrue(use.givesBack(1_000_000, 0));
    assertFalse(use.givesBack(1000, 0));
  }

  @Test
  void whatComesOftenIsUsual() {
    for (int i = 0; i < 20; i++) {
      use.givesBack(1_000_000, 0);
    }
    assertFalse(use.givesBack(1_000_000, 0));
    for (int i = 0; i < 1000; i++) {
      use.givesBack(1000, 0);
    }
    assertTrue(use.givesBack(1_000_000, 0));
  }

  @Test
  void nowAndThenAnyRunDoes() {
    assertFalse(use.givesBack(8, 9 * SECOND));
    assertTrue(use.givesBack(8, 10 * SECOND));
    assertFalse(use.givesBack(8, 19 * SECOND));
    assertTrue(use.givesBack(8, 20 * SECOND));
  }
}
