package io.trawl.app;

import io.trawl.app.terminal.Ansi;
import java.io.Console;
import java.util.Optional;

/** Whether a person looks on. */
final class Terminal {

  private Terminal() {}

  static boolean interactive() {
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }

  /** Colour on a terminal, and never where NO_COLOR is set. */
  static Ansi ansi() {
    return Ansi.of(interactive(), System.getenv());
  }
}
