package io.trawl.workers.wire;

import com.google.protobuf.Message;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/** A gRPC server with one thing mounted, and streams to it. */
@NullMarked
final class SmallServer implements AutoCloseable {
  /** Far beyond what anything here takes: reached only by a hang. */
  private static final long HANG_SECONDS = 60;

  /** What a worker takes: far more than a small call does. */
  static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final Vertx vertx;
  private final HttpServer server;
  private final GrpcClient client;

  private SmallServer(Vertx vertx, HttpServer server) {
    this.vertx = vertx;
    this.server = server;
    this.client = GrpcClient.client(vertx);
  }

  static SmallServer start(Vertx vertx, Consumer<GrpcServer> mount) {
    GrpcServer grpc =
        GrpcServer.server(vertx, new GrpcServerOptions().setMaxMessageSize(MAX_MESSAGE_BYTES));
    mount.accept(grpc);
    return new SmallServer(
        vertx,
        await(
            vertx
                .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
                .requestHandler(grpc)
                .listen()));
  }

  <R extends Message> Stream<R> open(String service, String method, R prototype) {
    ServiceMethod<R, Buffer> raw =
        ServiceMethod.client(
            ServiceName.create(service),
            method,
            GrpcMessageEncoder.IDENTITY,
            GrpcMessageDecoder.decoder(prototype));
    var address = SocketAddress.inetSocketAddress(server.actualPort(), "127.0.0.1");
    return new Stream<>(await(client.request(address, raw)));
  }

  /** A call with both directions open, its answers and its end in a queue. */
  static final class Stream<R> {
    private final GrpcClientRequest<Buffer, R> request;
    private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();

    Stream(GrpcClientRequest<Buffer, R> request) {
      this.request = request;
      request.response().onSuccess(this::listen).onFailure(seen::add);
    }

    private void listen(GrpcClientResponse<Buffer, R> response) {
      response.handler(seen::add);
      response.errorHandler(seen::add);
      response.endHandler(_ -> seen.add(response.status()));
    }

    Stream<R> send(Message message) {
      return send(Buffer.buffer(message.toByteArray()));
    }

    Stream<R> send(Buffer message) {
      request.write(message);
      return this;
    }

    /** Sends a message that is packed already, in an encoding that the client need not know. */
    Stream<R> send(String encoding, byte[] packed) {
      request.headers().set("grpc-encoding", encoding);
      request.writeMessage(GrpcMessage.message(encoding, Buffer.buffer(packed)));
      return this;
    }

    /** Sends a message and the end in one: a unary call may be answered before a later end. */
    Stream<R> finish(Message last) {
      request.end(Buffer.buffer(last.toByteArray()));
      return this;
    }

    Stream<R> finish() {
      request.end();
      return this;
    }

    void leave() {
      request.cancel();
    }

    R next() {
      @SuppressWarnings("unchecked") // A wrong one fails the test, which is what is wanted.
      R answer = (R) take();
      return answer;
    }

    GrpcStatus end() {
      return (GrpcStatus) take();
    }

    private Object take() {
      @Nullable Object taken;
      try {
        taken = seen.poll(HANG_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
      if (taken == null) {
        throw new AssertionError("nothing comes");
      }
      return taken;
    }
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(HANG_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    await(client.close());
    await(server.close());
    await(vertx.close());
  }
}
