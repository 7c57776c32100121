package io.trawl.app.terminal;

/**
 * How many columns of a terminal a text takes: two for wide East Asian letters and pictographs,
 * none for combining marks, one for the rest. Texts given here hold no control sequences; line
 * breaks and other control characters are shown as spaces.
 */
public final class TextWidth {

  private static final String ELLIPSIS = "…";

  /** First and last code points of the blocks that take two columns (Unicode, UAX 11: W and F). */
  private static final int[] WIDE = {
    0x1100, 0x115F, 0x2E80, 0x303E, 0x3041, 0x33FF, 0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xA000, 0xA4CF,
    0xA960, 0xA97F, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE30, 0xFE6F, 0xFF00, 0xFF60, 0xFFE0, 0xFFE6,
    0x1F300, 0x1F64F, 0x1F680, 0x1F6FF, 0x1F900, 0x1F9FF, 0x1FA70, 0x1FAFF, 0x20000, 0x3FFFD
  };

  private TextWidth() {}

  /** Columns of the text. */
  public static int of(String text) {
    return text.codePoints().map(TextWidth::of).sum();
  }

  /** The text cut to at most {@code columns}, with an ellipsis where something was cut. */
  public static String fit(String text, int columns) {
    if (columns < 1) {
      return "";
    }
    var clean = printable(text);
    if (of(clean) <= columns) {
      return clean;
    }
    var kept = new StringBuilder();
    var left = columns - 1;
    for (var offset = 0; offset < clean.length(); ) {
      var codePoint = clean.codePointAt(offset);
      left -= of(codePoint);
      if (left < 0) {
        break;
      }
      kept.appendCodePoint(codePoint);
      offset += Character.charCount(codePoint);
    }
    return kept.toString().stripTrailing() + ELLIPSIS;
  }

  /** The text fitted and filled with spaces on the right to exactly {@code columns}. */
  public static String left(String text, int columns) {
    var fitted = fit(text, columns);
    return fitted + " ".repeat(columns - of(fitted));
  }

  /** The text fitted and filled with spaces on the left to exactly {@code columns}. */
  public static String right(String text, int columns) {
    var fitted = fit(text, columns);
    return " ".repeat(columns - of(fitted)) + fitted;
  }

  /** The text without what a terminal would obey. */
  public static String printable(String text) {
    return text.codePoints().noneMatch(Character::isISOControl)
        ? text
        : text.codePoints()
            .map(codePoint -> Character.isISOControl(codePoint) ? ' ' : codePoint)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
  }

  private static int of(int codePoint) {
    if (codePoint < 0x300) {
      return 1;
    }
    return switch (Character.getType(codePoint)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> 0;
      default -> isWide(codePoint) ? 2 : 1;
    };
  }

  private static boolean isWide(int codePoint) {
    for (var i = 0; i < WIDE.length; i += 2) {
      if (codePoint >= WIDE[i] && codePoint <= WIDE[i + 1]) {
        return true;
      }
    }
    return false;
  }
}
