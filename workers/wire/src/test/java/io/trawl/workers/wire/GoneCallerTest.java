package io.trawl.workers.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Empty;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import io.vertx.grpc.server.GrpcServerResponse;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Between the end of a caller's stream and the notice of it, the library refuses to write. */
final class GoneCallerTest {
  private final AtomicInteger over = new AtomicInteger();

  @Test
  void whatIsWrittenToNobodyEndsTheCall() {
    assertEndsOnce(call -> call.write(Empty.getDefaultInstance()));
    assertEndsOnce(call -> call.end(Empty.getDefaultInstance()));
    assertEndsOnce(SmallCall::end);
    assertEndsOnce(call -> call.fail(GrpcStatus.NOT_FOUND, "no such thing"));
  }

  private void assertEndsOnce(Consumer<SmallCall> answer) {
    Stream.of(new IllegalStateException("closed"), new NullPointerException("no promise"))
        .forEach(
            refusal -> {
              over.set(0);
              start(
                  refusal,
                  call -> {
                    call.whenOver(over::incrementAndGet);
                    answer.accept(call);
                    assertTrue(call.over());
                  });
              assertEquals(1, over.get());
            });
  }

  /** A call whose response throws whatever is sent. */
  @SuppressWarnings("unchecked")
  private static void start(RuntimeException refusal, Consumer<SmallCall> then) {
    var response =
        like(
            GrpcServerResponse.class,
            (self, method, _) -> {
              if (method.getName().equals("write") || method.getName().equals("end")) {
                throw refusal;
              }
              return self;
            });
    GrpcServerRequest<Buffer, Buffer> request =
        like(
            GrpcServerRequest.class,
            (_, method, _) -> method.getName().equals("response") ? response : "/test/Call");
    var server =
        like(
            GrpcServer.class,
            (self, _, arguments) -> {
              ((Handler<GrpcServerRequest<Buffer, Buffer>>) arguments[1]).handle(request);
              return self;
            });
    SmallCall.serve(server, ServiceName.create("test"), "Call", then);
  }

  private static <T> T like(Class<T> type, InvocationHandler handler) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }
}
