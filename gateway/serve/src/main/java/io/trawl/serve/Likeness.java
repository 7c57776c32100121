package io.trawl.serve;

import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.Violation;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.ListFinder.Target;
import io.trawl.serve.source.VectorSource;
import io.trawl.space.MemoryFault;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Query vectors that no backbone makes: the caller's own, or those for "items like these and unlike
 * those": the item vector of each of these, less the mean of those, all brought to length one first
 * and the result again.
 */
final class Likeness {

  private static final Violation NOTHING_LEFT =
      new Violation("unlike", "cancels all of items out; expected something to be left");

  private final SearchableSpace space;
  private final List<Violation> violations = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  private Likeness(SearchableSpace space) {
    this.space = space;
  }

  /**
   * What to search for.
   *
   * @return fails with {@link FirstEnding#ended} where it is nothing
   */
  static Future<Target> target(SearchableSpace space, By by, ListFinder.Scope scope) {
    return switch (by) {
      case By.Vectors(var vectors) ->
          Future.succeededFuture(
              target(queries(vectors, vectors.getFirst().length), new int[0], List.of()));
      case By.Likeness asked -> {
        var resolved = new Likeness(space).resolve(asked);
        MemoryFault.throwPending();
        yield switch (resolved) {
          case Resolved.Refused(var violations) ->
              FirstEnding.ended(new RetrievalOutcome.Invalid(violations));
          case Resolved.Known known ->
              space
                  .vectors()
                  .vectors(known.ordinals(), scope.deadline(), scope.cancellation())
                  .recover(
                      failure ->
                          failure instanceof Error
                              ? Future.failedFuture(failure)
                              : FirstEnding.ended(
                                  new RetrievalOutcome.SearchFailed(Labels.why(failure))))
                  .compose(known::target);
        };
      }
    };
  }

  private static Target target(QueryVectors queries, int[] entries, List<String> skipped) {
    return new Target(queries, entries, 0, List.of(), skipped);
  }

  private Resolved resolve(By.Likeness asked) {
    var like = ordinals("items", asked.items(), asked.onMissing());
    var unlike = ordinals("unlike", asked.unlike(), asked.onMissing());
    if (violations.isEmpty() && like.length == 0) {
      violations.add(
          new Violation("items", "has no item that space " + space.id() + " knows; expected one"));
    }
    var named = like.length + unlike.length;
    if (named > space.mostRead(VectorSource.MOST_FETCHED)) {
      violations.add(
          new Violation(
              "items",
              "and unlike name %d items; expected at most %d, since their vectors are fetched"
                  .formatted(named, VectorSource.MOST_FETCHED)));
    }
    return violations.isEmpty()
        ? new Resolved.Known(like, unlike, skipped)
        : new Resolved.Refused(violations);
  }

  private int[] ordinals(String field, List<String> ids, OnMissing onMissing) {
    var ordinals = new LinkedHashSet<Integer>();
    for (var i = 0; i < ids.size(); i++) {
      var ordinal = space.ordinal(ids.get(i));
      if (ordinal >= 0) {
        ordinals.add(ordinal);
      } else if (onMissing == OnMissing.SKIP) {
        skipped.add(ids.get(i));
      } else {
        violations.add(
            new Violation(
                field + "[" + i + "]",
                "'%s' is no item of space %s".formatted(ids.get(i), space.id())));
      }
    }
    return ordinals.stream().mapToInt(Integer::intValue).toArray();
  }

  private static float[] mean(ItemVectors rows, int first) {
    var mean = new float[rows.width()];
    for (var row = first; row < rows.count(); row++) {
      var unit = unit(rows, row);
      for (var d = 0; d < mean.length; d++) {
        mean[d] += unit[d] / (rows.count() - first);
      }
    }
    return mean;
  }

  private static float[] unit(ItemVectors rows, int row) {
    var unit = rows.row(row);
    normalise(unit);
    return unit;
  }

  /** False for what is too short to have a direction. */
  private static boolean normalise(float[] row) {
    var sum = 0.0;
    for (var value : row) {
      sum += (double) value * value;
    }
    if (sum < 1e-12) {
      return false;
    }
    for (var d = 0; d < row.length; d++) {
      row[d] = (float) (row[d] / Math.sqrt(sum));
    }
    return true;
  }

  private static QueryVectors queries(List<float[]> rows, int width) {
    var values = new float[rows.size() * width];
    for (var i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, values, i * width, width);
    }
    return new QueryVectors(values, rows.size(), width);
  }

  /** What came of the ids. */
  private sealed interface Resolved {

    /**
     * @param like ordinals of items to be like
     * @param unlike ordinals of items to keep away from
     * @param skipped ids that the space does not know
     */
    record Known(int[] like, int[] unlike, List<String> skipped) implements Resolved {

      /** Those whose vectors the query vectors are made of. */
      int[] ordinals() {
        return IntStream.concat(IntStream.of(like), IntStream.of(unlike)).toArray();
      }

      /**
       * Query vectors of them, where the ones do not cancel the others out.
       *
       * @param rows the vectors of {@link #ordinals}
       */
      Future<Target> target(ItemVectors rows) {
        var away = mean(rows, like.length);
        var queries = new ArrayList<float[]>();
        for (var i = 0; i < like.length; i++) {
          var query = unit(rows, i);
          for (var d = 0; d < query.length; d++) {
            query[d] -= away[d];
          }
          if (normalise(query)) {
            queries.add(query);
          }
        }
        return queries.isEmpty()
            ? FirstEnding.ended(new RetrievalOutcome.Invalid(List.of(NOTHING_LEFT)))
            : Future.succeededFuture(
                Likeness.target(Likeness.queries(queries, rows.width()), like, skipped));
      }
    }

    record Refused(List<Violation> violations) implements Resolved {}
  }
}
