package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelVersionPolicy;
import io.trawl.workers.protocol.ModelWarmup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes served models out of a directory: reads the configuration, chooses versions, opens each
 * instance, checks, and warms up. Everything here blocks; it never runs on an event loop.
 */
final class ModelLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");
  private static final long WARMUP_SEED = 1;

  /** How the file of one version is opened. */
  interface Backend {
    Executable open(Path modelFile) throws BackendException;
  }

  private final Path repository;
  private final Backend backend;
  private final int queueLimit;
  private final Ticker ticker;
  private final Timers timers;

  ModelLoader(Path repository, Backend backend, int queueLimit, Ticker ticker, Timers timers) {
    this.repository = repository;
    this.backend = backend;
    this.queueLimit = queueLimit;
    this.ticker = ticker;
    this.timers = timers;
  }

  /** Loads one model; what goes wrong is in the entry, nothing is thrown. */
  ModelEntry load(String name) {
    try {
      Path directory = repository.resolve(name);
      if (!Files.isDirectory(directory)) {
        throw new ConfigException("model directory " + directory + " does not exist");
      }
      ModelConfig config = ConfigReader.read(directory);
      SortedMap<Long, VersionState> versions = new TreeMap<>();
      for (long version : chosenVersions(directory, config)) {
        versions.put(version, loadVersion(directory, config, version));
      }
      return ModelEntry.of(name, versions);
    } catch (ConfigException e) {
      LOG.error("model '{}' is not available: {}", name, e.getMessage());
      return ModelEntry.failed(name, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("model '{}' is not available: loading ended in a bug", name, e);
      return ModelEntry.failed(name, "internal error while loading: " + e);
    }
  }

  private static TreeSet<Long> chosenVersions(Path directory, ModelConfig config)
      throws ConfigException {
    TreeSet<Long> present = versionsIn(directory);
    ModelVersionPolicy policy = config.getVersionPolicy();
    TreeSet<Long> chosen =
        switch (policy.getPolicyChoiceCase()) {
          case ALL -> present;
          case SPECIFIC -> specific(directory, policy.getSpecific().getVersionsList(), present);
          case LATEST ->
              latest(Integer.toUnsignedLong(policy.getLatest().getNumVersions()), present);
          case POLICYCHOICE_NOT_SET -> latest(1, present);
        };
    if (chosen.isEmpty()) {
      throw new ConfigException(
          "model directory " + directory + " holds no version: folders named 1, 2, ...");
    }
    return chosen;
  }

  private static TreeSet<Long> versionsIn(Path directory) throws ConfigException {
    try (Stream<Path> children = Files.list(directory)) {
      TreeSet<Long> versions = new TreeSet<>();
      children
          .filter(Files::isDirectory)
          .map(child -> String.valueOf(child.getFileName()))
          .filter(child -> VERSION.matcher(child).matches())
          .forEach(child -> versions.add(Long.valueOf(child)));
      return versions;
    } catch (IOException e) {
      throw new ConfigException("model directory " + directory + " cannot be read: " + e, e);
    }
  }

  private static TreeSet<Long> latest(long count, TreeSet<Long> present) {
    TreeSet<Long> newest = new TreeSet<>();
    present.descendingSet().stream().limit(count).forEach(newest::add);
    return newest;
  }

  private static TreeSet<Long> specific(Path directory, List<Long> wanted, TreeSet<Long> present)
      throws ConfigException {
    for (Long version : wanted) {
      if (!present.contains(version)) {
        throw new ConfigException(
            "version_policy names version %d, but %s holds %s"
                .formatted(version, directory, present));
      }
    }
    return new TreeSet<>(wanted);
  }

  private VersionState loadVersion(Path directory, ModelConfig config, long version) {
    String name = config.getName();
    List<Executable> executables = new ArrayList<>();
    try {
      Path file = directory.resolve(Long.toString(version)).resolve(modelFile(config));
      if (!Files.isRegularFile(file)) {
        throw new ConfigException(file + " does not exist");
      }
      executables.add(backend.open(file));
      ModelSpec spec = SpecBuilder.build(config, executables.getFirst(), queueLimit);
      for (int more = instances(config); executables.size() < more; ) {
        executables.add(backend.open(file));
      }
      warmUp(spec, executables);
      ModelStats stats = new ModelStats();
      ModelScheduler scheduler =
          new ModelScheduler(
              name + "/" + version,
              spec.hasRows(),
              spec.batching(),
              executables,
              stats,
              ticker,
              timers);
      LOG.info("model '{}' version {} is ready", name, version);
      return new VersionState.Ready(new ServedModel(spec, version, scheduler, stats));
    } catch (ConfigException | BackendException e) {
      executables.forEach(Executable::close);
      LOG.error("model '{}' version {} is not available: {}", name, version, e.getMessage());
      return new VersionState.Unavailable(String.valueOf(e.getMessage()));
    }
  }

  private static String modelFile(ModelConfig config) {
    boolean named =
        !config.getBackend().equals("python") && !config.getDefaultModelFilename().isEmpty();
    return named ? config.getDefaultModelFilename() : "model.onnx";
  }

  private static int instances(ModelConfig config) {
    int total =
        config.getInstanceGroupList().stream()
            .mapToInt(group -> Math.max(1, group.getCount()))
            .sum();
    return Math.max(1, total);
  }

  private static void warmUp(ModelSpec spec, List<Executable> executables)
      throws ConfigException, BackendException {
    List<String> outputs = spec.outputs().stream().map(TensorSpec::name).toList();
    Random random = new Random(WARMUP_SEED);
    for (ModelWarmup warmup : spec.config().getModelWarmupList()) {
      List<Executable.Input> inputs = warmupInputs(spec, warmup, random);
      long times = Math.max(1, Integer.toUnsignedLong(warmup.getCount()));
      for (Executable executable : executables) {
        for (long i = 0; i < times; i++) {
          executable.run(inputs, outputs);
        }
      }
    }
  }

  private static List<Executable.Input> warmupInputs(
      ModelSpec spec, ModelWarmup warmup, Random random) throws ConfigException {
    List<Executable.Input> inputs = new ArrayList<>(spec.inputs().size());
    for (String given : warmup.getInputsMap().keySet()) {
      if (!spec.hasInput(given)) {
        throw new ConfigException(
            "model_warmup '%s': model '%s' has no input '%s'"
                .formatted(warmup.getName(), spec.name(), given));
      }
    }
    for (TensorSpec input : spec.inputs()) {
      ModelWarmup.Input given = warmup.getInputsMap().get(input.name());
      if (given == null) {
        throw new ConfigException(
            "model_warmup '%s' of model '%s' names no data for input '%s'"
                .formatted(warmup.getName(), spec.name(), input.name()));
      }
      inputs.add(warmupInput(spec, warmup, input, given, random));
    }
    return inputs;
  }

  private static Executable.Input warmupInput(
      ModelSpec spec, ModelWarmup warmup, TensorSpec input, ModelWarmup.Input given, Random random)
      throws ConfigException {
    Shape shape = Shape.of(given.getDimsList());
    if (given.getDataType() != input.type().configured() || !input.shape().admits(shape)) {
      throw new ConfigException(
          "model_warmup '%s' of model '%s': input '%s' is %s %s, but the model wants %s %s"
              .formatted(
                  warmup.getName(),
                  spec.name(),
                  input.name(),
                  given.getDataType(),
                  shape,
                  input.type().configured(),
                  input.shape()));
    }
    Shape full = spec.hasRows() ? shape.withFirst(Math.max(1, warmup.getBatchSize())) : shape;
    int elements = Math.toIntExact(full.elements());
    return new Executable.Input(
        input.name(), input.type(), full, List.of(data(input.type(), elements, given, random)));
  }

  private static ByteString data(
      Datatype type, int elements, ModelWarmup.Input given, Random random) {
    if (type == Datatype.BYTES) {
      return BytesTensors.encode(Collections.nCopies(elements, ByteString.EMPTY));
    }
    byte[] bytes = new byte[Math.multiplyExact(elements, type.sizeBytes())];
    if (given.getRandomData()) {
      fillRandom(type, bytes, random);
    }
    return ByteString.copyFrom(bytes);
  }

  /** Small values: random bits would be NaN, or indexes outside of any table. */
  private static void fillRandom(Datatype type, byte[] bytes, Random random) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      switch (type) {
        case FP32 -> buffer.putFloat(random.nextFloat());
        case FP64 -> buffer.putDouble(random.nextDouble());
        case FP16 -> buffer.putShort(Float.floatToFloat16(random.nextFloat()));
        case BF16 -> buffer.putShort((short) (Float.floatToIntBits(random.nextFloat()) >>> 16));
        case INT16, UINT16 -> buffer.putShort((short) random.nextInt(2));
        case INT32, UINT32 -> buffer.putInt(random.nextInt(2));
        case INT64, UINT64 -> buffer.putLong(random.nextInt(2));
        case BOOL, INT8, UINT8, BYTES -> buffer.put((byte) random.nextInt(2));
      }
    }
  }
}
