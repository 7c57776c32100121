package io.trawl.api;

import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.RetrievalCalls.Caller;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Path and method to call, over the path as it came: a table of paths needs no router, and a router
 * would normalise an id such as {@code ..} away.
 */
final class HttpRoutes implements Handler<HttpServerRequest> {

  private static final ServiceDescriptor SERVICE =
      RetrievalProto.getDescriptor().findServiceByName("Retrieval");

  private static final List<HttpRoute> TABLE = tableOfAll();

  private final Edge edge;
  private final JsonDecoder decoder;
  private final OipHttp oip;

  HttpRoutes(Edge edge) {
    this.edge = edge;
    this.decoder = new JsonDecoder(edge.limits().maxViolations());
    this.oip = new OipHttp(edge);
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (OipHttp.serves(request.path())) {
      oip.handle(request);
      return;
    }
    var exchange = new HttpExchange(edge, request);
    if (edge.full()) {
      exchange.shed();
    }
    if (!exchange.ended()) {
      exchange.guard(() -> route(exchange, request));
    }
  }

  /** A request that is not HTTP; the connection closes after the answer. */
  void handleInvalid(HttpServerRequest request) {
    new HttpExchange(edge, request)
        .refuseInvalid("", "the request's head is not HTTP, or is too long");
  }

  /** Everything that the HTTP port serves. */
  static List<HttpRoute> table() {
    return TABLE;
  }

  private void route(HttpExchange exchange, HttpServerRequest request) {
    var path = request.path() == null ? "" : request.path();
    var here = TABLE.stream().filter(route -> route.matches(path)).toList();
    if (here.isEmpty()) {
      exchange.refuse(
          Ending.UNKNOWN_METHOD,
          "expected one of "
              + TABLE.stream().map(HttpRoute::path).distinct().collect(Collectors.joining(", ")));
      return;
    }
    var methods = here.stream().map(r -> r.method().name()).collect(Collectors.joining(", "));
    exchange.method(here.getFirst().name());
    for (var route : here) {
      if (route.method().equals(request.method())) {
        exchange.method(route.name());
        route.handling().handle(this, exchange, path.substring(route.fixedPath().length()));
        return;
      }
    }
    if (edge.cors().isPreflight(request)) {
      exchange.allow(methods);
      return;
    }
    request.response().putHeader(HttpHeaders.ALLOW, methods);
    exchange.refuse(Ending.METHOD_NOT_ALLOWED, "expected " + methods);
  }

  @FunctionalInterface
  private interface Call<M> {
    Future<Reply> call(RetrievalCalls calls, M message, Caller caller, HttpExchange exchange);
  }

  private <M extends Message> void receive(HttpExchange exchange, M prototype, Call<M> call) {
    exchange.receive(
        body ->
            exchange.readable(
                decoder.decode(body, prototype),
                message ->
                    call.call(edge.calls(), message, exchange.caller(Long.MAX_VALUE), exchange)));
  }

  private static List<HttpRoute> tableOfAll() {
    return List.of(
        posted(
            "/v1/retrieve",
            "Retrieve",
            RetrieveRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.retrieve(message, caller)),
        posted(
            "/v1/retrieve:batch",
            "RetrieveBatch",
            RetrieveBatchRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.retrieveBatch(message, caller)),
        posted(
            "/v1/retrieve:stream",
            "RetrieveStream",
            RetrieveRequest.getDefaultInstance(),
            (calls, message, caller, exchange) -> {
              exchange.stream();
              return calls.retrieveStream(message, caller, exchange::offer);
            }),
        posted(
            "/v1/similar",
            "Similar",
            SimilarRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.similar(message, caller)),
        posted(
            "/v1/search",
            "Search",
            SearchRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.search(message, caller)),
        got(
            "/v1/objectives",
            "ListObjectives",
            (routes, exchange, _) -> routes.listObjectives(exchange)),
        got("/v1/items/" + HttpRoute.ID, "GetItem", HttpRoutes::getItem),
        document(OpenApi.PATH, "openapi", HttpExchange.JSON, edge -> edge.documents().openApi()),
        document(
            ApiSource.PATH, "proto", HttpExchange.PLAIN_TEXT, edge -> edge.documents().proto()));
  }

  /** A call whose message is the body. */
  private static <M extends Message> HttpRoute posted(
      String path, String rpc, M prototype, Call<M> call) {
    return of(
        HttpMethod.POST,
        path,
        rpc,
        (routes, exchange, _) -> routes.receive(exchange, prototype, call));
  }

  /** A call whose message is in its path. */
  private static HttpRoute got(String path, String rpc, HttpRoute.Handling handling) {
    return of(HttpMethod.GET, path, rpc, handling);
  }

  private static HttpRoute of(
      HttpMethod method, String path, String rpc, HttpRoute.Handling handling) {
    var descriptor = SERVICE.findMethodByName(rpc);
    return new HttpRoute(method, path, GrpcRoutes.label(rpc), descriptor, handling);
  }

  private static HttpRoute document(
      String path, String name, String contentType, Function<Edge, byte[]> document) {
    return new HttpRoute(
        HttpMethod.GET,
        path,
        name,
        null,
        (routes, exchange, _) -> exchange.document(contentType, document.apply(routes.edge)));
  }

  private void listObjectives(HttpExchange exchange) {
    exchange.answerWith(
        () ->
            edge.calls()
                .listObjectives(
                    ListObjectivesRequest.getDefaultInstance(), exchange.caller(Long.MAX_VALUE)));
  }

  private void getItem(HttpExchange exchange, String encodedId) {
    var id = percentDecoded(encodedId);
    if (id.isEmpty()) {
      exchange.refuseInvalid("id", "is not percent-encoded UTF-8");
      return;
    }
    var message = GetItemRequest.newBuilder().setId(id.get()).build();
    exchange.answerWith(() -> edge.calls().getItem(message, exchange.caller(Long.MAX_VALUE)));
  }

  /** RFC 3986: a plus is a plus. Empty where an escape is broken or the bytes are not UTF-8. */
  static Optional<String> percentDecoded(String text) {
    var bytes = ByteBuffer.allocate(text.length() * 3);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        bytes.put(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
        continue;
      }
      if (i + 2 >= text.length()
          || !HexFormat.isHexDigit(text.charAt(i + 1))
          || !HexFormat.isHexDigit(text.charAt(i + 2))) {
        return Optional.empty();
      }
      bytes.put((byte) HexFormat.fromHexDigits(text, i + 1, i + 3));
      i += 2;
    }
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
    } catch (CharacterCodingException notUtf8) {
      return Optional.empty();
    }
  }
}
