package io.trawl.retrieval;

import java.util.Objects;

/**
 * The query vectors Q[M][H] of one user and one objective, row-major. The array is not copied; who
 * hands it in must not change it afterwards.
 *
 * @param values {@code count * width} finite numbers
 * @param count M, zero or more
 * @param width H
 */
public record QueryVectors(float[] values, int count, int width) {

  public QueryVectors {
    Objects.requireNonNull(values, "values");
    if (count < 0 || width < 1 || values.length != (long) count * width) {
      throw new IllegalArgumentException(
          "query vectors hold %d numbers; expected %d x %d".formatted(values.length, count, width));
    }
    for (var i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "query vector %d holds %s at %d; expected a finite number"
                .formatted(i / width, values[i], i % width));
      }
    }
  }

  /** Some of them, by index. */
  public QueryVectors rows(int[] indices) {
    var rows = new float[indices.length * width];
    for (var i = 0; i < indices.length; i++) {
      System.arraycopy(values, indices[i] * width, rows, i * width, width);
    }
    return new QueryVectors(rows, indices.length, width);
  }
}
