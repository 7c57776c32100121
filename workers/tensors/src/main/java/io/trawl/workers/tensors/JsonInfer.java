package io.trawl.workers.tensors;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferRequest.InferRequestedOutputTensor;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelInferResponse.InferOutputTensor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An inference over HTTP: the JSON form of request and answer, with the binary tensor extension.
 * With it a JSON header of known length comes first, and the raw data of those tensors that say
 * {@code binary_data_size} follows, in order.
 */
public final class JsonInfer {
  /** The header that says how long the JSON before the binary data is. */
  public static final String HEADER_LENGTH = "Inference-Header-Content-Length";

  /**
   * A request as gRPC would have brought it.
   *
   * @param binaryOutputs whether an output is wanted raw, by name, of those that say so
   * @param binaryByDefault whether outputs that say nothing are wanted raw
   */
  public record Asked(
      ModelInferRequest request, Map<String, Boolean> binaryOutputs, boolean binaryByDefault) {
    /** Whether this output is wanted raw. */
    public boolean binary(String output) {
      return binaryOutputs.getOrDefault(output, binaryByDefault);
    }
  }

  /** An answer; headerBytes is -1 where it is JSON alone. */
  public record Answer(Buffer body, int headerBytes) {}

  private final Buffer body;
  private final ModelInferRequest.Builder request = ModelInferRequest.newBuilder();
  private final Map<String, Boolean> binaryOutputs = new HashMap<>();
  private boolean binaryByDefault;
  private int binaryAt;

  private JsonInfer(Buffer body, int headerBytes) {
    this.body = body;
    this.binaryAt = headerBytes;
  }

  /**
   * @param headerLength value of the header of that name, null if there is none
   * @throws InvalidTensors if the body cannot be understood
   */
  public static Asked read(
      String model, String version, Buffer body, @Nullable String headerLength) {
    int headerBytes = headerLength == null ? body.length() : headerBytes(headerLength, body);
    return new JsonInfer(body, headerBytes).read(model, version);
  }

  private static int headerBytes(String headerLength, Buffer body) {
    try {
      int bytes = Integer.parseInt(headerLength);
      if (bytes >= 0 && bytes <= body.length()) {
        return bytes;
      }
    } catch (NumberFormatException _) {
      // Answered below, as a length that does not fit.
    }
    throw invalid(
        "%s is '%s', expected 0 to the body's length, %d",
        HEADER_LENGTH, headerLength, body.length());
  }

  private Asked read(String model, String version) {
    JsonObject json;
    try {
      json = new JsonObject(body.slice(0, binaryAt));
      request.setModelName(model).setModelVersion(version);
      request.setId(field(json, "id", String.class, ""));
      parameters(field(json, "parameters", JsonObject.class, new JsonObject()));
      for (Object output : field(json, "outputs", JsonArray.class, new JsonArray())) {
        output(expect("outputs", JsonObject.class, output));
      }
      for (Object input : required(json, "inputs", JsonArray.class)) {
        input(expect("inputs", JsonObject.class, input));
      }
    } catch (DecodeException e) {
      throw invalid("failed to parse the request JSON buffer: %s", String.valueOf(e.getMessage()));
    }
    if (binaryAt != body.length()) {
      throw invalid(
          "unexpected additional input data: %d bytes after the last tensor",
          body.length() - binaryAt);
    }
    return new Asked(request.build(), binaryOutputs, binaryByDefault);
  }

  private void parameters(JsonObject parameters) {
    for (Map.Entry<String, Object> each : parameters) {
      if (each.getKey().equals("binary_data_output")) {
        binaryByDefault = expect("binary_data_output", Boolean.class, each.getValue());
      } else {
        request.putParameters(each.getKey(), parameter(each.getKey(), each.getValue()));
      }
    }
  }

  private static InferParameter parameter(String key, @Nullable Object value) {
    InferParameter.Builder parameter = InferParameter.newBuilder();
    switch (value) {
      case Boolean flag -> parameter.setBoolParam(flag);
      case Integer number -> parameter.setInt64Param(number);
      case Long number -> parameter.setInt64Param(number);
      case Double number -> parameter.setDoubleParam(number);
      case String text -> parameter.setStringParam(text);
      case null, default ->
          throw invalid("parameter '%s' has unsupported value '%s'", key, String.valueOf(value));
    }
    return parameter.build();
  }

  private void output(JsonObject json) {
    String name = required(json, "name", String.class);
    InferRequestedOutputTensor.Builder output = request.addOutputsBuilder().setName(name);
    JsonObject parameters = field(json, "parameters", JsonObject.class, new JsonObject());
    for (Map.Entry<String, Object> each : parameters) {
      if (each.getKey().equals("binary_data")) {
        binaryOutputs.put(name, expect("binary_data", Boolean.class, each.getValue()));
      } else {
        output.putParameters(each.getKey(), parameter(each.getKey(), each.getValue()));
      }
    }
  }

