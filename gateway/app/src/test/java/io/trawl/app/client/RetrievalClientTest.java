package io.trawl.app.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.Behaviour;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Leg;
import io.trawl.domain.Merge;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.User;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked arrives, and what is answered comes back, whole and alike over both protocols. */
class RetrievalClientTest {

  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private Vertx vertx;
  private Space space;

  @BeforeEach
  void open(@TempDir Path directory) {
    vertx = Vertx.vertx();
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
  }

  @AfterEach
  void close() {
    vertx.close().await();
    space.close();
  }

  private static RetrievalRequest full() {
    return new RetrievalRequest(
        "r-1",
        new User(
            "u1",
            Map.of("region", "north"),
            List.of(
                new Behaviour("i1", "click", Instant.ofEpochSecond(1_700_000_000)),
                new Behaviour("i2", null, null))),
        List.of(
            new ObjectiveRequest("next-item", null), new ObjectiveRequest("text-search", "灯 lamp")),
        7,
        new RetrievalRequest.ItemChoice(null, Set.of("i3", "i4"), true),
        Instant.ofEpochSecond(1_700_000_500),
        new EngineRequest(EngineName.EXPLORE, 3, 100, 10, 4, -9_007_199_254_740_991L),
        RetrievalRequest.Answering.PLAIN);
  }

  private static RetrievalRequest bare() {
    return new RetrievalRequest(
        "r-2",
        new User("", Map.of(), List.of()),
        List.of(new ObjectiveRequest("next-item", null)),
        1,
        RetrievalRequest.ItemChoice.ALL,
        null,
        EngineRequest.defaults(),
        RetrievalRequest.Answering.PLAIN);
  }

  private static RetrievalRequest merged() {
    return new RetrievalRequest(
        "r-3",
        new User("", Map.of(), List.of()),
        List.of(
            new ObjectiveRequest("next-item", null, 0.5, 2),
            new ObjectiveRequest("text-search", "lamp", 1, 0, Leg.LEXICAL)),
        4,
        RetrievalRequest.ItemChoice.ALL,
        null,
        EngineRequest.defaults(),
        new RetrievalRequest.Answering(true, OnMissing.FAIL, new Merge(Merge.By.SCORE)));
  }

  @Test
  void requestsArriveAsTheyWereMeant() {
    var retriever = new ScriptedRetriever(space, _ -> Optional.empty());
    var edges = Edges.before(retriever, vertx);
    var http = RetrievalClient.http(vertx, edges.http(), 1);
    var grpc = RetrievalClient.grpc(vertx, edges.host(), edges.grpcPort());
    for (var request : List.of(full(), bare(), merged())) {
      http.retrieve(request, DEADLINE).await();
      grpc.retrieve(request, DEADLINE).await();
    }
    assertEquals(List.of(full(), full(), bare(), bare(), merged(), merged()), retriever.received());
  }

  @Test
  void answersAreTheSameOverBothProtocols() {
    var edges = Edges.before(new ScriptedRetriever(space, _ -> Optional.empty()), vertx);
    var overHttp = RetrievalClient.http(vertx, edges.http(), 1).retrieve(full(), DEADLINE).await();
    var overGrpc =
        RetrievalClient.grpc(vertx, edges.host(), edges.grpcPort())
            .retrieve(full(), DEADLINE)
            .await();
    assertEquals(overHttp, overGrpc);
    assertEquals("r-1", overHttp.requestId());
    assertEquals(2, overHttp.lists().size());
    assertEquals(7, overHttp.lists().getFirst().items().size());
    assertEquals(1, overHttp.lists().getFirst().degradations().size());
    assertEquals(3, overHttp.stageNanos().size());
    assertEquals(ScriptedRetriever.REMARKS, overHttp.lists().getFirst().remarks());
    assertEquals(ScriptedRetriever.WHY, overHttp.lists().getFirst().items().getFirst().why());
  }

  @Test
  void aRefusalIsSaidInOneSentence() {
    var edges =
        Edges.before(
            new ScriptedRetriever(
                space,
                _ -> Optional.of(RetrievalOutcome.Invalid.of("objectives[0].name", "is unknown"))),
            vertx);
    var http = RetrievalClient.http(vertx, edges.http(), 1);
    assertSays("HTTP status 400", failure(http.retrieve(full(), DEADLINE)));
    assertSays("objectives[0].name", failure(http.retrieve(full(), DEADLINE)));
    var grpc = RetrievalClient.grpc(vertx, edges.host(), edges.grpcPort());
    assertSays("objectives[0].name: is unknown", failure(grpc.retrieve(full(), DEADLINE)));
  }

  @Test
  void aGatewayThatIsNotThereIsNamed() {
    var nobody = RetrievalClient.http(vertx, URI.create("http://127.0.0.1:1"), 1);
    assertSays("no answer from http://127.0.0.1:1", failure(nobody.retrieve(full(), DEADLINE)));
    var noGrpc = RetrievalClient.grpc(vertx, "127.0.0.1", 1);
    assertSays("no answer from 127.0.0.1:1 over gRPC", failure(noGrpc.retrieve(full(), DEADLINE)));
  }

  @Test
  void anotherServersAnswerIsNotTakenForOurs() {
    var other =
        vertx
            .createHttpServer()
            .requestHandler(call -> call.response().end("{\"lists\": 3}"))
            .listen(0, "127.0.0.1")
            .await();
    var base = URI.create("http://127.0.0.1:" + other.actualPort());
    assertSays(
        "not as the API describes it",
        failure(RetrievalClient.http(vertx, base, 1).retrieve(full(), DEADLINE)));
  }

  private static RequestFailed failure(Future<?> future) {
    var thrown = assertThrows(Exception.class, future::await);
    return assertInstanceOf(
        RequestFailed.class, thrown instanceof CompletionException ? thrown.getCause() : thrown);
  }

  private static void assertSays(String what, RequestFailed failure) {
    var said = String.valueOf(failure.getMessage());
    assertTrue(said.contains(what), said);
  }
}
