package io.trawl.bench;

import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.ScoreKernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The layout that lost: lanes are items, so that no maximum has to go across lanes. Rows lie
 * row-major in the file, hence every block is transposed before it is scored. Kept to measure the
 * choice again; see docs/decisions/0003-score-kernel.md.
 */
final class LanesAreItems implements ScoreKernel {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int BLOCK = 2 * LANES;
  private static final int QUERIES_PER_TILE = 5;

  @Override
  public String name() {
    return "lanes-are-items";
  }

  @Override
  public Scorer scorer(ItemVectors items, QueryVectors queries) {
    return new BlockScorer(items, queries);
  }

  private static final class BlockScorer implements Scorer {

    private final ItemVectors items;
    private final int width;
    private final int count;
    private final float[] queries;
    private final float[] row;
    private final float[] block;
    private final float[] best = new float[BLOCK];

    BlockScorer(ItemVectors items, QueryVectors queries) {
      this.items = items;
      this.width = items.width();
      this.count = (queries.count() + QUERIES_PER_TILE - 1) / QUERIES_PER_TILE * QUERIES_PER_TILE;
      this.queries = Arrays.copyOf(queries.values(), count * width);
      for (var q = queries.count(); q < count; q++) {
        System.arraycopy(queries.values(), 0, this.queries, q * width, width);
      }
      this.row = new float[width];
      this.block = new float[BLOCK * width];
    }

    @Override
    public void range(int first, int count, float[] scores) {
      for (var done = 0; done < count; done += BLOCK) {
        var n = Math.min(BLOCK, count - done);
        for (var i = 0; i < n; i++) {
          transpose(first + done + i, i);
        }
        score(n, scores, done);
      }
    }

    @Override
    public void gather(int[] ordinals, int from, int count, float[] scores) {
      for (var done = 0; done < count; done += BLOCK) {
        var n = Math.min(BLOCK, count - done);
        for (var i = 0; i < n; i++) {
          transpose(ordinals[from + done + i], i);
        }
        score(n, scores, done);
      }
    }

    private void transpose(int ordinal, int lane) {
      MemorySegment.copy(items.segment(), ItemVectors.FLOAT, items.offset(ordinal), row, 0, width);
      for (var d = 0; d < width; d++) {
        block[d * BLOCK + lane] = row[d];
      }
    }

    private void score(int n, float[] scores, int at) {
      Arrays.fill(best, Float.NEGATIVE_INFINITY);
      for (var query = 0; query < count; query += QUERIES_PER_TILE) {
        tile(query * width);
      }
      for (var i = 0; i < n; i++) {
        scores[at + i] = best[i] + 0f;
      }
    }

    private void tile(int q0) {
      var q1 = q0 + width;
      var q2 = q1 + width;
      var q3 = q2 + width;
      var q4 = q3 + width;
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
        var a = FloatVector.fromArray(SPECIES, block, d * BLOCK);
        var b = FloatVector.fromArray(SPECIES, block, d * BLOCK + LANES);
        var x0 = FloatVector.broadcast(SPECIES, queries[q0 + d]);
        a0 = x0.fma(a, a0);
        b0 = x0.fma(b, b0);
        var x1 = FloatVector.broadcast(SPECIES, queries[q1 + d]);
        a1 = x1.fma(a, a1);
        b1 = x1.fma(b, b1);
        var x2 = FloatVector.broadcast(SPECIES, queries[q2 + d]);
        a2 = x2.fma(a, a2);
        b2 = x2.fma(b, b2);
        var x3 = FloatVector.broadcast(SPECIES, queries[q3 + d]);
        a3 = x3.fma(a, a3);
        b3 = x3.fma(b, b3);
        var x4 = FloatVector.broadcast(SPECIES, queries[q4 + d]);
        a4 = x4.fma(a, a4);
        b4 = x4.fma(b, b4);
      }
      keep(a0, 0);
      keep(a1, 0);
      keep(a2, 0);
      keep(a3, 0);
      keep(a4, 0);
      keep(b0, LANES);
      keep(b1, LANES);
      keep(b2, LANES);
      keep(b3, LANES);
      keep(b4, LANES);
    }

    private void keep(FloatVector sums, int at) {
      var known = FloatVector.fromArray(SPECIES, best, at);
      known.blend(sums, sums.compare(VectorOperators.GT, known)).intoArray(best, at);
    }
  }
}
