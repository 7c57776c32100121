package io.trawl.app;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.domain.Ticker;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.search.SearchDriver;
import io.trawl.workers.process.OutOfMemory;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** A process whose memory is out, in a place that is named; it would go on for ever. */
final class Exhausted {

  private static final List<Object> HELD = new ArrayList<>();
  private static final int PIECE_BYTES = 1 << 20;

  private Exhausted() {}

  public static void main(String[] arguments) throws Exception {
    OutOfMemory.watch();
    var listen = TrawlConfig.defaults().listen();
    var vertx = Platform.vertx(new PrometheusMeterRegistry(PrometheusConfig.DEFAULT), listen);
    switch (arguments[0]) {
      case "heap" -> vertx.runOnContext(_ -> takeHeap());
      case "event-loop" -> vertx.runOnContext(_ -> takeDirect());
      case "compute" -> {
        var pool = new ComputePool(1, 1);
        // What becomes of the future is nobody's business any more.
        var _ =
            new SearchDriver(vertx, pool, Ticker.system())
                .compute(
                    () -> {
                      takeDirect();
                      return "";
                    });
      }
      case "thread" -> Thread.ofPlatform().start(Exhausted::takeDirect);
      case "cause" -> log(new IllegalStateException(new OutOfMemoryError("of a library")));
      case "netty" -> takeOfNetty(vertx);
      case "full-pipe" -> {
        fillTheLog();
        takeDirect();
      }
      case "native-thread" -> takeNativeThread();
      case "full-pipe-heap" -> {
        fillTheLog();
        vertx.runOnContext(_ -> takeMoreThanTheHeap());
      }
      case "full-pipe-native-thread" -> {
        fillTheLog();
        takeNativeThread();
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
    new CountDownLatch(1).await();
  }

  private static void takeHeap() {
    while (true) {
      HELD.add(new byte[PIECE_BYTES]);
    }
  }

  /** In one piece, so that there is room for what others need. */
  private static void takeMoreThanTheHeap() {
    HELD.add(new byte[1 << 30]);
  }

  private static void takeDirect() {
    while (true) {
      HELD.add(ByteBuffer.allocateDirect(PIECE_BYTES));
    }
  }

  /** With a stack that no machine has room for: of it the JVM warns by itself. */
  private static void takeNativeThread() {
    new Thread(null, () -> {}, "large", 1L << 46).start();
  }

  /** Until a thread waits for room in the pipe, in which there is none for a byte. */
  private static void fillTheLog() throws InterruptedException {
    // The system writes up to 4 KiB in one piece or waits with room left.
    var piece = "-".repeat(1 << 16).getBytes(StandardCharsets.US_ASCII);
    var writer =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  while (true) {
                    System.err.write(piece, 0, piece.length);
                  }
                });
    // The pipe has 64 KiB: it is full long before.
    writer.join(Duration.ofSeconds(1));
  }

  private static void log(Throwable caught) {
    LoggerFactory.getLogger(Exhausted.class).debug("caught", caught);
  }

  /** Of a connection's own buffers, by one who says nothing when there are no more. */
  private static void takeOfNetty(Vertx vertx) {
    vertx
        .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
        .connectionHandler(Exhausted::takeBuffers)
        .requestHandler(request -> request.response().end())
        .listen()
        .compose(
            server ->
                vertx
                    .createHttpClient()
                    .request(HttpMethod.GET, server.actualPort(), "127.0.0.1", "/")
                    .compose(request -> request.send()));
  }

  private static void takeBuffers(HttpConnection connection) {
    var buffers = ((ConnectionBase) connection).channel().alloc();
    try {
      while (true) {
        HELD.add(buffers.directBuffer(PIECE_BYTES));
      }
    } catch (Error swallowed) {
      HELD.clear();
    }
  }
}
