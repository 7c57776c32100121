package io.trawl.api.openapi;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.trawl.api.call.ApiCall;
import io.trawl.api.call.CallEnding;
import io.trawl.api.call.CallReply;
import io.trawl.api.check.ApiLimits;
import io.trawl.api.check.FieldRules;
import io.trawl.api.check.RequestIds;
import io.trawl.api.http.HttpDocument;
import io.trawl.api.http.HttpExchange;
import io.trawl.api.http.ProblemDetails;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.domain.Violation;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/**
 * The OpenAPI 3.1 document of the HTTP port, made of the table of calls, the descriptors that JSON
 * is read and written by, their comments, and the limits in force.
 */
public final class OpenApi {

  private static final String REQUEST_ID_SCHEMA = "RequestId";
  private static final String PROBLEM = "Problem";

  /** What the head of retrieval.proto leaves to this document. */
  private static final String NOTES =
      """


      The schemas name fields as they go out; in, lowerCamelCase is accepted too, and null for any \
      field that is not given. Whole numbers are written without a fraction or an exponent. Lengths \
      of texts count UTF-16 units. Every operation that is asked with another HTTP method answers \
      405 with `allow`, every other path 404, both with a problem document. Bodies may come with \
      `content-encoding: gzip` or `deflate`, and answers leave in gzip where `accept-encoding` allows \
      it; the bound on a body holds for both its sizes. The same calls over gRPC, on a port of its own, are the \
      service `trawl.v1.Retrieval`; `x-grpc` names each.\
      """;

  private final FieldRules rules;
  private final ApiSource source = ApiSource.read();
  private final Schemas schemas;

  private OpenApi(ApiLimits limits) {
    this.rules = new FieldRules(limits);
    this.schemas = new Schemas(source, rules);
  }

  /** What the HTTP port serves beside its calls: this document, and the source of the API. */
  public static List<HttpDocument> documents(ApiLimits limits) {
    var source =
        new HttpDocument(
            ApiSource.PATH,
            "proto",
            HttpExchange.PLAIN_TEXT,
            "The source of this API, for protoc and clients of gRPC.",
            ApiSource.text());
    var itself =
        new HttpDocument(
            "/openapi.json", "openapi", HttpExchange.JSON, "This document.", new byte[0]);
    var json = new OpenApi(limits).document(List.of(itself, source));
    return List.of(itself.with(json.encodePrettily().getBytes(UTF_8)), source);
  }

  private JsonObject document(List<HttpDocument> documents) {
    var paths = new JsonObject();
    for (var call : ApiCall.TABLE) {
      paths.put(
          call.path(),
          new JsonObject().put(call.method().name().toLowerCase(Locale.ROOT), operation(call)));
    }
    for (var document : documents) {
      paths.put(document.path(), new JsonObject().put("get", operation(document)));
    }
    var all = schemas.all();
    all.put(REQUEST_ID_SCHEMA, requestIdSchema());
    all.put(PROBLEM, problemSchema());
    return new JsonObject()
        .put("openapi", "3.1.0")
        .put(
            "info",
            new JsonObject()
                .put("title", "Trawl retrieval")
                .put("version", "v1")
                .put("description", source.head() + NOTES)
                .put(
                    "license",
                    new JsonObject().put("name", "Apache-2.0").put("identifier", "Apache-2.0")))
        .put("servers", new JsonArray().add(new JsonObject().put("url", "/")))
        .put("paths", paths)
        .put(
            "components",
            new JsonObject()
                .put("schemas", all)
                .put("headers", headers())
                .put("parameters", parameters())
                .put("responses", problems()));
  }

  private JsonObject operation(ApiCall<?> call) {
    var rpc = call.rpc();
    var parameters = new JsonArray().add(parameter("RequestId"));
    if (call.hasId()) {
      parameters.add(idParameter());
    }
    parameters.add(parameter("AcceptEncoding"));
    var operation =
        operation(rpc.getName(), source.comment(rpc.getFullName()), parameters)
            .put("x-grpc", rpc.getService().getFullName() + "/" + rpc.getName());
    if (call.method().equals(HttpMethod.POST)) {
      parameters.add(parameter("ContentEncoding"));
      operation.put(
          "requestBody",
          new JsonObject()
              .put("required", true)
              .put("content", json(schemas.request(rpc.getInputType()))));
    }
    var schema = schemas.answer(rpc.getOutputType());
    var content = rpc.isServerStreaming() ? events(rpc, schema) : json(schema);
    return operation.put("responses", responses(content, endings(call)));
  }

