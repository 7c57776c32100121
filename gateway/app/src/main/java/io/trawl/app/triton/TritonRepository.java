package io.trawl.app.triton;

import com.google.protobuf.TextFormat;
import io.trawl.app.files.WholeFile;
import io.trawl.space.Space;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelInstanceGroup;
import io.trawl.workers.protocol.ModelVersionPolicy;
import io.trawl.workers.protocol.ModelWarmup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Writes the backbone of a space into a Triton model repository. Versions stand side by side: what
 * is there of other versions stays, and must be served the same way.
 *
 * <p>As NVIDIA documents it: <a
 * href="https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html">model
 * configuration</a>.
 */
public final class TritonRepository {

  private static final String CONFIG = "config.pbtxt";
  private static final String OUTPUT = "query_vectors";

  /** What a space's model.py says where it can give other types than FP32. */
  private static final String TYPED_SCRIPT = "OUTPUT_TYPES";

  private final Space space;
  private final TritonOptions options;
  private final Path model;
  private final Path version;

  private TritonRepository(Space space, TritonOptions options, Path repository) {
    var backbone = space.manifest().backbone();
    this.space = space;
    this.options = options;
    this.model = repository.resolve(backbone.model());
    this.version = model.resolve(Long.toString(backbone.version()));
  }

  /**
   * Writes the version of a space.
   *
   * @param repository made where it is missing
   * @return what was written, in order
   * @throws IllegalArgumentException if the space cannot be served that way, or the repository
   *     serves other versions another way
   */
  public static List<Path> write(Space space, TritonOptions options, Path repository) {
    return new TritonRepository(space, options, repository).write();
  }

  private List<Path> write() {
    try {
      var config = config();
      var there = model.resolve(CONFIG);
      if (Files.exists(there)) {
        requireSame(config, there);
      }
      Map<String, byte[]> files = new LinkedHashMap<>();
      files.put("model.onnx", onnx());
      switch (options.backend()) {
        case PYTHON -> files.put("model.py", script());
        case ONNXRUNTIME -> {}
        case TENSORRT -> files.put("build-plan.sh", buildScript().getBytes(StandardCharsets.UTF_8));
      }
      Files.createDirectories(model);
      // A server that polls loads a version as soon as it sees its directory.
      WholeFile.write(there, text(config));
      writeVersion(files);
      List<Path> written = new ArrayList<>();
      written.add(there);
      files.keySet().forEach(name -> written.add(version.resolve(name)));
      return written;
    } catch (IOException failed) {
      throw new UncheckedIOException("the repository cannot be written", failed);
    }
  }

  /** A new version comes whole; of one that is there each file does. */
  private void writeVersion(Map<String, byte[]> files) throws IOException {
    if (Files.isDirectory(version)) {
      writeInto(version, files);
      return;
    }
    var aside = WholeFile.aside(version);
    try {
      Files.createDirectories(aside);
      writeInto(aside, files);
      WholeFile.move(aside, version);
    } finally {
      for (var name : files.keySet()) {
        Files.deleteIfExists(aside.resolve(name));
      }
      Files.deleteIfExists(aside);
    }
  }