  private void input(JsonObject json) {
    String name = required(json, "name", String.class);
    String datatype = required(json, "datatype", String.class);
    InferInputTensor.Builder input = request.addInputsBuilder().setName(name).setDatatype(datatype);
    for (Object dim : required(json, "shape", JsonArray.class)) {
      input.addShape(dimension(dim));
    }
    JsonObject parameters = field(json, "parameters", JsonObject.class, new JsonObject());
    Integer binaryBytes = null;
    for (Map.Entry<String, Object> each : parameters) {
      if (each.getKey().equals("binary_data_size")) {
        binaryBytes = expect("binary_data_size", Integer.class, each.getValue());
      } else {
        input.putParameters(each.getKey(), parameter(each.getKey(), each.getValue()));
      }
    }
    request.addRawInputContents(
        binaryBytes == null ? jsonData(name, datatype, json) : binaryData(name, binaryBytes));
  }

  private static long dimension(@Nullable Object dim) {
    return switch (dim) {
      case Integer number -> number;
      case Long number -> number;
      case null, default ->
          throw invalid(
              "a dimension of 'shape' must be a whole number, got '%s'", String.valueOf(dim));
    };
  }

  private static ByteString jsonData(String name, String datatype, JsonObject json) {
    Datatype type =
        Datatype.ofWire(datatype)
            .orElseThrow(() -> invalid("unknown datatype '%s' of input '%s'", datatype, name));
    return JsonTensors.toRaw(name, type, required(json, "data", JsonArray.class));
  }

  private ByteString binaryData(String name, int bytes) {
    if (bytes < 0 || bytes > body.length() - binaryAt) {
      throw invalid(
          "input '%s' has binary_data_size %d, but %d bytes are left",
          name, bytes, body.length() - binaryAt);
    }
    ByteString data = ByteString.copyFrom(body.getBytes(binaryAt, binaryAt + bytes));
    binaryAt += bytes;
    return data;
  }

  private static <T> T required(JsonObject json, String key, Class<T> type) {
    Object value = json.getValue(key);
    if (value == null) {
      throw invalid("failed to parse the request JSON buffer: field '%s' is missing", key);
    }
    return expect(key, type, value);
  }

  private static <T> T field(JsonObject json, String key, Class<T> type, T absent) {
    Object value = json.getValue(key);
    return value == null ? absent : expect(key, type, value);
  }

  private static <T> T expect(String key, Class<T> type, @Nullable Object value) {
    if (!type.isInstance(value)) {
      throw invalid(
          "failed to parse the request JSON buffer: '%s' must be %s, got '%s'",
          key, kind(type), String.valueOf(value));
    }
    return type.cast(value);
  }

  private static String kind(Class<?> type) {
    if (type == JsonObject.class) {
      return "an object";
    }
    if (type == JsonArray.class) {
      return "an array";
    }
    return type == String.class ? "a string" : type == Boolean.class ? "a boolean" : "a number";
  }

  /**
   * The answer in the form that was asked for.
   *
   * @throws InvalidTensors if an output has no JSON form
   */
  public static Answer write(ModelInferResponse response, Asked asked) {
    JsonArray outputs = new JsonArray();
    Buffer binary = Buffer.buffer();
    boolean anyBinary = false;
    for (int i = 0; i < response.getOutputsCount(); i++) {
      InferOutputTensor output = response.getOutputs(i);
      ByteString raw = response.getRawOutputContents(i);
      JsonObject json =
          new JsonObject()
              .put("name", output.getName())
              .put("datatype", output.getDatatype())
              .put("shape", new JsonArray(output.getShapeList()));
      if (asked.binary(output.getName())) {
        anyBinary = true;
        json.put("parameters", new JsonObject().put("binary_data_size", raw.size()));
        binary.appendBytes(raw.toByteArray());
      } else {
        Datatype type = Datatype.valueOf(output.getDatatype());
        json.put("data", JsonTensors.toJson(output.getName(), type, raw));
      }
      outputs.add(json);
    }
    JsonObject json = new JsonObject();
    if (!response.getId().isEmpty()) {
      json.put("id", response.getId());
    }
    json.put("model_name", response.getModelName())
        .put("model_version", response.getModelVersion())
        .put("outputs", outputs);
    Buffer header = json.toBuffer();
    return anyBinary
        ? new Answer(header.copy().appendBuffer(binary), header.length())
        : new Answer(header, -1);
  }

  private static InvalidTensors invalid(String format, Object... arguments) {
    return new InvalidTensors(format.formatted(arguments));
  }
}
