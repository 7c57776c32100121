package io.trawl.workers.server;

import com.google.protobuf.TextFormat;
import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelDynamicBatching;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelInstanceGroup;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.protocol.ModelWarmup;
import io.trawl.workers.tensors.Datatype;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a model's {@code config.pbtxt} and refuses, by name, what this worker does not honour. The
 * table of fields is in the module's README; the two change together.
 */
final class ConfigReader {
  static final String FILE = "config.pbtxt";
  static final int MAX_INSTANCES = 64;

  private static final Set<String> ONNX_PLATFORMS = Set.of("onnxruntime_onnx", "onnxruntime");
  private static final Set<String> BACKENDS = Set.of("onnxruntime", "python");

  /** As the parser words it: line, column, and the full name of the field. */
  private static final Pattern UNKNOWN_FIELD =
      Pattern.compile("(\\d+):\\d+:\\s+inference\\.\\w+\\.(\\w+)");

  /** Where the configuration comes from, for messages. */
  private final String source;

  private ConfigReader(String source) {
    this.source = source;
  }

  /** Reads the configuration of the model in the given directory. */
  static ModelConfig read(Path modelDirectory) throws ConfigException {
    Path file = modelDirectory.resolve(FILE);
    try {
      return new ConfigReader(file.toString())
          .parse(Files.readString(file), directoryName(modelDirectory));
    } catch (NoSuchFileException e) {
      throw new ConfigException(file + " does not exist", e);
    } catch (CharacterCodingException e) {
      throw new ConfigException(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new ConfigException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** Reads a configuration's text; the path is for messages. */
  static ModelConfig parse(Path file, String text, String directoryName) throws ConfigException {
    return new ConfigReader(file.toString()).parse(text, directoryName);
  }

  /** Reads a configuration that came as JSON, for the model of that name. */
  static ModelConfig parseJson(String source, String json, String directoryName)
      throws ConfigException {
    ModelConfig.Builder config = ModelConfig.newBuilder();
    try {
      JsonConfig.merge(json, config);
    } catch (ConfigException e) {
      throw new ConfigException(source + ": " + e.getMessage(), e);
    }
    return new ConfigReader(source).checked(config, directoryName);
  }

  private static String directoryName(Path modelDirectory) {
    Path name = modelDirectory.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }

  private ModelConfig parse(String text, String directoryName) throws ConfigException {
    ModelConfig.Builder config = ModelConfig.newBuilder();
    try {
      TextFormat.getParser().merge(text, config);
    } catch (TextFormat.ParseException e) {
      throw unparsable(text, e);
    }
    return checked(config, directoryName);
  }

  private ModelConfig checked(ModelConfig.Builder config, String directoryName)
      throws ConfigException {
    checkName(config, directoryName);
    checkBackend(config);
    checkBatchSize(config);
    checkInputs(config);
    checkOutputs(config);
    checkInstances(config);
    checkVersionPolicy(config);
    checkParameters(config);
    if (config.hasDynamicBatching()) {
      checkBatching(config);
    }
    checkWarmup(config);
    return config.build();
  }

  private ConfigException unparsable(String text, TextFormat.ParseException e) {
    String message = String.valueOf(e.getMessage());
    Matcher unknown = UNKNOWN_FIELD.matcher(message);
    if (unknown.find()) {
      String found = line(text, Integer.parseInt(unknown.group(1)));
      return new ConfigException(
          "%s:%s: field '%s' in '%s' is not honoured by this worker, which accepts the fields listed in its README"
              .formatted(source, unknown.group(1), unknown.group(2), found),
          e);
    }
    return new ConfigException(
        "%s:%s, in '%s'".formatted(source, message, line(text, e.getLine())), e);
  }

  private static String line(String text, int number) {
    return text.lines().skip(Math.max(0, number - 1)).findFirst().orElse("").strip();
  }

  private void checkName(ModelConfig.Builder config, String directoryName) throws ConfigException {
    if (config.getName().isEmpty()) {
      config.setName(directoryName);
    }
    if (!config.getName().equals(directoryName)) {
      throw refused("name", config.getName(), "the name of its directory, '" + directoryName + "'");
    }
  }

  private void checkBackend(ModelConfig.Builder config) throws ConfigException {
    if (!config.getBackend().isEmpty() && !BACKENDS.contains(config.getBackend())) {
      throw refused("backend", config.getBackend(), "\"onnxruntime\" or \"python\"");
    }
    if (!config.getPlatform().isEmpty() && !ONNX_PLATFORMS.contains(config.getPlatform())) {
      throw refused("platform", config.getPlatform(), "\"onnxruntime_onnx\"");
    }
    if (config.getBackend().isEmpty() && config.getPlatform().isEmpty()) {
      throw refused("backend", "", "\"onnxruntime\" or \"python\"");
    }
    boolean python = config.getBackend().equals("python");
    String modelFile = config.getDefaultModelFilename();
    if (python && !modelFile.isEmpty() && !modelFile.equals("model.py")) {
      throw refused("default_model_filename", modelFile, "\"model.py\" for backend \"python\"");
    }
    if (!modelFile.isEmpty() && (modelFile.contains("/") || modelFile.startsWith("."))) {
      throw refused("default_model_filename", modelFile, "a file name without a path");
    }
  }

  private void checkBatchSize(ModelConfig.Builder config) throws ConfigException {
    if (config.getMaxBatchSize() < 0) {
      throw refused("max_batch_size", config.getMaxBatchSize(), "0 or more");
    }
  }

  private void checkInputs(ModelConfig.Builder config) throws ConfigException {
    for (int i = 0; i < config.getInputCount(); i++) {
      ModelInput input = config.getInput(i);
      String field = "input[" + i + "]";
      checkTensor(field, input.getName(), input.getDataType(), Shape.of(input.getDimsList()));
      if (input.getFormat() != ModelInput.Format.FORMAT_NONE) {
        throw refused(field + ".format", input.getFormat(), "FORMAT_NONE or nothing");
      }
      refuseIf(input.hasReshape(), field + ".reshape");
      refuseIf(input.getIsShapeTensor(), field + ".is_shape_tensor");
      refuseIf(input.getAllowRaggedBatch(), field + ".allow_ragged_batch");
      refuseIf(input.getOptional(), field + ".optional");
    }
    checkDistinct("input", config.getInputList().stream().map(ModelInput::getName).toList());
  }

  private void checkOutputs(ModelConfig.Builder config) throws ConfigException {
    for (int i = 0; i < config.getOutputCount(); i++) {
      ModelOutput output = config.getOutput(i);
      String field = "output[" + i + "]";
      checkTensor(field, output.getName(), output.getDataType(), Shape.of(output.getDimsList()));
      if (!output.getLabelFilename().isEmpty()) {
        throw refused(field + ".label_filename", output.getLabelFilename(), "nothing");
      }
      refuseIf(output.hasReshape(), field + ".reshape");
      refuseIf(output.getIsShapeTensor(), field + ".is_shape_tensor");
    }
    checkDistinct("output", config.getOutputList().stream().map(ModelOutput::getName).toList());
  }

  private void checkTensor(String field, String name, DataType type, Shape dims)
      throws ConfigException {
    if (name.isEmpty()) {
      throw refused(field + ".name", "", "a name");
    }
    if (Datatype.ofConfig(type).isEmpty()) {
      throw refused(field + ".data_type", type, "one of TYPE_BOOL to TYPE_BF16");
    }
    for (int axis = 0; axis < dims.rank(); axis++) {
      if (dims.dim(axis) < 1 && dims.dim(axis) != Shape.OPEN) {
        throw refused(field + ".dims", dims, "dimensions of 1 or more, or -1 for open ones");
      }
    }
  }

  private void checkDistinct(String field, List<String> names) throws ConfigException {
    for (int i = 0; i < names.size(); i++) {
      if (names.indexOf(names.get(i)) != i) {
        throw refused(field + "[" + i + "].name", names.get(i), "names that occur once");
      }
    }
  }

  private void checkInstances(ModelConfig.Builder config) throws ConfigException {
    long total = 0;
    for (int i = 0; i < config.getInstanceGroupCount(); i++) {
      ModelInstanceGroup group = config.getInstanceGroup(i);
      String field = "instance_group[" + i + "]";
      if (group.getKind() != ModelInstanceGroup.Kind.KIND_CPU
          && group.getKind() != ModelInstanceGroup.Kind.KIND_AUTO) {
        throw refused(field + ".kind", group.getKind(), "KIND_CPU or KIND_AUTO");
      }
      if (group.getCount() < 0) {
        throw refused(field + ".count", group.getCount(), "0 (one instance) or more");
      }
      if (group.getGpusCount() > 0) {
        throw refused(field + ".gpus", group.getGpusList(), "nothing");
      }
      total += Math.max(1, group.getCount());
    }
    if (total > MAX_INSTANCES) {
      throw refused("instance_group", total + " instances", "at most " + MAX_INSTANCES);
    }
  }

  private void checkVersionPolicy(ModelConfig.Builder config) throws ConfigException {
    var policy = config.getVersionPolicy();
    if (policy.hasLatest() && policy.getLatest().getNumVersions() == 0) {
      throw refused("version_policy.latest.num_versions", 0, "1 or more");
    }
    if (policy.hasSpecific()) {
      if (policy.getSpecific().getVersionsCount() == 0) {
        throw refused("version_policy.specific.versions", "", "one version or more");
      }
      for (long version : policy.getSpecific().getVersionsList()) {
        if (version < 1) {
          throw refused("version_policy.specific.versions", version, "versions of 1 or more");
        }
      }
    }
  }

  private void checkParameters(ModelConfig.Builder config) throws ConfigException {
    // A script's parameters are the script's business; it does not run here.
    if (!config.getBackend().equals("python") && config.getParametersCount() > 0) {
      String key = config.getParametersMap().keySet().stream().sorted().findFirst().orElseThrow();
      throw refused("parameters", key, "nothing (threads are an option of the worker)");
    }
  }

  private void checkBatching(ModelConfig.Builder config) throws ConfigException {
    ModelDynamicBatching batching = config.getDynamicBatching();
    if (config.getMaxBatchSize() == 0) {
      throw refused("dynamic_batching", "given", "nothing where max_batch_size is 0");
    }
    for (int preferred : batching.getPreferredBatchSizeList()) {
      if (preferred < 1 || preferred > config.getMaxBatchSize()) {
        throw refused(
            "dynamic_batching.preferred_batch_size",
            preferred,
            "1 to max_batch_size, " + config.getMaxBatchSize());
      }
    }
    refuseIf(batching.getPreserveOrdering(), "dynamic_batching.preserve_ordering");
    if (batching.getPriorityLevels() != 0) {
      throw refused(
          "dynamic_batching.priority_levels",
          Long.toUnsignedString(batching.getPriorityLevels()),
          "0 or nothing");
    }
    if (batching.getDefaultPriorityLevel() != 0) {
      throw refused(
          "dynamic_batching.default_priority_level",
          Long.toUnsignedString(batching.getDefaultPriorityLevel()),
          "0 or nothing");
    }
    if (batching.getPriorityQueuePolicyCount() > 0) {
      throw refused(
          "dynamic_batching.priority_queue_policy",
          batching.getPriorityQueuePolicyMap().keySet(),
          "nothing");
    }
    checkMicros("max_queue_delay_microseconds", batching.getMaxQueueDelayMicroseconds());
    checkMicros(
        "default_queue_policy.default_timeout_microseconds",
        batching.getDefaultQueuePolicy().getDefaultTimeoutMicroseconds());
    if (batching.getDefaultQueuePolicy().getMaxQueueSize() < 0) {
      throw refused(
          "dynamic_batching.default_queue_policy.max_queue_size",
          Integer.toUnsignedString(batching.getDefaultQueuePolicy().getMaxQueueSize()),
          "0 to " + Integer.MAX_VALUE);
    }
  }

  private void checkMicros(String field, long micros) throws ConfigException {
    if (micros < 0 || micros > Long.MAX_VALUE / 1000) {
      throw refused(
          "dynamic_batching." + field,
          Long.toUnsignedString(micros),
          "0 to " + Long.MAX_VALUE / 1000);
    }
  }

  private void checkWarmup(ModelConfig.Builder config) throws ConfigException {
    for (int i = 0; i < config.getModelWarmupCount(); i++) {
      ModelWarmup warmup = config.getModelWarmup(i);
      String field = "model_warmup[" + i + "]";
      if (Integer.toUnsignedLong(warmup.getBatchSize()) > Math.max(1, config.getMaxBatchSize())) {
        throw refused(
            field + ".batch_size",
            Integer.toUnsignedString(warmup.getBatchSize()),
            "at most max_batch_size, " + config.getMaxBatchSize());
      }
      if (Integer.toUnsignedLong(warmup.getCount()) > 1000) {
        throw refused(
            field + ".count", Integer.toUnsignedString(warmup.getCount()), "at most 1000");
      }
      for (var input : warmup.getInputsMap().entrySet()) {
        checkWarmupInput(field + ".inputs[\"" + input.getKey() + "\"]", input.getValue());
      }
    }
  }

  private void checkWarmupInput(String field, ModelWarmup.Input input) throws ConfigException {
    if (Datatype.ofConfig(input.getDataType()).isEmpty()) {
      throw refused(field + ".data_type", input.getDataType(), "one of TYPE_BOOL to TYPE_BF16");
    }
    if (input.getDimsList().stream().anyMatch(dim -> dim < 1)) {
      throw refused(field + ".dims", input.getDimsList(), "dimensions of 1 or more");
    }
    if (!input.getZeroData() && !input.getRandomData()) {
      throw refused(
          field,
          input.getInputDataFile().isEmpty() ? "no data" : "input_data_file",
          "zero_data: true or random_data: true");
    }
  }

  private void refuseIf(boolean set, String field) throws ConfigException {
    if (set) {
      throw refused(field, "set", "nothing");
    }
  }

  private ConfigException refused(String field, Object value, String accepted) {
    return new ConfigException(
        "%s: %s is '%s', this worker accepts %s".formatted(source, field, value, accepted));
  }
}
