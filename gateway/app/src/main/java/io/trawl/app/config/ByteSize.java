package io.trawl.app.config;

import java.util.Locale;
import java.util.regex.Pattern;

/**
 * An amount of memory.
 *
 * @param bytes zero or more
 */
public record ByteSize(long bytes) {

  private static final Pattern FORM = Pattern.compile("(\\d{1,15})\\s*(B|KiB|MiB|GiB)?");

  public ByteSize {
    if (bytes < 0) {
      throw new IllegalArgumentException(bytes + " bytes; expected zero or more");
    }
  }

  /** Reads {@code 64MiB}, {@code 512 KiB}, {@code 1GiB} or plain bytes. */
  public static ByteSize parse(String text) {
    var form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no size; expected a form such as 64MiB, 512KiB or 1048576");
    }
    var unit = form.group(2) == null ? "B" : form.group(2);
    var factor =
        switch (unit) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> 1L;
        };
    try {
      return new ByteSize(Math.multiplyExact(Long.parseLong(form.group(1)), factor));
    } catch (ArithmeticException _) {
      throw new IllegalArgumentException("'" + text + "' is larger than a long holds");
    }
  }

  @Override
  public String toString() {
    if (bytes % (1 << 20) == 0 && bytes > 0) {
      return String.format(Locale.ROOT, "%dMiB", bytes >> 20);
    }
    return bytes + "B";
  }
}
