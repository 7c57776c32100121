package io.trawl.api.http;

import com.google.protobuf.Message;
import io.trawl.api.call.ApiCall;
import io.trawl.api.call.CallEnding;
import io.trawl.api.call.Edge;
import io.trawl.api.call.RetrievalCalls;
import io.trawl.api.codec.JsonDecoder;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * Path and method to call, over the path as it came: a table of paths needs no router, and a router
 * would normalise an id such as {@code ..} away.
 */
public final class HttpRoutes implements Handler<HttpServerRequest> {

  private final Edge edge;
  private final Cors cors;
  private final RetrievalCalls calls;
  private final JsonDecoder decoder;
  private final List<Route> table = new ArrayList<>();

  /**
   * @param documents served beside the calls
   */
  public HttpRoutes(Edge edge, Cors cors, RetrievalCalls calls, List<HttpDocument> documents) {
    this.edge = edge;
    this.cors = cors;
    this.calls = calls;
    this.decoder = JsonDecoder.within(edge.limits().messages());
    ApiCall.TABLE.forEach(call -> table.add(route(call)));
    for (var document : documents) {
      table.add(
          new Route(
              HttpMethod.GET,
              document.path(),
              document.name(),
              (exchange, _) -> exchange.answer(document)));
    }
  }

  /**
   * @param handling takes a request on from its head, with the rest of its path as it came
   */
  private record Route(
      HttpMethod method, String path, String name, BiConsumer<HttpExchange, String> handling) {

    /** The path as far as it is always the same. */
    private String fixedPath() {
      return path.endsWith(ApiCall.ID)
          ? path.substring(0, path.length() - ApiCall.ID.length())
          : path;
    }

    private boolean matches(String requested) {
      var fixed = fixedPath();
      return fixed.equals(path)
          ? requested.equals(path)
          : requested.startsWith(fixed) && requested.indexOf('/', fixed.length()) < 0;
    }
  }

  private <M extends Message> Route route(ApiCall<M> call) {
    BiConsumer<HttpExchange, String> handling =
        call.method().equals(HttpMethod.POST)
            ? (exchange, _) -> receive(exchange, call)
            : call.hasId()
                ? (exchange, id) -> withId(exchange, call, id)
                : (exchange, _) -> ask(exchange, call, call.prototype());
    return new Route(call.method(), call.path(), call.label(), handling);
  }

  @Override
  public void handle(HttpServerRequest request) {
    var exchange = exchange(request);
    if (exchange.admitted()) {
      exchange.guard(() -> route(exchange, request));
    }
  }

  private HttpExchange exchange(HttpServerRequest request) {
    return new HttpExchange(edge, cors, request, "http", null);
  }

  /** A request that is not HTTP; the connection closes after the answer. */
  public void handleInvalid(HttpServerRequest request) {
    exchange(request).refuseInvalid("", "the request's head is not HTTP, or is too long");
  }

  /** A request of HTTP on the port of gRPC. */
  public void handleMisplaced(HttpServerRequest request) {
    exchange(request)
        .refuse(CallEnding.NOT_SERVED, "this port speaks gRPC only; HTTP has a port of its own");
  }

  private void route(HttpExchange exchange, HttpServerRequest request) {
    var path = request.path() == null ? "" : request.path();
    var here = table.stream().filter(route -> route.matches(path)).toList();
    if (here.isEmpty()) {
      exchange.refuse(
          CallEnding.UNKNOWN_METHOD,
          "expected one of "
              + table.stream().map(Route::path).distinct().collect(Collectors.joining(", ")));
      return;
    }
    var methods = here.stream().map(r -> r.method().name()).collect(Collectors.joining(", "));
    exchange.method(here.getFirst().name());
    for (var route : here) {
      if (route.method().equals(request.method())) {
        exchange.method(route.name());
        route.handling().accept(exchange, path.substring(route.fixedPath().length()));
        return;
      }
    }
    if (cors.isPreflight(request)) {
      exchange.allow(methods);
      return;
    }
    request.response().putHeader(HttpHeaders.ALLOW, methods);
    exchange.refuse(CallEnding.METHOD_NOT_ALLOWED, "expected " + methods);
  }

  private <M extends Message> void receive(HttpExchange exchange, ApiCall<M> call) {
    exchange.receive(
        body ->
            exchange.read(
                body.length,
                () -> {
                  var decoded = decoder.decode(body, call.prototype());
                  return () ->
                      exchange.readable(
                          decoded,
                          message ->
                              call.ask(calls, message, exchange.caller(Long.MAX_VALUE), exchange));
                }));
  }

  private <M extends Message> void withId(
      HttpExchange exchange, ApiCall<M> call, String encodedId) {
    percentDecoded(encodedId)
        .ifPresentOrElse(
            id -> ask(exchange, call, call.withId(id)),
            () -> exchange.refuseInvalid("id", "is not percent-encoded UTF-8"));
  }

  private <M extends Message> void ask(HttpExchange exchange, ApiCall<M> call, M message) {
    exchange.answerWith(() -> call.ask(calls, message, exchange.caller(Long.MAX_VALUE), exchange));
  }

  /** RFC 3986: a plus is a plus. Empty where an escape is broken or the bytes are not UTF-8. */
  private static Optional<String> percentDecoded(String text) {
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
