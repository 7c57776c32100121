package io.trawl.workers.wire;

import static io.trawl.workers.wire.SmallServer.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Vert.x' gRPC server looks at as many prefixes of a path as it has slashes. */
@NullMarked
final class GrpcServersTest {
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    await(vertx.close());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/x", "//", "/x/", "/x/y/z", "/x/y/", "////////////////////////"})
  void whatCannotBeAMethodHasAShortPath(String path) {
    var seen = new CompletableFuture<String>();
    ask(path, request -> answer(request, seen));
    assertEquals(path.equals("//") || path.equals("/x/") ? path : "/unknown", seen.join());
  }

  @Test
  void aLongPathIsShortTooAndAMethodIsItself() {
    var seen = new CompletableFuture<String>();
    ask("/a/" + "b".repeat(300), request -> answer(request, seen));
    assertEquals("/unknown", seen.join());
    var method = new CompletableFuture<String>();
    ask("/grpc.health.v1.Health/Check", request -> answer(request, method));
    assertEquals("/grpc.health.v1.Health/Check", method.join());
  }

  /** As a server answers to whom it knows no method for. */
  @Test
  void whatIsNoMethodIsUnimplemented() {
    var grpc = GrpcServers.overHttp2(vertx, 1 << 20);
    var refused = ask("/".repeat(3900), grpc);
    assertEquals("12", refused.getHeader("grpc-status"));
    assertEquals("Method not found: unknown", refused.getHeader("grpc-message"));
    assertEquals("12", ask("/other.Service/Call", grpc).getHeader("grpc-status"));
  }

  /** What would be of it is told at the end: the library's own answer decodes what it has kept. */
  @Test
  void aMessageThatWasHandedOnIsNotKept() {
    var got = new CompletableFuture<Integer>();
    var kept = new CompletableFuture<Buffer>();
    var grpc = GrpcServers.overHttp2(vertx, 1 << 20);
    grpc.callHandler(
        request -> {
          GrpcServers.receive(request, message -> got.complete(message.payload().length()));
          request.endHandler(
              _ -> {
                request.last().onSuccess(kept::complete).onFailure(kept::completeExceptionally);
                request.response().end();
              });
        });
    ask("/x/y", Buffer.buffer(new byte[] {0, 0, 0, 0, 3, 1, 2, 3}), grpc);
    assertEquals(3, got.join());
    assertTrue(kept.isCompletedExceptionally(), "a message is kept");
  }

  private static void answer(HttpServerRequest request, CompletableFuture<String> seen) {
    seen.complete(request.path());
    request.response().end();
  }

  private HttpClientResponse ask(String path, Handler<HttpServerRequest> behind) {
    return ask(path, Buffer.buffer(), behind);
  }

  private HttpClientResponse ask(String path, Buffer body, Handler<HttpServerRequest> behind) {
    var server =
        await(
            vertx
                .createHttpServer()
                .requestHandler(GrpcServers.before(behind))
                .listen(0, "127.0.0.1"));
    var client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    return await(
        client
            .request(HttpMethod.POST, server.actualPort(), "127.0.0.1", path)
            .map(request -> request.putHeader("content-type", "application/grpc"))
            .compose(request -> request.send(body))
            .compose(response -> response.end().map(response)));
  }
}
