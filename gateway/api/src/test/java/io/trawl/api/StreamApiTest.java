package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.util.JsonFormat;
import io.trawl.api.http.ProblemDetails;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveUpdate;
import io.trawl.client.Outcome;
import io.trawl.client.TrawlClient;
import io.trawl.client.TrawlClientOptions;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RetrievalOutcome;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A stream tells what it has while it searches, never makes the gateway keep what its reader has no
 * room for, and always ends with the answer or the reason why there is none.
 */
class StreamApiTest {

  private static final String PATH = "/v1/retrieve:stream";
  private static final String GOOD = "{\"objectives\": [{\"name\": \"next-item\"}], \"k\": 2}";

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void tellsEachListAndThenTheAnswerOverBothProtocols() throws IOException {
    gateway.retriever.rounds(
        (request, rounds) -> {
          rounds.accept(FakeRetriever.list(request, "next-item"), 0);
          rounds.accept(FakeRetriever.list(request, "search"), 1);
          return Future.succeededFuture();
        });
    var answer = stream(GOOD);
    assertEquals(200, answer.status());
    assertEquals("text/event-stream", answer.header("content-type"));
    assertEquals("made-1", answer.header("x-request-id"));
    var events = events(answer.text());
    assertEquals(List.of("list", "list", "answer"), events.stream().map(Event::name).toList());
    assertEquals("search", events.get(1).data().getJsonObject("list").getString("objective"));

    var overGrpc =
        gateway.call(
            "RetrieveStream",
            Gateway.frame(0, request().toByteArray()),
            Map.of("x-request-id", "made-1"));
    assertEquals("0", overGrpc.code(), overGrpc.message());
    var messages = messages(overGrpc);
    assertEquals(3, messages.size());
    for (int i = 0; i < 3; i++) {
      var twin = RetrieveUpdate.newBuilder();
      JsonFormat.parser().merge(events.get(i).data().encode(), twin);
      assertEquals(messages.get(i), twin.build());
    }
  }

  @Test
  void anAnswerWithoutRoundsIsAStreamOfOne() {
    assertEquals(List.of("answer"), events(stream(GOOD).text()).stream().map(Event::name).toList());
  }

  @Test
  void whatIsRefusedBeforeTheFirstListIsRefusedAsEver() {
    var wrong = stream("{\"objectives\": []}");
    assertEquals(400, wrong.status());
    assertEquals(ProblemDetails.CONTENT_TYPE, wrong.header("content-type"));
    var overGrpc = gateway.call("RetrieveStream", RetrieveRequest.getDefaultInstance());
    assertEquals("3", overGrpc.code());
    assertEquals(1, overGrpc.errors().size());
  }

  @Test
  void whatFailsAfterTheFirstListEndsTheStreamWithTheReason() throws IOException {
    tellOneList();
    gateway.retriever.script(
        (_, _, _) ->
            Future.succeededFuture(new RetrievalOutcome.EncodeFailed("worker \"w1\" went away")));
    var events = events(stream(GOOD).text());
    assertEquals(List.of("list", "error"), events.stream().map(Event::name).toList());
    assertEquals(502, events.getLast().data().getInteger("status"));
    assertTrue(events.getLast().data().getString("detail").contains("worker \"w1\" went away"));

    var overGrpc = gateway.call("RetrieveStream", request());
    assertEquals("14", overGrpc.code());
    assertTrue(overGrpc.message().contains("worker \"w1\" went away"), overGrpc.message());
    assertEquals(1, messages(overGrpc).size());
  }

  @Test
  void keepsTheNewestListAloneForASlowReader() {
    int told = 2000;
    gateway.retriever.rounds(
        (request, rounds) -> {
          var list = FakeRetriever.list(request, "next-item");
          for (int i = 0; i < told; i++) {
            rounds.accept(list, 0);
          }
          return Future.succeededFuture();
        });
    var names =
        events(stream("{\"objectives\": [{\"name\": \"next-item\"}], \"k\": 100}").text()).stream()
            .map(Event::name)
            .toList();
    assertEquals("answer", names.getLast());
    double superseded = gateway.registry.counter("trawl.stream.superseded").count();
    assertTrue(superseded > 0, "nothing was superseded");
    assertEquals(told, names.size() - 1 + superseded);
  }

