package io.trawl.workers.server.run;

import java.util.Arrays;
import java.util.List;

/**
 * The dimensions of a tensor, outermost first. A dimension of -1 is open: a specification may have
 * some, data never has.
 */
public final class Shape {
  public static final long OPEN = -1;

  private final long[] dims;

  private Shape(long[] dims) {
    this.dims = dims;
  }

  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  public static Shape of(List<Long> dims) {
    long[] copy = new long[dims.size()];
    for (int i = 0; i < copy.length; i++) {
      copy[i] = dims.get(i);
    }
    return new Shape(copy);
  }

  public int rank() {
    return dims.length;
  }

  public long dim(int axis) {
    return dims[axis];
  }

  long[] toArray() {
    return dims.clone();
  }

  public List<Long> toList() {
    return Arrays.stream(dims).boxed().toList();
  }

  public Shape withoutFirst() {
    return new Shape(Arrays.copyOfRange(dims, 1, dims.length));
  }

  public Shape withFirst(long dim) {
    long[] longer = new long[dims.length + 1];
    longer[0] = dim;
    System.arraycopy(dims, 0, longer, 1, dims.length);
    return new Shape(longer);
  }

  /** The outermost dimensions. */
  Shape first(int count) {
    return new Shape(Arrays.copyOf(dims, count));
  }

  public Shape followedBy(Shape inner) {
    long[] longer = Arrays.copyOf(dims, dims.length + inner.dims.length);
    System.arraycopy(inner.dims, 0, longer, dims.length, inner.dims.length);
    return new Shape(longer);
  }

  /** Whether it holds one element, whatever its number of dimensions. */
  public boolean isOfOnes() {
    return Arrays.stream(dims).allMatch(dim -> dim == 1);
  }

  public Shape replacingFirst(long dim) {
    long[] copy = dims.clone();
    copy[0] = dim;
    return new Shape(copy);
  }

  /** Whether data of the given shape fits this specification, open dimensions taking anything. */
  public boolean admits(Shape data) {
    if (data.dims.length != dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != OPEN && dims[i] != data.dims[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * The number of elements.
   *
   * @throws ArithmeticException if it does not fit a long
   * @throws IllegalArgumentException if a dimension is negative
   */
  public long elements() {
    long product = 1;
    boolean empty = false;
    for (long dim : dims) {
      if (dim < 0) {
        throw new IllegalArgumentException("dimension " + dim + " of " + this + " is negative");
      }
      // An empty tensor must not hide an overflow, nor be refused for one that a zero undoes.
      if (dim == 0) {
        empty = true;
      } else {
        product = Math.multiplyExact(product, dim);
      }
    }
    return empty ? 0 : product;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(dims, that.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** As Triton prints it: {@code [-1,16]}. */
  @Override
  public String toString() {
    return Arrays.toString(dims).replace(" ", "");
  }
}
