package io.trawl.retrieval;

import java.util.Arrays;

/**
 * One exploration.
 *
 * <p>The method is the iterative sampling of URM (arXiv 2502.03041): start from a random subset of
 * the catalogue, score it, keep the best, add neighbours of what was kept, T rounds in all. Why it
 * works: two items' scores differ by at most the largest norm of a query vector times the distance
 * of the item vectors, the maximum being 1-Lipschitz, so next to a good item are good items. The
 * paper leaves its constants open; here they are {@link ExploreSettings}.
 *
 * <p><b>Sample.</b> Without replacement by Floyd's method: exactly as many draws as items, the
 * visited set serving as its memory.
 *
 * <p><b>Frontier.</b> The best {@code keep} visited items that were not expanded yet, eligible or
 * not: an item that may not be returned still shows the way. An item is expanded once at most, and
 * asking for the neighbours of many at once lets them come from afar in one call. At most {@code
 * keep} items leave for each round that is left, so of the unexpanded no more than that many, the
 * best, can ever matter; the others are forgotten at no loss.
 *
 * <p><b>Nothing good is lost</b>, since the best k are one selection over all rounds. An item is
 * scored once at most, since it enters a round only when the visited set has never held it.
 *
 * <p><b>The end.</b> After T rounds; or when the frontier is empty or every item is scored; or when
 * a round changed neither the best k nor the frontier that would have come next without it. That
 * last rule can give up reachable items, which are then neighbours of items worse than a whole
 * frontier of failures.
 *
 * <p><b>Cost.</b> M x H multiply-adds and 4 H bytes in a random place for each of at most {@code
 * sample + (T - 1) keep neighbours} items, and one probe of the visited set for each neighbour
 * listed.
 */
final class ExploreSearch extends RoundSearch {

  private final TopK unexpanded;
  private int[] frontier = new int[0];

  /** What the next frontier will be if the running round finds nothing better. */
  private long[] expectedFrontier = new long[0];

  ExploreSearch(SearchedItems items, SearchRequest request) {
    super(items, request, request.settings().mostItemsScored() + request.entries().length);
    this.unexpanded = new TopK(unexpandedThatMatter(request.settings().rounds()));
  }

  @Override
  Step first() {
    drawSample();
    gathered();
    return advance();
  }

  @Override
  boolean gather(Answer answer) {
    if (!(answer instanceof Answer.Neighbours(var lists))) {
      return false;
    }
    var listed = checkedSize(lists);
    begin(listed);
    var provenance = provenance();
    if (provenance != null) {
      provenance.expands(lists.length, listed(lists), listed);
    }
    for (var i = 0; i < lists.length; i++) {
      for (var neighbour : lists[i]) {
        if (neighbour >= 0 && !met(neighbour)) {
          if (provenance != null) {
            provenance.candidate(candidateCount(), frontier[i]);
          }
          candidate(neighbour);
        }
      }
    }
    gathered();
    return true;
  }

  private static int listed(int[][] lists) {
    var listed = 0;
    for (var list : lists) {
      for (var neighbour : list) {
        listed += neighbour >= 0 ? 1 : 0;
      }
    }
    return listed;
  }

  private void drawSample() {
    var request = request();
    var count = Math.min(request.settings().sample(), items());
    var draws = new Draws(request.seed());
    begin(request.entries().length + count);
    for (var entry : request.entries()) {
      if (!met(entry)) {
        candidate(entry);
      }
    }
    // Without entries the last ordinal of a step cannot have been drawn before it.
    for (var last = items() - count; last < items(); last++) {
      var drawn = draws.below(last + 1);
      if (!met(drawn)) {
        candidate(drawn);
      } else if (!met(last)) {
        candidate(last);
      }
    }
  }

  @Override
  void scored(int[] ordinals, int from, int count, float[] scores) {
    for (var i = 0; i < count; i++) {
      unexpanded.offer(scores[i], ordinals[from + i]);
    }
  }

  @Override
  Step roundEnded(long[] before) {
    var settings = request().settings();
    if (rounds() == settings.rounds() || everyItemIsScored() || room() == 0) {
      return end();
    }
    var next = unexpanded.take(settings.keep(), unexpandedThatMatter(settings.rounds() - rounds()));
    var changed = !Arrays.equals(before, bestOfRounds()) || !Arrays.equals(expectedFrontier, next);
    if (next.length == 0 || (rounds() > 1 && !changed)) {
      return end();
    }
    var rest = unexpanded.sorted();
    expectedFrontier = Arrays.copyOf(rest, Math.min(settings.keep(), rest.length));
    frontier = ordinals(next);
    return waitFor(new Step.NeedNeighbours(frontier, settings.neighbours()));
  }

  /** How many of the best unexpanded items may still be expanded in the rounds that are left. */
  private int unexpandedThatMatter(int roundsLeft) {
    return (int) Math.min((roundsLeft - 1L) * request().settings().keep(), items());
  }

  private int checkedSize(int[][] lists) {
    if (lists.length != frontier.length) {
      throw new IllegalArgumentException(
          "%d lists came for %d items".formatted(lists.length, frontier.length));
    }
    var most = request().settings().neighbours();
    var size = 0L;
    for (var i = 0; i < lists.length; i++) {
      if (lists[i].length > most) {
        throw new IllegalArgumentException(
            "item %d came with %d neighbours; expected at most %d"
                .formatted(frontier[i], lists[i].length, most));
      }
      for (var neighbour : lists[i]) {
        if (neighbour < -1 || neighbour >= items()) {
          throw new IllegalArgumentException(
              "item %d came with neighbour %d; expected -1 to %d"
                  .formatted(frontier[i], neighbour, items() - 1));
        }
      }
      size += lists[i].length;
    }
    return (int) Math.min(size, items());
  }

  private static int[] ordinals(long[] keys) {
    var ordinals = new int[keys.length];
    for (var i = 0; i < keys.length; i++) {
      ordinals[i] = RankKey.ordinal(keys[i]);
    }
    return ordinals;
  }
}
