package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

import io.trawl.workers.tensors.Datatype;
import java.util.Arrays;
import java.util.List;

/**
 * What a server says of a model.
 *
 * @param versions those that are ready, as text
 * @param platform the backend's own name
 */
public record ModelMetadata(
    String name,
    List<String> versions,
    String platform,
    List<TensorSpec> inputs,
    List<TensorSpec> outputs) {

  public ModelMetadata {
    versions = List.copyOf(versions);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /**
   * A tensor that a model takes or gives.
   *
   * @param shape batch dimension included; -1 where any size is taken
   */
  @SuppressWarnings("ArrayRecordComponent") // copied in and out; equals compares contents
  public record TensorSpec(String name, Datatype datatype, long[] shape) {

    public TensorSpec {
      requireNonNull(name, "name");
      requireNonNull(datatype, "datatype");
      shape = shape.clone();
    }

    /** A copy. */
    @Override
    public long[] shape() {
      return shape.clone();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof TensorSpec(var theirName, var theirType, var theirShape)
          && name.equals(theirName)
          && datatype == theirType
          && Arrays.equals(shape, theirShape);
    }

    @Override
    public int hashCode() {
      return 31 * name.hashCode() + Arrays.hashCode(shape);
    }

    @Override
    public String toString() {
      return name + " " + datatype + Arrays.toString(shape);
    }
  }
}
