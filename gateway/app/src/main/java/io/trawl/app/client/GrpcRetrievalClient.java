package io.trawl.app.client;

import io.trawl.api.v1.RetrieveResponse;
import io.trawl.client.Outcome;
import io.trawl.client.TrawlClient;
import io.trawl.client.TrawlClientOptions;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;

/** {@code trawl.v1.Retrieval/Retrieve}. */
final class GrpcRetrievalClient implements RetrievalClient {

  /** What an answer may take beyond its deadline: the machine may be busy with the gateway. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final TrawlClient client;
  private final String where;

  GrpcRetrievalClient(Vertx vertx, String host, int port) {
    this.where = host + ":" + port;
    this.client = TrawlClient.create(vertx, TrawlClientOptions.to(host, port).withGrace(GRACE));
  }

  @Override
  public Future<Retrieval> retrieve(RetrievalRequest request, Duration deadline) {
    return client
        .retrieve(Messages.request(request, deadline), deadline)
        .outcome()
        .map(
            outcome ->
                switch (outcome) {
                  case Outcome.Answered<RetrieveResponse>(var answer) -> Messages.retrieval(answer);
                  case Outcome<RetrieveResponse> none ->
                      throw new RequestFailed(
                          "no answer from %s over gRPC: %s".formatted(where, none.text()));
                });
  }

  @Override
  public Future<Void> close() {
    return client.close();
  }
}
