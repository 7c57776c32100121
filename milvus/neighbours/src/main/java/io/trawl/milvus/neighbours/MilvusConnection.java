package io.trawl.milvus.neighbours;

import io.micrometer.core.instrument.MeterRegistry;
import io.milvus.v2.client.ConnectConfig;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.client.RetryConfig;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.source.Cancellation;
import io.trawl.workers.guard.Guard;
import io.trawl.workers.guard.Refusal;
import io.trawl.workers.guard.Ticket;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one Milvus, for callers that must not wait.
 *
 * <p>The SDK blocks, retries up to 75 times, and waits without end for a server that is gone. So
 * each call runs on a virtual thread of its own, of which the guard bounds the number; the SDK's
 * retries are off; and a call's deadline and its caller's going away interrupt the thread, which
 * ends the call on the wire at once. The thread gives its ticket back when it is truly free.
 *
 * <p>The layers of a call, outermost first: the deadline, since an expired call is nobody's fault;
 * the connection, since a server known to be gone needs no breaker to say so; the guard's bound and
 * breaker; the call.
 *
 * <p>The SDK's channel comes back by itself after a loss, but backs off for up to minutes. So a
 * call that finds nobody, or that ran out of an ample time, makes this look for itself: a TCP
 * connect, then a new connection, again and again after a short pause. Until that works calls fail
 * at once.
 */
public final class MilvusConnection {

  private static final Logger LOG = LoggerFactory.getLogger(MilvusConnection.class);

  /** A new connection is not doubted before: a slow server must not be connected to for ever. */
  private static final Duration SOUND_FOR = Duration.ofSeconds(1);

  private static final ThreadFactory THREADS =
      Thread.ofVirtual().name("trawl-milvus-", 0).factory();

  /** What is known of the server. */
  private sealed interface Link {
    record Up(SharedClient client, long sinceNanos) implements Link {}

    record Down(String why) implements Link {}
  }

  private final Vertx vertx;
  private final MilvusOptions options;
  private final Ticker ticker;
  private final MeterRegistry registry;
  private final Supplier<MilvusClientV2> dial;
  private final Guard guard;
  private final AtomicReference<Link> link = new AtomicReference<>(new Link.Down("not started"));
  private final AtomicBoolean checking = new AtomicBoolean();
  private volatile MilvusCapabilities capabilities = MilvusCapabilities.NONE;
  private volatile boolean closed;

  /**
   * @param dial makes a client of the SDK; blocks, on a virtual thread
   */
  MilvusConnection(
      Vertx vertx,
      MilvusOptions options,
      Ticker ticker,
      MeterRegistry registry,
      Supplier<MilvusClientV2> dial) {
    this.vertx = vertx;
    this.options = options;
    this.ticker = ticker;
    this.registry = registry;
    this.dial = dial;
    this.guard = Guard.of("milvus", options.guard(), ticker::nanos);
    guard.bindTo(registry);
  }

  /** Connects to nothing yet; {@link #start} does. */
  public static MilvusConnection create(
      Vertx vertx, MilvusOptions options, Ticker ticker, MeterRegistry registry) {
    return new MilvusConnection(vertx, options, ticker, registry, () -> dial(options));
  }

  /**
   * Connects, and stays connected from now on.
   *
   * @return how the first attempt went; after one that failed it goes on trying all the same
   */
  public Future<Void> start() {
    Promise<Void> first = Promise.promise();
    var context = vertx.getOrCreateContext();
    if (checking.compareAndSet(false, true)) {
      check(
          failure ->
              context.runOnContext(
                  _ -> {
                    if (failure == null) {
                      first.tryComplete();
                    } else {
                      first.tryFail(new MilvusCallFailed(failure));
                    }
                  }));
    } else {
      first.fail(new IllegalStateException("it is started"));
    }
    return first.future();
  }

  /** Ends the connection; calls under way may finish. */
  public Future<Void> close() {
    closed = true;
    Promise<Void> done = Promise.promise();
    var context = vertx.getOrCreateContext();
    var last = link.getAndSet(new Link.Down("closed"));
    THREADS
        .newThread(
            () -> {
              retire(last);
              context.runOnContext(_ -> done.tryComplete());
            })
        .start();
    return done.future();
  }

  /** What the server last connected to can do. */
  public MilvusCapabilities capabilities() {
    return capabilities;
  }

  /** Why nobody can be asked now; empty while connected. */
  public Optional<String> down() {
    return link.get() instanceof Link.Down(var why) ? Optional.of(why) : Optional.empty();
  }

  public MilvusOptions options() {
    return options;
  }

  /** Calls whose threads have not ended. */
  int underWay() {
    return guard.underWay();
  }

  /**
   * Makes one call.
   *
   * @param operation its name in metrics
   * @param deadline until when it may take, {@link MilvusOptions#callTimeout} at most
   * @param cancellation ends it when it fires
   * @param work blocks, on a virtual thread; ends soon after an interrupt, as the SDK's calls do
   * @return what the work gave, on the caller's context; or a failure of {@link MilvusCallFailed}
   */
  <T> Future<T> call(
      String operation,
      Deadline deadline,
      Cancellation cancellation,
      Function<MilvusClientV2, T> work) {
    if (deadline.passed(ticker)) {
      return failed(operation, new MilvusFailure.Expired());
    }
    if (link.get() instanceof Link.Down(var why)) {
      return failed(operation, new MilvusFailure.Unreachable(why));
    }
    return switch (guard.tryAcquire()) {
      case Refusal refusal -> failed(operation, refused(refusal));
      case Ticket ticket ->
          new MilvusCall<T>(operation, this::entered, ticket, vertx, options, ticker, this::ended)
              .start(deadline, cancellation, THREADS, work);
    };
  }

