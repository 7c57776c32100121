package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.Empty;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * When a call is sent again: where the server proved that it never ran. All else about a call is
 * shown by the tests of its two users.
 */
class GrpcCallTest {

  private static final int NO_ERROR = 0;
  private static final int INTERNAL_ERROR = 2;
  private static final int REFUSED_STREAM = 7;
  private static final int ENHANCE_YOUR_CALM = 11;

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger arrived = new AtomicInteger();

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  @Test
  void aRefusedStreamIsSentAgain() throws Exception {
    assertEquals(new GrpcOutcome.Completed(), ask(once(reset(REFUSED_STREAM))));
    assertEquals(2, arrived.get());
  }

  @Test
  void aStreamBeyondTheLastOfAGoAwayIsSentAgainOnAnotherConnection() throws Exception {
    assertEquals(new GrpcOutcome.Completed(), ask(once(request -> goAway(request, 0))));
    assertEquals(2, arrived.get());
  }

  @Test
  void aCallIsSentTwiceAtMost() throws Exception {
    assertEquals(new GrpcOutcome.Reset(REFUSED_STREAM), ask(reset(REFUSED_STREAM)));
    assertEquals(2, arrived.get());
  }

  @Test
  void whatMayHaveRunIsNot() throws Exception {
    assertEquals(new GrpcOutcome.Reset(INTERNAL_ERROR), ask(once(reset(INTERNAL_ERROR))));
    assertEquals(new GrpcOutcome.Reset(ENHANCE_YOUR_CALM), ask(once(reset(ENHANCE_YOUR_CALM))));
    assertEquals(
        "Unreachable",
        ask(once(request -> request.connection().close())).getClass().getSimpleName());
    assertEquals(
        "Unreachable",
        ask(once(
                request -> {
                  goAway(request, request.response().streamId());
                  request.connection().close();
                }))
            .getClass()
            .getSimpleName());
    assertEquals(4, arrived.get());
  }

  @Test
  void theTimeoutHeaderHasEightDigitsAndNeverLessTime() {
    assertEquals("1u", GrpcCall.timeoutHeader(1));
    assertEquals("50000u", GrpcCall.timeoutHeader(TimeUnit.MILLISECONDS.toNanos(50)));
    assertEquals("99999999u", GrpcCall.timeoutHeader(99_999_999_000L));
    assertEquals("100000m", GrpcCall.timeoutHeader(99_999_999_001L));
    assertEquals("86400000m", GrpcCall.timeoutHeader(TimeUnit.DAYS.toNanos(1)));
    assertEquals("172800S", GrpcCall.timeoutHeader(TimeUnit.DAYS.toNanos(2)));
  }

  private static Handler<HttpServerRequest> reset(int code) {
    return request -> request.response().reset(code);
  }

  private static void goAway(HttpServerRequest request, int lastStream) {
    request.connection().goAway(NO_ERROR, lastStream);
  }

  /** Treats the first request so, and answers those after it. */
  private static Handler<HttpServerRequest> once(Handler<HttpServerRequest> first) {
    var treated = new AtomicInteger();
    return request -> {
      if (treated.getAndIncrement() == 0) {
        first.handle(request);
      } else {
        request
            .response()
            .putHeader("content-type", "application/grpc")
            .putTrailer("grpc-status", "0")
            .end(Buffer.buffer(new byte[GrpcFrame.PREFIX_BYTES]));
      }
    };
  }

  private GrpcOutcome ask(Handler<HttpServerRequest> server) throws Exception {
    HttpServer listening =
        await(
            vertx
                .createHttpServer()
                .requestHandler(
                    request -> {
                      arrived.incrementAndGet();
                      server.handle(request);
                    })
                .listen(0, "127.0.0.1"));
    GrpcChannel channel =
        GrpcChannel.to(
            vertx,
            new HttpClientOptions()
                .setDefaultHost("127.0.0.1")
                .setDefaultPort(listening.actualPort()),
            new PoolOptions(),
            1 << 20,
            NanoClock.system(),
            Alarm.of(vertx));
    var ample = Duration.ofMinutes(1);
    GrpcCall call =
        channel.call("/s/m", Empty.getDefaultInstance(), ample, Duration.ZERO, new OneMessage());
    GrpcOutcome outcome = await(call.outcome());
    await(channel.close());
    await(listening.close());
    return outcome;
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.await(60, TimeUnit.SECONDS);
  }
}
