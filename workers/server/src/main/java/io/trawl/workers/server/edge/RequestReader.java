package io.trawl.workers.server.edge;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferParameter.ParameterChoiceCase;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferRequest.InferRequestedOutputTensor;
import io.trawl.workers.server.repository.ModelSpec;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.ModelTensor;
import io.trawl.workers.server.run.RequestException;
import io.trawl.workers.server.run.Shape;
import io.trawl.workers.server.run.TensorSpec;
import io.trawl.workers.tensors.BytesTensors;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.TypedContents;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Holds an inference request against its model: after this, inputs are complete, of the right type
 * and shape, and as long as they say. Whatever does not fit is refused in Triton's words.
 */
final class RequestReader {
  /** No honest tensor comes near; beyond it byte counts no longer fit an array. */
  private static final long MAX_TENSOR_BYTES = Integer.MAX_VALUE - 64;

  private static final String CLASSIFICATION = "classification";
  private static final String SHARED_MEMORY = "shared_memory_region";

  /**
   * A request that fits.
   *
   * @param inputs in the model's order
   * @param outputs names of the outputs to answer with
   * @param classes how many of its largest values an output is answered with, where it is asked for
   *     classification
   * @param rows the batch size, 1 for a model without a batch dimension
   * @param timeoutNanos the wait in the queue that it asks for, 0 for none
   */
  record Read(
      List<ModelTensor> inputs,
      List<String> outputs,
      Map<String, Integer> classes,
      int rows,
      long timeoutNanos) {

    /** What must be equal among requests that share a batch. */
    Object kind(boolean hasRows) {
      return inputs.stream()
          .map(input -> hasRows ? input.shape().withoutFirst() : input.shape())
          .toList();
    }
  }

  private final ModelInferRequest request;
  private final ModelSpec spec;

  /** How long what the model calls by a name is, and where that was said first. */
  private record Named(String input, long size) {}

  private final Map<String, Named> named = new HashMap<>();

  private RequestReader(ModelInferRequest request, ModelSpec spec) {
    this.request = request;
    this.spec = spec;
  }

  /**
   * @throws RequestException if the request does not fit
   */
  static Read read(ModelInferRequest request, ModelSpec spec) {
    try {
      return new RequestReader(request, spec).read();
    } catch (InvalidTensors invalid) {
      throw CallFailure.invalid(String.valueOf(invalid.getMessage())).asException();
    }
  }

  private Read read() {
    checkParameters();
    List<String> outputs = outputs();
    Map<String, Integer> given = positions();
    checkInputNames(given);
    int rows = rows(given);
    List<ModelTensor> inputs = new ArrayList<>(spec.inputs().size());
    for (TensorSpec input : spec.inputs()) {
      Integer position = given.get(input.name());
      if (position == null) {
        throw new IllegalStateException("input '" + input.name() + "' was checked to be there");
      }
      inputs.add(tensor(input, position));
      checkEqualDims(input, Shape.of(request.getInputs(position).getShapeList()));
    }
    return new Read(List.copyOf(inputs), outputs, classes(), rows, timeoutNanos());
  }

  private void checkParameters() {
    for (Map.Entry<String, InferParameter> each : request.getParametersMap().entrySet()) {
      String key = each.getKey();
      ParameterChoiceCase choice = each.getValue().getParameterChoiceCase();
      switch (key) {
        case "timeout" ->
            expect(key, choice, choice == ParameterChoiceCase.INT64_PARAM, "int64_param");
        case "priority" -> {
          expect(
              key,
              choice,
              choice == ParameterChoiceCase.INT64_PARAM
                  || choice == ParameterChoiceCase.UINT64_PARAM,
              "int64_param or uint64_param");
          if (each.getValue().getInt64Param() < 0) {
            throw invalid("invalid value for 'priority', expected value >= 0.");
          }
        }
        // A model without sequences does not look at it.
        case "sequence_id" ->
            expect(
                key,
                choice,
                choice == ParameterChoiceCase.INT64_PARAM
                    || choice == ParameterChoiceCase.STRING_PARAM,
                "int64_param or string_param");
        case "sequence_start", "sequence_end", "triton_enable_empty_final_response" ->
            expect(key, choice, choice == ParameterChoiceCase.BOOL_PARAM, "bool_param");
        default -> {
          if (key.startsWith("triton_")) {
            throw invalid(
                "parameter keys starting with 'triton_' are reserved for Triton usage and should"
                    + " not be specified, got '%s'",
                key);
          }
        }
      }
    }
  }

  private static void expect(
      String key, ParameterChoiceCase choice, boolean fits, String expected) {
    if (!fits) {
      throw invalid(
          "invalid value type for '%s' parameter, expected %s, got %s.",
          key, expected, choice.name().toLowerCase(Locale.ROOT));
    }
  }

  private long timeoutNanos() {
    InferParameter timeout = request.getParametersMap().get("timeout");
    if (timeout == null) {
      return 0;
    }
    // As in Triton, one below zero asks for nothing.
    return TimeUnit.MICROSECONDS.toNanos(Math.max(0, timeout.getInt64Param()));
  }

