package io.trawl.retrieval;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What searches by rounds have in common: the candidates of the running round, each scored once in
 * the whole search, and the best k of all rounds.
 *
 * <p>A round is: {@link #begin}, {@link #candidate} for each item that was not {@link #met}, {@link
 * #gathered}; then they are scored, where need be after their vectors were supplied, and {@link
 * #roundEnded} says what comes next.
 */
abstract sealed class RoundSearch implements Search permits ExploreSearch, UnionSearch {

  private enum State {
    FRESH,
    /** For neighbours or hits. */
    WAITING,
    GATHERED,
    /** For the candidates' vectors. */
    FETCHING,
    SCORING,
    FINISHED
  }

  private final SearchedItems items;
  private final SearchRequest request;
  private final Scoring scoring;
  private final TopK best;
  private final Visited visited;
  private final float[] scores;
  private final @Nullable Provenance provenance;

  private State state = State.FRESH;
  private int[] candidates = new int[0];
  private int mostCandidates;
  private int candidateCount;
  private int candidatesScored;
  private int rounds;
  private long itemsScored;
  private long itemsDropped;
  private long[] bestOfRounds = new long[0];

  /**
   * @param mostMet the most items that it may meet
   */
  RoundSearch(SearchedItems items, SearchRequest request, long mostMet) {
    this.items = items;
    this.request = request;
    this.scoring = Scoring.of(items, request);
    this.best = new TopK(Math.min(request.k(), items.count()));
    this.visited = Visited.of(items.count(), mostMet);
    this.scores = new float[Math.min(items.count(), Work.itemsPerStep(request.queries()))];
    this.provenance = request.explain() ? new Provenance() : null;
  }

  /** The first step: gathers candidates, or asks for what they come from. */
  abstract Step first();

  /** Told of each piece of the candidates as it is scored. */
  void scored(int[] ordinals, int from, int count, float[] theirScores) {}

  /**
   * What follows the round that has just ended: {@link #waitFor} or {@link #end}.
   *
   * @param before keys of the best k before it
   */
  abstract Step roundEnded(long[] before);

  @Override
  public final Step advance() {
    return switch (state) {
      case FRESH -> first();
      case GATHERED -> {
        state = State.FETCHING;
        yield new Step.NeedVectors(Arrays.copyOf(candidates, candidateCount));
      }
      case SCORING -> score();
      case WAITING -> throw new IllegalStateException("what was asked for was not supplied");
      case FETCHING ->
          throw new IllegalStateException(
              "vectors of " + candidateCount + " items were asked for and not supplied");
      case FINISHED -> new Step.Finished();
    };
  }

  @Override
  public final void supply(Answer answer) {
    if (state == State.FETCHING && answer instanceof Answer.Vectors(var rows)) {
      fetched(rows);
    } else if (state != State.WAITING || !gather(answer)) {
      throw Search.notAsked(answer);
    }
  }

  /** Gathers the round's candidates out of what it waits for; false where this is not that. */
  abstract boolean gather(Answer answer);

  private void fetched(ItemVectors rows) {
    if (rows.count() != candidateCount || rows.width() != items.width()) {
      throw new IllegalArgumentException(
          "item vectors of %d x %d came; expected %d x %d"
              .formatted(rows.count(), rows.width(), candidateCount, items.width()));
    }
    scoring.supply(candidates, rows);
    state = State.SCORING;
  }

  final Step waitFor(Step need) {
    state = State.WAITING;
    return need;
  }

  final Step end() {
    state = State.FINISHED;
    return new Step.Finished();
  }

  /**
   * Begins a round.
   *
   * @param listed candidates at most
   */
  final void begin(int listed) {
    candidates = listed <= candidates.length ? candidates : new int[listed];
    mostCandidates = Math.min(candidates.length, scoring.room());
    candidateCount = 0;
    candidatesScored = 0;
  }

  /** Whether an item was met before; now it was. */
  final boolean met(int ordinal) {
    return !visited.add(ordinal);
  }

  /** Adds a candidate; false where no more items can be scored. */
  final boolean candidate(int ordinal) {
    if (candidateCount == mostCandidates) {
      itemsDropped++;
      return false;
    }
    candidates[candidateCount++] = ordinal;
    return true;
  }

  /** All candidates of the round are there. */
  final void gathered() {
    state = scoring.fetches() && candidateCount > 0 ? State.GATHERED : State.SCORING;
  }

  private Step score() {
    var count = Math.min(scores.length, candidateCount - candidatesScored);
    if (count > 0) {
      scoring.score(candidates, candidatesScored, count, scores);
    }
    for (var i = 0; i < count; i++) {
      var ordinal = candidates[candidatesScored + i];
      if (request.eligible().contains(ordinal)) {
        best.offer(scores[i], ordinal);
      }
    }
    scored(candidates, candidatesScored, count, scores);
    candidatesScored += count;
    itemsScored += count;
    return candidatesScored < candidateCount ? new Step.More() : endRound();
  }

  private Step endRound() {
    rounds++;
    var before = bestOfRounds;
    bestOfRounds = best.sorted();
    if (provenance != null) {
      provenance.roundEnded(candidates, candidateCount, bestOfRounds);
    }
    return roundEnded(before);
  }

  final SearchRequest request() {
    return request;
  }

  /** N, the number of items. */
  final int items() {
    return items.count();
  }

  /** How many more items can be scored. */
  final int room() {
    return scoring.room();
  }

  final int rounds() {
    return rounds;
  }

  /** Keys of the best k after the rounds that have ended. */
  final long[] bestOfRounds() {
    return bestOfRounds;
  }

  final boolean everyItemIsScored() {
    return itemsScored == items.count();
  }

  /** How many candidates the running round has. */
  final int candidateCount() {
    return candidateCount;
  }

  final @Nullable Provenance provenance() {
    return provenance;
  }

  @Override
  public final SearchExplanation explanation() {
    Work.checkExplained(request);
    var ordinals = result().ordinals();
    return Objects.requireNonNull(provenance).explain(scoring.winners(ordinals), ordinals);
  }

  @Override
  public SearchResult result() {
    return Work.result(
            items.width(),
            rounds == 0 ? best.sorted() : bestOfRounds,
            rounds,
            itemsScored,
            state == State.FINISHED)
        .withDropped(itemsDropped);
  }
}
