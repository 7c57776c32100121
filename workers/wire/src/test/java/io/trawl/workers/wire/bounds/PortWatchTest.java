package io.trawl.workers.wire.bounds;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.http2.Http2Error;
import io.trawl.workers.wire.bounds.PortWatch.Slow;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A server on a clock of its own: nothing takes too long until the clock is moved. */
class PortWatchTest {

  private static final Duration SHORT = Duration.ofMillis(100);
  private static final Duration LONG = Duration.ofHours(1);

  private static final int MOST_ABANDONED = 3;
  private static final int MOST_STREAMS = 5;
  private static final int ANSWER_BYTES = 32 << 20;
  private static final String REQUEST = "GET /echo HTTP/1.1\r\nhost: a\r\n\r\n";

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong clock = new AtomicLong();
  private final List<Integer> arrived = new CopyOnWriteArrayList<>();
  private final CompletableFuture<PortWatch.Messages> messages = new CompletableFuture<>();
  private final CompletableFuture<Executor> loop = new CompletableFuture<>();
  private MemoryBudget budget = new MemoryBudget(1000, 800);

  /** Whether streams count what they have not taken. */
  private boolean counts;

  private PortWatch watch = watch(Slow.IDLE);
  private int port;

  /** Has room for some streams, where another would be in the way. */
  private static MemoryBudget withStreams() {
    return new MemoryBudget(100_000, 80_000);
  }

  /** What the first stream has taken, of which only its head has come. */
  private long heldByStream() throws InterruptedException {
    until(() -> budget.held() > 0);
    return budget.held();
  }

  /** Listens with a short limit for this alone. */
  private void listen(Slow one) throws Exception {
    watch = watch(one);
    HttpServer server =
        vertx.createHttpServer().connectionHandler(watch::watch).requestHandler(this::answer);
    port = await(server.listen(0, "127.0.0.1")).actualPort();
  }

  private PortWatch watch(Slow one) {
    return new PortWatch(
        new PortLimits(
            one == Slow.HEAD ? SHORT : LONG,
            one == Slow.BODY ? SHORT : LONG,
            one == Slow.IDLE ? SHORT : LONG,
            one == Slow.ANSWER ? SHORT : LONG,
            MOST_ABANDONED,
            MOST_STREAMS,
            "/stream"::equals),
        budget,
        clock::get);
  }

  @AfterEach
  void nothingIsHeld() throws Exception {
    await(vertx.close());
    until(() -> budget.held() == 0);
  }

  private void answer(HttpServerRequest request) {
    if (request.path().equals("/large")) {
      request.response().end(Buffer.buffer(new byte[ANSWER_BYTES]));
    } else if (!request.path().equals("/stream")) {
      if (request.getHeader("expect") != null) {
        request.response().writeContinue();
      }
      request.body().onSuccess(body -> request.response().end("got " + body.length()));
    } else {
      request.handler(part -> arrived.add(part.length()));
      if (counts) {
        messages.complete(PortWatch.messages(request.connection(), request.streamId()));
        loop.complete(((ConnectionBase) request.connection()).channel().eventLoop());
      }
    }
  }

  /** Lets time go by until something of this kind has been ended. */
  private void passUntilCut(Slow what) throws InterruptedException {
    until(
        () -> {
          clock.addAndGet(SHORT.toNanos());
          return watch.cut(what) == 1;
        });
    for (Slow other : Slow.values()) {
      assertEquals(other == what ? 1 : 0, watch.cut(other), other::name);
    }
  }

  @Test
  void aHeadThatDoesNotEndIsEnded() throws Exception {
    listen(Slow.HEAD);
    try (var caller = new Caller()) {
      caller.send(REQUEST);
      caller.expect("got 0");
      caller.send("GET / HT");
      passUntilCut(Slow.HEAD);
      assertTrue(caller.rest().startsWith("HTTP/1.1 408 "));
    }
  }

  @Test
  void aBodyThatDoesNotEndIsEnded() throws Exception {
    listen(Slow.BODY);
    try (var caller = new Caller()) {
      caller.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nsome");
      until(() -> budget.held() == 4);
      passUntilCut(Slow.BODY);
      assertTrue(caller.rest().startsWith("HTTP/1.1 408 "));
      until(() -> budget.held() == 0);
    }
  }

