package io.trawl.workers.server.repository;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.trawl.workers.process.IoReason;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelConfigOrBuilder;
import io.trawl.workers.protocol.ModelDynamicBatching;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelInstanceGroup;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.protocol.ModelQueuePolicy;
import io.trawl.workers.protocol.ModelWarmup;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.tensors.Datatype;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a model's {@code config.pbtxt} and refuses, all at once and by name, what this worker does
 * not honour. What changes no answer is passed over with a line in the log. The table of fields is
 * in the module's README; the two change together.
 */
final class ConfigReader {
  static final String FILE = "config.pbtxt";
  static final int MAX_INSTANCES = 64;

  /** Rows are counted for each size of a batch, and a batch is laid out as one. */
  static final int MAX_BATCH_SIZE = 1 << 16;

  static final int MAX_PREFERRED = 256;
  static final int MAX_QUEUE_SIZE = 1 << 20;
  static final int MAX_WARMUPS = 256;

  /** Far more than a model needs; what is read for each byte stays within bounds. */
  static final int MAX_BYTES = 1 << 20;

  /** So many are named at once, the others counted. */
  static final int MAX_PROBLEMS = 32;

  private static final int EXCERPT = 120;

  private static final Logger LOG = LoggerFactory.getLogger(ConfigReader.class);
  private static final Set<String> ONNX_PLATFORMS = Set.of("onnxruntime_onnx", "onnxruntime");
  private static final Set<String> BACKENDS = Set.of("onnxruntime", "python");

  /** Fields that say how fast a model runs, on what, and not what it answers. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("ModelConfig.optimization", "ModelInput.format");

  /** Parameters of Triton's ONNX Runtime backend of which the same is true. */
  private static final Set<String> PARAMETERS_WITHOUT_EFFECT =
      Set.of(
          "intra_op_thread_count",
          "inter_op_thread_count",
          "execution_mode",
          "enable_mem_arena",
          "enable_mem_pattern");

  /** Fields that must be at their default. */
  private static final Set<String> NOT_SERVED =
      Set.of(
          "ModelConfig.runtime",
          "ModelConfig.batch_input",
          "ModelConfig.batch_output",
          "ModelConfig.cc_model_filenames",
          "ModelConfig.metric_tags",
          "ModelConfig.model_operations",
          "ModelConfig.model_repository_agents",
          "ModelConfig.model_transaction_policy",
          "ModelConfig.response_cache",
          "ModelInput.is_shape_tensor",
          "ModelInput.allow_ragged_batch",
          "ModelInput.optional",
          "ModelInput.is_non_linear_format_io",
          "ModelOutput.label_filename",
          "ModelOutput.is_shape_tensor",
          "ModelOutput.is_non_linear_format_io",
          "ModelInstanceGroup.rate_limiter",
          "ModelInstanceGroup.secondary_devices",
          "ModelInstanceGroup.profile",
          "ModelInstanceGroup.passive",
          "ModelInstanceGroup.host_policy",
          "ModelDynamicBatching.preserve_ordering",
          "ModelDynamicBatching.priority_levels",
          "ModelDynamicBatching.default_priority_level",
          "ModelDynamicBatching.priority_queue_policy");

  /** As the parser words it, once for each: line, column, and the full name of the field. */
  private static final Pattern UNKNOWN_FIELD =
      Pattern.compile("(\\d+):\\d+:\\s+inference\\.(?:\\w+\\.)+(\\w+)");

  private static final Pattern WHOLE = Pattern.compile("[1-9][0-9]{0,9}");

  private final boolean gpuAsCpu;

  /** Where the configuration comes from, for messages. */
  private final String source;

  private final List<String> problems = new ArrayList<>();
  private int moreProblems;
  private final List<String> passedOver = new ArrayList<>();

  private ConfigReader(String source, boolean gpuAsCpu) {
    this.source = source;
    this.gpuAsCpu = gpuAsCpu;
  }

