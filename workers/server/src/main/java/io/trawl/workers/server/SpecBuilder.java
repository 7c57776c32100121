package io.trawl.workers.server;

import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelDynamicBatching;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.protocol.ModelQueuePolicy;
import io.trawl.workers.tensors.Datatype;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Puts a configuration and what the model file says together: checks one against the other, and
 * fills in inputs and outputs where the configuration names none.
 */
final class SpecBuilder {
  private final String model;
  private final ModelConfig config;
  private final boolean hasRows;

  private SpecBuilder(ModelConfig config) {
    this.model = config.getName();
    this.config = config;
    this.hasRows = config.getMaxBatchSize() > 0;
  }

  /**
   * @param queueLimit most waiting requests where the configuration names no limit
   * @throws ConfigException if configuration and file disagree
   */
  static ModelSpec build(ModelConfig config, Executable executable, int queueLimit)
      throws ConfigException {
    SpecBuilder builder = new SpecBuilder(config);
    List<TensorSpec> inputs =
        builder.check("input", builder.configuredInputs(), executable.inputs(), true);
    List<TensorSpec> outputs =
        builder.check("output", builder.configuredOutputs(), executable.outputs(), false);
    return new ModelSpec(
        config.getName(),
        "onnxruntime_onnx",
        config.getMaxBatchSize(),
        inputs,
        outputs,
        builder.batching(queueLimit),
        builder.completed(inputs, outputs));
  }

  private List<TensorSpec> configuredInputs() {
    List<TensorSpec> specs = new ArrayList<>(config.getInputCount());
    for (ModelInput input : config.getInputList()) {
      specs.add(spec(input.getName(), input.getDataType(), input.getDimsList()));
    }
    return specs;
  }

  private List<TensorSpec> configuredOutputs() {
    List<TensorSpec> specs = new ArrayList<>(config.getOutputCount());
    for (ModelOutput output : config.getOutputList()) {
      specs.add(spec(output.getName(), output.getDataType(), output.getDimsList()));
    }
    return specs;
  }

  private static TensorSpec spec(String name, DataType type, List<Long> dims) {
    return new TensorSpec(name, Datatype.ofConfig(type).orElseThrow(), Shape.of(dims));
  }

  private List<TensorSpec> check(
      String direction, List<TensorSpec> configured, List<TensorSpec> real, boolean allNeeded)
      throws ConfigException {
    for (TensorSpec spec : real) {
      checkBatchDimension(direction, spec);
    }
    if (configured.isEmpty()) {
      return real.stream().map(this::withoutRows).toList();
    }
    for (TensorSpec spec : configured) {
      checkAgainst(direction, spec, real);
    }
    if (allNeeded && configured.size() < real.size()) {
      String missing =
          real.stream()
              .map(TensorSpec::name)
              .filter(name -> configured.stream().noneMatch(spec -> spec.name().equals(name)))
              .collect(Collectors.joining("', '", "'", "'"));
      throw new ConfigException(
          "model '%s': the ONNX file needs inputs that %s does not name: %s"
              .formatted(model, ConfigReader.FILE, missing));
    }
    return List.copyOf(configured);
  }

  private void checkBatchDimension(String direction, TensorSpec real) throws ConfigException {
    if (!hasRows) {
      return;
    }
    Shape shape = real.shape();
    if (shape.rank() == 0 || shape.dim(0) != Shape.OPEN) {
      throw new ConfigException(
          "model '%s': max_batch_size is %d, but %s '%s' of the ONNX file has shape %s, whose first dimension is not open"
              .formatted(model, config.getMaxBatchSize(), direction, real.name(), shape));
    }
  }

  private TensorSpec withoutRows(TensorSpec real) {
    return hasRows ? new TensorSpec(real.name(), real.type(), real.shape().withoutFirst()) : real;
  }

  private void checkAgainst(String direction, TensorSpec configured, List<TensorSpec> real)
      throws ConfigException {
    Optional<TensorSpec> found =
        real.stream().filter(spec -> spec.name().equals(configured.name())).findFirst();
    if (found.isEmpty()) {
      throw new ConfigException(
          "model '%s': the ONNX file has no %s '%s', only %s%s"
              .formatted(
                  model,
                  direction,
                  configured.name(),
                  real.stream().map(TensorSpec::name).collect(Collectors.joining("', '", "'", "'")),
                  direction.equals("input") ? "; an initializer is a constant, no input" : ""));
    }
    TensorSpec inFile = withoutRows(found.get());
    if (configured.type() != inFile.type()) {
      throw new ConfigException(
          "model '%s': %s '%s' is %s in %s, but %s in the ONNX file"
              .formatted(
                  model,
                  direction,
                  configured.name(),
                  configured.type().configured(),
                  ConfigReader.FILE,
                  inFile.type().configured()));
    }
    if (!inFile.shape().admits(configured.shape())) {
      throw new ConfigException(
          "model '%s': %s '%s' has dims %s in %s, but %s in the ONNX file%s"
              .formatted(
                  model,
                  direction,
                  configured.name(),
                  configured.shape(),
                  ConfigReader.FILE,
                  inFile.shape(),
                  hasRows ? " (without the batch dimension)" : ""));
    }
  }

  private BatchingPolicy batching(int queueLimit) {
    ModelQueuePolicy given = config.getDynamicBatching().getDefaultQueuePolicy();
    var queue =
        new BatchingPolicy.QueuePolicy(
            given.getMaxQueueSize() == 0 ? queueLimit : given.getMaxQueueSize(),
            given.getTimeoutAction() == ModelQueuePolicy.TimeoutAction.DELAY,
            TimeUnit.MICROSECONDS.toNanos(given.getDefaultTimeoutMicroseconds()),
            given.getAllowTimeoutOverride());
    if (!config.hasDynamicBatching()) {
      return BatchingPolicy.unbatched(queue);
    }
    ModelDynamicBatching batching = config.getDynamicBatching();
    return new BatchingPolicy(
        true,
        config.getMaxBatchSize(),
        batching.getPreferredBatchSizeList(),
        TimeUnit.MICROSECONDS.toNanos(batching.getMaxQueueDelayMicroseconds()),
        queue);
  }

  private ModelConfig completed(List<TensorSpec> inputs, List<TensorSpec> outputs) {
    ModelConfig.Builder full = config.toBuilder().clearInput().clearOutput();
    if (config.getPlatform().isEmpty() && !config.getBackend().equals("python")) {
      full.setPlatform("onnxruntime_onnx");
    }
    if (config.getBackend().isEmpty()) {
      full.setBackend("onnxruntime");
    }
    for (TensorSpec input : inputs) {
      full.addInput(
          ModelInput.newBuilder()
              .setName(input.name())
              .setDataType(input.type().configured())
              .addAllDims(input.shape().toList()));
    }
    for (TensorSpec output : outputs) {
      full.addOutput(
          ModelOutput.newBuilder()
              .setName(output.name())
              .setDataType(output.type().configured())
              .addAllDims(output.shape().toList()));
    }
    return full.build();
  }
}
