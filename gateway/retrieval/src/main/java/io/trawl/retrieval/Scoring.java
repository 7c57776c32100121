package io.trawl.retrieval;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one search comes by the scores of its candidates: from vectors that are held, or from rows
 * that it is supplied with. The kernel is the same, and so are the bits.
 */
abstract sealed class Scoring {

  static Scoring of(SearchedItems items, SearchRequest request) {
    return switch (items) {
      case SearchedItems.Held(var vectors, var kernel) ->
          new Held(vectors, kernel, request.queries());
      case SearchedItems.Fetched fetched -> new Fetched(fetched, request);
    };
  }

  /** How many more items it can score. */
  abstract int room();

  /** Whether candidates need to be supplied before they are scored. */
  abstract boolean fetches();

  /** Takes the vectors of the first candidates, one row for each. */
  abstract void supply(int[] candidates, ItemVectors rows);

  /** Scores {@code candidates[from..from + count)} into {@code scores[0..count)}. */
  abstract void score(int[] candidates, int from, int count, float[] scores);

  /** For each of these, which were scored, the query vector that made its score. */
  abstract int[] winners(int[] ordinals);

  private static final class Held extends Scoring {

    private final ItemVectors items;
    private final QueryVectors queries;
    private final ScoreKernel.Scorer scorer;

    Held(ItemVectors items, ScoreKernel kernel, QueryVectors queries) {
      this.items = items;
      this.queries = queries;
      this.scorer = kernel.scorer(items, queries);
    }

    @Override
    int room() {
      return Integer.MAX_VALUE;
    }

    @Override
    boolean fetches() {
      return false;
    }

    @Override
    void supply(int[] candidates, ItemVectors rows) {
      throw new IllegalStateException("no item vectors were asked for");
    }

    @Override
    void score(int[] candidates, int from, int count, float[] scores) {
      scorer.gather(candidates, from, count, scores);
    }

    @Override
    int[] winners(int[] ordinals) {
      return Winners.of(items, queries, ordinals);
    }
  }

  private static final class Fetched extends Scoring {

    private final SearchedItems.Fetched items;
    private final QueryVectors queries;

    /** The rows of all that was scored, by ordinal; null where nobody will ask why. */
    private final @Nullable Map<Integer, float[]> kept;

    private int room;
    private ScoreKernel.@Nullable Scorer scorer;

    Fetched(SearchedItems.Fetched items, SearchRequest request) {
      this.items = items;
      this.queries = request.queries();
      this.kept = request.explain() ? new HashMap<>() : null;
      this.room = request.mostFetched();
    }

    @Override
    int room() {
      return room;
    }

    @Override
    boolean fetches() {
      return true;
    }

    @Override
    void supply(int[] candidates, ItemVectors rows) {
      scorer = items.kernel().scorer(rows, queries);
      room -= rows.count();
      if (kept != null) {
        for (var i = 0; i < rows.count(); i++) {
          kept.put(candidates[i], rows.row(i));
        }
      }
    }

    @Override
    void score(int[] candidates, int from, int count, float[] scores) {
      Objects.requireNonNull(scorer).range(from, count, scores);
    }

    @Override
    int[] winners(int[] ordinals) {
      var rows = new float[ordinals.length * items.width()];
      var indices = new int[ordinals.length];
      for (var i = 0; i < ordinals.length; i++) {
        var row = Objects.requireNonNull(Objects.requireNonNull(kept).get(ordinals[i]));
        System.arraycopy(row, 0, rows, i * items.width(), row.length);
        indices[i] = i;
      }
      return Winners.of(ItemVectors.of(rows, items.width()), queries, indices);
    }
  }
}
