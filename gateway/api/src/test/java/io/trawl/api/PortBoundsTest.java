package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.UnknownFieldSet;
import io.trawl.api.call.ApiOptions;
import io.trawl.api.check.ApiLimits;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.ListObjectivesRequest;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.workers.wire.ContentCoding;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What callers who do not finish can take from those who do: nothing. */
class PortBoundsTest {

  private static final String GOOD = "{\"objectives\":[{\"name\":\"next-item\"}]}";
  private static final RetrieveRequest RETRIEVE =
      RetrieveRequest.newBuilder()
          .addObjectives(ObjectiveRequest.newBuilder().setName("next-item"))
          .build();

  private static final int BODY_BYTES = TestLimits.small().messages().maxBodyBytes();
  private static final int MEMORY_BYTES = 8 * BODY_BYTES;

  private final Gateway gateway = new Gateway(TestLimits.small(), withMemory(MEMORY_BYTES, 0));

  private static ApiOptions withMemory(long bytes, long ofConnection) {
    var options = Gateway.options(1, 64, Duration.ofMinutes(10));
    return new ApiOptions(
        options.host(),
        0,
        0,
        options.eventLoops(),
        options.maxInFlight(),
        options.timeouts(),
        new ApiOptions.Bounds(
            bytes, ofConnection, 8192, 4096, 1000, 4096, ApiOptions.Work.defaults()),
        options.corsOrigins());
  }

  @Test
  void bodiesThatDoNotEndMakeRoomForThoseThatDo() throws Exception {
    var half =
        ("POST /v1/retrieve HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                + "content-length: "
                + BODY_BYTES
                + "\r\n\r\n"
                + " ".repeat(BODY_BYTES - 1))
            .getBytes(StandardCharsets.US_ASCII);
    List<Socket> unfinished = new ArrayList<>();
    try (gateway) {
      // Fewer than are refused for their number.
      for (int i = 0; i < 24; i++) {
        var socket = gateway.connect();
        unfinished.add(socket);
        socket.getOutputStream().write(half);
      }
      // Sent later than all of them, so that it is among what they may have taken.
      assertEquals(200, gateway.post(GOOD).status());
      assertTrue(gauge("trawl.memory.held") <= MEMORY_BYTES);
      var oldest = unfinished.getFirst().getInputStream().readAllBytes();
      assertTrue(new String(oldest, StandardCharsets.UTF_8).startsWith("HTTP/1.1 429 "));
      assertTrue(gateway.registry.get("trawl.memory.dropped").functionCounter().count() > 0);
      for (var socket : unfinished) {
        socket.close();
      }
      until(() -> gauge("trawl.memory.held") == 0);
      until(() -> gauge("trawl.requests.in.flight") == 0);
    }
  }