  /**
   * Reads the configuration of the model in the given directory; empty where there is no file.
   *
   * @param gpuAsCpu whether instances on a GPU are taken as instances on the CPU
   */
  static Optional<ModelConfig> read(Path modelDirectory, boolean gpuAsCpu) throws ConfigException {
    Path file = modelDirectory.resolve(FILE);
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new ConfigException(
            "%s has %d bytes, this worker accepts at most %d"
                .formatted(file, Files.size(file), MAX_BYTES));
      }
      String text = Files.readString(file);
      return Optional.of(parse(file, text, directoryName(modelDirectory), gpuAsCpu));
    } catch (NoSuchFileException _) {
      return Optional.empty();
    } catch (CharacterCodingException e) {
      throw new ConfigException(file + " is not UTF-8 text", e);
    } catch (IOException e) {
      throw new ConfigException(file + " cannot be read: " + IoReason.of(e), e);
    }
  }

  private static String directoryName(Path modelDirectory) {
    Path name = modelDirectory.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }

  /** Reads a configuration's text; the path is for messages. */
  static ModelConfig parse(Path file, String text, String directoryName, boolean gpuAsCpu)
      throws ConfigException {
    ConfigReader reader = new ConfigReader(file.toString(), gpuAsCpu);
    ModelConfig.Builder config = ModelConfig.newBuilder();
    try {
      TextFormat.getParser().merge(text, config);
    } catch (TextFormat.ParseException e) {
      reader.addUnknown(text, e);
    }
    return reader.checked(config, directoryName);
  }

  /** Reads a configuration that came as JSON, for the model of that name. */
  static ModelConfig parseJson(String source, String json, String directoryName, boolean gpuAsCpu)
      throws ConfigException {
    ConfigReader reader = new ConfigReader(source, gpuAsCpu);
    ModelConfig.Builder config = ModelConfig.newBuilder();
    if (json.length() > MAX_BYTES) {
      throw new ConfigException(
          "%s has %d characters, this worker accepts at most %d"
              .formatted(source, json.length(), MAX_BYTES));
    }
    try {
      JsonConfig.merge(json, config).forEach(problem -> reader.add(": " + problem));
    } catch (ConfigException e) {
      throw new ConfigException(source + ": " + e.getMessage(), e);
    }
    return reader.checked(config, directoryName);
  }

  /** Everything else in the text has been read when unknown fields are told of. */
  private void addUnknown(String text, TextFormat.ParseException e) throws ConfigException {
    String message = String.valueOf(e.getMessage());
    Matcher unknown = UNKNOWN_FIELD.matcher(message);
    while (unknown.find()) {
      String found = isFull() ? "" : line(text, Integer.parseInt(unknown.group(1)));
      add(
          ":%s: field '%s' in '%s' is not honoured by this worker, which accepts the fields listed in its README"
              .formatted(unknown.group(1), unknown.group(2), found));
    }
    if (problems.isEmpty()) {
      throw new ConfigException(
          "%s:%s, in '%s'".formatted(source, excerpt(message), line(text, e.getLine())), e);
    }
  }

  private static String line(String text, int number) {
    return excerpt(text.lines().skip(Math.max(0, number - 1)).findFirst().orElse("").strip());
  }

  /** The beginning of what is quoted in a refusal. */
  static String excerpt(String text) {
    return text.length() <= EXCERPT ? text : text.substring(0, EXCERPT) + "…";
  }

  private ModelConfig checked(ModelConfig.Builder config, String directoryName)
      throws ConfigException {
    checkName(config, directoryName);
    checkBackend(config);
    checkFields("", config.build());
    checkBatchSize(config);
    checkTensors("input", config.getInputList());
    checkTensors("output", outputs(config));
    checkInstances(config);
    checkVersionPolicy(config);
    checkParameters(config);
    if (config.hasDynamicBatching()) {
      checkBatching(config);
    }
    checkWarmup(config);
    if (!problems.isEmpty()) {
      String all =
          problems.stream().map(problem -> source + problem).collect(Collectors.joining("; "));
      throw new ConfigException(
          moreProblems == 0 ? all : all + "; and " + moreProblems + " more",
          Optional.of(config.build()));
    }
    if (!passedOver.isEmpty()) {
      LOG.info(
          "{}: changes no answer of this worker and is passed over: {}",
          source,
          String.join(", ", passedOver));
    }
    return config.build();
  }

  /** Passes over what has no effect and refuses what is not served, unless it is at its default. */
  private void checkFields(String path, Message message) {
    for (Map.Entry<FieldDescriptor, Object> each : message.getAllFields().entrySet()) {
      FieldDescriptor field = each.getKey();
      String here = path + field.getName();
      String name = field.getContainingType().getName() + "." + field.getName();
      if (WITHOUT_EFFECT.contains(name)) {
        passedOver.add(here);
      } else if (NOT_SERVED.contains(name)) {
        refuseUnlessDefault(here, each.getValue());
      } else if (each.getValue() instanceof Message nested) {
        checkFields(here + ".", nested);
      } else if (each.getValue() instanceof List<?> elements && !field.isMapField()) {
        for (int i = 0; i < elements.size(); i++) {
          if (elements.get(i) instanceof Message nested) {
            checkFields(here + "[" + i + "].", nested);
          }
        }
      }
    }
  }

  /** Plain fields at their default are not even set; a message is when nothing is in it. */
  private void refuseUnlessDefault(String path, Object value) {
    if (value instanceof Message nested && nested.getSerializedSize() == 0) {
      return;
    }
    switch (value) {
      case Long number -> refuse(path, Long.toUnsignedString(number), "0 or nothing");
      case String text -> refuse(path, text, "nothing");
      case Message nested -> refuse(path, written(nested), "nothing");
      case List<?> elements ->
          refuse(
              path,
              elements.stream()
                  .map(each -> each instanceof Message nested ? written(nested) : each.toString())
                  .collect(Collectors.joining(", ")),
              "nothing");
      default -> refuse(path, value, "nothing");
    }
  }

  private static String written(Message message) {
    String fields = TextFormat.printer().emittingSingleLine(true).printToString(message);
    return fields.isEmpty() ? "{ }" : "{ " + fields + " }";
  }

  private void checkName(ModelConfig.Builder config, String directoryName) {
    if (config.getName().isEmpty()) {
      config.setName(directoryName);
    }
    if (!config.getName().equals(directoryName)) {
      refuse("name", config.getName(), "the name of its directory, '" + directoryName + "'");
    }
  }

  private void checkBackend(ModelConfig.Builder config) {
    if (!config.getBackend().isEmpty() && !BACKENDS.contains(config.getBackend())) {
      refuse("backend", config.getBackend(), "\"onnxruntime\" or \"python\"");
    }
    if (!config.getPlatform().isEmpty() && !ONNX_PLATFORMS.contains(config.getPlatform())) {
      refuse("platform", config.getPlatform(), "\"onnxruntime_onnx\"");
    }
    if (config.getBackend().isEmpty() && config.getPlatform().isEmpty()) {
      refuse("backend", "", "\"onnxruntime\" or \"python\"");
    }
    boolean python = config.getBackend().equals("python");
    String modelFile = config.getDefaultModelFilename();
    if (python && !modelFile.isEmpty() && !modelFile.equals("model.py")) {
      refuse("default_model_filename", modelFile, "\"model.py\" for backend \"python\"");
    } else if (!modelFile.isEmpty()
        && (modelFile.startsWith(".") || !LoadOrder.isFileName(modelFile))) {
      refuse("default_model_filename", modelFile, "a file name without a path");
    }
  }

  private void checkBatchSize(ModelConfig.Builder config) {
    if (config.getMaxBatchSize() < 0 || config.getMaxBatchSize() > MAX_BATCH_SIZE) {
      refuse("max_batch_size", config.getMaxBatchSize(), "0 to " + MAX_BATCH_SIZE);
    }
  }

  /** What of the outputs is described as inputs are, to be read as those. */
  static List<ModelInput> outputs(ModelConfigOrBuilder config) {
    return config.getOutputList().stream().map(ConfigReader::asInput).toList();
  }

  private static ModelInput asInput(ModelOutput output) {
    ModelInput.Builder input =
        ModelInput.newBuilder()
            .setName(output.getName())
            .setDataType(output.getDataType())
            .addAllDims(output.getDimsList());
    return (output.hasReshape() ? input.setReshape(output.getReshape()) : input).build();
  }

  private void checkTensors(String direction, List<ModelInput> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      ModelInput tensor = tensors.get(i);
      String field = direction + "[" + i + "]";
      Shape dims = Shape.of(tensor.getDimsList());
      if (tensor.getName().isEmpty()) {
        refuse(field + ".name", "", "a name");
      }
      if (Datatype.ofConfig(tensor.getDataType()).isEmpty()) {
        refuse(field + ".data_type", tensor.getDataType(), "one of TYPE_BOOL to TYPE_BF16");
      }
      if (dims.toList().stream().anyMatch(dim -> dim < 1 && dim != Shape.OPEN)) {
        refuse(field + ".dims", dims, "dimensions of 1 or more, or -1 for open ones");
      }
      boolean toScalar = tensor.getReshape().getShapeCount() == 0 && dims.isOfOnes();
      if (tensor.hasReshape() && !toScalar) {
        refuse(
            field + ".reshape",
            dims + " to " + Shape.of(tensor.getReshape().getShapeList()),
            "nothing, or [1] to []");
      }
    }
    checkDistinct(direction, tensors.stream().map(ModelInput::getName).toList());
  }

  private void checkDistinct(String field, List<String> names) {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (!seen.add(names.get(i))) {
        refuse(field + "[" + i + "].name", names.get(i), "names that occur once");
      }
    }
  }

  private void checkInstances(ModelConfig.Builder config) {
    long total = 0;
    for (int i = 0; i < config.getInstanceGroupCount(); i++) {
      ModelInstanceGroup group = config.getInstanceGroup(i);
      String field = "instance_group[" + i + "]";
      checkDevice(field, group);
      if (group.getCount() < 0) {
        refuse(field + ".count", group.getCount(), "0 (one instance) or more");
      }
      total += Math.max(1, group.getCount());
    }
    if (total > MAX_INSTANCES) {
      refuse("instance_group", total + " instances", "at most " + MAX_INSTANCES);
    }
  }

  private void checkDevice(String field, ModelInstanceGroup group) {
    switch (group.getKind()) {
      case KIND_GPU -> {
        if (gpuAsCpu) {
          passedOver.add(field + ".kind KIND_GPU");
        } else {
          refuse(field + ".kind", group.getKind(), "KIND_CPU or KIND_AUTO; see --gpu-as-cpu");
        }
      }
      case KIND_CPU, KIND_AUTO -> {
        if (group.getGpusCount() > 0) {
          refuse(field + ".gpus", group.getGpusList(), "nothing");
        }
      }
      case KIND_MODEL, UNRECOGNIZED ->
          refuse(field + ".kind", group.getKind(), "KIND_CPU or KIND_AUTO");
    }
  }

  private void checkVersionPolicy(ModelConfig.Builder config) {
    var policy = config.getVersionPolicy();
    if (policy.hasLatest() && policy.getLatest().getNumVersions() == 0) {
      refuse("version_policy.latest.num_versions", 0, "1 or more");
    }
    if (policy.hasSpecific()) {
      List<Long> versions = policy.getSpecific().getVersionsList();
      if (versions.isEmpty()) {
        refuse("version_policy.specific.versions", "", "one version or more");
      }
      versions.stream()
          .filter(version -> version < 1)
          .forEach(
              version ->
                  refuse("version_policy.specific.versions", version, "versions of 1 or more"));
    }
  }

  private void checkParameters(ModelConfig.Builder config) {
    // A script's parameters are the script's business; it does not run here.
    boolean python = config.getBackend().equals("python");
    for (String key : config.getParametersMap().keySet().stream().sorted().toList()) {
      if (key.equals(DimLimits.PARAMETER) || key.startsWith(DimLimits.PARAMETER + ".")) {
        checkMaxDim(key, config.getParametersOrThrow(key).getStringValue());
      } else if (python && !key.startsWith("trawl.")) {
        continue;
      } else if (PARAMETERS_WITHOUT_EFFECT.contains(key)) {
        passedOver.add("parameters[\"" + key + "\"]");
      } else {
        refuse(
            "parameters",
            key,
            DimLimits.PARAMETER
                + ", "
                + PARAMETERS_WITHOUT_EFFECT.stream().sorted().collect(Collectors.joining(", ")));
      }
    }
  }

  private void checkMaxDim(String key, String value) {
    if (!WHOLE.matcher(value).matches() || Long.parseLong(value) > Integer.MAX_VALUE) {
      refuse("parameters[\"" + key + "\"]", value, "1 to " + Integer.MAX_VALUE);
    }
  }

  private void checkBatching(ModelConfig.Builder config) {
    ModelDynamicBatching batching = config.getDynamicBatching();
    if (config.getMaxBatchSize() == 0) {
      refuse("dynamic_batching", "given", "nothing where max_batch_size is 0");
      return;
    }
    if (batching.getPreferredBatchSizeCount() > MAX_PREFERRED) {
      refuse(
          "dynamic_batching.preferred_batch_size",
          batching.getPreferredBatchSizeCount() + " sizes",
          "at most " + MAX_PREFERRED);
    }
    for (int preferred : batching.getPreferredBatchSizeList()) {
      if (preferred < 1 || preferred > config.getMaxBatchSize()) {
        refuse(
            "dynamic_batching.preferred_batch_size",
            preferred,
            "1 to max_batch_size, " + config.getMaxBatchSize());
      }
    }
    ModelQueuePolicy policy = batching.getDefaultQueuePolicy();
    checkMicros("max_queue_delay_microseconds", batching.getMaxQueueDelayMicroseconds());
    checkMicros(
        "default_queue_policy.default_timeout_microseconds",
        policy.getDefaultTimeoutMicroseconds());
    if (policy.getMaxQueueSize() < 0 || policy.getMaxQueueSize() > MAX_QUEUE_SIZE) {
      refuse(
          "dynamic_batching.default_queue_policy.max_queue_size",
          Integer.toUnsignedString(policy.getMaxQueueSize()),
          "0 to " + MAX_QUEUE_SIZE);
    }
  }

  private void checkMicros(String field, long micros) {
    if (micros < 0 || micros > Long.MAX_VALUE / 1000) {
      refuse(
          "dynamic_batching." + field,
          Long.toUnsignedString(micros),
          "0 to " + Long.MAX_VALUE / 1000);
    }
  }

  private void checkWarmup(ModelConfig.Builder config) {
    if (config.getModelWarmupCount() > MAX_WARMUPS) {
      refuse("model_warmup", config.getModelWarmupCount() + " of them", "at most " + MAX_WARMUPS);
      return;
    }
    for (int i = 0; i < config.getModelWarmupCount(); i++) {
      ModelWarmup warmup = config.getModelWarmup(i);
      String field = "model_warmup[" + i + "]";
      if (Integer.toUnsignedLong(warmup.getBatchSize()) > Math.max(1, config.getMaxBatchSize())) {
        refuse(
            field + ".batch_size",
            Integer.toUnsignedString(warmup.getBatchSize()),
            "at most max_batch_size, " + config.getMaxBatchSize());
      }
      if (Integer.toUnsignedLong(warmup.getCount()) > 1000) {
        refuse(field + ".count", Integer.toUnsignedString(warmup.getCount()), "at most 1000");
      }
      for (var input : warmup.getInputsMap().entrySet()) {
        checkWarmupInput(field + ".inputs[\"" + input.getKey() + "\"]", input.getValue());
      }
    }
  }

  private void checkWarmupInput(String field, ModelWarmup.Input input) {
    if (Datatype.ofConfig(input.getDataType()).isEmpty()) {
      refuse(field + ".data_type", input.getDataType(), "one of TYPE_BOOL to TYPE_BF16");
    }
    if (input.getDimsList().stream().anyMatch(dim -> dim < 1)) {
      refuse(field + ".dims", input.getDimsList(), "dimensions of 1 or more");
    }
    if (!input.getZeroData() && !input.getRandomData()) {
      refuse(
          field,
          input.getInputDataFile().isEmpty() ? "no data" : "input_data_file",
          "zero_data: true or random_data: true");
    }
  }

  /** Once for each field: what was refused when it was read is not set, and no news after that. */
  private void refuse(String field, Object value, String accepted) {
    String start = ": " + field + " is ";
    if (problems.stream().noneMatch(problem -> problem.startsWith(start))) {
      add(
          "%s'%s', this worker accepts %s"
              .formatted(start, excerpt(String.valueOf(value)), accepted));
    }
  }

  private void add(String problem) {
    if (isFull()) {
      moreProblems++;
    } else {
      problems.add(problem);
    }
  }

  private boolean isFull() {
    return problems.size() == MAX_PROBLEMS;
  }
}
