package io.trawl.domain;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** The known word that a mistyped one most likely meant. */
public final class Nearest {

  /** No name of ours is as long; the cost grows with the length. */
  private static final int LONGEST = 64;

  private Nearest() {}

  /**
   * The known word with the fewest edits to {@code word}, ties by alphabet; empty where none is
   * near: a third of its letters and one more may differ, but never more than half of the longer
   * word. Capitals are as good as small letters, and the dashes before an option are no letters.
   */
  public static Optional<String> to(String word, Collection<String> known) {
    var given = letters(word);
    return known.stream()
        .filter(one -> given.length() <= LONGEST && isNear(given, letters(one)))
        .min(
            Comparator.<String>comparingInt(one -> edits(given, letters(one)))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static boolean isNear(String given, String known) {
    var edits = edits(given, known);
    return edits <= known.length() / 3 + 1 && 2 * edits <= Math.max(given.length(), known.length());
  }

  private static String letters(String word) {
    return word.replaceFirst("^-+", "").toLowerCase(Locale.ROOT);
  }

  /** What belongs behind the sentence that {@code word} is unknown: the near one, or all. */
  public static String advice(String word, Collection<String> known) {
    return to(word, known)
        .map("; the nearest known one is '%s'"::formatted)
        .orElseGet(
            () ->
                "; expected " + (known.isEmpty() ? "none" : "one of " + String.join(", ", known)));
  }

  /**
   * Insertions, deletions, substitutions and exchanges of two neighbours that turn one word into
   * the other (optimal string alignment).
   */
  private static int edits(String a, String b) {
    var edits = new int[a.length() + 1][b.length() + 1];
    for (var i = 0; i <= a.length(); i++) {
      for (var j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        var same = a.charAt(i - 1) == b.charAt(j - 1);
        edits[i][j] =
            Math.min(
                edits[i - 1][j - 1] + (same ? 0 : 1),
                1 + Math.min(edits[i - 1][j], edits[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          edits[i][j] = Math.min(edits[i][j], edits[i - 2][j - 2] + 1);
        }
      }
    }
    return edits[a.length()][b.length()];
  }
}
