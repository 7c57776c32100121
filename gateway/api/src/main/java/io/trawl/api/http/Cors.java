package io.trawl.api.http;

import io.trawl.api.call.ApiOptions;
import io.trawl.api.check.RequestIds;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Set;

/**
 * Which pages of other origins a browser lets read our answers. Without origins, and for an origin
 * that is not among them, no header is written and the browser's own rule holds: none.
 */
public final class Cors {

  /** What a page may send beside the few headers that need no leave. */
  private static final String ALLOWED_HEADERS =
      "content-type, content-encoding, " + RequestIds.HEADER;

  private static final String EXPOSED_HEADERS = RequestIds.HEADER + ", retry-after";

  /** As long as Chromium keeps a leave at most. */
  private static final String MAX_AGE_S = "7200";

  private final Set<String> origins;
  private final boolean any;

  public Cors(List<String> origins) {
    this.origins = Set.copyOf(origins);
    this.any = this.origins.contains(ApiOptions.ANY_ORIGIN);
  }

  /** To be called before any answer is written. */
  void decorate(HttpServerRequest request) {
    if (origins.isEmpty()) {
      return;
    }
    var headers = request.response().headers();
    if (!any) {
      // Caches must not give one origin's answer to another.
      headers.add(HttpHeaders.VARY, "origin");
    }
    var origin = request.getHeader(HttpHeaders.ORIGIN);
    if (origin != null && allows(origin)) {
      headers.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, any ? ApiOptions.ANY_ORIGIN : origin);
      headers.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }
  }

  /** Whether a browser asks what a page of an allowed origin may do. */
  boolean isPreflight(HttpServerRequest request) {
    var origin = request.getHeader(HttpHeaders.ORIGIN);
    return request.method().equals(HttpMethod.OPTIONS)
        && origin != null
        && allows(origin)
        && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
  }

  /** Answers {@link #isPreflight}'s question for a path. */
  void allow(HttpServerRequest request, String methods) {
    request
        .response()
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, methods)
        .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS)
        .putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
  }

  private boolean allows(String origin) {
    return any || origins.contains(origin);
  }
}
