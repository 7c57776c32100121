package io.trawl.workers.client;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.InferTensorContents;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.tensors.InvalidTensors;
import io.trawl.workers.tensors.TypedContents;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Calls to messages, and received bytes to answers.
 *
 * <p>The generated messages carry the tensors' bytes by reference: a request wraps each raw buffer
 * and is written once, behind its prefix, into one array of the exact size; an answer is parsed
 * with aliasing, so that its byte fields are windows on the received array. Between a tensor and
 * the wire lies one copy, between the wire and a tensor none.
 */
final class InferCodec {

  private InferCodec() {}

  /** An input that keeps its place in the array wherever a field of bytes is read. */
  static CodedInputStream aliasing(HeapBytes bytes) {
    // Only the stream of a ByteString believes that nobody writes to the array.
    CodedInputStream input =
        UnsafeByteOperations.unsafeWrap(bytes.array(), bytes.offset(), bytes.length())
            .newCodedInput();
    input.enableAliasing(true);
    return input;
  }

  static ModelInferRequest request(InferCall call) {
    var request =
        ModelInferRequest.newBuilder()
            .setModelName(call.model())
            .setModelVersion(call.version())
            .setId(call.id());
    call.parameters().forEach((name, value) -> request.putParameters(name, parameter(value)));
    for (Tensor tensor : call.inputs()) {
      var input =
          request.addInputsBuilder().setName(tensor.name()).setDatatype(tensor.datatype().name());
      for (long dimension : tensor.shape()) {
        input.addShape(dimension);
      }
      HeapBytes raw = HeapBytes.of(tensor.raw());
      request.addRawInputContents(
          UnsafeByteOperations.unsafeWrap(raw.array(), raw.offset(), raw.length()));
    }
    for (String output : call.outputs()) {
      request.addOutputsBuilder().setName(output);
    }
    return request.build();
  }

  static ModelInferResponse parse(HeapBytes bytes) throws IOException {
    return ModelInferResponse.parser().parseFrom(aliasing(bytes));
  }

  /** The answer if it keeps what the protocol and the call promise, else what it breaks. */
  static InferOutcome answer(InferCall call, HeapBytes bytes) {
    try {
      ModelInferResponse response = parse(bytes);
      String broken = AnswerCheck.brokenPromise(call, response);
      return broken.isEmpty() ? inferred(response) : new Failure.Malformed(broken);
    } catch (IOException undecodable) {
      return new Failure.Malformed("undecodable answer: " + undecodable.getMessage());
    } catch (IllegalArgumentException | InvalidTensors lie) {
      return new Failure.Malformed(String.valueOf(lie.getMessage()));
    }
  }

  /** A window on the array behind a byte string. */
  static Buffer window(ByteString bytes) throws IOException {
    if (bytes.isEmpty()) {
      return Buffer.buffer();
    }
    var window = new Window();
    UnsafeByteOperations.unsafeWriteTo(bytes, window);
    return window.buffer;
  }

  private static Inferred inferred(ModelInferResponse response) throws IOException {
    List<Tensor> outputs = new ArrayList<>(response.getOutputsCount());
    boolean raw = response.getRawOutputContentsCount() > 0;
    for (int i = 0; i < response.getOutputsCount(); i++) {
      var output = response.getOutputs(i);
      Datatype datatype =
          Datatype.ofWire(output.getDatatype())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "tensor '%s': type '%s' (expected one of the protocol)"
                              .formatted(output.getName(), output.getDatatype())));
      outputs.add(
          new Tensor(
              output.getName(),
              datatype,
              shape(output.getShapeList()),
              raw
                  ? window(response.getRawOutputContents(i))
                  : typed(output.getName(), datatype, output.getContents())));
    }
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    response.getParametersMap().forEach((name, value) -> putParameter(parameters, name, value));
    return new Inferred(
        response.getModelName(), response.getModelVersion(), response.getId(), outputs, parameters);
  }

  /** As KServe's plain servers send them: slower than raw contents, and rare. */
  private static Buffer typed(String name, Datatype type, InferTensorContents contents)
      throws IOException {
    var tensor = "tensor '" + name + "'";
    var other = TypedContents.other(type, contents);
    if (other.isPresent()) {
      throw new IllegalArgumentException(
          "%s: typed contents of %s (expected %s)".formatted(tensor, other.get(), type));
    }
    return window(TypedContents.raw(tensor, type, contents));
  }

  static long[] shape(List<Long> dimensions) {
    return dimensions.stream().mapToLong(Long::longValue).toArray();
  }

  private static InferParameter parameter(Parameter value) {
    var parameter = InferParameter.newBuilder();
    return switch (value) {
      case Parameter.Flag(boolean flag) -> parameter.setBoolParam(flag).build();
      case Parameter.Whole(long whole) -> parameter.setInt64Param(whole).build();
      case Parameter.Unsigned(long unsigned) -> parameter.setUint64Param(unsigned).build();
      case Parameter.Real(double real) -> parameter.setDoubleParam(real).build();
      case Parameter.Text(String text) -> parameter.setStringParam(text).build();
    };
  }

  private static void putParameter(
      Map<String, Parameter> parameters, String name, InferParameter value) {
    switch (value.getParameterChoiceCase()) {
      case BOOL_PARAM -> parameters.put(name, new Parameter.Flag(value.getBoolParam()));
      case INT64_PARAM -> parameters.put(name, new Parameter.Whole(value.getInt64Param()));
      case UINT64_PARAM -> parameters.put(name, new Parameter.Unsigned(value.getUint64Param()));
      case DOUBLE_PARAM -> parameters.put(name, new Parameter.Real(value.getDoubleParam()));
      case STRING_PARAM -> parameters.put(name, new Parameter.Text(value.getStringParam()));
      case PARAMETERCHOICE_NOT_SET -> {
        // A kind of a later protocol: it cannot be shown, and nothing here depends on it.
      }
    }
  }

  /** Sees the array that a byte string is made of. */
  private static final class Window extends ByteOutput {

    private Buffer buffer = Buffer.buffer();

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      buffer = HeapBytes.wrap(value, offset, length);
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      writeLazy(value, offset, length);
    }

    @Override
    public void write(byte value) {
      buffer = HeapBytes.wrap(new byte[] {value});
    }

    @Override
    public void write(ByteBuffer value) {
      writeLazy(value);
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      byte[] copy = new byte[value.remaining()];
      value.get(copy);
      buffer = HeapBytes.wrap(copy);
    }
  }
}
