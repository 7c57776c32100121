package io.trawl.retrieval;

import io.trawl.domain.Certificate;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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
 * <p><b>Cost.</b> M times the first limit hits from the index and M x H multiply-adds for each
 * distinct one; the k-th best rises fast with M, so the second call is for few.
 */
final class UnionSearch implements Search {

  /**
   * Of the larger of the two numbers: 64 units in the last place, far above what sums differ by.
   */
  private static final float SLACK = 0x1p-17f;

  /** A list shorter than this costs the index as much. */
  private static final int FEWEST_HITS = 16;

  /** How many times its even share of the answer a query vector is asked for at first. */
  private static final int SHARES = 8;

  private enum State {
    FRESH,
    WAITING,
    SCORING,
    FINISHED
  }

  private final ItemVectors items;
  private final SearchRequest request;
  private final int firstHits;
  private final ScoreKernel.Scorer scorer;
  private final TopK best;
  private final Visited visited;
  private final float[] scores;
  private final float[] bounds;
  private final @Nullable Provenance provenance;

  private State state = State.FRESH;
  private int[] asked;
  private int[] candidates = new int[0];
  private int candidateCount;
  private int candidatesScored;
  private int rounds;
  private long itemsScored;
  private long[] bestOfRounds = new long[0];
  private boolean exactLists = true;

  UnionSearch(ItemVectors items, ScoreKernel kernel, SearchRequest request, int firstHits) {
    var queries = request.queries();
    this.items = items;
    this.request = request;
    this.firstHits = firstHits;
    this.scorer = kernel.scorer(items, queries);
    this.best = new TopK(wanted());
    this.visited = Visited.of(items.count(), 2L * queries.count() * (request.k() + 1L));
    this.scores = new float[Math.min(items.count(), Work.itemsPerStep(queries))];
    this.bounds = new float[queries.count()];
    this.provenance = request.explain() ? new Provenance() : null;
    this.asked = IntStream.range(0, queries.count()).toArray();
    Arrays.fill(bounds, Float.POSITIVE_INFINITY);
  }

  private int wanted() {
    return Math.min(request.k(), items.count());
  }

  /** How many hits a query vector is asked for at first; at least one, at most k + 1. */
  private int firstLimit() {
    var most = wanted() + 1;
    if (firstHits > 0) {
      return Math.min(firstHits, most);
    }
    var share = Math.ceilDiv(wanted(), request.queries().count());
    return (int) Math.clamp((long) SHARES * share, Math.min(FEWEST_HITS, most), most);
  }

  @Override
  public Step advance() {
    return switch (state) {
      case FRESH -> {
        state = State.WAITING;
        yield new Step.NeedHits(asked, firstLimit());
      }
      case SCORING -> score();
      case WAITING ->
          throw new IllegalStateException(
              "hits of " + asked.length + " query vectors were asked for and not supplied");
      case FINISHED -> new Step.Finished();
    };
  }

  @Override
  public void supply(int[][] lists) {
    throw new IllegalStateException("no neighbours were asked for");
  }

  @Override
  public void supply(Hits hits) {
    if (state != State.WAITING) {
      throw new IllegalStateException("no hits were asked for");
    }
    check(hits);
    candidates = new int[Math.min(listed(hits), items.count())];
    candidateCount = 0;
    candidatesScored = 0;
    for (var i = 0; i < asked.length; i++) {
      bounds[asked[i]] = hits.bounds()[i];
      for (var ordinal : hits.ordinals()[i]) {
        if (request.eligible().contains(ordinal) && visited.add(ordinal)) {
          candidates[candidateCount++] = ordinal;
        }
      }
    }
    exactLists &= hits.exact();
    state = State.SCORING;
  }

  private void check(Hits hits) {
    if (hits.ordinals().length != asked.length) {
      throw new IllegalArgumentException(
          "%d lists came for %d query vectors".formatted(hits.ordinals().length, asked.length));
    }
    for (var i = 0; i < asked.length; i++) {
      for (var ordinal : hits.ordinals()[i]) {
        if (ordinal < 0 || ordinal >= items.count()) {
          throw new IllegalArgumentException(
              "query vector %d came with item %d; expected 0 to %d"
                  .formatted(asked[i], ordinal, items.count() - 1));
        }
      }
    }
  }

  private static int listed(Hits hits) {
    var listed = 0L;
    for (var list : hits.ordinals()) {
      listed += list.length;
    }
    return (int) Math.min(listed, Integer.MAX_VALUE);
  }

  private Step score() {
    var count = Math.min(scores.length, candidateCount - candidatesScored);
    scorer.gather(candidates, candidatesScored, count, scores);
    for (var i = 0; i < count; i++) {
      best.offer(scores[i], candidates[candidatesScored + i]);
    }
    candidatesScored += count;
    itemsScored += count;
    return candidatesScored < candidateCount ? new Step.More() : endRound();
  }

  private Step endRound() {
    rounds++;
    bestOfRounds = best.sorted();
    if (provenance != null) {
      provenance.roundEnded(candidates, candidateCount, bestOfRounds);
    }
    var open = open();
    if (open.length == 0 || rounds > 1) {
      state = State.FINISHED;
      return new Step.Finished();
    }
    asked = open;
    state = State.WAITING;
    return new Step.NeedHits(asked, wanted() + 1);
  }

  /** The query vectors for whose lists something that belongs into the answer may be missing. */
  private int[] open() {
    var tau =
        bestOfRounds.length < wanted()
            ? Float.NEGATIVE_INFINITY
            : RankKey.score(bestOfRounds[bestOfRounds.length - 1]);
    return IntStream.range(0, bounds.length).filter(j -> !below(bounds[j], tau)).toArray();
  }

  private static boolean below(float bound, float tau) {
    return bound == Float.NEGATIVE_INFINITY
        || bound < tau - SLACK * Math.max(Math.abs(bound), Math.abs(tau));
  }

  private Certificate certificate() {
    if (rounds == 0 || open().length > 0) {
      return Certificate.NONE;
    }
    return exactLists ? Certificate.EXACT : Certificate.DEPTH;
  }

  @Override
  public SearchExplanation explanation() {
    Work.checkExplained(request);
    return Objects.requireNonNull(provenance)
        .explain(items, request.queries(), result().ordinals());
  }

  @Override
  public SearchResult result() {
    return Work.result(
            items,
            rounds == 0 ? best.sorted() : bestOfRounds,
            rounds,
            itemsScored,
            state == State.FINISHED)
        .with(certificate());
  }
}
