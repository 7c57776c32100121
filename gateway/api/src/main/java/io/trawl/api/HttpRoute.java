package io.trawl.api;

import com.google.protobuf.Descriptors.MethodDescriptor;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * A path and method that the HTTP port serves. The router matches by it, and the OpenAPI document
 * is made of it.
 *
 * @param path as it comes over the wire, or with {@link #ID} as its last part
 * @param name what the call is called in metrics
 * @param rpc the call of retrieval.proto that it is, or null for a document
 * @param handling what is done with a request for it
 */
record HttpRoute(
    HttpMethod method,
    String path,
    String name,
    @Nullable MethodDescriptor rpc,
    Handling handling) {

  /** The one kind of parameter: the rest of the path, which holds no slash. */
  static final String ID = "{id}";

  boolean hasId() {
    return path.endsWith(ID);
  }

  /** The path as far as it is always the same. */
  String fixedPath() {
    return hasId() ? path.substring(0, path.length() - ID.length()) : path;
  }

  boolean matches(String requested) {
    if (!hasId()) {
      return requested.equals(path);
    }
    var fixed = fixedPath();
    return requested.startsWith(fixed) && requested.indexOf('/', fixed.length()) < 0;
  }

  /** Takes a request on from its head. */
  @FunctionalInterface
  interface Handling {

    /**
     * @param id the rest of the path as it came, empty where the route has none
     */
    void handle(HttpRoutes routes, HttpExchange exchange, String id);
  }
}
