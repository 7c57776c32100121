package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Any;
import io.trawl.api.rpc.RequestInfo;
import io.trawl.api.rpc.RetryInfo;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrievalGrpcClient;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.domain.RetrievalOutcome;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a caller over gRPC sees: answers, rich errors, deadlines, and that leaving cancels. */
class GrpcApiTest {

  private static final RetrieveRequest GOOD =
      RetrieveRequest.newBuilder()
          .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
          .setK(2)
          .build();

  private final Gateway gateway = new Gateway();

  @AfterEach
  void stop() {
    gateway.close();
  }

  @Test
  void generatedStubsGetAnswers() {
    var client =
        RetrievalGrpcClient.create(
            GrpcClient.client(gateway.vertx),
            SocketAddress.inetSocketAddress(gateway.server.grpcPort(), "127.0.0.1"));
    var answer = Gateway.await(client.retrieve(GOOD));
    assertEquals("item-0", answer.getLists(0).getItems(0).getId());
    assertEquals(
        2,
        Gateway.await(client.listObjectives(ListObjectivesRequest.getDefaultInstance()))
            .getObjectivesCount());
    var item = Gateway.await(client.getItem(GetItemRequest.newBuilder().setId("..").build()));
    assertEquals("Title of ..", item.getItem().getTitle());
  }

  @Test
  void requestIdsGoInAndOut() throws IOException {
    var answer =
        gateway.call(
            "Retrieve",
            Gateway.frame(0, GOOD.toByteArray()),
            Map.of("x-request-id", "from-metadata"));
    assertEquals("from-metadata", answer.header("x-request-id"));
    assertEquals("from-metadata", RetrieveResponse.parseFrom(answer.body()).getRequestId());
    var refused =
        gateway.call(
            "GetItem", Gateway.frame(0, new byte[0]), Map.of("x-request-id", "from-metadata"));
    assertEquals("from-metadata", detail(refused, RequestInfo.class).getRequestId());
  }

  @Test
  void everyOutcomeHasItsStatus() throws IOException {
    gateway.retriever.endWith(
        new RetrievalOutcome.Shed("the queue is full", Duration.ofMillis(1100)));
    var shed = gateway.call("Retrieve", GOOD);
    assertEquals("8", shed.code());
    assertEquals("There is no room now: the queue is full", shed.message());
    assertEquals(100_000_000, detail(shed, RetryInfo.class).getRetryDelay().getNanos());
    gateway.retriever.endWith(new RetrievalOutcome.EncodeFailed("no worker is ready"));
    assertEquals("14", gateway.call("Retrieve", GOOD).code());
    gateway.retriever.endWith(new RetrievalOutcome.Expired("backbone"));
    assertEquals("4", gateway.call("Retrieve", GOOD).code());
    gateway.retriever.endWith(new RetrievalOutcome.Failed());
    var failed = gateway.call("Retrieve", GOOD);
    assertEquals("13", failed.code());
    assertEquals(13, failed.details().getCode());
    assertEquals(
        "5", gateway.call("GetItem", GetItemRequest.newBuilder().setId("x").build()).code());
  }

  @Test
  void unknownMethodsAndServicesAreUnimplemented() {
    for (var path :
        List.of(
            "Recall", "/trawl.v2.Retrieval/Retrieve", "/x", "/", "/grpc.health.v1.Health/Chek")) {
      var answer = gateway.call(path, Gateway.frame(0, new byte[0]), Map.of());
      assertEquals("12", answer.code(), path);
      assertEquals(200, answer.httpStatus());
    }
  }

  @Test
  void whatIsNotGrpcIsTold() {
    var answer =
        gateway.call(
            "Retrieve",
            "{}".getBytes(StandardCharsets.UTF_8),
            Map.of("content-type", "application/json"));
    assertEquals(415, answer.httpStatus());
    var web =
        gateway.call(
            "Retrieve",
            Gateway.frame(0, GOOD.toByteArray()),
            Map.of("content-type", "application/grpc-web"));
    assertEquals(415, web.httpStatus());
  }

  @ParameterizedTest
  @CsvSource({
    "10m, 5000, 10",
    "50000u, 5000, 50",
    "2S, 50, 50",
    "99999999H, 5000, 5000",
    "1H, 60000, 60000",
  })
  void theEarlierOfBothDeadlinesCounts(String timeout, long deadlineMillis, long expectedMillis) {
    gateway.retriever.script(new FakeRetriever()::retrieve);
    gateway.call(
        "Retrieve",
        Gateway.frame(0, GOOD.toBuilder().setDeadlineMs(deadlineMillis).build().toByteArray()),
        Map.of("grpc-timeout", timeout));
    var asked = Gateway.await(gateway.retriever.asked());
    assertEquals(Duration.ofMillis(expectedMillis), asked.deadline().left(gateway.ticker));
  }

