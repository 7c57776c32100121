package io.trawl.app.client;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.api.ApiServer;
import io.trawl.api.call.ApiOptions;
import io.trawl.api.check.ApiLimits;
import io.trawl.domain.Ticker;
import io.trawl.serve.Retriever;
import io.trawl.serve.space.Readiness;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.vertx.core.Vertx;
import java.net.URI;

/** The gateway's real HTTP and gRPC edges on free ports, before any retriever. */
public final class Edges {

  private static final String HOST = "127.0.0.1";

  private final ApiServer server;

  private Edges(ApiServer server) {
    this.server = server;
  }

  public static Edges before(Retriever retriever, Vertx vertx) {
    var server =
        ApiServer.create(
            vertx,
            retriever,
            new ApiOptions(HOST, 0, 0),
            ApiLimits.defaults(),
            Ticker.system(),
            new SimpleMeterRegistry(),
            MemoryBudget.of(0, 0, ApiLimits.defaults().messages().maxBodyBytes()),
            () -> "unnamed",
            Readiness.Ready::new);
    return new Edges(server.start().await());
  }

  public URI http() {
    return URI.create("http://" + HOST + ":" + server.httpPort());
  }

  public String host() {
    return HOST;
  }

  public int grpcPort() {
    return server.grpcPort();
  }
}
