package io.trawl.retrieval;

import io.trawl.domain.Certificate;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * One union of an index' lists.
 *
 * <p><b>Why a union is enough.</b> An item's score is its largest inner product, so an item of the
 * best k is among the best k of the query vector that made its score, and the union of M lists of k
 * holds the answer. Nearly all of these M k items are waste: on average an answer takes k / M of a
 * list.
 *
 * <p><b>The threshold.</b> Let tau be the k-th best score of the union so far, and b_j the most
 * that an item missing from list j can have with query vector j. A missing item scores at most the
 * largest b_j. If every b_j is below tau, nothing is missing. So the first call asks for short
 * lists, {@link #firstLimit} each, and a second one asks once more for the query vectors whose b_j
 * is not below tau, and for these alone, now k + 1 deep: one more than the most that can be needed,
 * so that its last inner product can lie below tau.
 *
 * <p><b>What is promised.</b> With exact lists and every b_j below tau the answer is the true one.
 * With approximate lists it is certain that no deeper list was needed, not that no list missed an
 * item. Equal scores at tau leave it open which of them are missing, so b_j must be truly below.
 * The index adds in another order than the score kernel and differs in the last bits; a b_j counts
 * as below tau only if it is by more than that ({@link #SLACK}).
 *
 * <p><b>Scores</b> are the kernel's own, so that they have the same bits as every other engine's;
 * what the index computed only bounds what is missing. Each distinct eligible item is scored once.
 *
 * <p><b>Where few items may be scored</b>, since their vectors are fetched, the lists are as short
 * as that allows. What is too much all the same is left out from the lists' ends, all lists alike,
 * and those lists promise nothing. Neither does a list longer than asked for: its rest is not read,
 * so that no index sets how long a step takes.
 *
 * <p><b>Cost.</b> M times the first limit hits from the index and M x H multiply-adds for each
 * distinct one; the k-th best rises fast with M, so the second call is for few.
 */
final class UnionSearch extends RoundSearch {

  /**
   * Of the larger of the two numbers: 64 units in the last place, far above what sums differ by.
   */
  private static final float SLACK = 0x1p-17f;

  /** A list shorter than this costs the index as much. */
  private static final int FEWEST_HITS = 16;

  /** How many times its even share of the answer a query vector is asked for at first. */
  private static final int SHARES = 8;

  private final int firstHits;
  private final float[] bounds;
  private int[] asked;
  private int limit;
  private boolean exactLists = true;

  UnionSearch(SearchedItems items, SearchRequest request, int firstHits) {
    super(items, request, 2L * request.queries().count() * (request.k() + 1L));
    var queries = request.queries().count();
    this.firstHits = firstHits;
    this.bounds = new float[queries];
    this.asked = IntStream.range(0, queries).toArray();
    Arrays.fill(bounds, Float.POSITIVE_INFINITY);
  }

  private int wanted() {
    return Math.min(request().k(), items());
  }

  /** How many hits a query vector is asked for at first; at least one, at most k + 1. */
  private int firstLimit() {
    var most = wanted() + 1;
    if (firstHits > 0) {
      return Math.min(firstHits, most);
    }
    var share = Math.ceilDiv(wanted(), request().queries().count());
    return (int) Math.clamp((long) SHARES * share, Math.min(FEWEST_HITS, most), most);
  }

  @Override
  Step first() {
    var most = Math.max(1, room() / asked.length);
    return ask(Math.min(firstLimit(), most));
  }

  private Step ask(int hits) {
    limit = hits;
    return waitFor(new Step.NeedHits(asked, hits));
  }

  @Override
  boolean gather(Answer answer) {
    if (!(answer instanceof Hits hits)) {
      return false;
    }
    check(hits);
    begin((int) Math.min((long) longest(hits) * asked.length, items()));
    for (var i = 0; i < asked.length; i++) {
      var whole = hits.ordinals()[i].length <= limit;
      bounds[asked[i]] = whole ? hits.bounds()[i] : Float.POSITIVE_INFINITY;
    }
    for (var rank = 0; rank < longest(hits); rank++) {
      for (var i = 0; i < asked.length; i++) {
        if (rank < hits.ordinals()[i].length && !take(hits.ordinals()[i][rank])) {
          bounds[asked[i]] = Float.POSITIVE_INFINITY;
        }
      }
    }
    exactLists &= hits.exact();
    gathered();
    return true;
  }

  /** False where it would be a candidate, if more items could be scored. */
  private boolean take(int ordinal) {
    return !request().eligible().contains(ordinal) || met(ordinal) || candidate(ordinal);
  }

  private void check(Hits hits) {
    if (hits.ordinals().length != asked.length) {
      throw new IllegalArgumentException(
          "%d lists came for %d query vectors".formatted(hits.ordinals().length, asked.length));
    }
    for (var i = 0; i < asked.length; i++) {
      var list = hits.ordinals()[i];
      for (var rank = 0; rank < Math.min(list.length, limit); rank++) {
        if (list[rank] < 0 || list[rank] >= items()) {
          throw new IllegalArgumentException(
              "query vector %d came with item %d; expected 0 to %d"
                  .formatted(asked[i], list[rank], items() - 1));
        }
      }
    }
  }

  /** The length of the longest list, or what was asked for where that is less. */
  private int longest(Hits hits) {
    var longest = 0;
    for (var list : hits.ordinals()) {
      longest = Math.max(longest, list.length);
    }
    return Math.min(longest, limit);
  }

  @Override
  Step roundEnded(long[] before) {
    var open = open();
    if (open.length == 0 || rounds() > 1) {
      return end();
    }
    var deeper = (int) Math.min(wanted() + 1L, limit + (long) room() / open.length);
    if (deeper <= limit) {
      return end();
    }
    asked = open;
    return ask(deeper);
  }

  /** The query vectors for whose lists something that belongs into the answer may be missing. */
  private int[] open() {
    var best = bestOfRounds();
    var tau =
        best.length < wanted() ? Float.NEGATIVE_INFINITY : RankKey.score(best[best.length - 1]);
    return IntStream.range(0, bounds.length).filter(j -> !below(bounds[j], tau)).toArray();
  }

  private static boolean below(float bound, float tau) {
    return bound == Float.NEGATIVE_INFINITY
        || bound < tau - SLACK * Math.max(Math.abs(bound), Math.abs(tau));
  }

  private Certificate certificate() {
    if (rounds() == 0 || open().length > 0) {
      return Certificate.NONE;
    }
    return exactLists ? Certificate.EXACT : Certificate.DEPTH;
  }

  @Override
  public SearchResult result() {
    return super.result().with(certificate());
  }
}