  @Test
  void anExpiredDeadlineIsAnsweredWithoutAsking() {
    gateway.retriever.hang();
    assertEquals("4", gateway.call("Retrieve", GOOD.toBuilder().setDeadlineMs(0).build()).code());
    var timedOut =
        gateway.call(
            "Retrieve", Gateway.frame(0, GOOD.toByteArray()), Map.of("grpc-timeout", "0n"));
    assertEquals("4", timedOut.code());
    assertFalse(gateway.retriever.asked().isDone());
  }

  @ParameterizedTest
  @CsvSource({"1019, 0", "1020, 4"})
  void anAnswerLaterThanItsGraceIsNotWritten(long millis, String code) {
    var good = new FakeRetriever();
    gateway.retriever.script(
        (request, deadline, cancellation) -> {
          gateway.ticker.pass(Duration.ofMillis(millis));
          return good.retrieve(request, deadline, cancellation);
        });
    assertEquals(
        code, gateway.call("Retrieve", GOOD.toBuilder().setDeadlineMs(1000).build()).code());
  }

  @Test
  void timeThatPassesWhileTheMessageArrivesCounts() {
    gateway.retriever.hang();
    var request = Gateway.await(gateway.open("Retrieve", Map.of("grpc-timeout", "1S")));
    var answer = request.response().compose(Gateway.GrpcAnswer::read);
    var frame = Buffer.buffer(Gateway.frame(0, GOOD.toByteArray()));
    Gateway.await(request.sendHead());
    var held = gateway.registry.get("trawl.memory.held").gauge();
    await(() -> held.value() > 0);
    double head = held.value();
    Gateway.await(request.write(frame.slice(0, 7)));
    await(() -> held.value() == head + 7);
    gateway.ticker.pass(Duration.ofSeconds(1));
    request.end(frame.slice(7, frame.length()));
    assertEquals("4", Gateway.await(answer).code());
    assertFalse(gateway.retriever.asked().isDone());
  }

  @ParameterizedTest
  @CsvSource({"1", "S", "123456789S", "5x", "-1S"})
  void aMalformedTimeoutIsInvalid(String timeout) {
    var answer =
        gateway.call(
            "Retrieve", Gateway.frame(0, GOOD.toByteArray()), Map.of("grpc-timeout", timeout));
    assertEquals("3", answer.code());
    assertTrue(answer.errors().getFirst().startsWith("grpc-timeout: "), answer.message());
  }

  @Test
  void cancellingReachesTheRetriever() {
    gateway.retriever.hang();
    var request = Gateway.await(gateway.open("Retrieve", Map.of()));
    request.end(Buffer.buffer(Gateway.frame(0, GOOD.toByteArray())));
    var asked = Gateway.await(gateway.retriever.asked());
    assertFalse(asked.cancelled().isDone());
    request.reset(8);
    Gateway.await(asked.cancelled());
    awaitInFlight(0);
  }

  @Test
  void aLostConnectionCancels() {
    gateway.retriever.hang();
    var request = Gateway.await(gateway.open("Retrieve", Map.of()));
    request.end(Buffer.buffer(Gateway.frame(0, GOOD.toByteArray())));
    var asked = Gateway.await(gateway.retriever.asked());
    request.connection().close();
    Gateway.await(asked.cancelled());
    awaitInFlight(0);
  }

  @Test
  void manyCancelsDoNotEndTheConnection() {
    gateway.retriever.hang();
    var first = Gateway.await(gateway.open("Retrieve", Map.of()));
    var connection = first.connection();
    first.reset(8);
    for (int i = 0; i < 400; i++) {
      var request = Gateway.await(gateway.open("Retrieve", Map.of()));
      assertEquals(connection, request.connection());
      request.write(Buffer.buffer(new byte[] {0}));
      Gateway.await(request.reset(8));
    }
    gateway.retriever.script(new FakeRetriever()::retrieve);
    assertEquals("0", gateway.call("Retrieve", GOOD).code());
  }