  /** A call that is kept until its time is over keeps what came of its message, too. */
  @Test
  void aCallIsOverWhenItsUnfinishedMessageIsDropped() throws Exception {
    var whole = Gateway.frame(0, new byte[BODY_BYTES]);
    var half = Buffer.buffer(whole).slice(0, whole.length - 1);
    // There is room for their heads, not for their bodies.
    int calls = 6;
    long bytes = 90_000;
    try (gateway;
        var tight = new Gateway(TestLimits.small(), withMemory(bytes, bytes))) {
      List<HttpClientRequest> unfinished = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        var call = Gateway.await(tight.open("Retrieve", Map.of()));
        unfinished.add(call);
        Gateway.await(call.sendHead());
      }
      until(() -> tight.registry.get("trawl.streams").gauge().value() == calls);
      assertEquals(0, ended(tight));
      unfinished.forEach(call -> call.write(half));
      until(() -> ended(tight) > 0 && cancelled(tight) == ended(tight));
      Gateway.await(unfinished.getFirst().connection().close());
      until(() -> cancelled(tight) == calls);
    }
  }

  /** How many found no room, or made it. */
  private static double ended(Gateway gateway) {
    return gateway.registry.get("trawl.memory.dropped").functionCounter().count()
        + gateway.registry.get("trawl.memory.refused").functionCounter().count();
  }

  private static double cancelled(Gateway gateway) {
    var counter = gateway.registry.find("trawl.requests").tags("outcome", "cancelled").counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void headsAloneTakeNoPlace() throws Exception {
    var one = Gateway.options(1, 1, Duration.ofMinutes(10));
    try (gateway;
        var narrow = new Gateway(TestLimits.small(), one)) {
      var frame = Buffer.buffer(Gateway.frame(0, RETRIEVE.toByteArray()));
      List<HttpClientRequest> heads = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        var call = Gateway.await(narrow.open("Retrieve", Map.of()));
        heads.add(call);
        Gateway.await(call.write(frame.slice(0, 3)));
      }
      assertEquals(200, narrow.get("/v1/objectives").status());
      assertEquals(200, narrow.post(GOOD).status());
      narrow.retriever.hang();
      heads.get(0).end(frame.slice(3, frame.length()));
      Gateway.await(narrow.retriever.asked());
      // Whole, it takes the one place, and the next that becomes whole finds none.
      var second = heads.get(1).response().compose(Gateway.GrpcAnswer::read);
      heads.get(1).end(frame.slice(3, frame.length()));
      assertEquals("8", Gateway.await(second).code());
      assertEquals(429, narrow.post(GOOD).status());
      Gateway.await(heads.getFirst().connection().close());
    }
  }

  @Test
  void answersThatNobodyTakesHoldNoPlace() throws Exception {
    try (gateway;
        var greedy = gateway.connect()) {
      greedy
          .getOutputStream()
          .write(
              "GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n"
                  .repeat(200)
                  .getBytes(StandardCharsets.US_ASCII));
      until(() -> gauge("trawl.memory.held") > 0);
      until(() -> gauge("trawl.requests.in.flight") == 0);
      assertEquals(200, gateway.post(GOOD).status());
      greedy.close();
      until(() -> gauge("trawl.memory.held") == 0);
    }
  }

  /** It takes as long as searches do, and would hold up all callers of its event loop. */
  @Test
  void aLargeMessageIsReadBesideTheEventLoopAndHasAPrice() throws Exception {
    var options = Gateway.options(1, 64, Duration.ofMinutes(10)).withFixedWork(2);
    var large = GOOD.replace("}]}", "}]" + " ".repeat(100 << 10) + "}");
    var message = RETRIEVE.toBuilder().addAllExcludedItems(names(5_000)).build();
    try (gateway;
        var free = new Gateway(ApiLimits.defaults(), options)) {
      assertEquals(200, free.post(GOOD).status());
      assertEquals(0, free.retriever.computed.get());
      assertEquals(200, free.post(large).status());
      assertEquals(1, free.retriever.computed.get());
      assertEquals("0", free.call("Retrieve", message).code());
      assertEquals(2, free.retriever.computed.get());

      try (var _ = workingFor(free)) {
        assertEquals(429, free.post(large).status());
        assertEquals("8", free.call("Retrieve", message).code());
        assertEquals(2, free.retriever.computed.get());
      }
    }
  }

  /** A caller whose work does not end. */
  private static Socket workingFor(Gateway gateway) throws IOException {
    gateway.retriever.hang();
    var caller = gateway.connect();
    caller
        .getOutputStream()
        .write(
            ("POST /v1/retrieve HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n"
                    + "content-length: %d\r\n\r\n%s".formatted(GOOD.length(), GOOD))
                .getBytes(StandardCharsets.US_ASCII));
    Gateway.await(gateway.retriever.asked());
    return caller;
  }

  private static List<String> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "item-" + i).toList();
  }

  /** Whoever balances load over gateways would take one that refuses these for broken. */
  @Test
  void whatIsOnlyLookedUpIsAnsweredHoweverMuchWorkIsUnderWay() throws Exception {
    var options = Gateway.options(1, 64, Duration.ofMinutes(10)).withFixedWork(1);
    try (gateway;
        var busy = new Gateway(TestLimits.small(), options)) {
      try (var _ = workingFor(busy)) {
        assertEquals(429, busy.post(GOOD).status());
        assertEquals("8", busy.call("Retrieve", RETRIEVE).code());
        assertEquals(200, busy.get("/v1/objectives").status());
        assertEquals(200, busy.get("/v2/health/ready").status());
        assertEquals(
            "0", busy.call("ListObjectives", ListObjectivesRequest.getDefaultInstance()).code());
      }
    }
  }

  /** Two bytes of each would become a hundred, all on the event loop. */
  @ParameterizedTest
  @MethodSource
  void messagesThatGrowAreRefusedUnread(String method, byte[] message) {
    try (gateway) {
      var zip = Map.of("grpc-encoding", "gzip");
      for (var refused :
          List.of(
              gateway.call(method, Gateway.frame(0, message), Map.of()),
              gateway.call(method, Gateway.frame(1, ContentCoding.gzip(message)), zip))) {
        assertEquals("8", refused.code());
        assertTrue(
            refused
                .message()
                .contains(
                    "the message of %d bytes takes more than %d bytes of memory when it is read"
                        .formatted(message.length, 16 * BODY_BYTES)),
            refused::message);
      }
      assertEquals("0", gateway.call("Retrieve", RETRIEVE).code());
    }
  }

  static List<Arguments> messagesThatGrowAreRefusedUnread() {
    var requests = Arrays.asList(new RetrieveRequest[BODY_BYTES / 2]);
    Collections.fill(requests, RetrieveRequest.getDefaultInstance());
    var all = Arrays.asList(new Filter[BODY_BYTES / 2 - 4]);
    Collections.fill(all, Filter.getDefaultInstance());
    var unknown = UnknownFieldSet.newBuilder();
    for (int i = 0; i < BODY_BYTES / 4; i++) {
      unknown.mergeVarintField(1000 + i, 1);
    }
    return List.of(
        Arguments.of(
            "RetrieveBatch",
            RetrieveBatchRequest.newBuilder().addAllRequests(requests).build().toByteArray()),
        Arguments.of(
            "Retrieve",
            RetrieveRequest.newBuilder()
                .setFilter(Filter.newBuilder().addAllAll(all))
                .build()
                .toByteArray()),
        Arguments.of("Similar", unknown.build().toByteArray()),
        Arguments.of("GetItem", unknown.build().toByteArray()));
  }

  private double gauge(String name) {
    return gateway.registry.get(name).gauge().value();
  }

  private static void until(BooleanSupplier holds) throws InterruptedException {
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < patience, "not within a minute");
      Thread.sleep(2);
    }
  }
}
