package io.trawl.workers.server;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStreamInferResponse;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One open ModelStreamInfer, its answers and its end in the order in which they came. */
final class TestStream {
  private static final long HANG_SECONDS = 60;

  private record Ended(GrpcStatus status, String text) {}

  private final GrpcClientRequest<ModelInferRequest, ModelStreamInferResponse> call;
  private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();

  private TestStream(GrpcClientRequest<ModelInferRequest, ModelStreamInferResponse> call) {
    this.call = call;
    call.response().onSuccess(this::listen).onFailure(seen::add);
  }

  static TestStream open(
      GrpcClient client,
      SocketAddress server,
      Consumer<GrpcClientRequest<ModelInferRequest, ModelStreamInferResponse>> change) {
    var call =
        TestClient.await(client.request(server, GRPCInferenceServiceGrpcClient.ModelStreamInfer));
    change.accept(call);
    return new TestStream(call);
  }

  private void listen(GrpcClientResponse<ModelInferRequest, ModelStreamInferResponse> response) {
    response.handler(seen::add);
    response.errorHandler(seen::add);
    response.endHandler(_ -> seen.add(new Ended(response.status(), text(response))));
  }

  /** The library looks for it in the headers only, where a stream that had answers has none. */
  private static String text(GrpcClientResponse<?, ?> response) {
    String encoded = response.trailers().get("grpc-message");
    return encoded == null
        ? String.valueOf(response.statusMessage())
        : URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  TestStream send(ModelInferRequest request) {
    TestClient.await(call.write(request));
    return this;
  }

  TestStream send(GrpcMessage message) {
    TestClient.await(call.writeMessage(message));
    return this;
  }

  TestStream finish() {
    call.end();
    return this;
  }

  void leave() {
    call.cancel();
  }

  ModelStreamInferResponse next() {
    if (take() instanceof ModelStreamInferResponse answer) {
      return answer;
    }
    throw new AssertionError("the stream ended");
  }

  /** The next answer, which must not be an error. */
  ModelInferResponse answer() {
    ModelStreamInferResponse next = next();
    if (!next.getErrorMessage().isEmpty()) {
      throw new AssertionError(next.getErrorMessage());
    }
    return next.getInferResponse();
  }

  TestClient.Reply<ModelStreamInferResponse> end() {
    Object taken = take();
    if (taken instanceof Ended(GrpcStatus status, String text)) {
      return new TestClient.Reply<>(status, text, null);
    }
    throw new AssertionError("the stream goes on: " + taken);
  }

  private Object take() {
    try {
      Object taken = seen.poll(HANG_SECONDS, TimeUnit.SECONDS);
      if (taken == null) {
        throw new AssertionError("nothing comes");
      }
      return taken;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
