package io.trawl.app.eval;

/** Where the right items stand in a full ranking by score. */
final class Ranks {

  private Ranks() {}

  /**
   * The rank of each right item among all items but the excluded ones: how many have a higher
   * score, or the same score and a smaller ordinal. An excluded right item is not ranked.
   */
  static int[] of(double[] scores, int[] truth, int[] excluded) {
    var ranks = new int[truth.length];
    var out = new boolean[scores.length];
    for (var ordinal : excluded) {
      out[ordinal] = true;
    }
    for (var i = 0; i < truth.length; i++) {
      ranks[i] = out[truth[i]] ? Quality.NOT_RANKED : ahead(scores, truth[i], out);
    }
    return ranks;
  }

  private static int ahead(double[] scores, int item, boolean[] out) {
    var score = scores[item];
    var ahead = 0;
    for (var other = 0; other < scores.length; other++) {
      if (!out[other] && (scores[other] > score || (scores[other] == score && other < item))) {
        ahead++;
      }
    }
    return ahead;
  }
}
