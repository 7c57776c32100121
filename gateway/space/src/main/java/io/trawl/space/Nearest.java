package io.trawl.space;

import java.util.Collection;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Finds the known name that a wrong one was probably meant to be. */
final class Nearest {

  private Nearest() {}

  /** The known name with the fewest edits to {@code name}; empty text where none is known. */
  static String to(String name, Collection<String> known) {
    return known.stream()
        .min(
            Comparator.comparingInt((String candidate) -> edits(name, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .orElse("");
  }

  private static int edits(String a, String b) {
    var row = IntStream.rangeClosed(0, b.length()).toArray();
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
