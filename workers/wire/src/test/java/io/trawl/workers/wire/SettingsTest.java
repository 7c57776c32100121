package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SettingsTest {

  private static void refused(String expected, Executable setting) {
    assertEquals(expected, assertThrows(IllegalArgumentException.class, setting).getMessage());
  }

  @Test
  void bothEndsOfARangeAreInIt() {
    Settings.within("calls", 1, 1, 3);
    Settings.within("calls", 3, 1, 3);
    Settings.within("share", 0.0, 0, 1);
    Settings.within("share", 1.0, 0, 1);
    Settings.within("time", Duration.ZERO, Duration.ZERO, Duration.ZERO);
  }

  @Test
  void whatIsOutOfRangeIsNamedWithItsValueAndWhatWasExpected() {
    refused("calls: 0 (expected 1 to 3)", () -> Settings.within("calls", 0, 1, 3));
    refused("calls: 4 (expected 1 to 3)", () -> Settings.within("calls", 4, 1, 3));
    refused("share: 1.5 (expected 0 to 1)", () -> Settings.within("share", 1.5, 0, 1));
    refused("share: NaN (expected 0 to 0.5)", () -> Settings.within("share", Double.NaN, 0, 0.5));
    refused(
        "time: PT2S (expected PT0S to PT1S)",
        () -> Settings.within("time", Duration.ofSeconds(2), Duration.ZERO, Duration.ofSeconds(1)));
  }
}
