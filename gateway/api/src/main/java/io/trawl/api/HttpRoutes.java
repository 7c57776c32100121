package io.trawl.api;

import com.google.protobuf.Message;
import io.trawl.api.RetrievalCalls.Caller;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Path and method to call, over the path as it came: a table of paths needs no router, and a router
 * would normalise an id such as {@code ..} away.
 */
final class HttpRoutes implements Handler<HttpServerRequest> {

  private static final String ITEMS = "/v1/items/";
  private static final String OBJECTIVES = "/v1/objectives";
  private static final Map<String, Posted> POSTED = posted();

  private final Edge edge;
  private final JsonDecoder decoder;

  HttpRoutes(Edge edge) {
    this.edge = edge;
    this.decoder = new JsonDecoder(edge.limits().maxViolations());
  }

  @Override
  public void handle(HttpServerRequest request) {
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

  private void route(HttpExchange exchange, HttpServerRequest request) {
    var path = request.path() == null ? "" : request.path();
    var posted = POSTED.get(path);
    if (posted != null) {
      exchange.method(posted.method());
      if (allowed(exchange, request, HttpMethod.POST)) {
        posted.receive().accept(this, exchange);
      }
    } else if (path.equals(OBJECTIVES)) {
      exchange.method("list_objectives");
      if (allowed(exchange, request, HttpMethod.GET)) {
        listObjectives(exchange);
      }
    } else if (path.startsWith(ITEMS) && path.indexOf('/', ITEMS.length()) < 0) {
      exchange.method("get_item");
      if (allowed(exchange, request, HttpMethod.GET)) {
        getItem(exchange, path.substring(ITEMS.length()));
      }
    } else {
      exchange.refuse(
          Ending.UNKNOWN_METHOD,
          "expected one of "
              + String.join(", ", POSTED.keySet())
              + ", "
              + OBJECTIVES
              + ", "
              + ITEMS
              + "{id}");
    }
  }

  private static boolean allowed(
      HttpExchange exchange, HttpServerRequest request, HttpMethod expected) {
    if (request.method().equals(expected)) {
      return true;
    }
    request.response().putHeader(HttpHeaders.ALLOW, expected.name());
    exchange.refuse(Ending.METHOD_NOT_ALLOWED, "expected " + expected.name());
    return false;
  }

  /** A call whose message is the body. */
  private record Posted(String method, BiConsumer<HttpRoutes, HttpExchange> receive) {

    static <M extends Message> Posted of(String method, M prototype, Call<M> call) {
      return new Posted(method, (routes, exchange) -> routes.receive(exchange, prototype, call));
    }
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

  private static Map<String, Posted> posted() {
    Map<String, Posted> posted = new LinkedHashMap<>();
    posted.put(
        "/v1/retrieve",
        Posted.of(
            "retrieve",
            RetrieveRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.retrieve(message, caller)));
    posted.put(
        "/v1/retrieve:batch",
        Posted.of(
            "retrieve_batch",
            RetrieveBatchRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.retrieveBatch(message, caller)));
    posted.put(
        "/v1/retrieve:stream",
        Posted.of(
            "retrieve_stream",
            RetrieveRequest.getDefaultInstance(),
            (calls, message, caller, exchange) -> {
              exchange.stream();
              return calls.retrieveStream(message, caller, exchange::offer);
            }));
    posted.put(
        "/v1/similar",
        Posted.of(
            "similar",
            SimilarRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.similar(message, caller)));
    posted.put(
        "/v1/search",
        Posted.of(
            "search",
            SearchRequest.getDefaultInstance(),
            (calls, message, caller, _) -> calls.search(message, caller)));
    return posted;
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