  /** The second's list waits behind a full queue, and a newer one of the first comes after it. */
  @Test
  void objectivesOfOneNameSupersedeTheirOwnListsOnly() throws IOException {
    Promise<Void> secondWasTold = Promise.promise();
    gateway.retriever.rounds(
        (request, rounds) -> {
          var list = FakeRetriever.list(request, "next-item");
          for (int i = 0; i < 400; i++) {
            rounds.accept(list, 0);
          }
          rounds.accept(list, 1);
          rounds.accept(list, 0);
          return secondWasTold.future();
        });
    try (var socket = gateway.connect()) {
      post(
          socket,
          "{\"objectives\": [{\"name\": \"next-item\"}, {\"name\": \"next-item\"}], \"k\": 100}");
      readUntil(socket, "\"objective_index\":1");
    }

    var client =
        TrawlClient.create(
            gateway.vertx, TrawlClientOptions.to("127.0.0.1", gateway.server.grpcPort()));
    var twins = request().toBuilder().setK(100).addObjectives(request().getObjectives(0)).build();
    var call =
        client.retrieveStream(
            twins,
            Duration.ofSeconds(30),
            (_, objective) -> {
              if (objective == 1) {
                secondWasTold.tryComplete();
              }
            });
    assertInstanceOf(Outcome.Answered.class, Gateway.await(call.outcome()));
    Gateway.await(client.close());
  }

  @Test
  void aReaderWhoLeavesEndsTheWork() throws IOException {
    tellOneList();
    gateway.retriever.hang();
    var asked = gateway.retriever.asked();
    try (var socket = gateway.connect()) {
      post(socket, GOOD);
      readUntil(socket, "event: list");
    }
    Gateway.await(Gateway.await(asked).cancelled());
  }

  @Test
  void aGrpcReaderWhoLeavesEndsTheWork() {
    tellOneList();
    gateway.retriever.hang();
    var asked = gateway.retriever.asked();
    var arrived = new CompletableFuture<Buffer>();
    var request = Gateway.await(gateway.open("RetrieveStream", Map.of()));
    request
        .send(Buffer.buffer(Gateway.frame(0, request().toByteArray())))
        .onSuccess(response -> response.handler(arrived::complete));
    Gateway.await(arrived);
    request.reset(8);
    Gateway.await(Gateway.await(asked).cancelled());
  }

  @Test
  void whoLeavesInMidAnswerCostsNobodyElseTheirCall() {
    Promise<RetrievalOutcome> slow = Promise.promise();
    gateway.retriever.script((_, _, _) -> slow.future());
    var asked = gateway.retriever.asked();
    var waiting =
        gateway
            .open("Retrieve", Map.of())
            .compose(
                request ->
                    request
                        .send(Buffer.buffer(Gateway.frame(0, request().toByteArray())))
                        .compose(Gateway.GrpcAnswer::read));
    Gateway.await(asked);

    for (int i = 0; i < 150; i++) {
      var leaver = Gateway.await(gateway.open("ListObjectives", Map.of()));
      leaver.send(Buffer.buffer(Gateway.frame(0, new byte[0])));
      leaver.reset(8);
    }
    slow.complete(new RetrievalOutcome.EncodeFailed("that call's own ending"));
    var answer = Gateway.await(waiting);
    assertEquals("14", answer.code());
    assertTrue(answer.message().contains("that call's own ending"), answer.message());
  }

  private void tellOneList() {
    gateway.retriever.rounds(
        (request, rounds) -> {
          ObjectiveRetrieval list = FakeRetriever.list(request, "next-item");
          rounds.accept(list, 0);
          return Future.succeededFuture();
        });
  }

  private Gateway.Answer stream(String json) {
    return gateway.send(
        "POST",
        PATH,
        json.getBytes(StandardCharsets.UTF_8),
        Map.of("content-type", "application/json"));
  }

  private static RetrieveRequest request() {
    return RetrieveRequest.newBuilder()
        .setK(2)
        .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
        .build();
  }

  private record Event(String name, JsonObject data) {}

  private static List<Event> events(String text) {
    List<Event> events = new ArrayList<>();
    for (var block : text.split("\n\n")) {
      var lines = block.split("\n");
      assertEquals(2, lines.length, block);
      events.add(
          new Event(
              lines[0].substring("event: ".length()),
              new JsonObject(lines[1].substring("data: ".length()))));
    }
    return events;
  }

  private static List<RetrieveUpdate> messages(Gateway.GrpcAnswer answer) throws IOException {
    List<RetrieveUpdate> messages = new ArrayList<>();
    for (var bytes : answer.messages()) {
      messages.add(RetrieveUpdate.parseFrom(bytes));
    }
    return messages;
  }

  private static void post(Socket socket, String json) throws IOException {
    var head =
        "POST %s HTTP/1.1\r\n"
            + "host: x\r\n"
            + "content-type: application/json\r\n"
            + "content-length: %d\r\n\r\n";
    socket
        .getOutputStream()
        .write((head.formatted(PATH, json.length()) + json).getBytes(StandardCharsets.UTF_8));
  }

  private static void readUntil(Socket socket, String awaited) throws IOException {
    var reader =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
    for (var line = reader.readLine(); line != null; line = reader.readLine()) {
      if (line.contains(awaited)) {
        return;
      }
    }
    throw new AssertionError("the stream ended without " + awaited);
  }
}