  @Test
  void brokenFramesAreAnswered() {
    var whole = Gateway.frame(0, GOOD.toByteArray());
    assertInvalid(new byte[0], "holds no complete message; expected one");
    assertInvalid(new byte[] {0, 0, 0}, "holds no complete message; expected one");
    assertInvalid(
        java.util.Arrays.copyOf(whole, whole.length - 1),
        "holds no complete message; expected one");
    var twice = java.util.Arrays.copyOf(whole, 2 * whole.length);
    System.arraycopy(whole, 0, twice, whole.length, whole.length);
    assertInvalid(twice, "holds more than one message; expected one");
    byte[] lying = {0, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 1, 2, 3};
    assertEquals("8", gateway.call("Retrieve", lying, Map.of()).code());
    // The flag says compressed, the header does not say how.
    assertInvalid(
        Gateway.frame(1, new byte[] {(byte) 0xff}), "is not a decodable protobuf message");
    assertEquals("0", gateway.call("Retrieve", GOOD).code());
  }

  @Test
  void aMessageThatDoesNotArriveIsNotWaitedFor() {
    try (var slow =
        new Gateway(TestLimits.small(), Gateway.options(1, 64, Duration.ofMillis(50)))) {
      var request = Gateway.await(slow.open("Retrieve", Map.of()));
      var answer = request.response().compose(Gateway.GrpcAnswer::read);
      request.write(Buffer.buffer(new byte[] {0, 0}));
      assertEquals("4", Gateway.await(answer).code());
    }
  }

  @Test
  void gzipIsReadWithinTheBound() throws IOException {
    var zip = Map.of("grpc-encoding", "gzip");
    assertEquals(
        "0", gateway.call("Retrieve", Gateway.frame(1, gzip(GOOD.toByteArray())), zip).code());
    var bomb = gateway.call("Retrieve", Gateway.frame(1, gzip(new byte[1 << 20])), zip);
    assertEquals("8", bomb.code());
    var broken = gateway.call("Retrieve", Gateway.frame(1, new byte[] {1, 2, 3}), zip);
    assertEquals("3", broken.code());
    var unknown =
        gateway.call("Retrieve", Gateway.frame(1, new byte[] {1}), Map.of("grpc-encoding", "zstd"));
    assertEquals("12", unknown.code());
    assertEquals("gzip", unknown.header("grpc-accept-encoding"));
    assertTrue(unknown.message().contains("expected grpc-encoding identity, gzip or deflate"));
  }

  @Test
  void jsonMessagesAreServedToo() {
    var json =
        "{\"objectives\":[{\"name\":\"next-item\"}],\"k\":1}".getBytes(StandardCharsets.UTF_8);
    var headers = Map.of("content-type", "application/grpc+json");
    var answer = gateway.call("Retrieve", Gateway.frame(0, json), headers);
    assertEquals("0", answer.code());
    assertEquals("application/grpc+json", answer.header("content-type"));
    assertEquals(
        "demo",
        new JsonObject(Buffer.buffer(answer.body())).getJsonObject("space").getString("name"));
  }

  @Test
  void countsWhatItDoes() {
    gateway.call("Retrieve", GOOD);
    gateway.call("Retrieve", RetrieveRequest.getDefaultInstance());
    awaitInFlight(0);
    assertEquals(
        1,
        gateway
            .registry
            .get("trawl.requests")
            .tags("protocol", "grpc", "method", "retrieve", "outcome", "answered")
            .counter()
            .count());
    assertEquals(
        1, gateway.registry.get("trawl.violations").tags("protocol", "grpc").counter().count());
  }

  /** The gauge moves on the event loop, after the caller has its answer. */
  private void awaitInFlight(int expected) {
    var gauge = gateway.registry.get("trawl.requests.in.flight").gauge();
    await(() -> gauge.value() == expected);
  }

  private static void await(BooleanSupplier holds) {
    for (long end = System.nanoTime() + Gateway.PATIENCE.toNanos(); !holds.getAsBoolean(); ) {
      assertTrue(System.nanoTime() < end, "it does not come");
      Thread.onSpinWait();
    }
  }

  private void assertInvalid(byte[] frames, String why) {
    var answer = gateway.call("Retrieve", frames, Map.of());
    assertEquals("3", answer.code(), answer.message());
    assertTrue(answer.message().contains(why), answer.message());
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var zipped = new ByteArrayOutputStream();
    try (var stream = new GZIPOutputStream(zipped)) {
      stream.write(bytes);
    }
    return zipped.toByteArray();
  }

  private static <M extends com.google.protobuf.Message> M detail(
      Gateway.GrpcAnswer answer, Class<M> type) throws IOException {
    for (Any any : answer.details().getDetailsList()) {
      if (any.is(type)) {
        return any.unpack(type);
      }
    }
    throw new AssertionError("no " + type + " in " + answer.details());
  }
}
