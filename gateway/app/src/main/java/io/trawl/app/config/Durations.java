package io.trawl.app.config;

import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Durations as people write them: {@code 250us}, {@code 50ms}, {@code 10s}, {@code 5m}, {@code 1h}.
 */
public final class Durations {

  private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\s*(us|ms|s|m|h)");

  private Durations() {}

  public static Duration parse(String text) {
    var form = FORM.matcher(text.strip());
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no duration; expected a form such as 250us, 50ms, 10s, 5m or 1h");
    }
    var amount = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "us" -> Duration.ofNanos(Math.multiplyExact(amount, 1_000L));
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      default -> Duration.ofHours(amount);
    };
  }
}
