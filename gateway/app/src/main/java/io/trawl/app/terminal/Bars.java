package io.trawl.app.terminal;

/** Bars out of block characters, in eighths of a column. */
public final class Bars {

  private static final String[] EIGHTHS = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

  private Bars() {}

  /**
   * A bar from {@code start} over {@code length} on a scale of {@code columns} columns; one that
   * has any length at all is seen.
   */
  public static String span(long start, long length, long scale, int columns) {
    if (length <= 0 || scale <= 0) {
      return "";
    }
    var from = (int) Math.min(columns - 1, start * columns / scale);
    var to = Math.min(columns * 8, Math.round(8.0 * columns * (start + length) / scale));
    var eighths = (int) Math.max(1, to - from * 8L);
    return " ".repeat(from) + "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
  }
}
