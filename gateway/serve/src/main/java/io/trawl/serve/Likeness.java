package io.trawl.serve;

import io.trawl.domain.OnMissing;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.Violation;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Query vectors for "items like these and unlike those": the item vector of each of these, less the
 * mean of those, all brought to length one first and the result again.
 */
final class Likeness {

  private final ServingSpace space;
  private final List<Violation> violations = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  private Likeness(ServingSpace space) {
    this.space = space;
  }

  static Target target(ServingSpace space, By.Likeness asked) {
    return new Likeness(space).target(asked);
  }

  private Target target(By.Likeness asked) {
    var like = ordinals("items", asked.items(), asked.onMissing());
    var unlike = ordinals("unlike", asked.unlike(), asked.onMissing());
    if (violations.isEmpty() && like.isEmpty()) {
      violations.add(
          new Violation("items", "has no item that space " + space.id() + " knows; expected one"));
    }
    if (!violations.isEmpty()) {
      return new Target.Refused(violations);
    }
    var width = space.itemVectors().width();
    var away = mean(unlike, width);
    var rows = new ArrayList<float[]>();
    for (var ordinal : like) {
      var row = unit(ordinal);
      for (var d = 0; d < width; d++) {
        row[d] -= away[d];
      }
      if (normalise(row)) {
        rows.add(row);
      }
    }
    if (rows.isEmpty()) {
      violations.add(
          new Violation("unlike", "cancels all of items out; expected something to be left"));
      return new Target.Refused(violations);
    }
    return new Target.Accepted(
        queries(rows, width), like.stream().mapToInt(Integer::intValue).toArray(), skipped);
  }

  private Set<Integer> ordinals(String field, List<String> ids, OnMissing onMissing) {
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
    return ordinals;
  }

  private float[] mean(Set<Integer> ordinals, int width) {
    var mean = new float[width];
    for (var ordinal : ordinals) {
      var row = unit(ordinal);
      for (var d = 0; d < width; d++) {
        mean[d] += row[d] / ordinals.size();
      }
    }
    return mean;
  }

  private float[] unit(int ordinal) {
    ItemVectors items = space.itemVectors();
    var row = new float[items.width()];
    for (var d = 0; d < row.length; d++) {
      row[d] = items.at(ordinal, d);
    }
    normalise(row);
    return row;
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

  /** What came of it. */
  sealed interface Target {

    /**
     * @param entries ordinals near which the best items are expected
     * @param skipped ids that the space does not know
     */
    record Accepted(QueryVectors queries, int[] entries, List<String> skipped) implements Target {}

    record Refused(List<Violation> violations) implements Target {}
  }
}