  @Test
  void aSilentConnectionIsClosed() throws Exception {
    listen(Slow.IDLE);
    try (var caller = new Caller()) {
      caller.send(REQUEST);
      caller.expect("got 0");
      passUntilCut(Slow.IDLE);
      assertEquals("", caller.rest());
    }
  }

  @Test
  void anAnswerThatNobodyTakesIsDropped() throws Exception {
    listen(Slow.ANSWER);
    try (var caller = new Caller()) {
      caller.send("GET /large HTTP/1.1\r\nhost: a\r\n\r\n");
      caller.expect("HTTP/1.1 200");
      passUntilCut(Slow.ANSWER);
      assertTrue(caller.countRest() < ANSWER_BYTES);
    }
  }

  @Test
  void theOldestHalfReceivedBodyMakesRoom() throws Exception {
    listen(Slow.BODY);
    try (var first = new Caller();
        var second = new Caller()) {
      var head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 600\r\n\r\n";
      first.send(head + "x".repeat(500));
      until(() -> budget.held() == 500);
      second.send(head + "x".repeat(500));
      assertTrue(first.rest().startsWith("HTTP/1.1 429 "));
      second.send("x".repeat(100));
      second.expect("got 600");
      assertEquals(1, budget.dropped());
    }
  }

  @Test
  void aBodyThatIsWaitedForWith100IsHeldLikeAnyOther() throws Exception {
    listen(Slow.BODY);
    var head =
        "POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 900\r\n\r\n";
    try (var caller = new Caller()) {
      caller.send(head);
      caller.expect("HTTP/1.1 100 Continue\r\n");
      caller.send("x".repeat(500));
      until(() -> budget.held() == 500);
      caller.send("x".repeat(400));
      assertTrue(caller.rest().contains("HTTP/1.1 429 "));
    }
    try (var caller = new Caller()) {
      caller.send(head.replace("900", "600"));
      caller.expect("HTTP/1.1 100 Continue\r\n");
      caller.send("x".repeat(600));
      caller.expect("got 600");
      caller.send(head.replace("900", "600"));
      caller.expect("HTTP/1.1 100 Continue\r\n");
      caller.send("x".repeat(600));
      caller.expect("got 600");
    }
  }

  @Test
  void aBodyBeyondWhatAConnectionMayHoldIsRefused() throws Exception {
    listen(Slow.BODY);
    try (var caller = new Caller()) {
      caller.send("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 900\r\n\r\n");
      caller.send("x".repeat(900));
      assertTrue(caller.rest().startsWith("HTTP/1.1 429 "));
      assertEquals(1, budget.refused());
    }
  }

  @Test
  void streamsOfHttp2EndAloneAndTheirConnectionGoesOn() throws Exception {
    budget = withStreams();
    listen(Slow.BODY);
    var client = client();
    var slow = await(request(client, "/echo"));
    await(slow.setChunked(true).sendHead());
    long stream = heldByStream();
    await(slow.write("some"));
    until(() -> budget.held() == stream + 4);
    passUntilCut(Slow.BODY);
    assertReset(slow.response());
    assertEquals("got 4", text(request(client, "/echo"), "more"));
  }

  @Test
  void aBodyThatIsUpgradedToHttp2IsHeldLikeAnyOther() throws Exception {
    budget = withStreams();
    listen(Slow.BODY);
    var upgrade =
        "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
            + "http2-settings: AAMAAABkAAQAAP__\r\ncontent-length: 90000\r\n\r\n";
    try (var caller = new Caller()) {
      caller.send(upgrade + "x".repeat(500));
      until(() -> budget.held() > Http2Watch.BYTES_OF_A_STREAM + 500);
      passUntilCut(Slow.BODY);
      until(() -> budget.held() == 0);
    }
    try (var caller = new Caller()) {
      caller.send(upgrade + "x".repeat(90_000));
      until(() -> budget.refused() == 1);
    }
  }

  @Test
  void aStreamThatFindsNoRoomIsReset() throws Exception {
    budget = withStreams();
    listen(Slow.BODY);
    var client = client();
    var large = await(request(client, "/echo"));
    var _ = large.setChunked(true).write("x".repeat(90_000));
    assertReset(large.response());
    assertEquals(1, budget.refused());
    assertEquals("got 70000", text(request(client, "/echo"), "x".repeat(70_000)));
  }

