package io.trawl.workers.server.edge;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.server.repository.ModelControl;
import io.trawl.workers.server.repository.ModelLoader;
import io.trawl.workers.server.repository.Repository;
import io.trawl.workers.server.repository.RepositoryService;
import io.trawl.workers.server.run.RunLimits;
import io.trawl.workers.wire.HeapBytes;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Between the end of a caller's stream and the notice of it, the library refuses to write. */
final class GrpcStreamTest {
  private static final Path FOLDER = Path.of("models");

  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger over = new AtomicInteger();
  private final Map<String, Handler<Object>> handlers = new HashMap<>();

  private final GrpcServerResponse<?, ?> response =
      like(
          GrpcServerResponse.class,
          (self, method, _) ->
              switch (method.getName()) {
                case "write", "end" -> throw new IllegalStateException("closed");
                case "writeQueueFull" -> false;
                default -> self;
              });

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Test
  void itsEndGoesToNobody() {
    tell("endHandler", null);
  }

  @Test
  void itsRefusalGoesToNobody() {
    tell("invalidMessageHandler", null);
  }

  @Test
  void itsAnswerGoesToNobody() {
    byte[] asked = ModelInferRequest.newBuilder().setModelName("none").build().toByteArray();
    tell("messageHandler", GrpcMessage.message("identity", HeapBytes.wrap(asked)));
  }

  private void tell(String handler, @Nullable Object event) {
    var repository = new Repository();
    var loader =
        new ModelLoader(
            FOLDER,
            false,
            1,
            1,
            new RunLimits(Duration.ofSeconds(1), Duration.ofSeconds(1), _ -> {}),
            _ -> {
              throw new AssertionError("nothing is loaded");
            },
            () -> 0,
            (_, _) -> () -> {});
    var control = new ModelControl(repository, loader, () -> false);
    var service =
        new OipService(
            repository,
            new Inference(repository, () -> 0),
            new RepositoryService(vertx, FOLDER, repository, control, false, false),
            true,
            "test");
    new GrpcStream(
            request(),
            service,
            () -> 0,
            (_, _) -> () -> {},
            atOnce(),
            new Reading(Runnable::run, 1),
            1 << 20,
            4,
            over::incrementAndGet)
        .start();
    requireNonNull(handlers.get(handler)).handle(event);
    assertEquals(1, over.get());
  }

  /** Keeps the handlers, to be told what happens. */
  @SuppressWarnings("unchecked")
  private GrpcServerRequest<Buffer, Buffer> request() {
    return like(
        GrpcServerRequest.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "response" -> response;
              case "headers" -> MultiMap.caseInsensitiveMultiMap();
              case "fullMethodName" -> "/test/Call";
              case "connection" -> null;
              case String name when name.endsWith("Handler") -> {
                handlers.put(name, (Handler<Object>) arguments[0]);
                yield self;
              }
              default -> self;
            });
  }

  @SuppressWarnings("unchecked")
  private static Context atOnce() {
    return like(
        Context.class,
        (_, _, arguments) -> {
          ((Handler<Object>) arguments[0]).handle(null);
          return null;
        });
  }

  private static <T> T like(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
