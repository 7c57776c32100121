package io.trawl.workers.server.run;

import io.trawl.workers.tensors.Datatype;

/**
 * What a model says about one of its inputs or outputs.
 *
 * @param name as clients use it
 * @param type element type
 * @param shape dimensions; whether a batch dimension is among them depends on who speaks: a
 *     configuration leaves it out where {@code max_batch_size > 0}, an ONNX file has it
 * @param scalar whether the model's own tensor has no dimension beside the batch: as in Triton
 *     configuration and calls know it by a shape of ones, {@code [1]}
 */
public record TensorSpec(String name, Datatype type, Shape shape, boolean scalar) {
  private static final Shape ONE = Shape.of(1);

  public TensorSpec(String name, Datatype type, Shape shape) {
    this(name, type, shape, false);
  }

  /** The tensor as configuration and calls know it, of its shape without the batch dimension. */
  public static TensorSpec ofModel(String name, Datatype type, Shape shape) {
    boolean scalar = shape.rank() == 0;
    return new TensorSpec(name, type, scalar ? ONE : shape, scalar);
  }

  /** The shape that the model is given for the one of a call, batch dimension included. */
  public Shape toModel(Shape called) {
    return scalar ? called.first(called.rank() - shape.rank()) : called;
  }
}
