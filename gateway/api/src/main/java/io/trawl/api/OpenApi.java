package io.trawl.api;

import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Descriptors.MethodDescriptor;
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
 * The OpenAPI 3.1 document of the HTTP port, made of the routes that the router matches by, the
 * descriptors that JSON is read and written by, their comments, and the limits in force.
 */
final class OpenApi {

  static final String PATH = "/openapi.json";

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

  private final ApiLimits limits;
  private final ApiSource source = ApiSource.read();
  private final Schemas schemas;

  private OpenApi(ApiLimits limits) {
    this.limits = limits;
    this.schemas = new Schemas(source, new SchemaRules(limits));
  }

  static JsonObject document(List<HttpRoute> routes, ApiLimits limits) {
    return new OpenApi(limits).document(routes);
  }

  private JsonObject document(List<HttpRoute> routes) {
    var paths = new JsonObject();
    for (var route : routes) {
      if (!paths.containsKey(route.path())) {
        paths.put(route.path(), new JsonObject());
      }
      paths
          .getJsonObject(route.path())
          .put(route.method().name().toLowerCase(Locale.ROOT), operation(route));
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

  private JsonObject operation(HttpRoute route) {
    var operation = new JsonObject().put("operationId", operationId(route));
    var comment = comment(route);
    int end = comment.indexOf(". ");
    operation.put("summary", end < 0 ? comment : comment.substring(0, end + 1));
    operation.put("description", comment);
    var rpc = route.rpc();
    if (rpc != null) {
      operation.put("x-grpc", rpc.getService().getFullName() + "/" + rpc.getName());
    }
    var parameters = new JsonArray().add(parameter("RequestId"));
    if (route.hasId()) {
      parameters.add(idParameter());
    }
    operation.put("parameters", parameters.add(parameter("AcceptEncoding")));
    if (rpc != null && route.method().equals(HttpMethod.POST)) {
      parameters.add(parameter("ContentEncoding"));
      operation.put(
          "requestBody",
          new JsonObject()
              .put("required", true)
              .put("content", json(schemas.request(rpc.getInputType()))));
    }
    var responses = new JsonObject().put("200", answer(route));
    for (var ending : endings(route)) {
      responses.put(String.valueOf(ending.httpStatus()), component("responses", ending.label()));
    }
    responses.put("default", component("responses", Ending.METHOD_NOT_ALLOWED.label()));
    return operation.put("responses", responses);
  }

  private static String operationId(HttpRoute route) {
    var rpc = route.rpc();
    return rpc == null ? route.name() : rpc.getName();
  }

  private String comment(HttpRoute route) {
    var rpc = route.rpc();
    if (rpc != null) {
      return source.comment(rpc.getFullName());
    }
    return route.path().equals(PATH)
        ? "This document."
        : "The source of this API, for protoc and clients of gRPC.";
  }

  private JsonObject answer(HttpRoute route) {
    var content = content(route);
    return new JsonObject()
        .put("description", Ending.ANSWERED.title())
        .put("headers", new JsonObject().put(RequestIds.HEADER, component("headers", "RequestId")))
        .put("content", content);
  }

  private JsonObject content(HttpRoute route) {
    var rpc = route.rpc();
    if (rpc == null) {
      return route.path().equals(PATH)
          ? json(new JsonObject().put("type", "object"))
          : new JsonObject()
              .put(
                  HttpExchange.PLAIN_TEXT,
                  new JsonObject().put("schema", new JsonObject().put("type", "string")));
    }
    var schema = schemas.answer(rpc.getOutputType());
    return rpc.isServerStreaming() ? events(rpc, schema) : json(schema);
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

  /** How a request for this route may end, beside its answer and what any server may say. */
  private static Set<Ending> endings(HttpRoute route) {
    var endings =
        EnumSet.of(Ending.INVALID, Ending.TOO_SLOW, Ending.TOO_LARGE, Ending.SHED, Ending.FAILED);
    if (route.hasId()) {
      endings.add(Ending.UNKNOWN_ITEM);
    }
    var rpc = route.rpc();
    if (rpc != null && route.method().equals(HttpMethod.POST)) {
      endings.add(Ending.NOT_SERVED);
      if (!rpc.getName().equals("RetrieveBatch")) {
        endings.add(Ending.EXPIRED);
        endings.add(Ending.SEARCH_FAILED);
      }
      if (rpc.getInputType().getName().equals("RetrieveRequest")) {
        endings.add(Ending.ENCODE_FAILED);
      }
    }
    return endings;
  }

  private static JsonObject problems() {
    var problems = new JsonObject();
    for (var ending : Ending.values()) {
      if (ending == Ending.ANSWERED
          || ending == Ending.CANCELLED
          || ending == Ending.UNKNOWN_MODEL
          || ending == Ending.NOT_ACTIVATED) {
        continue;
      }
      var headers = new JsonObject().put(RequestIds.HEADER, component("headers", "RequestId"));
      if (ending == Ending.SHED) {
        headers.put("retry-after", component("headers", "RetryAfter"));
      }
      if (ending == Ending.METHOD_NOT_ALLOWED) {
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
                          Problem.CONTENT_TYPE,
                          new JsonObject()
                              .put("schema", new JsonObject().put("$ref", Schemas.PLACE + PROBLEM))
                              .put("example", example(ending)))));
    }
    return problems;
  }

  private static JsonObject example(Ending ending) {
    var refusal =
        ending == Ending.INVALID
            ? Reply.Refusal.invalid(
                "example", List.of(new Violation("k", "is 0; expected 1 to 1000")))
            : Reply.Refusal.of("example", ending, "");
    return Problem.encode(refusal).toJsonObject();
  }

  private static JsonObject problemSchema() {
    var types = new JsonArray();
    var statuses = new JsonArray();
    var seen = new TreeSet<Integer>();
    for (var ending : Ending.values()) {
      if (ending != Ending.ANSWERED
          && ending != Ending.CANCELLED
          && ending != Ending.NOT_ACTIVATED) {
        types.add(Problem.TYPE + ending.label());
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
    return new JsonObject()
        .put("name", "id")
        .put("in", "path")
        .put("required", true)
        .put("description", "The item's id, percent-encoded.")
        .put(
            "schema",
            new JsonObject()
                .put("type", "string")
                .put("minLength", 1)
                .put("maxLength", limits.maxIdChars()));
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
