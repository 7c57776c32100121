package io.trawl.app.terminal;

/** How a piece of text stands out, where the terminal can show it. */
public enum Style {
  PLAIN(""),
  BOLD("1"),
  DIM("2"),
  RED("31"),
  GREEN("32"),
  YELLOW("33"),
  CYAN("36");

  private final String code;

  Style(String code) {
    this.code = code;
  }

  /** The parameter of the SGR control sequence, empty for none. */
  String code() {
    return code;
  }
}