  @Test
  void messagesOfALongLivedStreamAreHeldOneByOne() throws Exception {
    budget = withStreams();
    listen(Slow.IDLE);
    var client = client();
    var stream = await(request(client, "/stream")).setChunked(true);
    var _ = stream.response();
    var message = Buffer.buffer().appendByte((byte) 0).appendInt(400).appendBytes(new byte[400]);
    await(stream.sendHead());
    long open = heldByStream();
    for (int i = 0; i < 10; i++) {
      await(stream.write(message));
    }
    await(stream.write(message.getBuffer(0, 105)));
    until(() -> budget.held() == open + 105);
    await(stream.write(message.getBuffer(105, 405)));
    until(() -> budget.held() == open);
    passUntilCut(Slow.IDLE);
    assertReset(stream.response());
  }

  @Test
  void messagesArriveOneByOneHoweverTheyAreSent() throws Exception {
    budget = withStreams();
    listen(Slow.IDLE);
    var stream = await(request(client(), "/stream")).setChunked(true);
    var _ = stream.response();
    var three = Buffer.buffer();
    for (int bytes : new int[] {3, 0, 40}) {
      three.appendByte((byte) 0).appendInt(bytes).appendBytes(new byte[bytes]);
    }
    await(stream.write(three.appendByte((byte) 0)));
    until(() -> arrived.equals(List.of(8, 5, 45, 1)));
    passUntilCut(Slow.IDLE);
    assertReset(stream.response());
  }

  @Test
  void messagesThatNobodyHasTakenAreHeldAndKeepTheirWindow() throws Exception {
    budget = new MemoryBudget(1 << 20, 1 << 20);
    counts = true;
    listen(Slow.IDLE);
    var client = client();
    var stream = await(request(client, "/stream")).setChunked(true);
    var _ = stream.response();
    await(stream.sendHead());
    long open = heldByStream();
    int bytes = 1000;
    var message = Buffer.buffer().appendByte((byte) 0).appendInt(bytes - 5);
    message.appendBytes(new byte[bytes - 5]);
    for (int i = 0; i < 100; i++) {
      var _ = stream.write(message);
    }
    until(() -> budget.held() >= open + 65L * (bytes + Http2Watch.BYTES_OF_A_MESSAGE));
    assertEquals("got 0", text(request(client, "/echo"), ""));
    long most = open + 65_535 + 65 * Http2Watch.BYTES_OF_A_MESSAGE;
    assertTrue(budget.held() <= most, () -> "more than its window: " + budget.held());
    for (int taken = 0; taken < 100; taken++) {
      until(() -> budget.held() >= open + bytes + Http2Watch.BYTES_OF_A_MESSAGE);
      CompletableFuture.runAsync(() -> messages.join().took(bytes), loop.join()).join();
    }
    until(() -> budget.held() == open);
    passUntilCut(Slow.IDLE);
    assertReset(stream.response());
  }

  @Test
  void anOpenStreamIsHeldUntilItEndsAndWithoutRoomNoneBegins() throws Exception {
    budget = withStreams();
    listen(Slow.IDLE);
    var client = client();
    for (String path : List.of("/stream", "/echo")) {
      var open = await(request(client, path)).putHeader("x-large", "x".repeat(4000));
      await(open.sendHead());
      long held = heldByStream();
      assertTrue(held > Http2Watch.BYTES_OF_A_STREAM + 4000, () -> held + " bytes");
      assertEquals(1, budget.streams());
      open.reset();
      until(() -> budget.held() == 0 && budget.streams() == 0);
    }

    MemoryBudget.Share other = budget.account(null).share(() -> {});
    other.hold(100_000 - Http2Watch.BYTES_OF_A_STREAM);
    assertReset(await(request(client, "/echo")).send("1"));
    assertEquals(1, budget.refused());
    other.close();
    assertEquals("got 1", text(request(client, "/echo"), "1"));
    assertEquals(0, budget.streams());
    assertEquals(2, watch.abandoned());
  }

  /** Heads without an end wait, as halves of bodies do. */
  @Test
  void theOldestOpenStreamMakesRoom() throws Exception {
    budget = withStreams();
    listen(Slow.IDLE);
    var first = await(request(client(), "/stream"));
    var lost = first.response();
    await(first.sendHead());
    heldByStream();
    MemoryBudget.Share other = budget.account(null).share(() -> {});
    other.hold(68_000);
    var second = await(request(client(), "/stream"));
    await(second.sendHead());
    assertReset(lost);
    assertEquals(1, budget.dropped());
    other.close();
    second.reset();
  }

