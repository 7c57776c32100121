package io.trawl.retrieval;

/** Which query vector made an item's score. */
final class Winners {
  private Winners() {}

  /** For each ordinal the first query vector with the largest inner product. */
  static int[] of(ItemVectors items, QueryVectors queries, int[] ordinals) {
    var winners = new int[ordinals.length];
    for (var i = 0; i < ordinals.length; i++) {
      winners[i] = winner(items, queries, ordinals[i]);
    }
    return winners;
  }

  private static int winner(ItemVectors items, QueryVectors queries, int ordinal) {
    var best = Float.NEGATIVE_INFINITY;
    var winner = 0;
    for (var q = 0; q < queries.count(); q++) {
      // The kernels' order of additions, so that what wins here won there.
      var sum = 0f;
      for (var d = 0; d < queries.width(); d++) {
        sum = Math.fma(queries.values()[q * queries.width() + d], items.at(ordinal, d), sum);
      }
      if (sum > best) {
        best = sum;
        winner = q;
      }
    }
    return winner;
  }
}
