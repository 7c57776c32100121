package io.trawl.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trawl.serve.Readiness;
import io.vertx.core.Vertx;
import java.util.function.Supplier;

/** What both protocols work with. */
record Edge(
    Vertx vertx,
    RetrievalCalls calls,
    OipCalls oip,
    ApiLimits limits,
    ApiOptions options,
    ApiMetrics metrics,
    Connections connections,
    Supplier<String> ids,
    Supplier<Readiness> readiness,
    Cors cors,
    Documents documents) {

  boolean full() {
    return metrics.inFlight() > options.maxInFlight();
  }

  /** What the HTTP port says of itself, as it leaves. */
  record Documents(byte[] openApi, byte[] proto) {

    static Documents of(ApiLimits limits) {
      return new Documents(
          OpenApi.document(HttpRoutes.table(), limits).encodePrettily().getBytes(UTF_8),
          ApiSource.text());
    }
  }
}