  private List<String> outputs() {
    if (request.getOutputsCount() == 0) {
      return spec.outputs().stream().map(TensorSpec::name).toList();
    }
    List<String> names = new ArrayList<>(request.getOutputsCount());
    for (InferRequestedOutputTensor output : request.getOutputsList()) {
      String name = output.getName();
      if (spec.output(name).isEmpty()) {
        throw invalid("unexpected inference output '%s' for model '%s'", name, spec.name());
      }
      if (output.containsParameters(SHARED_MEMORY)) {
        throw unimplemented("output", name, SHARED_MEMORY);
      }
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return List.copyOf(names);
  }

  private Map<String, Integer> classes() {
    Map<String, Integer> classes = new HashMap<>();
    for (InferRequestedOutputTensor output : request.getOutputsList()) {
      InferParameter asked = output.getParametersMap().get(CLASSIFICATION);
      if (asked == null) {
        continue;
      }
      ParameterChoiceCase choice = asked.getParameterChoiceCase();
      expect(CLASSIFICATION, choice, choice == ParameterChoiceCase.INT64_PARAM, "int64_param");
      Datatype type = spec.output(output.getName()).orElseThrow().type();
      if (!Classification.supports(type)) {
        throw invalid(
            "class result not available for output '%s' due to unsupported type '%s'",
            output.getName(), type);
      }
      if (asked.getInt64Param() > 0) {
        classes.put(output.getName(), (int) Math.min(Integer.MAX_VALUE, asked.getInt64Param()));
      }
    }
    return Map.copyOf(classes);
  }

  private Map<String, Integer> positions() {
    Map<String, Integer> positions = new HashMap<>();
    for (int i = 0; i < request.getInputsCount(); i++) {
      InferInputTensor input = request.getInputs(i);
      if (positions.put(input.getName(), i) != null) {
        throw invalid("input '%s' already exists in request", input.getName());
      }
      if (input.containsParameters(SHARED_MEMORY)) {
        throw unimplemented("input", input.getName(), SHARED_MEMORY);
      }
    }
    return positions;
  }

  private void checkInputNames(Map<String, Integer> given) {
    if (given.size() != spec.inputs().size()) {
      List<String> missing =
          spec.inputs().stream().map(TensorSpec::name).filter(n -> !given.containsKey(n)).toList();
      throw invalid(
          "expected %d inputs but got %d inputs for model '%s'. Got inputs %s, but missing required"
              + " inputs %s. Please provide all required inputs.",
          spec.inputs().size(),
          given.size(),
          spec.name(),
          quoted(given.keySet().stream().sorted().toList()),
          quoted(missing));
    }
    for (InferInputTensor input : request.getInputsList()) {
      if (!spec.hasInput(input.getName())) {
        throw invalid(
            "unexpected inference input '%s' for model '%s'", input.getName(), spec.name());
      }
    }
  }

  private static String quoted(List<String> names) {
    return names.stream().map(name -> "'" + name + "'").collect(Collectors.joining(",", "[", "]"));
  }

  private int rows(Map<String, Integer> given) {
    if (!spec.hasRows()) {
      return 1;
    }
    long rows = -1;
    for (TensorSpec input : spec.inputs()) {
      InferInputTensor tensor = request.getInputs(given.getOrDefault(input.name(), 0));
      if (tensor.getShapeCount() == 0) {
        throw invalid(
            "input '%s' has no shape but model requires batch dimension for '%s'",
            input.name(), spec.name());
      }
      if (rows >= 0 && tensor.getShape(0) != rows) {
        throw invalid(
            "input '%s' batch size does not match other inputs for '%s'",
            input.name(), spec.name());
      }
      rows = tensor.getShape(0);
      if (rows < 0) {
        throw unspecified(input, Shape.of(tensor.getShapeList()));
      }
      if (rows == 0) {
        throw empty(input, tensor);
      }
    }
    // A model without inputs makes one row.
    rows = Math.max(1, rows);
    if (rows > spec.maxBatchSize()) {
      throw invalid(
          "inference request batch-size must be <= %d for '%s'", spec.maxBatchSize(), spec.name());
    }
    return (int) rows;
  }

  /** As in Triton a batch of none is one whose elements are missing, if there should be any. */
  private RequestException empty(TensorSpec input, InferInputTensor given) {
    Shape one = Shape.of(given.getShapeList()).replacingFirst(1);
    checkShape(input, one);
    checkSize(input, input.type(), elements(input, one), ByteString.EMPTY);
    return invalid(
        "inference request batch-size must be >= 1 for '%s', got shape %s for input '%s'",
        spec.name(), one.replacingFirst(0), input.name());
  }

  private ModelTensor tensor(TensorSpec input, int position) {
    InferInputTensor given = request.getInputs(position);
    Optional<Datatype> said = Datatype.ofWire(given.getDatatype());
    Datatype type = input.type();
    if (!said.equals(Optional.of(type))) {
      throw invalid(
          "inference input '%s' data-type is '%s', but model '%s' expects '%s'",
          input.name(), said.map(Datatype::name).orElse("<invalid>"), spec.name(), type);
    }
    Shape shape = Shape.of(given.getShapeList());
    checkShape(input, shape);
    long elements = elements(input, shape);
    checkDims(input, shape);
    ByteString data =
        request.getRawInputContentsCount() > 0
            ? raw(input, given, position)
            : TypedContents.toRaw(input.name(), spec.name(), type, given.getContents(), elements);
    checkSize(input, type, elements, data);
    return new ModelTensor(input.name(), type, input.toModel(shape), data);
  }

  private void checkShape(TensorSpec input, Shape shape) {
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.dim(axis) < 0) {
        throw unspecified(input, shape);
      }
    }
    Shape expected = spec.clientShape(input);
    if (!expected.admits(shape)) {
      throw invalid(
          "unexpected shape for input '%s' for model '%s'. Expected %s, got %s. %s",
          input.name(),
          spec.name(),
          expected,
          shape,
          spec.hasRows() ? "NOTE: the first dimension is the batch." : "");
    }
  }

  private void checkDims(TensorSpec input, Shape shape) {
    int most = spec.dims().of(input.name());
    Shape expected = spec.clientShape(input);
    for (int axis = spec.hasRows() ? 1 : 0; axis < shape.rank(); axis++) {
      if (expected.dim(axis) == Shape.OPEN && shape.dim(axis) > most) {
        throw invalid(
            "input '%s' for model '%s' has shape %s, but this worker takes at most %d in a"
                + " dimension that the model leaves open",
            input.name(), spec.name(), shape, most);
      }
    }
  }

  /** What the model calls by one name it takes for equal; ONNX Runtime finds out as it runs. */
  private void checkEqualDims(TensorSpec input, Shape shape) {
    int rows = spec.hasRows() ? 1 : 0;
    for (int axis = rows; axis < shape.rank(); axis++) {
      String name = spec.dims().name(input.name(), axis - rows);
      if (name.isEmpty()) {
        continue;
      }
      Named first = named.putIfAbsent(name, new Named(input.name(), shape.dim(axis)));
      if (first != null && first.size() != shape.dim(axis)) {
        throw invalid(
            "input '%s' for model '%s' has shape %s, but dimension %d is '%s' of the model, which"
                + " is %d in input '%s'. Expected %d",
            input.name(),
            spec.name(),
            shape,
            axis,
            name,
            first.size(),
            first.input(),
            first.size());
      }
    }
  }

  private RequestException unspecified(TensorSpec input, Shape shape) {
    return invalid(
        "All input dimensions should be specified for input '%s' for model '%s', got %s",
        input.name(), spec.name(), shape);
  }

  private long elements(TensorSpec input, Shape shape) {
    try {
      long elements = shape.elements();
      int atLeastBytes = Math.max(1, input.type().sizeBytes());
      if (elements <= MAX_TENSOR_BYTES / atLeastBytes) {
        return elements;
      }
    } catch (ArithmeticException _) {
      // Answered below: more elements than a long counts are too many in any case.
    }
    throw invalid("input '%s' of shape %s is too large", input.name(), shape);
  }

  private ByteString raw(TensorSpec input, InferInputTensor given, int position) {
    if (given.hasContents()) {
      throw invalid(
          "contents field must not be specified when using raw_input_contents for '%s' for model"
              + " '%s'",
          input.name(), spec.name());
    }
    if (position >= request.getRawInputContentsCount()) {
      throw invalid(
          "unable to find data for input tensor '%s' for model '%s' in request.",
          input.name(), spec.name());
    }
    return request.getRawInputContents(position);
  }

  private void checkSize(TensorSpec input, Datatype type, long elements, ByteString data) {
    if (type != Datatype.BYTES) {
      if (data.size() != elements * type.sizeBytes()) {
        throw invalid(
            "input byte size mismatch for input '%s' for model '%s'. Expected %d, got %d",
            input.name(), spec.name(), elements * type.sizeBytes(), data.size());
      }
      return;
    }
    int strings;
    try {
      strings = BytesTensors.count(data, " for inference input '" + input.name() + "'");
    } catch (IllegalArgumentException e) {
      throw CallFailure.invalid(String.valueOf(e.getMessage())).asException();
    }
    if (strings < elements) {
      throw invalid(
          "expected %d string elements for inference input '%s' for model '%s', got %d",
          elements, input.name(), spec.name(), strings);
    }
    if (strings > elements) {
      throw invalid(
          "unexpected number of string elements %d for inference input '%s' for model '%s',"
              + " expecting %d",
          strings, input.name(), spec.name(), elements);
    }
  }

  private static RequestException unimplemented(String direction, String name, String what) {
    return new CallFailure(
            CallFailure.Code.UNIMPLEMENTED,
            CallFailure.Reason.OTHER,
            "%s '%s': parameter '%s' is not served by this worker".formatted(direction, name, what))
        .asException();
  }

  private static RequestException invalid(String format, Object... arguments) {
    return CallFailure.invalid(format.formatted(arguments).strip()).asException();
  }
}
