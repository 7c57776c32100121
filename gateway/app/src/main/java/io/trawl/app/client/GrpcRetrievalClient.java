package io.trawl.app.client;

import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Engine;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.api.v1.User;
import io.trawl.client.Outcome;
import io.trawl.client.TrawlClient;
import io.trawl.client.TrawlClientOptions;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SpaceId;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
        .retrieve(message(request, deadline), deadline)
        .outcome()
        .map(
            outcome ->
                switch (outcome) {
                  case Outcome.Answered<RetrieveResponse>(var answer) -> retrieval(answer);
                  case Outcome<RetrieveResponse> none ->
                      throw new RequestFailed(
                          "no answer from %s over gRPC: %s".formatted(where, none.text()));
                });
  }

  @Override
  public Future<Void> close() {
    return client.close();
  }

  private static RetrieveRequest message(RetrievalRequest request, Duration deadline) {
    if (request.filter() != null) {
      throw new IllegalArgumentException("filter is given; expected none, this client writes none");
    }
    var message =
        RetrieveRequest.newBuilder()
            .setRequestId(request.id())
            .setUser(user(request.user()))
            .setK(request.k())
            .addAllExcludedItems(request.excludedItems())
            .setExcludeHistory(request.excludeHistory())
            .setDeadlineMs(deadline.toMillis())
            .setEngine(engine(request.engine()));
    for (var objective : request.objectives()) {
      var asked = ObjectiveRequest.newBuilder().setName(objective.name());
      ifGiven(objective.text(), asked::setText);
      message.addObjectives(asked);
    }
    var now = request.now();
    return now == null ? message.build() : message.setNow(now.getEpochSecond()).build();
  }

  private static User user(io.trawl.domain.User user) {
    var message = User.newBuilder().setId(user.id()).putAllProfile(user.profile());
    for (var behaviour : user.history()) {
      var done = Behaviour.newBuilder().setItem(behaviour.itemId());
      ifGiven(behaviour.action(), done::setAction);
      ifGiven(behaviour.time(), time -> done.setTime(time.getEpochSecond()));
      message.addHistory(done);
    }
    return message.build();
  }

  private static Engine engine(EngineRequest engine) {
    var message = Engine.newBuilder();
    ifGiven(engine.engine(), name -> message.setEngine(name.label()));
    ifGiven(engine.rounds(), message::setRounds);
    ifGiven(engine.sample(), message::setSample);
    ifGiven(engine.keep(), message::setKeep);
    ifGiven(engine.neighbours(), message::setNeighbours);
    ifGiven(engine.seed(), message::setSeed);
    return message.build();
  }

  private static <T> void ifGiven(@Nullable T value, Consumer<T> set) {
    if (value != null) {
      set.accept(value);
    }
  }

  private static Retrieval retrieval(RetrieveResponse answer) {
    return new Retrieval(
        answer.getRequestId(),
        new SpaceId(answer.getSpace().getName(), answer.getSpace().getVersion()),
        answer.getListsList().stream().map(GrpcRetrievalClient::list).toList(),
        Words.stages(answer.getStageMicrosMap()));
  }

  private static ObjectiveRetrieval list(RankedList list) {
    return new ObjectiveRetrieval(
        list.getObjective(),
        list.getItemsList().stream()
            .map(item -> new RankedItem(item.getId(), item.getTitle(), item.getScore()))
            .toList(),
        list.getEngine(),
        list.getSeed(),
        list.getRounds(),
        list.getItemsScored(),
        list.getBytesRead(),
        list.getBehavioursSkipped(),
        list.getDegradationsList().stream()
            .map(degradation -> Words.degradation(degradation.getKind(), degradation.getDetail()))
            .toList(),
        List.of(),
        Words.certificate(list.getCertificate()));
  }
}
