package io.trawl.app.terminal;

import java.util.Map;

/**
 * Paints text, or leaves it as it is where colour is not wanted.
 *
 * @param colour whether control sequences are written
 */
public record Ansi(boolean colour) {

  private static final String ESCAPE = "\u001b[";
  private static final String RESET = ESCAPE + "0m";

  /** No colour: for files, pipes and tests. */
  public static Ansi plain() {
    return new Ansi(false);
  }

  /**
   * Colour on a terminal, unless {@code NO_COLOR} is set to anything or {@code TERM} is {@code
   * dumb}.
   */
  public static Ansi of(boolean terminal, Map<String, String> environment) {
    return new Ansi(
        terminal
            && environment.getOrDefault("NO_COLOR", "").isEmpty()
            && !"dumb".equals(environment.get("TERM")));
  }

  /** The text in the style, closed again behind it. */
  public String paint(Style style, String text) {
    return colour && style != Style.PLAIN && !text.isEmpty()
        ? ESCAPE + style.code() + "m" + text + RESET
        : text;
  }
}
