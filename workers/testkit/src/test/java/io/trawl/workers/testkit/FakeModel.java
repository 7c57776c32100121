package io.trawl.workers.testkit;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelMetadataResponse.TensorMetadata;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.TypedContents;
import io.vertx.grpc.common.GrpcStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A model that the fake serves without a script: it takes requests apart as Triton does, refuses
 * the wrong ones in Triton's words, and computes. Its one version is 1.
 */
public final class FakeModel {

  static final String VERSION = "1";

  private final ModelConfig config;
  private final UnaryOperator<Map<String, RawTensor>> function;

  private FakeModel(ModelConfig config, UnaryOperator<Map<String, RawTensor>> function) {
    this.config = config;
    this.function = function;
  }

  /**
   * A model with a batch dimension in front of what its configuration names.
   *
   * @param function from inputs to outputs, both by name; outputs in the order of the configuration
   */
  public static FakeModel of(ModelConfig config, UnaryOperator<Map<String, RawTensor>> function) {
    if (config.getMaxBatchSize() < 1) {
      throw new IllegalArgumentException(
          "max_batch_size: " + config.getMaxBatchSize() + " (expected 1 or more)");
    }
    return new FakeModel(config, function);
  }

  /** {@code OUT} is {@code IN}, of any length. */
  public static FakeModel identity(String name, String datatype, int maxBatchSize) {
    DataType type = DataType.valueOf(datatype.equals("BYTES") ? "TYPE_STRING" : "TYPE_" + datatype);
    var config = ModelConfig.newBuilder().setName(name).setMaxBatchSize(maxBatchSize);
    config.addInput(ModelInput.newBuilder().setName("IN").setDataType(type).addDims(-1));
    config.addOutput(ModelOutput.newBuilder().setName("OUT").setDataType(type).addDims(-1));
    return of(
        config.build(),
        inputs -> {
          RawTensor in = requireNonNull(inputs.get("IN"));
          return Map.of("OUT", new RawTensor("OUT", datatype, in.shape(), in.raw()));
        });
  }

  ModelConfig config() {
    return config;
  }

  ModelMetadataResponse metadata() {
    var metadata =
        ModelMetadataResponse.newBuilder()
            .setName(config.getName())
            .addVersions(VERSION)
            .setPlatform("fake");
    for (ModelInput input : config.getInputList()) {
      metadata.addInputs(tensor(input.getName(), input.getDataType(), input.getDimsList()));
    }
    for (ModelOutput output : config.getOutputList()) {
      metadata.addOutputs(tensor(output.getName(), output.getDataType(), output.getDimsList()));
    }
    return metadata.build();
  }

  private static TensorMetadata tensor(String name, DataType type, List<Long> dims) {
    return TensorMetadata.newBuilder()
        .setName(name)
        .setDatatype(wire(type))
        .addShape(-1)
        .addAllShape(dims)
        .build();
  }

  private static String wire(DataType type) {
    return type == DataType.TYPE_STRING ? "BYTES" : type.name().substring("TYPE_".length());
  }

  /** Refuses a wrong request itself; what a run of a right one will give goes on. */
  void check(Exchange exchange, Consumer<ModelInferResponse> right) {
    ModelInferRequest request = exchange.request();
    ModelInferResponse answer;
    try {
      Map<String, RawTensor> results = function.apply(inputs(request));
      answer = Script.response(request, chosen(request, results));
    } catch (Refused refused) {
      exchange.fail(refused.status, refused.words);
      return;
    } catch (InvalidTensors | IllegalArgumentException wrong) {
      exchange.fail(GrpcStatus.INVALID_ARGUMENT, String.valueOf(wrong.getMessage()));
      return;
    }
    right.accept(answer);
  }

  private Map<String, RawTensor> inputs(ModelInferRequest request) throws Refused {
    checkVersion(request.getModelVersion());
    checkParameters(request);
    checkNames(request);
    boolean raw = request.getRawInputContentsCount() > 0;
    Map<String, RawTensor> inputs = new LinkedHashMap<>();
    for (int i = 0; i < request.getInputsCount(); i++) {
      InferInputTensor input = request.getInputs(i);
      checkShape(input, request.getInputs(0).getShapeList());
      if (raw && i >= request.getRawInputContentsCount()) {
        throw invalid(
            "unable to find data for input tensor '%s' for model '%s' in request.",
            input.getName(), config.getName());
      }
      Datatype type = Datatype.valueOf(input.getDatatype());
      long elements = elements(input);
      ByteString bytes =
          raw
              ? request.getRawInputContents(i)
              : TypedContents.toRaw(
                  input.getName(), config.getName(), type, input.getContents(), elements);
      if (raw && input.hasContents()) {
        throw invalid(
            "contents field must not be specified when using raw_input_contents for '%s' for model"
                + " '%s'",
            input.getName(), config.getName());
      }
      checkSize(input, type, elements, bytes);
      inputs.put(
          input.getName(),
          new RawTensor(input.getName(), input.getDatatype(), input.getShapeList(), bytes));
    }
    return inputs;
  }

  /** As in Triton a batch of none is one whose bytes are missing. */
  private static long elements(InferInputTensor input) {
    long rows = Math.max(1, input.getShape(0));
    return input.getShapeList().stream().skip(1).reduce(rows, Math::multiplyExact);
  }

