package io.trawl.workers.server.repository;

import com.sun.management.OperatingSystemMXBean;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelVersionPolicy;
import io.trawl.workers.server.run.BackendException;
import io.trawl.workers.server.run.ModelInstance;
import io.trawl.workers.server.run.ModelScheduler;
import io.trawl.workers.server.run.ModelStats;
import io.trawl.workers.server.run.RunLimits;
import io.trawl.workers.server.run.Timers;
import io.trawl.workers.wire.NanoClock;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes served models out of a directory: reads the configuration, chooses versions, opens each
 * instance, checks, and warms up. Everything here blocks; it never runs on an event loop.
 */
public final class ModelLoader {
  private static final Logger LOG = LoggerFactory.getLogger(ModelLoader.class);
  static final int MAX_VERSIONS = 64;

  private static final String MODEL_FILE = "model.onnx";
  private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");

  /** How the file of one version is opened. */
  public interface Backend {
    ModelInstance open(Path modelFile) throws BackendException;
  }

  private final Path repository;
  private final Backend backend;
  private final boolean gpuAsCpu;
  private final int queueLimit;
  private final int maxDim;
  private final RunLimits limits;
  private final NanoClock ticker;
  private final Timers timers;

  /**
   * @param repository holds a folder for each model
   * @param gpuAsCpu whether instances on a GPU are taken as instances on the CPU
   * @param queueLimit most waiting requests of a model whose configuration names no limit
   * @param maxDim longest open dimension of an input whose configuration names no limit
   * @param limits how long a run may take, of a warm-up too
   */
  public ModelLoader(
      Path repository,
      boolean gpuAsCpu,
      int queueLimit,
      int maxDim,
      RunLimits limits,
      Backend backend,
      NanoClock ticker,
      Timers timers) {
    this.repository = repository;
    this.gpuAsCpu = gpuAsCpu;
    this.queueLimit = queueLimit;
    this.maxDim = maxDim;
    this.limits = limits;
    this.backend = backend;
    this.ticker = ticker;
    this.timers = timers;
  }

  /**
   * What is to be opened for a load.
   *
   * @param directory holds a folder for each version
   * @param config empty where it is to be made of the model file
   * @param versions those that the version policy chooses; at least one
   */
  record Plan(
      String model, Path directory, Optional<ModelConfig> config, SortedSet<Long> versions) {}

  /**
   * Reads a model's configuration and chooses its versions.
   *
   * @param directory the model's folder, or what stands for it
   * @param given a configuration instead of the folder's {@code config.pbtxt}
   */
  Plan plan(String model, Path directory, Optional<ModelConfig> given) throws ConfigException {
    if (!Files.isDirectory(directory)) {
      throw new ConfigException("model directory " + directory + " does not exist");
    }
    Optional<ModelConfig> config = given.isPresent() ? given : config(directory);
    ModelVersionPolicy policy =
        config.map(ModelConfig::getVersionPolicy).orElseGet(ModelVersionPolicy::getDefaultInstance);
    return new Plan(model, directory, config, chosenVersions(directory, policy));
  }

  private Optional<ModelConfig> config(Path directory) throws ConfigException {
    try {
      return ConfigReader.read(directory, gpuAsCpu);
    } catch (ConfigException wrong) {
      throw withMismatches(wrong, directory);
    }
  }

  /** Reads the configuration that came with a load call. */
  ModelConfig givenConfig(String model, String json) throws ConfigException {
    try {
      return ConfigReader.parseJson("parameter 'config'", json, model, gpuAsCpu);
    } catch (ConfigException wrong) {
      throw withMismatches(wrong, directory(model));
    }
  }

  /** Wrong fields do not hide what else is wrong: the newest file is looked at all the same. */
  private ConfigException withMismatches(ConfigException wrong, Path directory) {
    Optional<Path> file = wrong.asRead().flatMap(config -> newestFile(directory, config));
    if (file.isEmpty()) {
      return wrong;
    }
    ModelConfig config = wrong.asRead().orElseThrow();
    try (ModelInstance instance = backend.open(file.get())) {
      List<String> more = SpecBuilder.mismatches(config, instance);
      return more.isEmpty()
          ? wrong
          : new ConfigException(wrong.getMessage() + "; " + String.join("; ", more));
    } catch (BackendException _) {
      return wrong;
    }
  }

  private static Optional<Path> newestFile(Path directory, ModelConfig config) {
    String name = modelFile(config);
    try {
      TreeSet<Long> versions =
          Files.isDirectory(directory) ? versionsIn(directory) : new TreeSet<>();
      return versions.isEmpty() || !LoadOrder.isFileName(name)
          ? Optional.empty()
          : Optional.of(directory.resolve(versions.last().toString()).resolve(name))
              .filter(Files::isRegularFile);
    } catch (ConfigException _) {
      return Optional.empty();
    }
  }