  @Test
  void anAddressHasSoManyStreamsOpenOnAllItsConnections() throws Exception {
    budget = new MemoryBudget(1 << 20, 1 << 20);
    listen(Slow.IDLE);
    List<HttpClientRequest> open = new ArrayList<>();
    for (int i = 0; i < MOST_STREAMS; i++) {
      var stream = await(request(client(), "/stream"));
      await(stream.sendHead());
      open.add(stream);
    }
    until(() -> budget.streams() == MOST_STREAMS);
    assertRefused(request(client(), "/echo"));
    assertEquals(1, watch.refusedStreams());
    open.getFirst().reset();
    until(() -> budget.streams() < MOST_STREAMS);
    assertEquals("got 1", text(request(client(), "/echo"), "1"));
    open.forEach(HttpClientRequest::reset);
    until(() -> budget.streams() == 0);
  }

  @Test
  void aPingIsNoRequest() throws Exception {
    budget = withStreams();
    listen(Slow.IDLE);
    var client = client();
    var request = await(request(client, "/echo"));
    var connection = request.connection();
    var closed = new CompletableFuture<Void>();
    connection.closeHandler(_ -> closed.complete(null));
    assertEquals("got 1", text(Future.succeededFuture(request), "1"));
    // On its own thread: Vert.x 5.0.7 waits for an answer only after it may have come.
    var pinged = new CompletableFuture<Void>();
    ((ConnectionBase) connection)
        .channel()
        .eventLoop()
        .execute(
            () -> connection.ping(Buffer.buffer("12345678")).onSuccess(_ -> pinged.complete(null)));
    pinged.get(30, TimeUnit.SECONDS);
    passUntilCut(Slow.IDLE);
    closed.get(30, TimeUnit.SECONDS);
  }

  @Test
  void anAnswerOfHttp2ThatNobodyTakesIsReset() throws Exception {
    budget = withStreams();
    listen(Slow.ANSWER);
    var client = client();
    var request = await(request(client, "/large"));
    var response = new CompletableFuture<HttpClientResponse>();
    var lost = new CompletableFuture<Throwable>();
    request
        .response()
        .onSuccess(
            begun -> {
              begun.pause();
              begun.exceptionHandler(lost::complete);
              response.complete(begun);
            });
    await(request.end());
    HttpConnection connection = response.get(30, TimeUnit.SECONDS).request().connection();
    passUntilCut(Slow.ANSWER);
    response.get().resume();
    assertTrue(lost.get(30, TimeUnit.SECONDS) instanceof StreamResetException);
    assertTrue(connection.getWindowSize() > 0);
  }

