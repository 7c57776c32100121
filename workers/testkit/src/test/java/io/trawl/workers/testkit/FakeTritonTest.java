package io.trawl.workers.testkit;

import static io.trawl.workers.testkit.Behaviour.answer;
import static io.trawl.workers.testkit.Behaviour.hang;
import static io.trawl.workers.testkit.Behaviour.queueFull;
import static io.trawl.workers.testkit.Behaviour.undecodable;
import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.shape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.client.InvalidStatusException;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The fake in the hands of a gRPC client that is not ours. A fake that a real client would not
 * understand proves nothing about anything tested against it.
 */
class FakeTritonTest {

  private static final ModelInferRequest REQUEST =
      ModelInferRequest.newBuilder().setModelName("m").setModelVersion("2").setId("r").build();

  private final Vertx vertx = Vertx.vertx();
  private FakeTriton triton;
  private GrpcClient grpc;
  private GRPCInferenceServiceGrpcClient stub;

  @BeforeEach
  void start() {
    triton = await(FakeTriton.start(vertx));
    grpc = GrpcClient.client(vertx);
    stub = GRPCInferenceServiceGrpcClient.create(grpc, address());
  }

  @AfterEach
  void stop() {
    await(vertx.close());
  }

  @Test
  void behavioursArePlayedInOrderThenTheHabit() {
    triton.next(answer(fp32("y", shape(1), 1)), queueFull()).always(answer(fp32("y", shape(1), 3)));
    assertEquals(1, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelInfer(REQUEST)));
    assertEquals(3, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(3, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(4, triton.calls().size());
  }

  @Test
  void anAnswerEchoesModelVersionAndId() {
    triton.next(answer(fp32("y", shape(1), 1)));
    ModelInferResponse response = await(stub.modelInfer(REQUEST));
    assertEquals("m", response.getModelName());
    assertEquals("2", response.getModelVersion());
    assertEquals("r", response.getId());
    assertEquals(List.of(1L), response.getOutputs(0).getShapeList());
  }

  @Test
  void nothingScriptedIsAnError() {
    assertEquals(GrpcStatus.UNIMPLEMENTED, status(stub.modelInfer(REQUEST)));
  }

  @Test
  void aGateHoldsAnAnswerBack() {
    var gate = new Gate();
    triton.next(answer(fp32("y", shape(1), 1)).behind(gate));
    Future<ModelInferResponse> response = stub.modelInfer(REQUEST);
    await(triton.call(0));
    assertFalse(response.isComplete());
    gate.open();
    await(response);
  }

  @Test
  void spoiledAnswersAreSpoiledInOneWay() {
    triton.next(
        answer(fp32("y", shape(2), 1, 2)).lyingSizes(),
        answer(fp32("y", shape(1), 1)).ofVersion("9"),
        answer(fp32("y", shape(1), 1), fp32("z", shape(1), 1)).missingContents(),
        answer(fp32("y", shape(1), 1)).oversized(10_000),
        answer(fp32("y", shape(1), 5)).dripping(3));
    assertEquals(7, await(stub.modelInfer(REQUEST)).getRawOutputContents(0).size());
    assertEquals("9", await(stub.modelInfer(REQUEST)).getModelVersion());
    assertEquals(1, await(stub.modelInfer(REQUEST)).getRawOutputContentsCount());
    assertTrue(await(stub.modelInfer(REQUEST)).getSerializedSize() > 10_000);
    assertEquals(5, firstFloat(await(stub.modelInfer(REQUEST))));
  }

  @Test
  void undecodableBytesFailTheCaller() {
    triton.next(undecodable());
    assertThrows(Exception.class, () -> await(stub.modelInfer(REQUEST)));
  }

  @Test
  void theMessageOfAnErrorArrives() {
    triton.next(Behaviour.error(GrpcStatus.INVALID_ARGUMENT, "süß: 100% wrong"));
    GrpcClientResponse<?, ?> response =
        await(
            open()
                .compose(
                    call -> {
                      call.end(REQUEST);
                      return call.response();
                    }));
    await(response.end().otherwiseEmpty());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, response.status());
    assertEquals("süß: 100% wrong", response.statusMessage());
  }

