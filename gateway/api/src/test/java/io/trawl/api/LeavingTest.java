package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.Counter;
import io.trawl.api.call.ApiOptions;
import io.trawl.workers.testkit.attack.Http2Bytes;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.GoAway;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.BlockingDeque;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A gateway that is told to end sends its callers away and loses none. */
class LeavingTest {

  private static final String ASK = "GET /v1/objectives HTTP/1.1\r\nhost: a\r\n\r\n";

  private static final int GOAWAY = 7;

  private final Gateway gateway = new Gateway();

  @AfterEach
  void close() {
    gateway.after = _ -> Future.succeededFuture();
    gateway.close();
  }

  @Test
  void aKeptConnectionEndsWithAnAnswerThatSaysSo() throws IOException {
    try (var kept = gateway.connect()) {
      kept.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      assertFalse(answer(kept).contains("connection: close"));

      Gateway.await(gateway.server.leave());

      kept.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      var last = new String(kept.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(last.startsWith("HTTP/1.1 200 "), last);
      assertTrue(last.contains("connection: close"), last);
    }
    try (var late = gateway.connect()) {
      late.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
      var only = new String(late.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(only.startsWith("HTTP/1.1 200 "), only);
    }
  }

  @Test
  void aConnectionOfHttp2IsToldToBeginNothingMore() {
    var client =
        gateway.vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    var request =
        Gateway.await(
            client.request(
                HttpMethod.GET, gateway.server.httpPort(), "127.0.0.1", "/v1/objectives"));
    Promise<GoAway> told = Promise.promise();
    request.connection().goAwayHandler(told::tryComplete);

    Gateway.await(gateway.server.leave());

    assertEquals(0, Gateway.await(told.future()).getErrorCode());
    assertEquals(
        200, Gateway.await(request.send().map(HttpClientResponse::statusCode)), "begun before");
  }

  @Test
  void whatWasOnItsWayWhenTheDrainBeganIsAnswered() throws Exception {
    try (var kept = gateway.connect();
        var fresh = gateway.connect();
        var silent = gateway.connect();
        var last = gateway.connect()) {
      ask(kept);
      answer(kept);
      ask(last);
      answer(last); // so that those before it have been accepted too
      var closed = beginToClose();

      for (var caller : List.of(kept, fresh)) {
        ask(caller);
        var only = rest(caller);
        assertTrue(only.startsWith("HTTP/1.1 200 "), only);
        assertTrue(only.contains("connection: close"), only);
      }
      assertFalse(closed.isComplete());
      passTheMoment();
      assertEquals("", rest(last));
      Gateway.await(closed);
      assertTrue(silent.isConnected());
    }
  }

  @Test
  void aCallerOfHttp2HearsWhichOfItsRequestsWasItsLast() throws Exception {
    try (var caller = gateway.connect()) {
      caller.getOutputStream().write(Http2Bytes.preface());
      caller.getOutputStream().write(request(1));
      untilTheEndOf(1, caller);
      var closed = beginToClose();

      assertEquals(Integer.MAX_VALUE, goAway(caller), "begin nothing more");
      caller.getOutputStream().write(request(3));
      untilTheEndOf(3, caller);
      passed(Duration.ofMillis(200)).complete();
      assertEquals(3, goAway(caller));
      caller.getOutputStream().write(request(5));
      passed(Duration.ofMillis(100)).complete();
      Gateway.await(closed);
      assertEquals(2, answered(), "the third was told that nobody began it");
    }
  }

  @Test
  void aDrainWithoutTimeWaitsForNothing() throws Exception {
    var at = Gateway.options(1, 64, Duration.ofSeconds(30));
    var times = at.timeouts();
    try (var hasty =
            new Gateway(
                TestLimits.small(),
                new ApiOptions(
                    at.host(),
                    0,
                    0,
                    1,
                    64,
                    new ApiOptions.Timeouts(
                        times.headTimeout(),
                        times.bodyTimeout(),
                        times.idleTimeout(),
                        times.answerTimeout(),
                        Duration.ZERO,
                        Duration.ZERO),
                    at.bounds(),
                    List.of()));
        var idle = hasty.connect()) {
      ask(idle);
      answer(idle);
      hasty.after = time -> Future.failedFuture("waits " + time);
      Gateway.await(hasty.server.close());
      assertEquals("", rest(idle));
    }
  }

  private double answered() {
    return gateway.registry.get("trawl.requests").counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  private record Wait(Duration time, Promise<Void> over) {}

  private final BlockingDeque<Wait> waits = new LinkedBlockingDeque<>();

  /** Begins a drain whose time a test lets pass, and returns once nothing more is accepted. */
  private Future<Void> beginToClose() throws InterruptedException {
    gateway.after =
        time -> {
          var wait = new Wait(time, Promise.promise());
          waits.add(wait);
          return wait.over().future();
        };
    var closed = gateway.server.close();
    var first = waits.poll(Gateway.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertNotNull(first, "a moment for what is on its way");
    waits.addFirst(first);
    return closed;
  }

  private void passTheMoment() throws InterruptedException {
    passed(Duration.ofMillis(200)).complete();
    passed(Duration.ofMillis(100)).complete();
  }

  private Promise<Void> passed(Duration time) throws InterruptedException {
    var wait = waits.poll(Gateway.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertNotNull(wait);
    assertEquals(time, wait.time());
    return wait.over();
  }

  private static void ask(Socket caller) throws IOException {
    caller.getOutputStream().write(ASK.getBytes(StandardCharsets.US_ASCII));
  }

  /** What comes until the connection closes. */
  private static String rest(Socket from) throws IOException {
    return new String(from.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static byte[] request(int stream) {
    var head = new LinkedHashMap<String, String>();
    head.put(":method", "GET");
    head.put(":scheme", "http");
    head.put(":path", "/v1/objectives");
    head.put(":authority", "127.0.0.1");
    return Http2Bytes.headers(stream, true, head);
  }

  private record Frame(int type, int flags, int stream, ByteBuffer payload) {}

  private static Frame frame(Socket from) throws IOException {
    var in = new DataInputStream(from.getInputStream());
    int lengthAndType = in.readInt();
    return new Frame(
        lengthAndType & 0xff,
        in.readUnsignedByte(),
        in.readInt(),
        ByteBuffer.wrap(in.readNBytes(lengthAndType >>> 8)));
  }

  private static void untilTheEndOf(int stream, Socket from) throws IOException {
    var next = frame(from);
    while (next.stream() != stream || (next.flags() & Http2Bytes.END_STREAM) == 0) {
      next = frame(from);
    }
    assertEquals(Http2Bytes.DATA, next.type(), "an answer");
  }

  /** The last request that is answered, by the next GOAWAY. */
  private static int goAway(Socket from) throws IOException {
    var next = frame(from);
    while (next.type() != GOAWAY) {
      next = frame(from);
    }
    return next.payload().getInt();
  }

  /** Reads one answer of a connection that stays open. */
  private static String answer(Socket from) throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.UTF_8).endsWith("\r\n\r\n")) {
      head.write(from.getInputStream().read());
    }
    var text = head.toString(StandardCharsets.UTF_8);
    var length = text.replaceAll("(?s).*content-length: (\\d+).*", "$1");
    from.getInputStream().readNBytes(Integer.parseInt(length));
    return text;
  }
}
