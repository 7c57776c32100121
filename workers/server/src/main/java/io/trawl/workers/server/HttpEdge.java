package io.trawl.workers.server;

import io.vertx.core.http.HttpServerRequest;

/** The HTTP side of the worker, on Triton's paths: health for now. */
final class HttpEdge {
  private final OipService service;

  HttpEdge(OipService service) {
    this.service = service;
  }

  void handle(HttpServerRequest request) {
    int status =
        switch (request.path()) {
          case "/v2/health/live" -> 200;
          case "/v2/health/ready" -> service.ready() ? 200 : 503;
          default -> 404;
        };
    request.response().setStatusCode(status).end();
  }
}
