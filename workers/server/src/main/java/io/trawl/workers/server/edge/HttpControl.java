package io.trawl.workers.server.edge;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.trawl.workers.protocol.ModelRepositoryParameter;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryIndexResponse;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.server.repository.RepositoryService;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.tensors.JsonText;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Model repository control over HTTP, on Triton's paths and in its JSON. */
final class HttpControl {
  /** More than any body needs that brings no files. */
  private static final int SMALL_BODY_BYTES = 64 << 10;

  private final Reading reading;
  private final RepositoryService control;
  private final int maxBytes;

  HttpControl(Reading reading, RepositoryService control, int maxBytes) {
    this.reading = reading;
    this.control = control;
    this.maxBytes = maxBytes;
  }

  void index(HttpServerRequest request) {
    answer(
        request,
        smallBytes(),
        body -> {
          JsonObject json = object(body);
          Object ready = json.getValue("ready", false);
          if (!(ready instanceof Boolean only)) {
            throw CallFailure.invalid("'ready' is '" + ready + "', expected a boolean")
                .asException();
          }
          return RepositoryIndexRequest.newBuilder().setReady(only).build();
        },
        asked -> control.index(asked).map(HttpControl::listed));
  }

  void load(HttpServerRequest request, String model) {
    // What brings files is large: where it is not allowed, it is not read.
    control
        .refusal()
        .ifPresent(
            refusal -> {
              throw refusal.asException();
            });
    answer(
        request,
        maxBytes,
        body ->
            RepositoryModelLoadRequest.newBuilder()
                .setModelName(model)
                .putAllParameters(parameters(body))
                .build(),
        asked -> control.load(asked).map(_ -> Buffer.buffer()));
  }

  void unload(HttpServerRequest request, String model) {
    answer(
        request,
        smallBytes(),
        body ->
            RepositoryModelUnloadRequest.newBuilder()
                .setModelName(model)
                .putAllParameters(parameters(body))
                .build(),
        asked -> control.unload(asked).map(_ -> Buffer.buffer()));
  }

  private int smallBytes() {
    return Math.min(SMALL_BODY_BYTES, maxBytes);
  }

  private <Q> void answer(
      HttpServerRequest request,
      int mostBytes,
      Function<Buffer, Q> parse,
      Function<Q, Future<Buffer>> call) {
    HttpBody<Q> asking =
        HttpBody.read(
            reading,
            request,
            mostBytes,
            (body, room) -> {
              JsonWeight.reach(room, body, body.length(), "");
              return parse.apply(body);
            },
            (asked, room) ->
                Future.succeededFuture(asked)
                    .compose(call)
                    .onComplete(_ -> room.close())
                    .onComplete(
                        answer -> HttpReply.json(request, answer),
                        failure -> HttpReply.failWith(request, failure)),
            failure -> HttpReply.failWith(request, failure));
    if (request.response().ended()) {
      // Refused by its head alone.
      return;
    }
    request.exceptionHandler(_ -> asking.left());
    request.response().exceptionHandler(_ -> asking.left());
    request.response().closeHandler(_ -> asking.left());
  }

  private static JsonObject object(Buffer body) {
    return body.length() == 0 ? new JsonObject() : JsonText.object(body);
  }

  private static Map<String, ModelRepositoryParameter> parameters(Buffer body) {
    Object given = object(body).getValue("parameters", new JsonObject());
    if (!(given instanceof JsonObject json)) {
      throw CallFailure.invalid("'parameters' is '" + given + "', expected an object")
          .asException();
    }
    Map<String, ModelRepositoryParameter> parameters = new HashMap<>();
    for (Map.Entry<String, Object> each : json) {
      parameters.put(each.getKey(), parameter(each.getKey(), each.getValue()));
    }
    return parameters;
  }

  private static ModelRepositoryParameter parameter(String key, Object value) {
    ModelRepositoryParameter.Builder parameter = ModelRepositoryParameter.newBuilder();
    switch (value) {
      case String text when key.startsWith("file:") -> parameter.setBytesParam(decoded(key, text));
      case String text -> parameter.setStringParam(text);
      case Boolean flag -> parameter.setBoolParam(flag);
      case Integer number -> parameter.setInt64Param(number);
      case Long number -> parameter.setInt64Param(number);
      case null, default ->
          throw CallFailure.invalid(
                  "parameter '%s' is '%s', expected text, a boolean or a whole number"
                      .formatted(key, value))
              .asException();
    }
    return parameter.build();
  }

  private static ByteString decoded(String key, String base64) {
    try {
      return ByteString.copyFrom(Base64.getDecoder().decode(base64));
    } catch (IllegalArgumentException e) {
      throw CallFailure.invalid("parameter '" + key + "' is not base64: " + e.getMessage())
          .asException();
    }
  }

  /** A list of models, each with only what is known of it. */
  private static Buffer listed(RepositoryIndexResponse index) {
    JsonArray models = new JsonArray();
    for (Message model : index.getModelsList()) {
      JsonObject json = new JsonObject();
      for (Map.Entry<FieldDescriptor, Object> field : model.getAllFields().entrySet()) {
        json.put(field.getKey().getName(), field.getValue());
      }
      models.add(json);
    }
    return models.toBuffer();
  }
}
