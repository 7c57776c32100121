package io.trawl.bench.attack;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * gRPC calls whose messages are too long for one window, so that a library has to mind the windows;
 * a connection each.
 */
final class GrpcCalls implements AutoCloseable {

  private static final Buffer MEBIBYTE = Buffer.buffer(new byte[1 << 20]);

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http;
  private final int port;
  private final AtomicInteger ended = new AtomicInteger();

  GrpcCalls(int port, int connections) {
    this.port = port;
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setLocalAddress(local())
                .setHttp2MultiplexingLimit(1),
            new PoolOptions().setHttp2MaxSize(connections));
  }

  /** The strangers' address, or null where the system has none. */
  private static @Nullable String local() {
    return System.getProperty("os.name").equals("Linux") ? Peer.STRANGER : null;
  }

  private Future<HttpClientRequest> open(String path) {
    return http.request(
            new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI(path))
        .map(
            request ->
                request
                    .putHeader("content-type", "application/grpc")
                    .putHeader("te", "trailers")
                    .setChunked(true)
                    .exceptionHandler(_ -> {}));
  }

  /** Sends a message but for its last byte, and waits for what comes of it. */
  void leaveUnfinished(String path, int messageBytes) {
    open(path)
        .onComplete(
            request -> {
              request.response().onComplete(_ -> ended.incrementAndGet());
              request.write(Buffer.buffer(Http2.message(messageBytes, new byte[0])));
              pump(request, messageBytes - 1);
            },
            _ -> ended.incrementAndGet());
  }

  private static void pump(HttpClientRequest request, int left) {
    int rest = left;
    while (rest > 0 && !request.writeQueueFull()) {
      int next = Math.min(rest, MEBIBYTE.length());
      request.write(MEBIBYTE.slice(0, next));
      rest -= next;
    }
    if (rest > 0) {
      int after = rest;
      request.drainHandler(_ -> pump(request, after));
    }
  }

  /** Sends a message so many times over one call, as fast as they are taken. */
  void stream(String path, byte[] message, int times) {
    Buffer framed = Buffer.buffer(Http2.message(message.length, message));
    open(path)
        .onComplete(
            request -> {
              request.response().onComplete(_ -> ended.incrementAndGet());
              pump(request, framed, times);
            },
            _ -> ended.incrementAndGet());
  }

  private static void pump(HttpClientRequest request, Buffer message, int times) {
    int rest = times;
    while (rest > 0 && !request.writeQueueFull()) {
      request.write(message);
      rest--;
    }
    if (rest > 0) {
      int after = rest;
      request.drainHandler(_ -> pump(request, message, after));
    }
  }

  /** Calls that were answered or cut. */
  int ended() {
    return ended.get();
  }

  /** A whole call; its status, or how it failed. */
  String call(String path, byte[] message, Duration deadline, Duration patience)
      throws InterruptedException {
    return call(path, "identity", Http2.message(message.length, message), deadline, patience);
  }

  /** The same, the message packed. */
  String callPacked(String path, byte[] gzipped, Duration deadline, Duration patience)
      throws InterruptedException {
    var framed = Http2.message(gzipped.length, gzipped);
    framed[0] = 1;
    return call(path, "gzip", framed, deadline, patience);
  }

  private String call(
      String path, String encoding, byte[] framed, Duration deadline, Duration patience)
      throws InterruptedException {
    var answer =
        open(path)
            .compose(
                request ->
                    request
                        .putHeader("grpc-timeout", deadline.toMillis() + "m")
                        .putHeader("grpc-encoding", encoding)
                        .send(Buffer.buffer(framed))
                        .compose(
                            response ->
                                response
                                    .body()
                                    .map(
                                        _ -> {
                                          var head = response.getHeader("grpc-status");
                                          return "grpc "
                                              + (head == null
                                                  ? response.getTrailer("grpc-status")
                                                  : head);
                                        })));
    try {
      return answer
          .toCompletionStage()
          .toCompletableFuture()
          .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      return "failed: " + failed.getCause();
    } catch (TimeoutException _) {
      return "no answer in " + patience.toSeconds() + " s";
    }
  }

  @Override
  public void close() {
    http.close();
    vertx.close();
  }
}