  private void checkSize(InferInputTensor input, Datatype type, long elements, ByteString bytes)
      throws Refused {
    if (type != Datatype.BYTES && bytes.size() != elements * type.sizeBytes()) {
      throw invalid(
          "input byte size mismatch for input '%s' for model '%s'. Expected %d, got %d",
          input.getName(), config.getName(), elements * type.sizeBytes(), bytes.size());
    }
    if (type == Datatype.BYTES) {
      var whose = " for inference input '%s'".formatted(input.getName());
      int count = BytesTensors.count(bytes, whose);
      if (count != elements) {
        throw invalid(
            count < elements
                ? "expected %2$d string elements%3$s for model '%4$s', got %1$d"
                : "unexpected number of string elements %d%3$s for model '%4$s', expecting %2$d",
            count,
            elements,
            whose,
            config.getName());
      }
    }
  }

  private void checkVersion(String version) throws Refused {
    if (!version.isEmpty() && !version.chars().allMatch(Character::isDigit)) {
      throw invalid(
          "failed to get model version from specified version string '%s', version should be an"
              + " integral value > 0",
          version);
    }
    if (!version.isEmpty() && !version.equals(VERSION)) {
      throw new Refused(
          GrpcStatus.NOT_FOUND,
          "Request for unknown model: '%s' version %s is not found"
              .formatted(config.getName(), version));
    }
  }

  private static void checkParameters(ModelInferRequest request) throws Refused {
    InferParameter timeout = request.getParametersMap().get("timeout");
    if (timeout != null && !timeout.hasInt64Param()) {
      throw invalid("invalid value type for 'timeout' parameter, expected int64_param");
    }
  }

  private void checkNames(ModelInferRequest request) throws Refused {
    List<String> given = request.getInputsList().stream().map(InferInputTensor::getName).toList();
    List<String> known = config.getInputList().stream().map(ModelInput::getName).toList();
    for (int i = 0; i < given.size(); i++) {
      if (given.indexOf(given.get(i)) < i) {
        throw invalid("input '%s' already exists in request", given.get(i));
      }
    }
    if (given.size() != known.size()) {
      throw invalid(
          "expected %d inputs but got %d inputs for model '%s'",
          known.size(), given.size(), config.getName());
    }
    for (String name : given) {
      if (!known.contains(name)) {
        throw invalid("unexpected inference input '%s' for model '%s'", name, config.getName());
      }
    }
  }

  private void checkShape(InferInputTensor input, List<Long> first) throws Refused {
    ModelInput expected =
        config.getInputList().stream()
            .filter(known -> known.getName().equals(input.getName()))
            .findFirst()
            .orElseThrow();
    if (!wire(expected.getDataType()).equals(input.getDatatype())) {
      throw invalid(
          "inference input '%s' data-type is '%s', but model '%s' expects '%s'",
          input.getName(),
          Datatype.ofWire(input.getDatatype()).map(Datatype::name).orElse("<invalid>"),
          config.getName(),
          wire(expected.getDataType()));
    }
    List<Long> shape = input.getShapeList();
    if (shape.stream().anyMatch(dimension -> dimension < 0)) {
      throw invalid(
          "All input dimensions should be specified for input '%s' for model '%s', got %s",
          input.getName(), config.getName(), text(shape));
    }
    List<Long> wanted = Stream.concat(Stream.of(-1L), expected.getDimsList().stream()).toList();
    boolean fits = shape.size() == wanted.size();
    for (int i = 0; fits && i < shape.size(); i++) {
      fits = wanted.get(i) < 0 || wanted.get(i).equals(shape.get(i));
    }
    if (!fits) {
      throw invalid(
          "unexpected shape for input '%s' for model '%s'. Expected %s, got %s",
          input.getName(), config.getName(), text(wanted), text(shape));
    }
    if (!shape.getFirst().equals(first.getFirst())) {
      throw invalid(
          "input '%s' batch size does not match other inputs for '%s'",
          input.getName(), config.getName());
    }
    if (shape.getFirst() > config.getMaxBatchSize()) {
      throw invalid(
          "inference request batch-size must be <= %d for '%s'",
          config.getMaxBatchSize(), config.getName());
    }
  }

  private static String text(List<Long> shape) {
    return shape.toString().replace(" ", "");
  }

  private List<RawTensor> chosen(ModelInferRequest request, Map<String, RawTensor> results)
      throws Refused {
    List<String> names = new ArrayList<>();
    request.getOutputsList().forEach(output -> names.add(output.getName()));
    if (names.isEmpty()) {
      config.getOutputList().forEach(output -> names.add(output.getName()));
    }
    List<RawTensor> chosen = new ArrayList<>();
    for (String name : names) {
      RawTensor result = results.get(name);
      if (result == null) {
        throw invalid("unexpected inference output '%s' for model '%s'", name, config.getName());
      }
      chosen.add(result);
    }
    return chosen;
  }

  private static Refused invalid(String format, Object... arguments) {
    return new Refused(GrpcStatus.INVALID_ARGUMENT, format.formatted(arguments));
  }

  /** What a caller did wrong. */
  private static final class Refused extends Exception {

    private static final long serialVersionUID = 1;

    private final GrpcStatus status;
    private final String words;

    Refused(GrpcStatus status, String words) {
      super(words);
      this.status = status;
      this.words = words;
    }
  }
}
