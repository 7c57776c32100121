package io.trawl.workers.server;

import com.google.protobuf.ByteString;
import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Calls a worker over real gRPC and says how each call ended. */
public final class TestClient {
  /** Far beyond what anything here takes: reached only by a hang. */
  private static final long HANG_SECONDS = 60;

  /** How a call ended, message null unless OK. */
  public record Reply<R>(
      GrpcStatus status, String text, @org.jspecify.annotations.Nullable R message) {
    public R ok() {
      R there = message;
      if (status != GrpcStatus.OK || there == null) {
        throw new AssertionError("call ended as " + status + ": " + text);
      }
      return there;
    }
  }

  /** A call under way. */
  public record Pending<R>(GrpcClientRequest<?, ?> request, Future<Reply<R>> reply) {
    public Reply<R> await() {
      return TestClient.await(reply);
    }

    void awaitEnd() {
      TestClient.await(reply.transform(_ -> Future.succeededFuture(true)));
    }
  }

  private final GrpcClient client;
  private final SocketAddress server;

  TestClient(Vertx vertx, int port) {
    this.client = GrpcClient.client(vertx, new GrpcClientOptions().setMaxMessageSize(64 << 20));
    this.server = SocketAddress.inetSocketAddress(port, "127.0.0.1");
  }

  public <Q, R> Pending<R> start(ServiceMethod<R, Q> method, Q request) {
    return start(method, request, 0);
  }

  /** Starts a call with a deadline that only the server looks at; 0 for none. */
  public <Q, R> Pending<R> start(ServiceMethod<R, Q> method, Q request, long timeoutMillis) {
    return start(
        method,
        request,
        call -> {
          if (timeoutMillis > 0) {
            call.timeout(timeoutMillis, TimeUnit.MILLISECONDS);
          }
        });
  }

  public <Q, R> Pending<R> start(
      ServiceMethod<R, Q> method, Q request, Consumer<GrpcClientRequest<Q, R>> change) {
    GrpcClientRequest<Q, R> call = await(client.request(server, method));
    change.accept(call);
    return new Pending<>(call, call.send(request).compose(TestClient::ended));
  }

  /** A call that ends without having sent a message. */
  <Q, R> Future<Reply<R>> empty(ServiceMethod<R, Q> method) {
    GrpcClientRequest<Q, R> call = await(client.request(server, method));
    call.end();
    return call.response().compose(TestClient::ended);
  }

  /** A call whose one message goes out as it is. */
  <Q, R> Future<Reply<R>> endWith(ServiceMethod<R, Q> method, GrpcMessage message) {
    GrpcClientRequest<Q, R> call = await(client.request(server, method));
    call.endMessage(message);
    return call.response().compose(TestClient::ended);
  }

  /** The same, in an encoding that this client does not know. */
  <Q, R> Future<Reply<R>> endWith(
      ServiceMethod<R, Q> method, String encoding, GrpcMessage message) {
    return endWith(method, Map.of("grpc-encoding", encoding), message);
  }

  /** The same, with these headers. */
  <Q, R> Future<Reply<R>> endWith(
      ServiceMethod<R, Q> method, Map<String, String> headers, GrpcMessage message) {
    GrpcClientRequest<Q, R> call = await(client.request(server, method));
    headers.forEach(call.headers()::set);
    call.endMessage(message);
    return call.response().compose(TestClient::ended);
  }

  /** A status other than OK fails the library's futures; here it is an answer. */
  private static <Q, R> Future<Reply<R>> ended(GrpcClientResponse<Q, R> response) {
    return response
        .end()
        .transform(
            _ -> {
              GrpcStatus status = response.status();
              String text = String.valueOf(response.statusMessage());
              return status == GrpcStatus.OK
                  ? response.last().map(last -> new Reply<R>(status, text, last))
                  : Future.succeededFuture(new Reply<R>(status, text, null));
            });
  }

  public <Q, R> Reply<R> call(ServiceMethod<R, Q> method, Q request) {
    return start(method, request).await();
  }

  public Reply<ModelInferResponse> infer(ModelInferRequest request) {
    return start(GRPCInferenceServiceGrpcClient.ModelInfer, request).await();
  }

  public Pending<ModelInferResponse> startInfer(ModelInferRequest request) {
    return start(GRPCInferenceServiceGrpcClient.ModelInfer, request);
  }

  /** Sends bytes of any kind as the message of a call. */
  public Reply<Buffer> raw(String methodName, Buffer bytes) {
    return call(rawMethod(methodName), bytes);
  }

  /** The same, of bytes that are packed. */
  Reply<Buffer> rawPacked(String methodName, Buffer gzip) {
    return await(endWith(rawMethod(methodName), "gzip", GrpcMessage.message("gzip", gzip)));
  }

  private static ServiceMethod<Buffer, Buffer> rawMethod(String name) {
    return ServiceMethod.client(
        ServiceName.create("inference", "GRPCInferenceService"),
        name,
        GrpcMessageEncoder.IDENTITY,
        GrpcMessageDecoder.IDENTITY);
  }

  /** An inference started from any thread, an event loop's too. */
  Future<Reply<ModelInferResponse>> startLater(ModelInferRequest request) {
    return client
        .request(server, GRPCInferenceServiceGrpcClient.ModelInfer)
        .compose(call -> call.send(request).compose(TestClient::ended));
  }

  TestStream stream() {
    return TestStream.open(client, server, _ -> {});
  }

  /** A stream with these headers. */
  TestStream stream(Map<String, String> headers) {
    return TestStream.open(client, server, call -> headers.forEach(call.headers()::set));
  }

  /** A stream whose errors are to end it with a status. */
  TestStream strictStream() {
    return TestStream.open(client, server, call -> call.headers().set("triton_grpc_error", "true"));
  }

  void close() {
    await(client.close());
  }

  static <T> T await(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(HANG_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("failed: " + e.getCause(), e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("hangs", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  public static ByteString floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return ByteString.copyFrom(bytes.flip());
  }

  public static ByteString longs(long... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      bytes.putLong(value);
    }
    return ByteString.copyFrom(bytes.flip());
  }

  /** A request with raw inputs, built up input by input. */
  public static final class Infer {
    private final ModelInferRequest.Builder request = ModelInferRequest.newBuilder();

    public static Infer of(String model) {
      Infer infer = new Infer();
      infer.request.setModelName(model);
      return infer;
    }

    public Infer input(String name, String datatype, ByteString raw, long... shape) {
      var input = request.addInputsBuilder().setName(name).setDatatype(datatype);
      for (long dim : shape) {
        input.addShape(dim);
      }
      request.addRawInputContents(raw);
      return this;
    }

    Infer version(String version) {
      request.setModelVersion(version);
      return this;
    }

    Infer id(String id) {
      request.setId(id);
      return this;
    }

    public Infer output(String name) {
      request.addOutputsBuilder().setName(name);
      return this;
    }

    public ModelInferRequest.Builder builder() {
      return request;
    }

    public ModelInferRequest build() {
      return request.build();
    }
  }
}
