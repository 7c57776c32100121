package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.server.run.BatchingPolicy;
import io.trawl.workers.server.run.ModelTensor;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.server.run.TensorSpec;
import java.util.List;
import java.util.Optional;

/**
 * A model as this worker will serve it: a configuration that was read, checked and completed.
 *
 * @param name the model's and its directory's
 * @param platform what metadata reports
 * @param maxBatchSize most rows in a request or a batch; 0 for a model without a batch dimension
 * @param inputs shapes without the batch dimension
 * @param outputs shapes without the batch dimension
 * @param dims how long open dimensions of inputs may be
 * @param batching how requests wait and are put together
 * @param config what the ModelConfig call reports
 */
public record ModelSpec(
    String name,
    String platform,
    int maxBatchSize,
    List<TensorSpec> inputs,
    List<TensorSpec> outputs,
    DimLimits dims,
    BatchingPolicy batching,
    ModelConfig config) {

  public boolean hasRows() {
    return maxBatchSize > 0;
  }

  public Optional<TensorSpec> output(String outputName) {
    return outputs.stream().filter(spec -> spec.name().equals(outputName)).findFirst();
  }

  /** What the model gave, as calls know it. */
  public ModelTensor toCall(ModelTensor made) {
    TensorSpec spec = output(made.name()).orElseThrow();
    boolean scalar = spec.scalar() && made.shape().rank() == (hasRows() ? 1 : 0);
    return scalar ? made.withShape(made.shape().followedBy(spec.shape())) : made;
  }

  public boolean hasInput(String inputName) {
    return inputs.stream().anyMatch(spec -> spec.name().equals(inputName));
  }

  /** The shape that clients see: with an open batch dimension in front if there is one. */
  public Shape clientShape(TensorSpec spec) {
    return hasRows() ? spec.shape().withFirst(Shape.OPEN) : spec.shape();
  }
}
