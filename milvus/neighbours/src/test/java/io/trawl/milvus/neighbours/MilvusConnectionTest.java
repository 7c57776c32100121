package io.trawl.milvus.neighbours;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.service.vector.request.SearchReq;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.source.Cancellation;
import io.trawl.workers.guard.GuardOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A Milvus that hangs, dies and comes back is an ordinary day. No caller may wait for it longer
 * than its deadline, nothing may be left behind, and nobody may have to be told that it is back.
 */
class MilvusConnectionTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  /** Moved by hand: what is left of a pause is all of it, however slow the machine is. */
  private final AtomicLong nanos = new AtomicLong();

  private final Ticker ticker = nanos::get;

  private final Vertx vertx = Vertx.vertx();
  private FakeMilvus server = FakeMilvus.start("v2.3.5-lite", 0);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final MilvusConnection milvus =
      MilvusConnection.create(
          vertx,
          MilvusOptions.defaults()
              .withEndpoint(server.endpoint())
              .withCallTimeout(LONG)
              .withGuard(
                  new GuardOptions(
                      4, 4, 4, 0.5, Duration.ofSeconds(30), 1, Duration.ofSeconds(30), 1)),
          ticker,
          registry);

  @AfterEach
  void close() {
    await(milvus.close());
    server.close();
    await(vertx.close());
  }

  @Test
  void completesOnTheCallersContext() {
    connect();
    Promise<Boolean> same = Promise.promise();
    var context = vertx.getOrCreateContext();
    context.runOnContext(
        _ ->
            search(LONG, new Cancellation())
                .onComplete(_ -> same.complete(vertx.getOrCreateContext() == context)));
    assertTrue(await(same.future()));
    assertEquals(1, calls("ok"));
  }

  @Test
  void tellsCapabilitiesByVersion() {
    connect();
    assertEquals(new MilvusCapabilities("v2.3.5-lite", false, false, false), milvus.capabilities());
    assertEquals(
        new MilvusCapabilities("2.6.4", true, true, false), MilvusCapabilities.of("2.6.4"));
    assertEquals(
        new MilvusCapabilities("v2.5.0", true, false, false), MilvusCapabilities.of("v2.5.0"));
    assertEquals(
        new MilvusCapabilities("milvus_lite-3.2.2", false, false, true),
        MilvusCapabilities.of("milvus_lite-3.2.2"));
  }

  @Test
  void theDeadlineEndsTheCallOnTheWire() {
    connect();
    server.now(new FakeMilvus.Habit.Hangs());
    var call = search(Duration.ofSeconds(3), new Cancellation());
    eventually(() -> server.hanging() == 1);
    assertEquals(new MilvusFailure.Expired(), failure(call));
    server.cancelled().join();
    eventually(() -> milvus.underWay() == 0);
  }

  @Test
  void aDeadlineThatHasPassedReachesNobody() {
    connect();
    assertEquals(
        new MilvusFailure.Expired(), failure(search(Duration.ofMillis(-1), new Cancellation())));
    assertEquals(List.of(), server.searches());
  }

  @Test
  void aCallerWhoLeavesEndsTheCallAndIsNotHeldAgainstTheServer() {
    connect();
    server.now(new FakeMilvus.Habit.Hangs());
    for (var i = 1; i <= 6; i++) {
      var caller = new Cancellation();
      var call = search(LONG, caller);
      var hanging = i;
      eventually(() -> server.hanging() == hanging);
      caller.cancel();
      assertEquals(new MilvusFailure.Cancelled(), failure(call));
      eventually(() -> milvus.underWay() == 0);
    }
    server.cancelled().join();
    server.now(new FakeMilvus.Habit.Answers());
    await(search(LONG, new Cancellation()));
  }

  @Test
  void refusesWhatItHasNoRoomFor() {
    connect();
    server.now(new FakeMilvus.Habit.Hangs());
    var caller = new Cancellation();
    var calls = new ArrayList<Future<Integer>>();
    for (var i = 0; i < 4; i++) {
      calls.add(search(LONG, caller));
    }
    assertInstanceOf(MilvusFailure.Refused.class, failure(search(LONG, caller)));
    caller.cancel();
    calls.forEach(call -> assertEquals(new MilvusFailure.Cancelled(), failure(call)));
  }

  @Test
  void readsMilvusErrors() {
    connect();
    assertEquals(
        new MilvusFailure.NotReady(101, "collection not loaded"),
        answer(101, "collection not loaded"));
    assertEquals(
        new MilvusFailure.Wrong(100, "collection not found"), answer(100, "collection not found"));
    assertEquals(
        new MilvusFailure.Wrong(65535, "cannot parse expression: x"),
        answer(65535, "cannot parse expression: x"));
    assertEquals(new MilvusFailure.Broken(5, "internal"), answer(5, "internal"));
    assertEquals(1, calls("not_ready"));
    assertEquals(2, calls("wrong"));
  }

  @Test
  void pausesWhenCallsFailAndSaysForHowLong() {
    connect();
    for (var i = 0; i < 4; i++) {
      answer(101, "collection not loaded");
    }
    var refused = assertInstanceOf(MilvusFailure.Refused.class, answer(0, ""));
    assertEquals(Duration.ofSeconds(30), refused.retryAfter());
    assertEquals(4, server.searches().size());
  }

  @Test
  void connectsAgainAfterALossByItself() {
    connect();
    var port = server.port();
    server.close();
    // The SDK would wait for the server; ours looks for itself and fails the calls that follow.
    eventually(
        () -> {
          var call = search(Duration.ofMillis(100), new Cancellation());
          nanos.addAndGet(Duration.ofSeconds(2).toNanos());
          var failure = failure(call);
          return failure instanceof MilvusFailure.Unreachable && milvus.down().isPresent();
        });
    server = FakeMilvus.start("v2.6.1", port);
    eventually(() -> milvus.down().isEmpty());
    assertTrue(milvus.capabilities().searchByIds());
  }

  @Test
  void startsWithoutAServerAndFindsItLater() {
    var port = server.port();
    server.close();
    assertInstanceOf(MilvusFailure.Unreachable.class, failure(milvus.start()));
    assertInstanceOf(MilvusFailure.Unreachable.class, failure(search(LONG, new Cancellation())));
    server = FakeMilvus.start("v2.3.5", port);
    eventually(() -> milvus.down().isEmpty());
    await(search(LONG, new Cancellation()));
  }

  /** As one does that is just being closed: the system still takes connections for it. */
  @Test
  void aPortThatNobodyAnswersBehindIsUnreachable() throws Exception {
    try (var silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      var options = MilvusOptions.defaults();
      var deaf =
          MilvusConnection.create(
              vertx,
              new MilvusOptions(
                  "127.0.0.1:" + silent.getLocalPort(),
                  "",
                  "",
                  Duration.ofMillis(300),
                  options.reconnectAfter(),
                  options.callTimeout(),
                  options.patience(),
                  options.guard()),
              ticker,
              registry);
      assertInstanceOf(MilvusFailure.Unreachable.class, failure(deaf.start()));
      await(deaf.close());
    }
  }

  /** Throws at the question that a new connection begins with, unless it has nothing to throw. */
  private static final class Sdk extends MilvusClientV2 {
    private final @Nullable Throwable thrown;
    private final AtomicInteger closed = new AtomicInteger();

    Sdk(@Nullable Throwable thrown) {
      super(null);
      this.thrown = thrown;
    }

    @Override
    public String getServerVersion() {
      switch (thrown) {
        case RuntimeException failed -> throw failed;
        case Error broken -> throw broken;
        case null, default -> {}
      }
      return "2.6.1";
    }

    @Override
    public void close(long seconds) {
      closed.incrementAndGet();
    }
  }

  @Test
  void whateverAConnectionBeginsWithThrowsItIsClosedAndAnotherOneMade() {
    var made =
        List.of(
            new Sdk(new IllegalStateException("no version")),
            new Sdk(new ExpectedError()),
            new Sdk(null));
    var next = made.iterator();
    var fickle =
        new MilvusConnection(
            vertx, milvus.options(), ticker, new SimpleMeterRegistry(), next::next);
    assertEquals(new MilvusFailure.Broken(0, "no version"), failure(fickle.start()));
    eventually(() -> fickle.down().isEmpty());
    assertEquals(List.of(1, 1, 0), made.stream().map(sdk -> sdk.closed.get()).toList());
    // The one that is used is closed when its last user has left it, and its other users cannot.
    var entered = new CompletableFuture<Void>();
    var leave = new CompletableFuture<Void>();
    var call =
        fickle.call(
            "hold",
            Deadline.after(LONG, ticker),
            new Cancellation(),
            _ -> {
              entered.complete(null);
              return leave.join();
            });
    entered.join();
    await(fickle.close());
    assertEquals(0, made.getLast().closed.get());
    leave.complete(null);
    await(call);
    eventually(() -> made.getLast().closed.get() == 1);
  }

  @Test
  void workThatBreaksGivesItsTicketBackFirst() {
    connect();
    for (var i = 0; i < 3; i++) {
      var broken =
          milvus.call(
              "break",
              Deadline.after(LONG, ticker),
              new Cancellation(),
              _ -> {
                throw new ExpectedError();
              });
      assertEquals(new MilvusFailure.Broken(0, "expected"), failure(broken));
      assertEquals(0, milvus.underWay());
    }
  }

  /** Without a stack: the thread that it ends prints it. */
  private static final class ExpectedError extends Error {
    private static final long serialVersionUID = 1L;

    ExpectedError() {
      super("expected", null, false, false);
    }
  }

  @Test
  void aClosedConnectionMakesNoCalls() {
    connect();
    await(milvus.close());
    assertEquals(
        new MilvusFailure.Unreachable("closed"), failure(search(LONG, new Cancellation())));
  }

  @Test
  void theTokenIsNotPrinted() {
    var options = MilvusOptions.defaults();
    var secret =
        new MilvusOptions(
            options.endpoint(),
            "root:Milvus",
            "",
            options.connectTimeout(),
            options.reconnectAfter(),
            options.callTimeout(),
            options.patience(),
            options.guard());
    assertFalse(secret.toString().contains("Milvus,"), secret::toString);
    assertFalse(secret.toString().contains("root"), secret::toString);
  }

  @Test
  void refusesAnEndpointThatIsNone() {
    for (var wrong : List.of("milvus", "http://", "ftp://a:1", "a:b")) {
      assertSame(
          IllegalArgumentException.class,
          assertThrows(
                  IllegalArgumentException.class,
                  () -> MilvusOptions.defaults().withEndpoint(wrong))
              .getClass());
    }
    assertEquals("https", MilvusOptions.defaults().withEndpoint("https://a:1").uri().getScheme());
  }

  private void connect() {
    await(milvus.start());
  }

  private Future<Integer> search(Duration within, Cancellation caller) {
    return milvus.call(
        "search", Deadline.after(within, ticker), caller, MilvusConnectionTest::search);
  }

  private static int search(MilvusClientV2 client) {
    return client
        .search(
            SearchReq.builder()
                .collectionName("items")
                .data(List.of(new FloatVec(new float[] {1, 2})))
                .topK(1)
                .build())
        .getSearchResults()
        .size();
  }

  private MilvusFailure answer(int code, String reason) {
    server.now(new FakeMilvus.Habit.Fails(code, reason));
    return failure(search(LONG, new Cancellation()));
  }

  private long calls(String outcome) {
    return registry.get("trawl.milvus.call").tag("outcome", outcome).timer().count();
  }

  private static MilvusFailure failure(Future<?> call) {
    var thrown =
        assertThrows(
            ExecutionException.class,
            () -> call.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS));
    var failed = assertInstanceOf(MilvusCallFailed.class, thrown.getCause());
    assertEquals(failed.failure().text(), failed.getMessage());
    // What callers may read names no address and quotes nobody.
    assertTrue(failed.why().matches("[A-Za-z ]+"), failed.why());
    return failed.failure();
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Looks again on every turn of a timer until it is so. */
  private void eventually(BooleanSupplier so) {
    for (var looks = 0; !so.getAsBoolean(); looks++) {
      assertTrue(looks < 2_000, "it never came to be");
      await(vertx.timer(10, TimeUnit.MILLISECONDS));
    }
  }
}
