package io.trawl.bench;

import io.trawl.retrieval.ItemVectors;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * All inner products between two sets of items, for building graphs: the columns are packed once
 * into tiles of two vectors, the rows go by in blocks of {@link #ROWS}.
 */
final class InnerProducts {

  static final int ROWS = 20;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int TILE = 2 * LANES;
  private static final int ROWS_PER_TILE = 5;

  private final int width;
  private final float[] rows;
  private float[] columns = new float[0];
  private float[] products = new float[0];
  private int columnCount;
  private int stride;

  InnerProducts(int width) {
    this.width = width;
    this.rows = new float[ROWS * width];
  }

  /** Where the products of a row begin, and after how many the next row's do. */
  int stride() {
    return stride;
  }

  float[] products() {
    return products;
  }

  void columns(ItemVectors items, int[] ordinals, int count) {
    columnCount = count;
    stride = (count + TILE - 1) / TILE * TILE;
    if (columns.length < stride * width) {
      columns = new float[stride * width];
    }
    if (products.length < stride * ROWS) {
      products = new float[stride * ROWS];
    }
    var row = new float[width];
    for (var c = 0; c < count; c++) {
      MemorySegment.copy(
          items.segment(), ItemVectors.FLOAT, items.offset(ordinals[c]), row, 0, width);
      column(c, row, 0);
    }
  }

  /** Columns out of a row-major array. */
  void columns(float[] rowMajor, int count) {
    columnCount = count;
    stride = (count + TILE - 1) / TILE * TILE;
    columns = new float[stride * width];
    products = new float[stride * ROWS];
    for (var c = 0; c < count; c++) {
      column(c, rowMajor, c * width);
    }
  }

  private void column(int c, float[] from, int at) {
    var start = c / TILE * TILE * width + c % TILE;
    for (var d = 0; d < width; d++) {
      columns[start + d * TILE] = from[at + d];
    }
  }

  /** The products of up to {@link #ROWS} items with every column. */
  void multiply(ItemVectors items, int[] ordinals, int from, int count) {
    for (var i = 0; i < count; i++) {
      MemorySegment.copy(
          items.segment(),
          ItemVectors.FLOAT,
          items.offset(ordinals[from + i]),
          rows,
          i * width,
          width);
    }
    for (var column = 0; column < columnCount; column += TILE) {
      for (var row = 0; row < count; row += ROWS_PER_TILE) {
        tile(column, row);
      }
    }
  }

  private void tile(int column, int row) {
    var tile = column * width;
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
      var a = FloatVector.fromArray(SPECIES, columns, tile + d * TILE);
      var b = FloatVector.fromArray(SPECIES, columns, tile + d * TILE + LANES);
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
    var at = row * stride + column;
    a0.intoArray(products, at);
    b0.intoArray(products, at + LANES);
    a1.intoArray(products, at + stride);
    b1.intoArray(products, at + stride + LANES);
    a2.intoArray(products, at + 2 * stride);
    b2.intoArray(products, at + 2 * stride + LANES);
    a3.intoArray(products, at + 3 * stride);
    b3.intoArray(products, at + 3 * stride + LANES);
    a4.intoArray(products, at + 4 * stride);
    b4.intoArray(products, at + 4 * stride + LANES);
  }
}
