package io.trawl.workers.server.repository;

import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelDynamicBatching;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.protocol.ModelQueuePolicy;
import io.trawl.workers.protocol.ModelTensorReshape;
import io.trawl.workers.server.run.BatchingPolicy;
import io.trawl.workers.server.run.ModelInstance;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.server.run.TensorSpec;
import io.trawl.workers.tensors.Datatype;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Puts a configuration and what the model file says together: checks one against the other, and
 * fills in what the configuration does not name.
 */
final class SpecBuilder {
  /** As Triton has it for a model that can be batched and has no configuration. */
  private static final int UNCONFIGURED_MAX_BATCH_SIZE = 4;

  private final ModelConfig config;
  private final boolean hasRows;
  private final List<String> problems = new ArrayList<>();

  private SpecBuilder(ModelConfig config) {
    this.config = config;
    this.hasRows = config.getMaxBatchSize() > 0;
  }

  /**
   * @param queueLimit most waiting requests where the configuration names no limit
   * @param maxDim longest open dimension of an input for which the configuration names no limit
   * @throws ConfigException if configuration and file disagree; it names everything that does
   */
  static ModelSpec build(ModelConfig config, ModelInstance instance, int queueLimit, int maxDim)
      throws ConfigException {
    SpecBuilder builder = new SpecBuilder(config);
    List<TensorSpec> inputs =
        builder.check("input", specs(config.getInputList()), instance.inputs(), true);
    List<TensorSpec> outputs =
        builder.check("output", specs(ConfigReader.outputs(config)), instance.outputs(), false);
    DimLimits dims = DimLimits.of(config, maxDim, builder.names(inputs, instance));
    builder.checkDims(dims, inputs);
    if (!builder.problems.isEmpty()) {
      throw new ConfigException(
          "model '%s': %s".formatted(config.getName(), String.join("; ", builder.problems)));
    }
    return new ModelSpec(
        config.getName(),
        "onnxruntime_onnx",
        config.getMaxBatchSize(),
        inputs,
        outputs,
        dims,
        builder.batching(queueLimit),
        builder.completed(inputs, outputs));
  }

  private Map<String, List<String>> names(List<TensorSpec> inputs, ModelInstance instance) {
    Map<String, List<String>> names = new HashMap<>();
    for (TensorSpec input : inputs) {
      List<String> inFile = instance.dimensionNames(input.name());
      int rows = hasRows ? 1 : 0;
      // A configuration may give one dimension to what has none in the file.
      if (inFile.size() == input.shape().rank() + rows) {
        names.put(input.name(), inFile.subList(rows, inFile.size()));
      }
    }
    return names;
  }

  /** What of a configuration whose fields are partly wrong does not agree with the file either. */
  static List<String> mismatches(ModelConfig config, ModelInstance instance) {
    SpecBuilder builder = new SpecBuilder(config);
    builder.hold("input", config.getInputList(), instance.inputs());
    builder.hold("output", ConfigReader.outputs(config), instance.outputs());
    return builder.problems;
  }

  private void hold(String direction, List<ModelInput> configured, List<TensorSpec> real) {
    List<ModelInput> legible =
        configured.stream()
            .filter(
                tensor ->
                    !tensor.getName().isEmpty()
                        && !tensor.hasReshape()
                        && Datatype.ofConfig(tensor.getDataType()).isPresent()
                        && tensor.getDimsList().stream()
                            .allMatch(dim -> dim >= 1 || dim == Shape.OPEN))
            .toList();
    for (TensorSpec spec : specs(legible)) {
      var _ = checkAgainst(direction, spec, real);
    }
  }

  /** The configuration of a model that has none, as Triton makes it of the ONNX file. */
  static ModelConfig unconfigured(String name, ModelInstance instance) {
    ModelConfig.Builder config = ModelConfig.newBuilder().setName(name).setBackend("onnxruntime");
    boolean canBeBatched =
        Stream.concat(instance.inputs().stream(), instance.outputs().stream())
            .allMatch(SpecBuilder::hasOpenFirst);
    if (canBeBatched) {
      config
          .setMaxBatchSize(UNCONFIGURED_MAX_BATCH_SIZE)
          .setDynamicBatching(ModelDynamicBatching.getDefaultInstance());
    }
    return config.build();
  }

  private static boolean hasOpenFirst(TensorSpec real) {
    return real.shape().rank() > 0 && real.shape().dim(0) == Shape.OPEN;
  }