  @Test
  void aCancelIsSeen() {
    triton.next(hang());
    GrpcClientRequest<ModelInferRequest, ModelInferResponse> call = await(open());
    call.timeout(5, TimeUnit.SECONDS);
    call.headers().set("X-Who", "me");
    call.end(REQUEST);
    SeenCall seen = await(triton.call(0));
    assertEquals(REQUEST, seen.request());
    assertEquals("me", seen.metadata().get("x-who"));
    assertEquals(Duration.ofSeconds(5), seen.timeout().orElseThrow());
    assertFalse(seen.ending().isComplete());
    call.cancel();
    assertEquals(Ending.CANCELLED, await(seen.ending()));
  }

  @Test
  void aConnectionThatGoesAwayIsSeen() {
    triton.next(hang());
    stub.modelInfer(REQUEST);
    SeenCall seen = await(triton.call(0));
    await(grpc.close());
    assertEquals(Ending.LOST, await(seen.ending()));
  }

  @Test
  void whatAServerSaysOfItself() {
    triton
        .model(ModelMetadataResponse.newBuilder().setName("m").addVersions("2").build())
        .config(ModelConfig.newBuilder().setName("m").setMaxBatchSize(4).build());
    assertTrue(await(stub.serverLive(ServerLiveRequest.getDefaultInstance())).getLive());
    assertTrue(await(stub.serverReady(ServerReadyRequest.getDefaultInstance())).getReady());
    assertTrue(await(stub.modelReady(ready("m"))).getReady());
    assertFalse(await(stub.modelReady(ready("other"))).getReady());
    assertEquals(
        "triton", await(stub.serverMetadata(ServerMetadataRequest.getDefaultInstance())).getName());
    assertEquals(
        "2",
        await(stub.modelMetadata(ModelMetadataRequest.newBuilder().setName("m").build()))
            .getVersions(0));
    assertEquals(
        4,
        await(stub.modelConfig(ModelConfigRequest.newBuilder().setName("m").build()))
            .getConfig()
            .getMaxBatchSize());
    assertEquals(
        GrpcStatus.NOT_FOUND,
        status(stub.modelInfer(REQUEST.toBuilder().setModelName("x").build())));
    assertEquals(
        GrpcStatus.NOT_FOUND,
        status(stub.modelConfig(ModelConfigRequest.newBuilder().setName("x").build())));
  }

  @Test
  void readinessCanLieAndDrainIsAnError() {
    triton.ready(false).live(false);
    assertFalse(await(stub.serverReady(ServerReadyRequest.getDefaultInstance())).getReady());
    assertFalse(await(stub.serverLive(ServerLiveRequest.getDefaultInstance())).getLive());
    triton.drain();
    assertEquals(
        GrpcStatus.UNAVAILABLE, status(stub.serverReady(ServerReadyRequest.getDefaultInstance())));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelReady(ready("m"))));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelInfer(REQUEST)));
  }

  @Test
  void aClosedFakeIsGoneAndComesBackOnItsPort() {
    int port = triton.port();
    await(triton.close());
    assertThrows(Exception.class, () -> await(stub.modelInfer(REQUEST)));
    triton = await(FakeTriton.start(vertx, port));
    triton.next(answer(fp32("y", shape(1), 1)));
    await(stub.modelInfer(REQUEST));
  }

  private Future<GrpcClientRequest<ModelInferRequest, ModelInferResponse>> open() {
    return grpc.request(address(), GRPCInferenceServiceGrpcClient.ModelInfer);
  }

  private SocketAddress address() {
    return SocketAddress.inetSocketAddress(triton.port(), "127.0.0.1");
  }

  private static ModelReadyRequest ready(String model) {
    return ModelReadyRequest.newBuilder().setName(model).build();
  }

  private static float firstFloat(ModelInferResponse response) {
    return Float.intBitsToFloat(
        Integer.reverseBytes(response.getRawOutputContents(0).asReadOnlyByteBuffer().getInt()));
  }

  private static GrpcStatus status(Future<?> call) {
    return assertThrows(InvalidStatusException.class, () -> await(call)).actualStatus();
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException late) {
      throw new AssertionError("nothing came within 30 s", late);
    }
  }
}
