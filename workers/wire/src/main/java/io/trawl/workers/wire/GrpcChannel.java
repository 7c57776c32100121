package io.trawl.workers.wire;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.MessageLite;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;

/**
 * What the calls of one client to one server share: connections, clock and the bound of a message.
 * Connects with the first call. Safe for any thread.
 */
public final class GrpcChannel {

  /** Far enough for any budget, near enough for a sum with the ticker never to overflow. */
  private static final Duration LONGEST_BUDGET = Duration.ofDays(1);

  final VertxInternal vertx;
  final HttpClient http;
  final NanoClock ticker;
  final Alarm alarm;
  final int maxMessageBytes;

  private GrpcChannel(
      Vertx vertx, HttpClient http, NanoClock ticker, Alarm alarm, int maxMessageBytes) {
    this.vertx = (VertxInternal) vertx;
    this.http = http;
    this.ticker = requireNonNull(ticker, "ticker");
    this.alarm = requireNonNull(alarm, "alarm");
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * A channel over HTTP/2 in the clear, with prior knowledge: gRPC servers know no upgrade.
   *
   * @param server host, port, how long a connect may take, and the windows; the rest is set here
   * @param pool how many connections, and how many calls may wait for a free stream
   * @param maxMessageBytes largest message sent or received
   */
  public static GrpcChannel to(
      Vertx vertx,
      HttpClientOptions server,
      PoolOptions pool,
      int maxMessageBytes,
      NanoClock ticker,
      Alarm alarm) {
    var settings = new Http2Settings(server.getInitialSettings()).setPushEnabled(false);
    var options =
        new HttpClientOptions(server)
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setTcpNoDelay(true)
            .setInitialSettings(settings);
    HttpClient http =
        vertx
            .httpClientBuilder()
            .with(options)
            .with(pool)
            .withConnectHandler(ResetLimit::lift)
            .build();
    return new GrpcChannel(vertx, http, ticker, alarm, maxMessageBytes);
  }

  /**
   * Starts a call.
   *
   * @param path such as {@code /package.Service/Method}
   * @param question encoded once a connection is there
   * @param budget how long the server may take, from now on
   * @param grace how much longer its answer may be on its way
   * @param messages takes those of the answer
   */
  public GrpcCall call(
      String path, MessageLite question, Duration budget, Duration grace, GrpcMessages messages) {
    long deadlineNanos = ticker.nanos() + bounded(budget).toNanos();
    var call = new GrpcCall(this, path, question, deadlineNanos, grace.toNanos(), messages);
    call.start();
    return call;
  }

  /** A budget as it counts: none below zero, none beyond a day. */
  public static Duration bounded(Duration budget) {
    if (budget.compareTo(LONGEST_BUDGET) > 0) {
      return LONGEST_BUDGET;
    }
    return budget.isNegative() ? Duration.ZERO : budget;
  }

  /** Closes the connections; calls under way end as {@link GrpcOutcome.Unreachable}. */
  public Future<Void> close() {
    return ClientClose.of(http.close());
  }
}
