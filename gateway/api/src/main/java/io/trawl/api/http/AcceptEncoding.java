package io.trawl.api.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a caller takes answers (RFC 9110, section 12.5.3), as far as gzip goes. */
final class AcceptEncoding {

  private AcceptEncoding() {}

  /** A coding of its own name wins over {@code *}; one that cannot be read allows nothing. */
  static boolean allowsGzip(@Nullable String header) {
    if (header == null) {
      return false;
    }
    boolean byStar = false;
    for (var coding : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      var parts = coding.split(";", -1);
      switch (parts[0].strip()) {
        case "gzip", "x-gzip" -> {
          return weight(parts) > 0;
        }
        case "*" -> byStar = weight(parts) > 0;
        default -> {}
      }
    }
    return byStar;
  }

  private static double weight(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      var parameter = parts[i].strip();
      if (parameter.startsWith("q=")) {
        try {
          return Double.parseDouble(parameter.substring(2).strip());
        } catch (NumberFormatException odd) {
          return 0;
        }
      }
    }
    return 1;
  }
}
