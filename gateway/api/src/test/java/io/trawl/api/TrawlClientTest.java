package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.QueryVector;
import io.trawl.api.v1.RankedList;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.client.Call;
import io.trawl.client.Outcome;
import io.trawl.client.TrawlClient;
import io.trawl.client.TrawlClientOptions;
import io.trawl.domain.RetrievalOutcome;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What the Java client promises: every call answers what the wire says, every ending is a value of
 * its own kind, and neither a deadline nor a caller's leaving stops at the socket.
 */
class TrawlClientTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private final Gateway gateway = new Gateway();
  private final TrawlClient client = client(gateway.server.grpcPort());

  @AfterEach
  void stop() {
    Gateway.await(client.close());
    gateway.close();
  }

  private TrawlClient client(int port) {
    return TrawlClient.create(gateway.vertx, TrawlClientOptions.to("127.0.0.1", port));
  }

  private static RetrieveRequest request() {
    return RetrieveRequest.newBuilder()
        .setRequestId("r-1")
        .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
        .setK(2)
        .build();
  }

  private static <T> Outcome<T> ending(Call<T> call) {
    return Gateway.await(call.outcome());
  }

  private static <T> T answer(Call<T> call) {
    return switch (ending(call)) {
      case Outcome.Answered<T>(var message) -> message;
      case Outcome<T> other -> throw new AssertionError(other);
    };
  }

  private void assertSameOnTheWire(String method, Message request, Message answer) {
    try {
      assertEquals(
          answer, answer.getParserForType().parseFrom(gateway.call(method, request).body()));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(method, e);
    }
  }

  @Test
  void everyCallAnswersWhatTheWireSays() {
    assertSameOnTheWire("Retrieve", request(), answer(client.retrieve(request(), LONG)));
    var batch =
        RetrieveBatchRequest.newBuilder()
            .setRequestId("b-1")
            .addRequests(request())
            .addRequests(RetrieveRequest.newBuilder().setRequestId("r-2"))
            .build();
    var results = answer(client.retrieveBatch(batch, LONG));
    assertSameOnTheWire("RetrieveBatch", batch, results);
    assertInstanceOf(Outcome.Answered.class, Outcome.of(results.getResults(0)));
    var wrong = assertInstanceOf(Outcome.Invalid.class, Outcome.of(results.getResults(1)));
    assertEquals(1, wrong.errors().size());
    var similar = SimilarRequest.newBuilder().setRequestId("s-1").addItems("B01").build();
    assertSameOnTheWire("Similar", similar, answer(client.similar(similar, LONG)));
    var search =
        SearchRequest.newBuilder()
            .setRequestId("s-2")
            .addQueryVectors(QueryVector.newBuilder().addValues(1).addValues(2))
            .build();
    assertSameOnTheWire("Search", search, answer(client.search(search, LONG)));
    var objectives = ListObjectivesRequest.getDefaultInstance();
    assertSameOnTheWire("ListObjectives", objectives, answer(client.objectives(objectives, LONG)));
    var item = GetItemRequest.newBuilder().setId("B01").build();
    assertSameOnTheWire("GetItem", item, answer(client.item(item, LONG)));
  }

  @Test
  void aStreamTellsItsListsAndEndsWithTheAnswer() {
    gateway.retriever.rounds(
        (request, rounds) -> {
          rounds.accept(FakeRetriever.list(request, "next-item"), 0);
          rounds.accept(FakeRetriever.list(request, "search"), 1);
          return Future.succeededFuture();
        });
    List<String> told = new ArrayList<>();
    var answer =
        answer(
            client.retrieveStream(
                request(), LONG, (list, index) -> told.add(index + " " + list.getObjective())));
    assertEquals(List.of("0 next-item", "1 search"), told);
    assertEquals(answer(client.retrieve(request(), LONG)), answer);
  }

  @Test
  void aHandlerThatThrowsEndsItsStreamAndTheWork() {
    var cancelled = new CompletableFuture<Void>();
    gateway.retriever.rounds(
        (request, rounds) -> {
          rounds.accept(FakeRetriever.list(request, "next-item"), 0);
          return Future.succeededFuture();
        });
    gateway.retriever.script(
        (_, _, cancellation) -> {
          cancellation.onCancel(() -> cancelled.complete(null));
          return Future.future(_ -> {});
        });
    var bug = new IllegalStateException("a bug of the caller's");
    ObjIntConsumer<RankedList> handler =
        (_, _) -> {
          throw bug;
        };
    var failed = client.retrieveStream(request(), LONG, handler).outcome();
    var thrown =
        assertThrows(
            ExecutionException.class,
            () ->
                failed
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(Gateway.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    assertSame(bug, thrown.getCause());
    Gateway.await(cancelled);
  }

  @Test
  void everyRefusalIsAnOutcomeOfItsOwnKind() {
    var wrong = ending(client.retrieve(RetrieveRequest.getDefaultInstance(), LONG));
    var invalid = assertInstanceOf(Outcome.Invalid.class, wrong);
    assertTrue(invalid.errors().toString().contains("objectives"), invalid::toString);
    assertTrue(invalid.text().endsWith("(request made-1)"), invalid::text);
    assertInstanceOf(
        Outcome.NotFound.class,
        ending(client.item(GetItemRequest.newBuilder().setId("nope").build(), LONG)));
    assertEquals(
        Optional.of(Duration.ofMillis(1500)),
        assertInstanceOf(
                Outcome.Shed.class,
                endingOf(new RetrievalOutcome.Shed("full", Duration.ofMillis(1500))))
            .retryAfter());
    assertInstanceOf(Outcome.Expired.class, endingOf(new RetrievalOutcome.Expired("backbone")));
    var lost = endingOf(new RetrievalOutcome.EncodeFailed("worker \"wörker\" went away"));
    assertInstanceOf(Outcome.Unavailable.class, lost);
    assertTrue(lost.text().contains("worker \"wörker\" went away"), lost::text);
    assertEquals(
        "INTERNAL",
        assertInstanceOf(Outcome.Failed.class, endingOf(new RetrievalOutcome.Failed())).status());
    var large = request().toBuilder().addExcludedItems("x".repeat(5000)).build();
    assertTrue(
        assertInstanceOf(Outcome.Invalid.class, ending(client.retrieve(large, LONG)))
            .text()
            .contains("4096"));
  }

  private Outcome<?> endingOf(RetrievalOutcome outcome) {
    gateway.retriever.endWith(outcome);
    return ending(client.retrieve(request(), LONG));
  }

  @Test
  void whatFailsAfterTheFirstListKeepsItsText() {
    gateway.retriever.rounds(
        (request, rounds) -> {
          rounds.accept(FakeRetriever.list(request, "next-item"), 0);
          return Future.succeededFuture();
        });
    gateway.retriever.endWith(new RetrievalOutcome.EncodeFailed("worker went away"));
    var ending = ending(client.retrieveStream(request(), LONG, (_, _) -> {}));
    assertInstanceOf(Outcome.Unavailable.class, ending);
    assertTrue(ending.text().contains("worker went away"), ending::text);
  }

  /** The gateway's clock stands still: nobody but the client ends this call. */
  @Test
  void theDeadlineFiresHereAndReachesTheGateway() {
    gateway.retriever.hang();
    var call = client.retrieve(request(), Duration.ofMillis(200));
    var asked = Gateway.await(gateway.retriever.asked());
    assertTrue(asked.deadline().left(gateway.ticker).compareTo(Duration.ofMillis(200)) <= 0);
    assertInstanceOf(Outcome.Expired.class, ending(call));
    Gateway.await(asked.cancelled());
  }

  @Test
  void anExpiredDeadlineAsksNobody() {
    assertInstanceOf(Outcome.Expired.class, ending(client.retrieve(request(), Duration.ZERO)));
    assertInstanceOf(
        Outcome.Expired.class, ending(client.retrieve(request(), Duration.ofSeconds(-1))));
    assertFalse(gateway.retriever.asked().isDone());
  }

  @Test
  void theDeadlineIsTheRequestsOwnUnlessItHasOne() {
    answer(client.retrieve(request(), Duration.ofMillis(45_000)));
    var asked = Gateway.await(gateway.retriever.asked());
    assertTrue(asked.deadline().left(gateway.ticker).compareTo(Duration.ofSeconds(30)) > 0);
    var beyond = ending(client.retrieve(request(), Duration.ofSeconds(61)));
    assertTrue(beyond.text().contains("deadline_ms"), beyond::text);
    answer(client.retrieve(request().toBuilder().setDeadlineMs(5).build(), Duration.ofSeconds(61)));
  }

  /** More than the resets that close a connection by default: 200 in 30 s. */
  @Test
  void cancellingReachesTheGatewayAndCostsNobodyElse() {
    for (int i = 0; i < 300; i++) {
      gateway.retriever.hang();
      var call = client.retrieve(request(), LONG);
      var asked = Gateway.await(gateway.retriever.asked());
      call.cancel();
      assertInstanceOf(Outcome.Cancelled.class, ending(call));
      Gateway.await(asked.cancelled());
    }
    var early = client.retrieve(request(), LONG);
    early.cancel();
    assertInstanceOf(Outcome.Cancelled.class, ending(early));
    gateway.retriever.endWith(new RetrievalOutcome.Failed());
    assertInstanceOf(Outcome.Failed.class, ending(client.retrieve(request(), LONG)));
  }

  @Test
  void callsInFlightAreBounded() {
    var one =
        TrawlClient.create(
            gateway.vertx,
            TrawlClientOptions.to("127.0.0.1", gateway.server.grpcPort()).withMaxInFlight(1));
    gateway.retriever.hang();
    var first = one.retrieve(request(), LONG);
    assertInstanceOf(Outcome.Shed.class, ending(one.retrieve(request(), LONG)));
    Gateway.await(gateway.retriever.asked());
    first.cancel();
    ending(first);
    answer(one.objectives(ListObjectivesRequest.getDefaultInstance(), LONG));
    Gateway.await(one.close());
    assertInstanceOf(Outcome.Unavailable.class, ending(one.retrieve(request(), LONG)));
  }

  @Test
  void nobodyThereIsUnavailable() {
    var gone = ending(client(1).retrieve(request(), LONG));
    assertInstanceOf(Outcome.Unavailable.class, gone);
    assertFalse(gone.text().isEmpty());
  }

  @Test
  void whatIsNoAnswerOfAGatewayIsTakenForNone() {
    assertEquals("Unavailable", kind(response -> response.setStatusCode(503).end()));
    assertEquals("Failed", kind(response -> response.setStatusCode(200).end("hello")));
    assertEquals("Failed", kind(response -> grpc(response, "0").end()));
    assertEquals("Failed", kind(response -> grpc(response, "0").end(Buffer.buffer("\0\0\0"))));
    assertEquals(
        "Failed",
        kind(response -> grpc(response, "0").end(Buffer.buffer(Gateway.frame(0, new byte[] {7})))));
    assertEquals(
        "Failed",
        kind(
            response ->
                grpc(response, "0")
                    .end(Buffer.buffer().appendByte((byte) 0).appendInt(Integer.MIN_VALUE))));
    assertEquals("Failed", kind(response -> grpc(response, "99").end()));
    assertEquals("Failed", kind(response -> response.reset(2)));
    var twice =
        Buffer.buffer(Gateway.frame(0, new byte[0])).appendBytes(Gateway.frame(0, new byte[0]));
    assertEquals("Failed", kind(response -> grpc(response, "0").end(twice)));
    assertEquals(
        "Answered",
        kind(response -> grpc(response, "0").end(Buffer.buffer(Gateway.frame(0, new byte[0])))));
  }

  private static HttpServerResponse grpc(HttpServerResponse response, String status) {
    response.putHeader("content-type", "application/grpc").setChunked(true);
    response.putTrailer("grpc-status", status);
    return response;
  }

  /** How a call ends at a server that answers so. */
  private String kind(Consumer<HttpServerResponse> answer) {
    var other =
        gateway
            .vertx
            .createHttpServer()
            .requestHandler(request -> answer.accept(request.response()))
            .listen(0, "127.0.0.1");
    var asker = client(Gateway.await(other).actualPort());
    var ending = ending(asker.retrieve(request(), LONG));
    Gateway.await(asker.close());
    return ending.getClass().getSimpleName();
  }
}
