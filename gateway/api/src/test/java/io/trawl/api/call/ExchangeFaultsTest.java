package io.trawl.api.call;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Message;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.api.Gateway;
import io.trawl.api.ManualTicker;
import io.trawl.api.TestLimits;
import io.trawl.api.v1.RetrieveResponse;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortLimits;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a request took is given back exactly once, whatever is thrown where: a place that is lost is
 * one that nobody gets again until the gateway is started anew.
 */
class ExchangeFaultsTest {

  private final Vertx vertx = Vertx.vertx();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicInteger closed = new AtomicInteger();
  private final PortWatch ports =
      new PortWatch(PortLimits.DEFAULT, new MemoryBudget(1 << 20, 1 << 20), System::nanoTime);
  private final Admission admission =
      new Admission(ApiOptions.Work.defaults(), new ManualTicker(), () -> false, registry);
  private final Edge edge =
      new Edge(
          vertx,
          TestLimits.small(),
          Gateway.options(1, 8, Duration.ofMinutes(10)),
          new ApiMetrics(registry, new ManualTicker()),
          new Connections(ports),
          admission,
          new Reading(admission, work -> Future.succeededFuture(work.get())),
          () -> "made");
  private final HttpConnection connection =
      (HttpConnection)
          Proxy.newProxyInstance(
              HttpConnection.class.getClassLoader(),
              new Class<?>[] {HttpConnection.class},
              (_, method, _) -> {
                if (method.getName().equals("close")) {
                  closed.incrementAndGet();
                }
                return switch (method.getName()) {
                  case "hashCode" -> 1;
                  case "getWindowSize" -> -1;
                  default -> null;
                };
              });

  @AfterEach
  void close() {
    Gateway.await(vertx.close());
  }

  static Stream<Supplier<Throwable>> faults() {
    return Stream.of(
        () -> new IllegalStateException("a bug"),
        () -> new AssertionError("a broken promise"),
        () -> new StackOverflowError("too deep"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aCallThatThrowsIsAnsweredAsFailed(Supplier<Throwable> fault) {
    run(exchange -> exchange.answerWith(() -> sneak(fault)));
    assertEnded(CallEnding.FAILED, 1);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aCallThatFailsIsAnsweredAsFailed(Supplier<Throwable> fault) {
    run(exchange -> exchange.answerWith(() -> Future.failedFuture(fault.get())));
    assertEnded(CallEnding.FAILED, 1);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void anAnswerThatCannotBeWrittenIsCutOff(Supplier<Throwable> fault) {
    var exchange =
        run(
            it -> {
              it.writing = () -> sneak(fault);
              it.answerWith(() -> Future.succeededFuture(answer()));
            });
    assertEnded(CallEnding.FAILED, 0);
    assertTrue(exchange.cut);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void anUpdateThatCannotBeWrittenEndsTheStream(Supplier<Throwable> fault) {
    run(
        exchange -> {
          exchange.updating = () -> sneak(fault);
          exchange.offer("made", 0, answer().message());
        });
    assertEnded(CallEnding.FAILED, 1);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aCancellationThatThrowsGivesThePlaceBack(Supplier<Throwable> fault) {
    run(
        exchange -> {
          exchange.caller(Long.MAX_VALUE).cancellation().onCancel(() -> sneak(fault));
          assertThrows(fault.get().getClass(), exchange::gone);
        });
    assertEnded(CallEnding.CANCELLED, 0);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aMeterThatThrowsHurtsNobody(Supplier<Throwable> fault) {
    registry.config().onMeterAdded(_ -> sneak(fault));
    run(exchange -> exchange.answer(answer()));
    assertEquals(0, edge.metrics().inFlight());
    edge.connections().drain(Duration.ofSeconds(1), _ -> Future.succeededFuture());
    assertEquals(1, closed.get());
  }

  @Test
  void aCallThatNeverCompletesIsHeldUntilTheCallerLeaves() {
    var exchange = run(it -> it.answerWith(() -> Promise.<CallReply>promise().future()));
    assertEquals(1, edge.metrics().inFlight());
    on(exchange, CallExchange::gone);
    on(exchange, CallExchange::gone);
    assertEnded(CallEnding.CANCELLED, 0);
  }

  @Test
  void aSecondEndingIsABugThatIsHeard() {
    edge.connections().opened(connection);
    var admission = InFlight.of(edge, "http", connection);
    admission.end(CallEnding.ANSWERED, 0, 0, Future.succeededFuture());
    assertThrows(
        IllegalStateException.class,
        () -> admission.end(CallEnding.CANCELLED, 0, 0, Future.succeededFuture()));
    assertEquals(0, edge.metrics().inFlight());
  }

  private void assertEnded(CallEnding how, int answers) {
    assertEquals(0, edge.metrics().inFlight());
    assertEquals(1, registry.get("trawl.requests").tag("outcome", how.label()).counter().count());
    assertEquals(answers, written.get());
    edge.connections().drain(Duration.ofSeconds(1), _ -> Future.succeededFuture());
    assertEquals(1, closed.get(), "a connection without work is closed by a drain");
  }

  private final AtomicInteger written = new AtomicInteger();

  private TestExchange run(Consumer<TestExchange> steps) {
    edge.connections().opened(connection);
    var made = new CompletableFuture<TestExchange>();
    vertx.runOnContext(_ -> complete(made, () -> new TestExchange(edge, connection)));
    var exchange = Gateway.await(made);
    on(exchange, steps);
    return exchange;
  }

  private void on(TestExchange exchange, Consumer<TestExchange> steps) {
    var done = new CompletableFuture<Boolean>();
    exchange.at.runOnContext(
        _ ->
            complete(
                done,
                () -> {
                  steps.accept(exchange);
                  return true;
                }));
    Gateway.await(done);
  }

  private static <T> void complete(CompletableFuture<T> future, Supplier<T> value) {
    try {
      future.complete(value.get());
    } catch (RuntimeException | Error thrown) {
      future.completeExceptionally(thrown);
    }
  }

  private static CallReply.Answer answer() {
    return new CallReply.Answer("made", RetrieveResponse.getDefaultInstance());
  }

  private static <T> T sneak(Supplier<Throwable> fault) {
    var thrown = fault.get();
    if (thrown instanceof RuntimeException bug) {
      throw bug;
    }
    throw (Error) thrown;
  }

  /** A protocol whose writing a test breaks. */
  private final class TestExchange extends CallExchange {

    final io.vertx.core.Context at = vertx.getOrCreateContext();
    Supplier<Written> writing = () -> new Written(Future.succeededFuture(), 1);
    Runnable updating = () -> {};
    volatile boolean cut;

    TestExchange(Edge edge, HttpConnection connection) {
      super(edge, "http", connection);
    }

    @Override
    protected Written write(CallReply reply) {
      var how = writing.get();
      written.incrementAndGet();
      return how;
    }

    @Override
    protected void stream() {}

    @Override
    protected boolean writable() {
      return true;
    }

    @Override
    protected void writeUpdate(String requestId, Message update) {
      updating.run();
    }

    @Override
    protected void cutOff() {
      cut = true;
    }
  }
}