  /** Nothing of it ever reaches Netty's flow control: Vert.x keeps what a shut window stops. */
  @Test
  void anAnswerOfHttp2ForAWindowThatNeverOpensIsReset() throws Exception {
    budget = withStreams();
    listen(Slow.ANSWER);
    var client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setInitialSettings(new Http2Settings().setInitialWindowSize(0)));
    var response = await(request(client, "/echo").compose(HttpClientRequest::send));
    var body = response.body();
    passUntilCut(Slow.ANSWER);
    assertReset(body);
  }

  @Test
  void whoAbandonsTooManyBeginsFewAtOneTime() throws Exception {
    budget = withStreams();
    listen(Slow.ANSWER);
    var guilty = client();
    for (int i = 0; i < MOST_ABANDONED; i++) {
      abandon(guilty, "");
    }
    until(() -> watch.abandoned() == MOST_ABANDONED);
    assertRefused(request(guilty, "/echo"));

    var another = client();
    var first = await(request(another, "/stream"));
    await(first.sendHead());
    assertRefused(request(another, "/echo"));
    assertEquals(2, watch.refusedAsAbandoned());
    first.reset();
    until(() -> watch.abandoned() == MOST_ABANDONED + 1);

    var patient = client();
    assertEquals("got 1", text(request(patient, "/echo"), "1"));
    var waiting = await(request(patient, "/stream"));
    await(waiting.sendHead());
    assertEquals("got 2", text(request(patient, "/echo"), "12"));

    clock.addAndGet(TimeUnit.SECONDS.toNanos(10));
    assertEquals("got 3", text(request(guilty, "/echo"), "123"));
    waiting.reset();
  }

  @Test
  void anAnswerPaysForAnAbandonedCall() throws Exception {
    budget = withStreams();
    listen(Slow.ANSWER);
    var client = client();
    for (int i = 0; i < 3 * MOST_ABANDONED; i++) {
      abandon(client, "");
      long abandoned = i + 1L;
      until(() -> watch.abandoned() == abandoned);
      assertEquals("got 1", text(request(client, "/echo"), "1"));
    }
    assertEquals(0, watch.refusedAsAbandoned());
  }

  @Test
  void whoWaitedAsLongAsHeSaidAbandonsNothing() throws Exception {
    budget = withStreams();
    listen(Slow.ANSWER);
    var client = client();
    abandon(client, "20m");
    until(() -> watch.abandoned() == 1);
    var patient = await(call(client, "20m"));
    await(patient.sendHead());
    assertEquals("got 1", text(request(client, "/echo"), "1"));
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(10));
    patient.reset();
    assertEquals("got 1", text(request(client, "/echo"), "1"));
    assertEquals(1, watch.abandoned());
  }

  /** Nobody waits for no time, and who does not speak gRPC has no timeout of it. */
  @Test
  void whoSaysThatHeWaitsForNothingAbandonsAllTheSame() throws Exception {
    budget = withStreams();
    listen(Slow.ANSWER);
    var client = client();
    abandon(client, "0n");
    until(() -> watch.abandoned() == 1);
    var plain = await(request(client, "/stream")).putHeader("grpc-timeout", "20m");
    await(plain.sendHead());
    assertEquals("got 1", text(request(client, "/echo"), "1"));
    clock.addAndGet(TimeUnit.MILLISECONDS.toNanos(10));
    plain.reset();
    until(() -> watch.abandoned() == 2);
  }

  private void abandon(HttpClient client, String timeout) throws Exception {
    var request = await(call(client, timeout));
    await(request.sendHead());
    request.reset();
  }

  /** A call of gRPC. */
  private Future<HttpClientRequest> call(HttpClient client, String timeout) {
    return request(client, "/stream")
        .map(
            request -> {
              request.putHeader("content-type", "application/grpc");
              return timeout.isEmpty() ? request : request.putHeader("grpc-timeout", timeout);
            });
  }

  private static void assertRefused(Future<HttpClientRequest> request) throws Exception {
    var open = await(request);
    var answer = open.response();
    var _ = open.end("1");
    var failed = assertThrows(Exception.class, () -> await(answer));
    var reset = assertInstanceOf(StreamResetException.class, failed.getCause());
    assertEquals(Http2Error.REFUSED_STREAM.code(), reset.getCode());
  }

  private HttpClient client() {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false));
  }

  private Future<HttpClientRequest> request(HttpClient client, String path) {
    return client.request(HttpMethod.POST, port, "127.0.0.1", path);
  }

  /** Listens for the answer before it asks: one that came meanwhile would be missed. */
  private static String text(Future<HttpClientRequest> request, String body) throws Exception {
    return await(
        request
            .compose(
                open -> {
                  var answer = open.response().compose(HttpClientResponse::body);
                  return open.end(body).compose(_ -> answer);
                })
            .map(Buffer::toString));
  }

  private static void assertReset(Future<?> answer) {
    var failed = assertThrows(Exception.class, () -> await(answer));
    assertTrue(failed.getCause() instanceof StreamResetException, failed::toString);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static void until(BooleanSupplier holds) throws InterruptedException {
    long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < patience, "not within 30 s");
      Thread.sleep(2);
    }
  }

  /** A peer that speaks HTTP/1.1 byte by byte. */
  private final class Caller implements AutoCloseable {
    private final Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);

    Caller() throws IOException {
      socket.setSoTimeout(30_000);
    }

    void send(String text) throws IOException {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    void expect(String text) throws IOException {
      var got = new ByteArrayOutputStream();
      while (!got.toString(StandardCharsets.US_ASCII).contains(text)) {
        int next = socket.getInputStream().read();
        assertTrue(next >= 0, () -> "ended after " + got);
        got.write(next);
      }
    }

    String rest() throws IOException {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    }

    long countRest() {
      long count = 0;
      var part = new byte[1 << 16];
      try {
        for (int n = 0; n >= 0; n = socket.getInputStream().read(part)) {
          count += n;
        }
      } catch (IOException reset) {
        return count;
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