  /** Where a model of the repository lies. */
  Path directory(String name) {
    return repository.resolve(name);
  }

  private static TreeSet<Long> chosenVersions(Path directory, ModelVersionPolicy policy)
      throws ConfigException {
    TreeSet<Long> present = versionsIn(directory);
    TreeSet<Long> chosen =
        switch (policy.getPolicyChoiceCase()) {
          case ALL -> present;
          case SPECIFIC -> specific(directory, policy.getSpecific().getVersionsList(), present);
          case LATEST ->
              latest(Integer.toUnsignedLong(policy.getLatest().getNumVersions()), present);
          case POLICYCHOICE_NOT_SET -> latest(1, present);
        };
    if (chosen.size() > MAX_VERSIONS) {
      throw new ConfigException(
          "version_policy chooses %d versions in %s, this worker serves at most %d of a model"
              .formatted(chosen.size(), directory, MAX_VERSIONS));
    }
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

  /** Opens one version of a plan; what goes wrong is in the state. */
  VersionState load(Plan plan, long version) {
    String name = plan.model();
    List<ModelInstance> instances = new ArrayList<>();
    try {
      Path folder = plan.directory().resolve(Long.toString(version));
      Path file = folder.resolve(plan.config().map(ModelLoader::modelFile).orElse(MODEL_FILE));
      if (!Files.isRegularFile(file)) {
        throw new ConfigException(file + " does not exist");
      }
      checkMemory(folder, plan.config().map(ModelLoader::instances).orElse(1), machineBytes());
      instances.add(backend.open(file));
      ModelConfig config = plan.config().orElseGet(() -> unconfigured(name, instances.getFirst()));
      ModelSpec spec = SpecBuilder.build(config, instances.getFirst(), queueLimit, maxDim);
      for (int more = instances(config); instances.size() < more; ) {
        instances.add(backend.open(file));
      }
      WarmUp.run(spec, instances, limits, ticker);
      ModelStats stats = new ModelStats(InstantSource.system());
      ModelScheduler scheduler =
          new ModelScheduler(
              name + "/" + version,
              spec.hasRows(),
              spec.batching(),
              limits,
              instances,
              stats,
              ticker,
              timers);
      LOG.info("model '{}' version {} is ready", name, version);
      return new VersionState.Ready(new ServedModel(spec, version, scheduler, stats));
    } catch (ConfigException | BackendException e) {
      instances.forEach(ModelInstance::close);
      return new VersionState.Unavailable(
          ConfigException.printable(String.valueOf(e.getMessage())));
    } catch (RuntimeException | Error e) {
      instances.forEach(ModelInstance::close);
      LOG.error("model '{}' version {}: loading ended in a bug", name, version, e);
      return new VersionState.Unavailable(
          "internal error while loading: the worker's log has more");
    }
  }

  /**
   * Each instance holds the file, and what belongs to it, for itself.
   *
   * @throws ConfigException if that is more than the machine has
   */
  static void checkMemory(Path folder, int instances, long machineBytes) throws ConfigException {
    long bytes = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        bytes += Files.size(file);
      }
    } catch (IOException e) {
      throw new ConfigException("the files in " + folder + " cannot be read: " + e, e);
    }
    if (bytes > machineBytes / instances) {
      throw new ConfigException(
          "%d instances of the %d bytes in %s do not fit the %d bytes of this machine"
              .formatted(instances, bytes, folder, machineBytes));
    }
  }

  private static long machineBytes() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
        ? system.getTotalMemorySize()
        : Long.MAX_VALUE;
  }

  private static ModelConfig unconfigured(String name, ModelInstance instance) {
    ModelConfig config = SpecBuilder.unconfigured(name, instance);
    LOG.info(
        "model '{}' has no {}: max_batch_size {} and all else is as its file says",
        name,
        ConfigReader.FILE,
        config.getMaxBatchSize());
    return config;
  }

  private static String modelFile(ModelConfig config) {
    boolean named =
        !config.getBackend().equals("python") && !config.getDefaultModelFilename().isEmpty();
    return named ? config.getDefaultModelFilename() : MODEL_FILE;
  }

  private static int instances(ModelConfig config) {
    int total =
        config.getInstanceGroupList().stream()
            .mapToInt(group -> Math.max(1, group.getCount()))
            .sum();
    return Math.max(1, total);
  }
}
