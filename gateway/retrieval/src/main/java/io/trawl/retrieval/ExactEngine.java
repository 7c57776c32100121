package io.trawl.retrieval;

import io.trawl.domain.EngineName;
import io.trawl.retrieval.SearchExplanation.RoundCounts;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** The engine that scores every eligible item, in ascending order of ordinals. */
final class ExactEngine implements Engine {

  private final ItemVectors items;
  private final ScoreKernel kernel;

  ExactEngine(ItemVectors items, ScoreKernel kernel) {
    this.items = Objects.requireNonNull(items, "items");
    this.kernel = Objects.requireNonNull(kernel, "kernel");
  }

  @Override
  public EngineName name() {
    return EngineName.EXACT;
  }

  @Override
  public Search start(SearchRequest request) {
    Work.check(items.count(), items.width(), request);
    return Nothing.toDo(items.count(), request) ? new Nothing() : new Scan(items, kernel, request);
  }

  private static final class Scan implements Search {

    private final ItemVectors items;
    private final SearchRequest request;
    private final ItemSet eligible;
    private final ScoreKernel.Scorer scorer;
    private final TopK best;
    private final int[] ordinals;
    private final float[] scores;

    /** The next ordinal to score, or -1 at the end. */
    private int next;

    private long itemsScored;

    Scan(ItemVectors items, ScoreKernel kernel, SearchRequest request) {
      this.items = items;
      this.request = request;
      this.eligible = request.eligible();
      this.scorer = kernel.scorer(items, request.queries());
      this.best = new TopK(Math.min(request.k(), items.count()));
      this.ordinals = new int[Math.min(items.count(), Work.itemsPerStep(request.queries()))];
      this.scores = new float[ordinals.length];
      this.next = from(0);
    }

    /** The first ordinal to score from {@code ordinal} on, or -1 if there is none. */
    private int from(int ordinal) {
      var first = new int[1];
      return eligible.next(ordinal, first) == 0 ? -1 : first[0];
    }

    @Override
    public Step advance() {
      if (next < 0) {
        return new Step.Finished();
      }
      var count = eligible.next(next, ordinals);
      next = count < ordinals.length ? -1 : from(ordinals[count - 1] + 1);
      if (ordinals[count - 1] - ordinals[0] == count - 1) {
        scorer.range(ordinals[0], count, scores);
      } else {
        scorer.gather(ordinals, 0, count, scores);
      }
      for (var i = 0; i < count; i++) {
        best.offer(scores[i], ordinals[i]);
      }
      itemsScored += count;
      return next < 0 ? new Step.Finished() : new Step.More();
    }

    @Override
    public SearchExplanation explanation() {
      Work.checkExplained(request);
      var found = result();
      var counts = new RoundCounts(0, 0, itemsScored, found.ordinals().length);
      var foundIn = new int[found.ordinals().length];
      var neighbourOf = new int[foundIn.length];
      Arrays.fill(foundIn, 1);
      Arrays.fill(neighbourOf, -1);
      return new SearchExplanation(
          next < 0 ? List.of(counts) : List.of(),
          Winners.of(items, request.queries(), found.ordinals()),
          foundIn,
          neighbourOf);
    }

    @Override
    public SearchResult result() {
      var finished = next < 0;
      return Work.result(items.width(), best.sorted(), finished ? 1 : 0, itemsScored, finished);
    }
  }
}
