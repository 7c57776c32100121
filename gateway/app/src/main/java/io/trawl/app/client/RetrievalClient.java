package io.trawl.app.client;

import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;

/** Asks a running gateway. */
public interface RetrievalClient {

  /**
   * Sends one request.
   *
   * @param deadline by when the gateway shall answer
   * @return the answer; fails with a {@link RequestFailed} for a person to read
   */
  Future<Retrieval> retrieve(RetrievalRequest request, Duration deadline);

  /** Closes its connections. */
  Future<Void> close();

  /**
   * A client over HTTP.
   *
   * @param base scheme, host and port of the gateway's public edge
   * @param connections connections at most; further requests wait for one
   */
  static RetrievalClient http(Vertx vertx, URI base, int connections) {
    return new HttpRetrievalClient(vertx, base, connections);
  }

  /** A client over gRPC, HTTP/2 without TLS. */
  static RetrievalClient grpc(Vertx vertx, String host, int port) {
    return new GrpcRetrievalClient(vertx, host, port);
  }
}
