package io.trawl.workers.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcService;
import io.trawl.workers.protocol.GRPCInferenceServiceService;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.tensors.Datatype;
import io.trawl.workers.wire.HeapBytes;
import io.trawl.workers.wire.NanoClock;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.StatusException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Against a gRPC server that is not ours. Client and fake frame their messages by the same hand, so
 * a mistake in both would show only here.
 */
class GrpcServerInteropTest {

  private static final Duration AMPLE = Duration.ofSeconds(30);

  private final Vertx vertx = Vertx.vertx();
  private OipClient client;

  @BeforeEach
  void start() throws Exception {
    GrpcServer grpc = GrpcServer.server(vertx, new GrpcServerOptions().setMaxMessageSize(16 << 20));
    grpc.addService(GRPCInferenceServiceGrpcService.of(new Echo()));
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(grpc)
            .listen()
            .await(30, TimeUnit.SECONDS);
    client =
        OipClient.create(
            vertx,
            OipClientOptions.to(new Endpoint("127.0.0.1", server.actualPort())),
            NanoClock.system());
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  @Test
  void aTensorOfMegabytesGoesThereAndBackThroughSmallWindows() {
    long seed = new Random().nextLong();
    System.out.println("GrpcServerInteropTest seed " + seed);
    byte[] bytes = new byte[8 << 20];
    new Random(seed).nextBytes(bytes);
    Tensor sent = new Tensor("x", Datatype.UINT8, new long[] {bytes.length}, HeapBytes.wrap(bytes));
    Inferred answer =
        assertInstanceOf(Inferred.class, infer(InferCall.of("echo", "1", sent).withId("a")));
    assertEquals(sent, answer.output("x").orElseThrow());
  }

  @Test
  void anErrorKeepsStatusAndText() {
    assertEquals(
        new Failure.InvalidRequest("no such thing: 100% wrong"),
        infer(InferCall.of("broken", "1", Tensor.int64("x", new long[] {1}, 1))));
  }

  @Test
  void anOversizedRequestIsTooLarge() {
    byte[] bytes = new byte[20 << 20];
    Tensor sent = new Tensor("x", Datatype.UINT8, new long[] {bytes.length}, HeapBytes.wrap(bytes));
    assertInstanceOf(Failure.TooLarge.class, infer(InferCall.of("echo", "1", sent)));
  }

  @Test
  void aMethodThatIsNotThereIsUnimplemented() {
    Failure why =
        switch (await(client.serverReady(AMPLE))) {
          case Reply.Answer<Boolean> answer -> throw new AssertionError(answer);
          case Reply.NoAnswer<Boolean>(Failure failure) -> failure;
        };
    assertEquals(GrpcStatus.UNIMPLEMENTED, assertInstanceOf(Failure.Failed.class, why).status());
  }

  @Test
  void aFlagComesThrough() {
    assertTrue(
        await(client.serverLive(AMPLE)) instanceof Reply.Answer<Boolean>(Boolean live) && live);
  }

  private InferOutcome infer(InferCall call) {
    return await(client.infer(call, AMPLE).outcome());
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException late) {
      throw new AssertionError("nothing came within 30 s", late);
    }
  }

  private static final class Echo extends GRPCInferenceServiceService {

    @Override
    public Future<ServerLiveResponse> serverLive(ServerLiveRequest request) {
      return Future.succeededFuture(ServerLiveResponse.newBuilder().setLive(true).build());
    }

    @Override
    public Future<ModelInferResponse> modelInfer(ModelInferRequest request) {
      if (request.getModelName().equals("broken")) {
        return Future.failedFuture(
            new StatusException(GrpcStatus.INVALID_ARGUMENT, "no such thing: 100% wrong"));
      }
      var response =
          ModelInferResponse.newBuilder()
              .setModelName(request.getModelName())
              .setModelVersion(request.getModelVersion())
              .setId(request.getId())
              .addAllRawOutputContents(request.getRawInputContentsList());
      request
          .getInputsList()
          .forEach(
              input ->
                  response
                      .addOutputsBuilder()
                      .setName(input.getName())
                      .setDatatype(input.getDatatype())
                      .addAllShape(input.getShapeList()));
      return Future.succeededFuture(response.build());
    }
  }
}