  private JsonObject operation(HttpDocument document) {
    var type = document.contentType().equals(HttpExchange.JSON) ? "object" : "string";
    var content =
        new JsonObject()
            .put(
                document.contentType(),
                new JsonObject().put("schema", new JsonObject().put("type", type)));
    var parameters = new JsonArray().add(parameter("RequestId")).add(parameter("AcceptEncoding"));
    return operation(document.name(), document.comment(), parameters)
        .put("responses", responses(content, anyEndings()));
  }

  private static JsonObject operation(String id, String comment, JsonArray parameters) {
    int end = comment.indexOf(". ");
    return new JsonObject()
        .put("operationId", id)
        .put("summary", end < 0 ? comment : comment.substring(0, end + 1))
        .put("description", comment)
        .put("parameters", parameters);
  }

  private static JsonObject responses(JsonObject content, Set<CallEnding> endings) {
    var answer =
        new JsonObject()
            .put("description", CallEnding.ANSWERED.title())
            .put(
                "headers",
                new JsonObject().put(RequestIds.HEADER, component("headers", "RequestId")))
            .put("content", content);
    var responses = new JsonObject().put("200", answer);
    for (var ending : endings) {
      responses.put(String.valueOf(ending.httpStatus()), component("responses", ending.label()));
    }
    return responses.put("default", component("responses", CallEnding.METHOD_NOT_ALLOWED.label()));
  }

  /** OpenAPI 3.1 has no word for the data of server-sent events. */
  private JsonObject events(MethodDescriptor rpc, JsonObject data) {
    var byEvent = new JsonObject();
    for (var field : rpc.getOutputType().getFields()) {
      if (field.getJavaType() == JavaType.MESSAGE) {
        byEvent.put(field.getName(), data);
      }
    }
    byEvent.put("error", new JsonObject().put("$ref", Schemas.PLACE + PROBLEM));
    return new JsonObject()
        .put(
            HttpExchange.EVENTS,
            new JsonObject()
                .put(
                    "schema",
                    new JsonObject()
                        .put("type", "string")
                        .put(
                            "description",
                            "Server-sent events, each with one line of data: JSON by the schema"
                                + " that `x-event-data` names for the event."))
                .put("x-event-data", byEvent));
  }

  /** How any request may end, beside its answer and what any server may say. */
  private static EnumSet<CallEnding> anyEndings() {
    return EnumSet.of(
        CallEnding.INVALID,
        CallEnding.TOO_SLOW,
        CallEnding.TOO_LARGE,
        CallEnding.SHED,
        CallEnding.FAILED);
  }

  private static Set<CallEnding> endings(ApiCall<?> call) {
    var endings = anyEndings();
    if (call.hasId()) {
      endings.add(CallEnding.UNKNOWN_ITEM);
      endings.add(CallEnding.SEARCH_FAILED);
    }
    if (call.method().equals(HttpMethod.POST)) {
      endings.add(CallEnding.NOT_SERVED);
      endings.add(CallEnding.NOT_EXPECTED);
      if (!call.rpc().getName().equals("RetrieveBatch")) {
        endings.add(CallEnding.EXPIRED);
        endings.add(CallEnding.SEARCH_FAILED);
      }
      if (call.prototype() instanceof RetrieveRequest) {
        endings.add(CallEnding.ENCODE_FAILED);
      }
    }
    return endings;
  }

  private static JsonObject problems() {
    var problems = new JsonObject();
    for (var ending : CallEnding.values()) {
      if (ending == CallEnding.ANSWERED
          || ending == CallEnding.CANCELLED
          || ending == CallEnding.UNKNOWN_MODEL
          || ending.isOfAdminPort()) {
        continue;
      }
      var headers = new JsonObject().put(RequestIds.HEADER, component("headers", "RequestId"));
      if (ending == CallEnding.SHED) {
        headers.put("retry-after", component("headers", "RetryAfter"));
      }
      if (ending == CallEnding.METHOD_NOT_ALLOWED) {
        headers.put("allow", component("headers", "Allow"));
      }
      problems.put(
          ending.label(),
          new JsonObject()
              .put("description", ending.title())
              .put("headers", headers)
              .put(
                  "content",
                  new JsonObject()
                      .put(
                          ProblemDetails.CONTENT_TYPE,
                          new JsonObject()
                              .put("schema", new JsonObject().put("$ref", Schemas.PLACE + PROBLEM))
                              .put("example", example(ending)))));
    }
    return problems;
  }