  /** The client of now, entered; null while there is none. */
  private @Nullable SharedClient entered() {
    while (link.get() instanceof Link.Up(var client, _)) {
      // One that was retired was replaced before.
      if (client.enter()) {
        return client;
      }
    }
    return null;
  }

  private <T> Future<T> failed(String operation, MilvusFailure failure) {
    count(operation, failure.label(), 0);
    return Future.failedFuture(new MilvusCallFailed(failure));
  }

  private static MilvusFailure refused(Refusal refusal) {
    return switch (refusal) {
      case Refusal.Full(var concurrency) ->
          new MilvusFailure.Refused(
              concurrency + " calls are under way, which is all that may", Duration.ZERO);
      case Refusal.Open(var retryAfter) ->
          new MilvusFailure.Refused("too many calls failed lately", retryAfter);
    };
  }

  private void ended(
      String operation,
      @Nullable MilvusFailure failure,
      long elapsedNanos,
      @Nullable SharedClient client) {
    count(operation, failure == null ? "ok" : failure.label(), elapsedNanos);
    var lost =
        failure instanceof MilvusFailure.Unreachable
            || (failure instanceof MilvusFailure.Expired
                && elapsedNanos >= options.patience().toNanos());
    if (lost && link.get() instanceof Link.Up up && up.client() == client) {
      suspect(up);
    }
  }

  private void count(String operation, String outcome, long elapsedNanos) {
    registry
        .timer("trawl.milvus.call", "operation", operation, "outcome", outcome)
        .record(Duration.ofNanos(elapsedNanos));
  }

  private void suspect(Link.Up up) {
    if (closed || !checking.compareAndSet(false, true)) {
      return;
    }
    var waitNanos = up.sinceNanos() + SOUND_FOR.toNanos() - ticker.nanos();
    if (waitNanos <= 0) {
      check(_ -> {});
    } else {
      vertx.setTimer(Math.max(1, TimeUnit.NANOSECONDS.toMillis(waitNanos)), _ -> check(_ -> {}));
    }
  }

  /** Told how an attempt went, null where it worked. */
  @FunctionalInterface
  private interface Attempted {
    void ended(@Nullable MilvusFailure failure);
  }

  /** One attempt to connect anew, followed by more until one works. */
  private void check(Attempted attempted) {
    THREADS
        .newThread(
            () -> {
              var failure = connect();
              if (failure == null || closed) {
                checking.set(false);
              } else {
                vertx.setTimer(options.reconnectAfter().toMillis(), _ -> check(_ -> {}));
              }
              attempted.ended(failure);
            })
        .start();
  }

  /** Nothing that is thrown here may end the attempts. */
  private @Nullable MilvusFailure connect() {
    try {
      knock();
      SharedClient.open(dial, this::up);
      return null;
    } catch (IOException refused) {
      return down(new MilvusFailure.Unreachable(options.endpoint() + ": " + refused.getMessage()));
    } catch (RuntimeException failed) {
      return down(unlessSilent(SdkErrors.of(failed)));
    } catch (Error broken) {
      LOG.error("connecting to Milvus at {} broke", options.endpoint(), broken);
      return down(SdkErrors.of(broken));
    }
  }

  /** A port may take a connection that nobody answers, as one does that is just being closed. */
  private MilvusFailure unlessSilent(MilvusFailure failure) {
    return failure instanceof MilvusFailure.Expired
        ? new MilvusFailure.Unreachable(
            "%s: no answer within %d ms"
                .formatted(options.endpoint(), options.connectTimeout().toMillis()))
        : failure;
  }

  /** The SDK would wait for its whole timeout where nobody listens. */
  private void knock() throws IOException {
    var uri = options.uri();
    try (var socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(uri.getHost(), uri.getPort()),
          Math.toIntExact(options.connectTimeout().toMillis()));
    }
  }

  private static MilvusClientV2 dial(MilvusOptions options) {
    var config =
        ConnectConfig.builder()
            .uri(options.uri().toString())
            .connectTimeoutMs(options.connectTimeout().toMillis())
            .rpcDeadlineMs(options.callTimeout().toMillis());
    if (!options.token().isEmpty()) {
      config.token(options.token());
    }
    var client = new MilvusClientV2(config.build());
    client.retryConfig(RetryConfig.builder().maxRetryTimes(1).build());
    return client;
  }

  private void up(SharedClient client, String version) {
    var said = MilvusCapabilities.of(version);
    if (!said.equals(capabilities)) {
      capabilities = said;
      LOG.info(
          "Milvus {} at {}: filter templates {}, search by ids {}",
          said.version(),
          options.endpoint(),
          said.filterTemplates() ? "yes" : "no, values go into the filter's text",
          said.searchByIds() ? "yes" : "no, by their vectors");
    }
    var before = link.getAndSet(new Link.Up(client, ticker.nanos()));
    if (before instanceof Link.Down(var why)) {
      LOG.info("connected to Milvus at {} (before: {})", options.endpoint(), why);
    }
    retire(before);
    if (closed) {
      retire(link.getAndSet(new Link.Down("closed")));
    }
  }

  private MilvusFailure down(MilvusFailure failure) {
    var before = link.getAndSet(new Link.Down(closed ? "closed" : failure.text()));
    if (before instanceof Link.Up) {
      LOG.warn("lost Milvus at {}: {}", options.endpoint(), failure.text());
    }
    retire(before);
    return failure;
  }

  private static void retire(Link link) {
    if (link instanceof Link.Up(var client, _)) {
      client.retire();
    }
  }
}