  private static void writeInto(Path directory, Map<String, byte[]> files) throws IOException {
    for (var file : files.entrySet()) {
      var path = directory.resolve(file.getKey());
      WholeFile.write(path, file.getValue());
      if (file.getKey().endsWith(".sh")) {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  private ModelConfig config() throws IOException {
    var own = space.modelRepository().resolve(space.manifest().backbone().model()).resolve(CONFIG);
    var config = parsed(own).toBuilder();
    config
        .setBackend(options.backend().label())
        .setPlatform(options.backend() == TritonBackend.TENSORRT ? "tensorrt_plan" : "")
        .setDefaultModelFilename(options.backend().file())
        .setVersionPolicy(
            ModelVersionPolicy.newBuilder().setAll(ModelVersionPolicy.All.getDefaultInstance()))
        .clearInstanceGroup()
        .addInstanceGroup(
            ModelInstanceGroup.newBuilder()
                .setKind(
                    options.gpu()
                        ? ModelInstanceGroup.Kind.KIND_GPU
                        : ModelInstanceGroup.Kind.KIND_CPU)
                .setCount(options.instances()))
        .clearModelWarmup()
        .addAllModelWarmup(warmups(config));
    for (var output : config.getOutputBuilderList()) {
      if (output.getName().equals(OUTPUT)) {
        output.setDataType(options.output().triton());
      }
    }
    return config.build();
  }

  private static ModelConfig parsed(Path file) throws IOException {
    var config = ModelConfig.newBuilder();
    try {
      TextFormat.getParser().merge(Files.readString(file), config);
    } catch (TextFormat.ParseException no) {
      throw new IllegalArgumentException(file + ": " + no.getMessage(), no);
    }
    return config.build();
  }

  /** Every length that prompts come in, alone and in the largest batch: nobody pays for a first. */
  private List<ModelWarmup> warmups(ModelConfig.Builder config) {
    List<ModelWarmup> warmups = new ArrayList<>();
    for (var length : space.manifest().sizes().lengths()) {
      for (var batch : List.of(1, config.getMaxBatchSize())) {
        var warmup =
            ModelWarmup.newBuilder()
                .setName("length-%d-batch-%d".formatted(length, batch))
                .setBatchSize(batch);
        for (var input : config.getInputList()) {
          warmup.putInputs(input.getName(), zeros(input, length));
        }
        warmups.add(warmup.build());
      }
    }
    return warmups;
  }

  private static ModelWarmup.Input zeros(ModelInput input, int length) {
    return ModelWarmup.Input.newBuilder()
        .setDataType(input.getDataType())
        .addAllDims(input.getDimsList().stream().map(dim -> dim < 0 ? (long) length : dim).toList())
        .setZeroData(true)
        .build();
  }

  private static void requireSame(ModelConfig config, Path there) throws IOException {
    var other = parsed(there);
    if (!same(config).equals(same(other))) {
      throw new IllegalArgumentException(
          "%s serves its versions another way (backend %s, %s); all versions of a model share one"
              .formatted(
                  there,
                  other.getBackend(),
                  other.getOutputList().stream()
                      .map(output -> output.getName() + " " + output.getDataType())
                      .collect(Collectors.joining(", "))));
    }
  }

  /** What no two versions of a model may disagree on. */
  private static ModelConfig same(ModelConfig config) {
    return ModelConfig.newBuilder()
        .setBackend(config.getBackend())
        .setMaxBatchSize(config.getMaxBatchSize())
        .addAllInput(config.getInputList())
        .addAllOutput(config.getOutputList())
        .build();
  }

  private String text(ModelConfig config) {
    return "# Written by `trawl space triton` for space %s.%n%s"
        .formatted(space.id(), TextFormat.printer().printToString(config));
  }

  private byte[] onnx() throws IOException {
    var file = Files.readAllBytes(own("model.onnx"));
    // The script of the Python backend makes its types itself.
    return options.backend() == TritonBackend.PYTHON || options.output() == OutputType.FP32
        ? file
        : OnnxModel.cast(file, OUTPUT, options.output().onnx());
  }

  private byte[] script() throws IOException {
    var script = Files.readString(own("model.py"));
    if (options.output() != OutputType.FP32 && !script.contains(TYPED_SCRIPT)) {
      throw new IllegalArgumentException(
          "the model.py of space %s gives FP32 only; output is %s"
              .formatted(space.id(), options.output().label()));
    }
    return script.getBytes(StandardCharsets.UTF_8);
  }

  private Path own(String file) {
    var backbone = space.manifest().backbone();
    return space
        .modelRepository()
        .resolve(backbone.model())
        .resolve(Long.toString(backbone.version()))
        .resolve(file);
  }

  /** Shapes from the shortest prompt alone to the longest in the largest batch. */
  private String buildScript() throws IOException {
    var config = config();
    var lengths = space.manifest().sizes().lengths();
    var middle = lengths.get(lengths.size() / 2);
    var batch = config.getMaxBatchSize();
    return """
    #!/usr/bin/env bash
    # Builds model.plan out of the model.onnx beside it. A plan fits one kind of GPU and one
    # version of TensorRT: run this on the GPU that will serve it, with the trtexec of the
    # TensorRT in the Triton release that will open it. Options go to trtexec, such as --bf16.
    set -euo pipefail
    cd "$(dirname "${BASH_SOURCE[0]}")"
    command -v trtexec >/dev/null || { echo "build-plan: trtexec is not on the PATH" >&2; exit 1; }
    trtexec --onnx=model.onnx --saveEngine=model.plan.new \\
      --minShapes=%s \\
      --optShapes=%s \\
      --maxShapes=%s "$@"
    mv model.plan.new model.plan
    """
        .formatted(
            shapes(config, 1, lengths.getFirst()),
            shapes(config, Math.max(1, batch / 2), middle),
            shapes(config, batch, lengths.getLast()));
  }

  private static String shapes(ModelConfig config, int batch, int length) {
    return config.getInputList().stream()
        .map(
            input ->
                input.getName()
                    + ":"
                    + batch
                    + input.getDimsList().stream()
                        .map(dim -> "x" + (dim < 0 ? length : dim))
                        .collect(Collectors.joining()))
        .collect(Collectors.joining(","));
  }
}