  private static JsonObject example(CallEnding ending) {
    var refusal =
        ending == CallEnding.INVALID
            ? CallReply.Refusal.invalid(
                "example", List.of(new Violation("k", "is 0; expected 1 to 1000")))
            : CallReply.Refusal.of("example", ending, "");
    return ProblemDetails.encode(refusal).toJsonObject();
  }

  private static JsonObject problemSchema() {
    var types = new JsonArray();
    var statuses = new JsonArray();
    var seen = new TreeSet<Integer>();
    for (var ending : CallEnding.values()) {
      if (ending != CallEnding.ANSWERED
          && ending != CallEnding.CANCELLED
          && !ending.isOfAdminPort()) {
        types.add(ProblemDetails.TYPE + ending.label());
        seen.add(ending.httpStatus());
      }
    }
    seen.forEach(statuses::add);
    var error =
        object(
            "What is wrong with one field.",
            new JsonObject()
                .put(
                    "field",
                    text("Its path, such as `objectives[0].name`; empty for the whole message."))
                .put("why", text("What was found and what was expected.")),
            List.of("field", "why"));
    return object(
        "A problem document (RFC 9457): why there is no answer.",
        new JsonObject()
            .put("type", new JsonObject().put("type", "string").put("enum", types))
            .put("title", text("The same for every problem of its type."))
            .put("status", new JsonObject().put("type", "integer").put("enum", statuses))
            .put("detail", text("What happened this time."))
            .put("errors", new JsonObject().put("type", "array").put("items", error))
            .put("request_id", text("The request's id, as in `x-request-id`.")),
        List.of("type", "title", "status", "request_id"));
  }

  private static JsonObject object(String what, JsonObject properties, List<String> required) {
    return new JsonObject()
        .put("type", "object")
        .put("description", what)
        .put("properties", properties)
        .put("required", new JsonArray(required))
        .put("additionalProperties", false);
  }

  private static JsonObject text(String what) {
    return new JsonObject().put("type", "string").put("description", what);
  }

  private static JsonObject requestIdSchema() {
    return new JsonObject()
        .put("type", "string")
        .put("pattern", RequestIds.PATTERN_OR_EMPTY)
        .put("minLength", 1)
        .put("maxLength", RequestIds.MAX_CHARS);
  }

  private static JsonObject headers() {
    return new JsonObject()
        .put(
            "RequestId",
            new JsonObject()
                .put("description", "The request's id: the caller's own, else one made for it.")
                .put("required", true)
                .put("schema", new JsonObject().put("$ref", Schemas.PLACE + REQUEST_ID_SCHEMA)))
        .put(
            "RetryAfter",
            new JsonObject()
                .put("description", "Seconds after which asking again may work.")
                .put("required", true)
                .put("schema", new JsonObject().put("type", "integer").put("minimum", 1)))
        .put(
            "Allow",
            new JsonObject()
                .put("description", "The methods of this path.")
                .put("schema", new JsonObject().put("type", "string")));
  }

  private JsonObject idParameter() {
    var schema = new JsonObject().put("type", "string");
    rules.print(GetItemRequest.getDescriptor().findFieldByName("id"), schema);
    return new JsonObject()
        .put("name", "id")
        .put("in", "path")
        .put("required", true)
        .put("description", "The item's id, percent-encoded.")
        .put("schema", schema);
  }

  private static JsonObject parameters() {
    return new JsonObject()
        .put(
            "RequestId",
            header(
                RequestIds.HEADER,
                "Names the request, where its body brings no `request_id`.",
                new JsonObject().put("$ref", Schemas.PLACE + REQUEST_ID_SCHEMA)))
        .put(
            "ContentEncoding",
            header(
                "content-encoding",
                "How the body is packed.",
                new JsonObject()
                    .put("type", "string")
                    .put(
                        "enum",
                        new JsonArray().add("identity").add("gzip").add("x-gzip").add("deflate"))))
        .put(
            "AcceptEncoding",
            header(
                "accept-encoding",
                "With gzip, answers of some size leave packed; streams never do.",
                new JsonObject().put("type", "string")));
  }

  private static JsonObject header(String name, String what, JsonObject schema) {
    return new JsonObject()
        .put("name", name)
        .put("in", "header")
        .put("required", false)
        .put("description", what)
        .put("schema", schema);
  }

  private static JsonObject parameter(String name) {
    return component("parameters", name);
  }

  private static JsonObject component(String kind, String name) {
    return new JsonObject().put("$ref", "#/components/" + kind + "/" + name);
  }

  private static JsonObject json(JsonObject schema) {
    return new JsonObject().put(HttpExchange.JSON, new JsonObject().put("schema", schema));
  }
}
