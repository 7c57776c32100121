package io.trawl.domain;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known word that a mistyped one most likely meant. */
public final class Nearest {

  /** No name of ours is as long; the cost grows with the length. */
  private static final int LONGEST = 64;

  private Nearest() {}

  /**
   * The known word with the fewest edits to {@code word}, ties by alphabet; empty where none is
   * near, so that its third and one more edit would not do.
   */
  public static Optional<String> to(String word, Collection<String> known) {
    return known.stream()
        .filter(one -> word.length() <= LONGEST && edits(word, one) <= one.length() / 3 + 1)
        .min(
            Comparator.<String>comparingInt(one -> edits(word, one))
                .thenComparing(Comparator.naturalOrder()));
  }

  /** What belongs behind the sentence that {@code word} is unknown: the near one, or all. */
  public static String advice(String word, Collection<String> known) {
    return to(word, known)
        .map("; the nearest known one is '%s'"::formatted)
        .orElseGet(
            () ->
                "; expected " + (known.isEmpty() ? "none" : "one of " + String.join(", ", known)));
  }

  /** Insertions, deletions and substitutions that turn one word into the other (Levenshtein). */
  private static int edits(String a, String b) {
    var row = new int[b.length() + 1];
    for (var j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (var i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (var j = 1; j <= b.length(); j++) {
        var substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substituted, 1 + Math.min(row[j - 1], row[j]));
      }
    }
    return row[b.length()];
  }
}
