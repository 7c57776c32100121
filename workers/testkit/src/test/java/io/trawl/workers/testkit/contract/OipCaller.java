package io.trawl.workers.testkit.contract;

import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelConfig;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelInfer;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelMetadata;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelReady;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelStatistics;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ModelStreamInfer;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.RepositoryIndex;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.RepositoryModelLoad;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.RepositoryModelUnload;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ServerLive;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ServerMetadata;
import static io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient.ServerReady;

import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelConfigResponse;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelReadyResponse;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.ModelStatisticsResponse;
import io.trawl.workers.protocol.ModelStreamInferResponse;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryIndexResponse;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelLoadResponse;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.protocol.RepositoryModelUnloadResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerMetadataResponse;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.protocol.ServerReadyResponse;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Calls a server by the protocol's stubs, over one connection, and says how each call ended. */
public final class OipCaller {

  /** Far beyond what anything here takes: reached only where something hangs. */
  public static final long HANG_SECONDS = 30;

  private static final int MAX_MESSAGE_BYTES = 64 << 20;

  private final GrpcClient client;
  private final SocketAddress server;

  OipCaller(Vertx vertx, int port) {
    client = GrpcClient.client(vertx, new GrpcClientOptions().setMaxMessageSize(MAX_MESSAGE_BYTES));
    server = SocketAddress.inetSocketAddress(port, "127.0.0.1");
  }

  /**
   * How a call ended.
   *
   * @param value absent unless the status is OK
   */
  record Reply<R>(GrpcStatus status, String message, @Nullable R value) {

    R ok() {
      R there = value;
      if (status != GrpcStatus.OK || there == null) {
        throw new AssertionError("call ended as " + status + ": " + message);
      }
      return there;
    }
  }

  /** A call under way. */
  record Pending<R>(GrpcClientRequest<?, ?> request, Future<Reply<R>> reply) {

    Reply<R> await() {
      return OipCaller.await(reply);
    }

    /** Awaits the end of any kind; a stream that was reset is one. */
    void awaitEnd() {
      OipCaller.await(reply.transform(_ -> Future.succeededFuture(true)));
    }

    void cancel() {
      request.cancel();
    }
  }

  <Q, R> Reply<R> call(ServiceMethod<R, Q> method, Q question) {
    return start(method, question).await();
  }

  Reply<ServerLiveResponse> live() {
    return call(ServerLive, ServerLiveRequest.getDefaultInstance());
  }

  Reply<ServerReadyResponse> ready() {
    return call(ServerReady, ServerReadyRequest.getDefaultInstance());
  }

  Reply<ServerMetadataResponse> metadata() {
    return call(ServerMetadata, ServerMetadataRequest.getDefaultInstance());
  }

  /** Of any version, where it is empty; so with all that is asked of a model. */
  Reply<ModelReadyResponse> ready(String model, String version) {
    return call(
        ModelReady, ModelReadyRequest.newBuilder().setName(model).setVersion(version).build());
  }

  Reply<ModelMetadataResponse> metadata(String model, String version) {
    return call(
        ModelMetadata,
        ModelMetadataRequest.newBuilder().setName(model).setVersion(version).build());
  }

  Reply<ModelConfigResponse> config(String model) {
    return call(ModelConfig, ModelConfigRequest.newBuilder().setName(model).build());
  }

  /** Of all models, where the name is empty. */
  Reply<ModelStatisticsResponse> statistics(String model) {
    return call(ModelStatistics, ModelStatisticsRequest.newBuilder().setName(model).build());
  }

  Reply<RepositoryIndexResponse> index(boolean ready) {
    return call(RepositoryIndex, RepositoryIndexRequest.newBuilder().setReady(ready).build());
  }

  Pending<RepositoryModelLoadResponse> startLoad(String model) {
    return start(
        RepositoryModelLoad, RepositoryModelLoadRequest.newBuilder().setModelName(model).build());
  }

  Pending<RepositoryModelUnloadResponse> startUnload(String model) {
    return start(
        RepositoryModelUnload,
        RepositoryModelUnloadRequest.newBuilder().setModelName(model).build());
  }

  Reply<ModelInferResponse> infer(ModelInferRequest request) {
    return startInfer(request).await();
  }

  Pending<ModelInferResponse> startInfer(ModelInferRequest request) {
    return start(ModelInfer, request);
  }

  <Q, R> Pending<R> start(ServiceMethod<R, Q> method, Q question) {
    return start(method, question, Duration.ZERO);
  }

  /** Starts a call with a deadline that only the server looks at; zero for none. */
  <Q, R> Pending<R> start(ServiceMethod<R, Q> method, Q question, Duration deadline) {
    GrpcClientRequest<Q, R> call = await(client.request(server, method));
    if (deadline.isPositive()) {
      call.timeout(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }
    return new Pending<>(call, call.send(question).compose(OipCaller::ended));
  }

  /** Opens a stream of inferences; with status errors, its first error ends it. */
  Conversation stream(boolean statusErrors) {
    var call = await(client.request(server, ModelStreamInfer));
    if (statusErrors) {
      call.headers().set("triton_grpc_error", "true");
    }
    return new Conversation(call);
  }

  void close() {
    await(client.close());
  }

  /** A status other than OK fails the library's futures; here it is an answer. */
  private static <Q, R> Future<Reply<R>> ended(GrpcClientResponse<Q, R> response) {
    return response
        .end()
        .transform(
            _ -> {
              GrpcStatus status = response.status();
              String message = String.valueOf(response.statusMessage());
              return status == GrpcStatus.OK
                  ? response.last().map(last -> new Reply<R>(status, message, last))
                  : Future.succeededFuture(new Reply<R>(status, message, null));
            });
  }

  public static <T> T await(Future<T> future) {
    try {
      return future.await(HANG_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("hangs", late);
    }
  }

  /** A stream of inferences: requests go out one by one, what comes back is taken one by one. */
  static final class Conversation {

    private final GrpcClientRequest<ModelInferRequest, ModelStreamInferResponse> call;
    private final BlockingQueue<ModelStreamInferResponse> answers = new LinkedBlockingQueue<>();
    private final Future<GrpcStatus> end;

    private Conversation(GrpcClientRequest<ModelInferRequest, ModelStreamInferResponse> call) {
      this.call = call;
      this.end =
          call.response()
              .compose(
                  response -> {
                    response.handler(answers::add);
                    return response.end().transform(_ -> Future.succeededFuture(response.status()));
                  });
    }

    void say(ModelInferRequest request) {
      call.write(request);
    }

    /** Says that no more requests come. */
    void finish() {
      call.end();
    }

    ModelStreamInferResponse next() {
      try {
        var answer = answers.poll(HANG_SECONDS, TimeUnit.SECONDS);
        if (answer == null) {
          throw new AssertionError("no answer comes");
        }
        return answer;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError(e);
      }
    }

    /** The status that the stream ends with. */
    GrpcStatus awaitEnd() {
      return await(end);
    }

    void cancel() {
      call.cancel();
    }
  }
}
