package io.trawl.workers.tensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferRequest.InferInputTensor;
import io.trawl.workers.protocol.ModelInferRequest.InferRequestedOutputTensor;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelInferResponse.InferOutputTensor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An inference over HTTP: the JSON form of request and answer, with the binary tensor extension.
 * With it a JSON header of known length comes first, and the raw data of those tensors that say
 * {@code binary_data_size} follows, in order.
 */
public final class JsonInfer {
  /** Writes NaN and the infinities as Triton does, bare, and all text as UTF-8. */
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
          .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
          .build();

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
    return new JsonInfer(body, textBytes(body, headerLength)).read(model, version);
  }

  /**
   * How much of a body is JSON; the rest is binary data.
   *
   * @param headerLength value of the header of that name, null if there is none
   * @throws InvalidTensors if the header names no such length
   */
  public static int textBytes(Buffer body, @Nullable String headerLength) {
    if (headerLength == null) {
      return body.length();
    }
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
    JsonObject json = JsonText.object(body.slice(0, binaryAt));
    request.setModelName(model).setModelVersion(version);
    request.setId(field(json, "id", String.class, ""));
    parameters(field(json, "parameters", JsonObject.class, new JsonObject()));
    for (Object output : field(json, "outputs", JsonArray.class, new JsonArray())) {
      output(expect("outputs", JsonObject.class, output));
    }
    for (Object input : required(json, "inputs", JsonArray.class)) {
      input(expect("inputs", JsonObject.class, input));
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
          throw invalid("parameter '%s' has unsupported value %s", key, Quoted.value(value));
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
              "a dimension of 'shape' must be a whole number of 64 bits, got %s",
              Quoted.value(dim));
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
          "failed to parse the request JSON buffer: '%s' must be %s, got %s",
          key, kind(type), Quoted.value(value));
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
    return type == String.class
        ? "a string"
        : type == Boolean.class ? "a boolean" : "a whole number from 0 to " + Integer.MAX_VALUE;
  }

  /**
   * The answer in the form that was asked for.
   *
   * @throws InvalidTensors if an output has no JSON form
   */
  public static Answer write(ModelInferResponse response, Asked asked) {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    Buffer binary = Buffer.buffer();
    boolean anyBinary = false;
    try (JsonGenerator json = JSON.createGenerator(header)) {
      json.writeStartObject();
      if (!response.getId().isEmpty()) {
        json.writeStringField("id", response.getId());
      }
      json.writeStringField("model_name", response.getModelName());
      json.writeStringField("model_version", response.getModelVersion());
      json.writeArrayFieldStart("outputs");
      for (int i = 0; i < response.getOutputsCount(); i++) {
        InferOutputTensor output = response.getOutputs(i);
        ByteString raw = response.getRawOutputContents(i);
        boolean rawWanted = asked.binary(output.getName());
        write(json, output, raw, rawWanted);
        if (rawWanted) {
          anyBinary = true;
          binary.appendBytes(raw.toByteArray());
        }
      }
      json.writeEndArray();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    Buffer text = Buffer.buffer(header.toByteArray());
    return anyBinary
        ? new Answer(text.copy().appendBuffer(binary), text.length())
        : new Answer(text, -1);
  }

  private static void write(
      JsonGenerator json, InferOutputTensor output, ByteString raw, boolean binary)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", output.getName());
    json.writeStringField("datatype", output.getDatatype());
    json.writeArrayFieldStart("shape");
    for (long dim : output.getShapeList()) {
      json.writeNumber(dim);
    }
    json.writeEndArray();
    if (binary) {
      json.writeObjectFieldStart("parameters");
      json.writeNumberField("binary_data_size", raw.size());
      json.writeEndObject();
    } else {
      json.writeFieldName("data");
      JsonTensors.write(json, output.getName(), Datatype.valueOf(output.getDatatype()), raw);
    }
    json.writeEndObject();
  }

  private static InvalidTensors invalid(String format, Object... arguments) {
    return new InvalidTensors(format.formatted(arguments));
  }
}
