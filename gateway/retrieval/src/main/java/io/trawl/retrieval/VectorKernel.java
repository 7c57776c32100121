package io.trawl.retrieval;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.MAX;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernel on the JDK's Vector API, always with the preferred species: a fixed one that the
 * processor lacks falls back to boxed objects and practically hangs.
 *
 * <p>Lanes are queries. The query vectors are laid out once per search in tiles of two vectors,
 * dimension-major inside a tile, so that a step of the inner loop reads two neighbouring vectors;
 * item rows stay row-major as in the file, and each number is broadcast. The last vector is filled
 * up by repeating a query, which cannot change a maximum (zeros could).
 *
 * <p>Rows are first copied to a block that stays in the first-level cache together with one tile,
 * and each tile meets the whole block. For gathered rows the copy also overlaps the cache misses of
 * many rows, which the arithmetic alone would meet one after the other. Five rows by two vectors
 * are ten running sums: enough to hide the latency of a fused multiply-add, few enough for the
 * compiler to keep them in sixteen registers (with twelve it spills and loses half the speed).
 * Measurements and the layouts that lost: docs/decisions/0003-score-kernel.md.
 */
final class VectorKernel implements ScoreKernel {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();

  private static final int ROWS_BY_TWO_VECTORS = 5;
  private static final int ROWS_BY_ONE_VECTOR = 10;
  private static final int BLOCK_BYTES = 16 * 1024;
  private static final int MOST_BLOCK_ROWS = 100;

  static int lanes() {
    return LANES;
  }

  @Override
  public String name() {
    return "vector-" + SPECIES.vectorBitSize();
  }

  @Override
  public Scorer scorer(ItemVectors items, QueryVectors queries) {
    Kernels.check(items, queries);
    return new VectorScorer(items, queries);
  }

  private static final class VectorScorer implements Scorer {

    private final ItemVectors items;
    private final int width;
    private final int vectors;
    private final int blockRows;
    private final float[] queries;
    private final float[] rows;
    private final float[] best;

    VectorScorer(ItemVectors items, QueryVectors queries) {
      this.items = items;
      this.width = items.width();
      this.vectors = (queries.count() + LANES - 1) / LANES;
      var rowsThatFit = Math.min(MOST_BLOCK_ROWS, BLOCK_BYTES / (width * Float.BYTES));
      this.blockRows = Math.max(1, rowsThatFit / ROWS_BY_ONE_VECTOR) * ROWS_BY_ONE_VECTOR;
      this.queries = tiled(queries, vectors);
      this.rows = new float[blockRows * width];
      this.best = new float[blockRows * LANES];
    }

    private static float[] tiled(QueryVectors queries, int vectors) {
      var width = queries.width();
      var tiled = new float[vectors * LANES * width];
      for (var q = 0; q < vectors * LANES; q++) {
        var source = Math.min(q, queries.count() - 1) * width;
        var vector = q / LANES;
        var first = vector & ~1;
        var stride = (first + 1 < vectors ? 2 : 1) * LANES;
        var target = first * LANES * width + (vector - first) * LANES + q % LANES;
        for (var d = 0; d < width; d++) {
          tiled[target + d * stride] = queries.values()[source + d];
        }
      }
      return tiled;
    }

    @Override
    public void range(int first, int count, float[] scores) {
      for (var done = 0; done < count; done += blockRows) {
        var n = Math.min(blockRows, count - done);
        copy(first + done, 0, n);
        score(n, scores, done);
      }
    }

    @Override
    public void gather(int[] ordinals, int from, int count, float[] scores) {
      for (var done = 0; done < count; done += blockRows) {
        var n = Math.min(blockRows, count - done);
        for (var i = 0; i < n; i++) {
          copy(ordinals[from + done + i], i, 1);
        }
        score(n, scores, done);
      }
    }

    private void copy(int ordinal, int row, int count) {
      MemorySegment.copy(
          items.segment(),
          ItemVectors.FLOAT,
          items.offset(ordinal),
          rows,
          row * width,
          count * width);
    }

    /** Scores the first n rows of the block; the rows that fill up the last tile are left over. */
    private void score(int n, float[] scores, int at) {
      Arrays.fill(best, Float.NEGATIVE_INFINITY);
      for (var vector = 0; vector + 1 < vectors; vector += 2) {
        for (var row = 0; row < n; row += ROWS_BY_TWO_VECTORS) {
          twoVectors(vector * LANES * width, row);
        }
      }
      if ((vectors & 1) != 0) {
        for (var row = 0; row < n; row += ROWS_BY_ONE_VECTOR) {
          oneVector((vectors - 1) * LANES * width, row);
        }
      }
      for (var i = 0; i < n; i++) {
        scores[at + i] = FloatVector.fromArray(SPECIES, best, i * LANES).reduceLanes(MAX) + 0f;
      }
    }

