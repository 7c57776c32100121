package io.trawl.api;

import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Path and method to call, over the path as it came: three paths need no router, and a router would
 * normalise an id such as {@code ..} away.
 */
final class HttpRoutes implements Handler<HttpServerRequest> {

  private static final String ITEMS = "/v1/items/";

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
    if (path.equals("/v1/retrieve")) {
      exchange.method("retrieve");
      if (allowed(exchange, request, HttpMethod.POST)) {
        retrieve(exchange);
      }
    } else if (path.equals("/v1/objectives")) {
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
          Ending.UNKNOWN_METHOD, "expected /v1/retrieve, /v1/objectives or /v1/items/{id}");
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

  private void retrieve(HttpExchange exchange) {
    exchange.receive(
        body ->
            exchange.readable(
                decoder.decode(body, RetrieveRequest.getDefaultInstance()),
                message -> edge.calls().retrieve(message, exchange.caller(Long.MAX_VALUE))));
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
