package io.trawl.workers.server.run;

import com.google.protobuf.ByteString;
import io.trawl.workers.tensors.Datatype;
import java.util.List;

/**
 * One instance of a model, used by one thread at a time. The only view that the rest of the worker
 * has of an inference library.
 */
public interface ModelInstance extends AutoCloseable {

  /**
   * An input of a batch.
   *
   * @param shape of the whole, rows of all requests included
   * @param parts the data of each request, in order
   */
  record Input(String name, Datatype type, Shape shape, List<ByteString> parts) {}

  /**
   * What a run gave.
   *
   * @param outputs in the order asked for, shapes with the rows of the whole batch
   * @param inputNanos time spent on laying out inputs
   * @param inferNanos time spent in the model
   * @param outputNanos time spent on taking outputs over
   */
  record Run(List<ModelTensor> outputs, long inputNanos, long inferNanos, long outputNanos) {}

  /** What the model file says about its inputs, batch dimension included. */
  List<TensorSpec> inputs();

  /**
   * What the model file calls the dimensions of an input, batch dimension included: those of one
   * name are equal in every request. Empty names say nothing; no names where it says none.
   */
  default List<String> dimensionNames(String input) {
    return List.of();
  }

  /** What the model file says about its outputs, batch dimension included. */
  List<TensorSpec> outputs();

  /**
   * Runs the model and waits for it.
   *
   * @param stop by which it is asked to end early, as a {@link BackendException}; it may take as
   *     long to obey as the step takes that it is at
   */
  Run run(List<Input> inputs, List<String> outputNames, RunStop stop) throws BackendException;

  @Override
  void close();
}