    /** Five rows against the two vectors of queries that begin at {@code tile}. */
    private void twoVectors(int tile, int row) {
      var r0 = row * width;
      var r1 = r0 + width;
      var r2 = r1 + width;
      var r3 = r2 + width;
      var r4 = r3 + width;
      var a0 = FloatVector.zero(SPECIES);
      var a1 = a0;
      var a2 = a0;
      var a3 = a0;
      var a4 = a0;
      var b0 = a0;
      var b1 = a0;
      var b2 = a0;
      var b3 = a0;
      var b4 = a0;
      for (var d = 0; d < width; d++) {
        var a = FloatVector.fromArray(SPECIES, queries, tile + d * 2 * LANES);
        var b = FloatVector.fromArray(SPECIES, queries, tile + d * 2 * LANES + LANES);
        var x0 = FloatVector.broadcast(SPECIES, rows[r0 + d]);
        a0 = x0.fma(a, a0);
        b0 = x0.fma(b, b0);
        var x1 = FloatVector.broadcast(SPECIES, rows[r1 + d]);
        a1 = x1.fma(a, a1);
        b1 = x1.fma(b, b1);
        var x2 = FloatVector.broadcast(SPECIES, rows[r2 + d]);
        a2 = x2.fma(a, a2);
        b2 = x2.fma(b, b2);
        var x3 = FloatVector.broadcast(SPECIES, rows[r3 + d]);
        a3 = x3.fma(a, a3);
        b3 = x3.fma(b, b3);
        var x4 = FloatVector.broadcast(SPECIES, rows[r4 + d]);
        a4 = x4.fma(a, a4);
        b4 = x4.fma(b, b4);
      }
      var at = row * LANES;
      keep(a0, at);
      keep(b0, at);
      keep(a1, at + LANES);
      keep(b1, at + LANES);
      keep(a2, at + 2 * LANES);
      keep(b2, at + 2 * LANES);
      keep(a3, at + 3 * LANES);
      keep(b3, at + 3 * LANES);
      keep(a4, at + 4 * LANES);
      keep(b4, at + 4 * LANES);
    }

    /** Ten rows against the one vector of queries that begins at {@code tile}. */
    private void oneVector(int tile, int row) {
      var r0 = row * width;
      var r1 = r0 + width;
      var r2 = r1 + width;
      var r3 = r2 + width;
      var r4 = r3 + width;
      var r5 = r4 + width;
      var r6 = r5 + width;
      var r7 = r6 + width;
      var r8 = r7 + width;
      var r9 = r8 + width;
      var a0 = FloatVector.zero(SPECIES);
      var a1 = a0;
      var a2 = a0;
      var a3 = a0;
      var a4 = a0;
      var a5 = a0;
      var a6 = a0;
      var a7 = a0;
      var a8 = a0;
      var a9 = a0;
      for (var d = 0; d < width; d++) {
        var a = FloatVector.fromArray(SPECIES, queries, tile + d * LANES);
        a0 = FloatVector.broadcast(SPECIES, rows[r0 + d]).fma(a, a0);
        a1 = FloatVector.broadcast(SPECIES, rows[r1 + d]).fma(a, a1);
        a2 = FloatVector.broadcast(SPECIES, rows[r2 + d]).fma(a, a2);
        a3 = FloatVector.broadcast(SPECIES, rows[r3 + d]).fma(a, a3);
        a4 = FloatVector.broadcast(SPECIES, rows[r4 + d]).fma(a, a4);
        a5 = FloatVector.broadcast(SPECIES, rows[r5 + d]).fma(a, a5);
        a6 = FloatVector.broadcast(SPECIES, rows[r6 + d]).fma(a, a6);
        a7 = FloatVector.broadcast(SPECIES, rows[r7 + d]).fma(a, a7);
        a8 = FloatVector.broadcast(SPECIES, rows[r8 + d]).fma(a, a8);
        a9 = FloatVector.broadcast(SPECIES, rows[r9 + d]).fma(a, a9);
      }
      var at = row * LANES;
      keep(a0, at);
      keep(a1, at + LANES);
      keep(a2, at + 2 * LANES);
      keep(a3, at + 3 * LANES);
      keep(a4, at + 4 * LANES);
      keep(a5, at + 5 * LANES);
      keep(a6, at + 6 * LANES);
      keep(a7, at + 7 * LANES);
      keep(a8, at + 8 * LANES);
      keep(a9, at + 9 * LANES);
    }

    /** A lane that is not a number compares false and so leaves the best as it is. */
    private void keep(FloatVector sums, int at) {
      var known = FloatVector.fromArray(SPECIES, best, at);
      known.blend(sums, sums.compare(GT, known)).intoArray(best, at);
    }
  }
}