  /** A reshape that was read is one to a scalar. */
  private static List<TensorSpec> specs(List<ModelInput> configured) {
    return configured.stream()
        .map(
            tensor ->
                new TensorSpec(
                    tensor.getName(),
                    Datatype.ofConfig(tensor.getDataType()).orElseThrow(),
                    Shape.of(tensor.getDimsList()),
                    tensor.hasReshape()))
        .toList();
  }

  private List<TensorSpec> check(
      String direction, List<TensorSpec> configured, List<TensorSpec> real, boolean allNeeded) {
    for (TensorSpec spec : real) {
      if (hasRows && !hasOpenFirst(spec)) {
        refuse(
            "max_batch_size is %d, but %s '%s' of the ONNX file has shape %s, whose first dimension"
                + " is not open",
            config.getMaxBatchSize(), direction, spec.name(), spec.shape());
      }
    }
    if (configured.isEmpty()) {
      return real.stream().map(this::withoutRows).toList();
    }
    List<TensorSpec> checked = new ArrayList<>(configured.size());
    for (TensorSpec spec : configured) {
      checked.add(checkAgainst(direction, spec, real));
    }
    String missing =
        real.stream()
            .map(TensorSpec::name)
            .filter(name -> configured.stream().noneMatch(spec -> spec.name().equals(name)))
            .collect(Collectors.joining("', '"));
    if (allNeeded && !missing.isEmpty()) {
      refuse("the ONNX file needs inputs that %s does not name: '%s'", ConfigReader.FILE, missing);
    }
    return List.copyOf(checked);
  }

  private void checkDims(DimLimits dims, List<TensorSpec> inputs) {
    for (String named : dims.byInput().keySet()) {
      if (inputs.stream().noneMatch(input -> input.name().equals(named))) {
        refuse(
            "parameters[\"%s.%s\"] names no input; there are %s",
            DimLimits.PARAMETER,
            named,
            inputs.stream().map(TensorSpec::name).collect(Collectors.joining("', '", "'", "'")));
      }
    }
  }

  private TensorSpec withoutRows(TensorSpec real) {
    boolean leading = hasRows && real.shape().rank() > 0;
    Shape shape = leading ? real.shape().withoutFirst() : real.shape();
    return TensorSpec.ofModel(real.name(), real.type(), shape);
  }

  private TensorSpec checkAgainst(String direction, TensorSpec configured, List<TensorSpec> real) {
    Optional<TensorSpec> found =
        real.stream().filter(spec -> spec.name().equals(configured.name())).findFirst();
    if (found.isEmpty()) {
      refuse(
          "the ONNX file has no %s '%s', only %s%s",
          direction,
          configured.name(),
          real.stream().map(TensorSpec::name).collect(Collectors.joining("', '", "'", "'")),
          direction.equals("input") ? "; an initializer is a constant, no input" : "");
      return configured;
    }
    TensorSpec inFile = withoutRows(found.get());
    if (configured.type() != inFile.type()) {
      refuse(
          "%s '%s' is %s in %s, but %s in the ONNX file",
          direction,
          configured.name(),
          configured.type().configured(),
          ConfigReader.FILE,
          inFile.type().configured());
    }
    if (inFile.scalar() && configured.shape().isOfOnes()) {
      Shape shape = configured.shape().rank() == 0 ? inFile.shape() : configured.shape();
      return new TensorSpec(inFile.name(), inFile.type(), shape, true);
    }
    if (configured.scalar() || !inFile.shape().admits(configured.shape())) {
      refuse(
          "%s '%s' has dims %s%s in %s, but %s in the ONNX file%s",
          direction,
          configured.name(),
          configured.shape(),
          configured.scalar() ? ", reshaped to []," : "",
          ConfigReader.FILE,
          inFile.scalar() ? "[]" : inFile.shape(),
          hasRows ? " (without the batch dimension)" : "");
    }
    return configured;
  }

  private void refuse(String format, Object... arguments) {
    problems.add(format.formatted(arguments));
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
      ModelInput.Builder described =
          full.addInputBuilder()
              .setName(input.name())
              .setDataType(input.type().configured())
              .addAllDims(input.shape().toList());
      if (input.scalar() && hasRows) {
        described.setReshape(ModelTensorReshape.getDefaultInstance());
      }
    }
    for (TensorSpec output : outputs) {
      ModelOutput.Builder described =
          full.addOutputBuilder()
              .setName(output.name())
              .setDataType(output.type().configured())
              .addAllDims(output.shape().toList());
      if (output.scalar() && hasRows) {
        described.setReshape(ModelTensorReshape.getDefaultInstance());
      }
    }
    return full.build();
  }
}
