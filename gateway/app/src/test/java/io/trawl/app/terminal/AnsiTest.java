package io.trawl.app.terminal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Colour is for terminals of people who want it. */
class AnsiTest {

  @Test
  void coloursOnATerminalOnly() {
    assertTrue(Ansi.of(true, Map.of("TERM", "xterm")).colour());
    assertFalse(Ansi.of(false, Map.of("TERM", "xterm")).colour());
  }

  @Test
  void obeysNoColorAndDumbTerminals() {
    assertFalse(Ansi.of(true, Map.of("NO_COLOR", "1")).colour());
    assertTrue(Ansi.of(true, Map.of("NO_COLOR", "")).colour(), "an empty NO_COLOR is none");
    assertFalse(Ansi.of(true, Map.of("TERM", "dumb")).colour());
  }

  @Test
  void closesWhatItOpens() {
    assertEquals("\u001b[32myes\u001b[0m", new Ansi(true).paint(Style.GREEN, "yes"));
    assertEquals("yes", Ansi.plain().paint(Style.GREEN, "yes"));
    assertEquals("yes", new Ansi(true).paint(Style.PLAIN, "yes"));
  }
}
