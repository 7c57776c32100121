package io.trawl.workers.testkit;

import static io.trawl.workers.testkit.RawTensor.fp32;
import static io.trawl.workers.testkit.RawTensor.shape;
import static io.trawl.workers.testkit.Rejection.NO_VERSIONS;
import static io.trawl.workers.testkit.Rejection.QUEUE_FULL;
import static io.trawl.workers.testkit.Rejection.STOPPING;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.protocol.ModelConfigRequest;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelInput;
import io.trawl.workers.protocol.ModelMetadataRequest;
import io.trawl.workers.protocol.ModelMetadataResponse;
import io.trawl.workers.protocol.ModelOutput;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.protocol.ServerLiveResponse;
import io.trawl.workers.protocol.ServerMetadataRequest;
import io.trawl.workers.protocol.ServerReadyRequest;
import io.trawl.workers.testkit.contract.OipContract;
import io.trawl.workers.testkit.service.PrefixCache;
import io.trawl.workers.testkit.service.ServiceOptions;
import io.trawl.workers.testkit.service.ServiceTime;
import io.trawl.workers.testkit.service.TokenCost;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.client.InvalidStatusException;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
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
  void sentencesArePlayedInOrderThenTheRest() {
    RawTensor one = fp32("y", shape(1), 1);
    triton.on("m").next().answer(one).then().first(2).reject(QUEUE_FULL).then().answer(one);
    triton.on("m").answer(fp32("y", shape(1), 3));
    assertEquals(1, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelInfer(REQUEST)));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelInfer(REQUEST)));
    assertEquals(3, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(3, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(5, triton.calls().size());
  }

  @Test
  void aModelsOwnScriptComesBeforeThatOfAny() {
    triton.onAny().answer(fp32("y", shape(1), 1));
    triton.on("m").next().answer(fp32("y", shape(1), 2));
    assertEquals(
        1, firstFloat(await(stub.modelInfer(REQUEST.toBuilder().setModelName("x").build()))));
    assertEquals(2, firstFloat(await(stub.modelInfer(REQUEST))));
    assertEquals(1, firstFloat(await(stub.modelInfer(REQUEST))));
  }

  @Test
  void anAnswerEchoesModelVersionAndId() {
    triton.on("m").next().answer(fp32("y", shape(1), 1));
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
    triton.on("m").next().behind(gate).answer(fp32("y", shape(1), 1));
    Future<ModelInferResponse> response = stub.modelInfer(REQUEST);
    await(triton.call(0));
    assertFalse(response.isComplete());
    gate.open();
    await(response);
  }

  @Test
  void spoiledAnswersAreSpoiledInOneWay() {
    triton.on("m").next().lyingAboutSizes().answer(fp32("y", shape(2), 1, 2));
    triton.on("m").next().ofVersion("9").answer(fp32("y", shape(1), 1));
    triton.on("m").next().missingContents().answer(fp32("y", shape(1), 1), fp32("z", shape(1), 1));
    triton.on("m").next().oversized(10_000).answer(fp32("y", shape(1), 1));
    triton.on("m").next().dripping(3).answer(fp32("y", shape(1), 5));
    triton.on("m").next().ofShape(4, 4).ofModel("x").answer(fp32("y", shape(1), 5));
    assertEquals(7, await(stub.modelInfer(REQUEST)).getRawOutputContents(0).size());
    assertEquals("9", await(stub.modelInfer(REQUEST)).getModelVersion());
    assertEquals(1, await(stub.modelInfer(REQUEST)).getRawOutputContentsCount());
    assertTrue(await(stub.modelInfer(REQUEST)).getSerializedSize() > 10_000);
    assertEquals(5, firstFloat(await(stub.modelInfer(REQUEST))));
    ModelInferResponse twice = await(stub.modelInfer(REQUEST));
    assertEquals("x", twice.getModelName());
    assertEquals(List.of(4L, 4L), twice.getOutputs(0).getShapeList());
  }

  @Test
  void undecodableBytesFailTheCaller() {
    triton.on("m").next().babble();
    assertThrows(Exception.class, () -> await(stub.modelInfer(REQUEST)));
  }

  @Test
  void theMessageOfAnErrorArrives() {
    triton.on("m").next().fail(GrpcStatus.INVALID_ARGUMENT, "süß: 100% wrong");
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
    triton.on("m").next().hang();
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
    assertEquals(SeenEnding.CANCELLED, await(seen.ending()));
  }

  @Test
  void aConnectionThatGoesAwayIsSeen() {
    triton.on("m").next().hang();
    stub.modelInfer(REQUEST);
    SeenCall seen = await(triton.call(0));
    await(grpc.close());
    assertEquals(SeenEnding.LOST, await(seen.ending()));
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
    await(triton.drain(STOPPING));
    assertEquals(
        GrpcStatus.UNAVAILABLE, status(stub.serverReady(ServerReadyRequest.getDefaultInstance())));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelReady(ready("m"))));
    assertEquals(GrpcStatus.UNAVAILABLE, status(stub.modelInfer(REQUEST)));
  }

  @Test
  void theHttpPortTellsHealthAndClosesWithTheDrain() throws Exception {
    var ready =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + triton.httpPort() + "/v2/health/ready"))
            .build();
    try (var http = HttpClient.newHttpClient()) {
      assertEquals(200, http.send(ready, BodyHandlers.discarding()).statusCode());
      triton.ready(false);
      assertEquals(400, http.send(ready, BodyHandlers.discarding()).statusCode());
    }
    await(triton.drain(NO_VERSIONS));
    // Refused, or reset: a JVM gives the socket up with its selector's next turn.
    try (var http = HttpClient.newHttpClient()) {
      assertThrows(IOException.class, () -> http.send(ready, BodyHandlers.discarding()));
    }
    assertEquals(GrpcStatus.NOT_FOUND, status(stub.modelInfer(REQUEST)));
  }

  @Test
  void aServedModelTakesItsTimeAndCountsIt() {
    Duration time = Duration.ofMillis(2);
    triton.serve(
        FakeModel.identity("timed", "FP32", 1),
        ServiceOptions.instances(1),
        ServiceTime.fixed(time));
    Future<ModelInferResponse> first = stub.modelInfer(row("timed", 1));
    Future<ModelInferResponse> second = stub.modelInfer(row("timed", 2));
    assertEquals(1, firstFloat(await(first)));
    assertEquals(2, firstFloat(await(second)));
    ModelStatistics told =
        await(stub.modelStatistics(ModelStatisticsRequest.newBuilder().setName("timed").build()))
            .getModelStats(0);
    assertEquals(2, told.getExecutionCount());
    assertTrue(told.getInferenceStats().getComputeInfer().getNs() >= 2 * time.toNanos());
  }

  @Test
  void aPromptThatAWorkerHoldsCostsItsQueryTokensAlone() {
    var cache = new PrefixCache(10);
    ServiceTime cost = ServiceTime.ofTokens(new TokenCost(0, 1, 1, 1), cache);
    ModelConfig config =
        ModelConfig.newBuilder()
            .setName("backbone")
            .setMaxBatchSize(1)
            .addInput(
                ModelInput.newBuilder()
                    .setName("token_ids")
                    .setDataType(DataType.TYPE_INT64)
                    .addDims(-1))
            .addOutput(
                ModelOutput.newBuilder().setName("y").setDataType(DataType.TYPE_FP32).addDims(1))
            .build();
    triton.serve(
        FakeModel.of(config, _ -> Map.of("y", fp32("y", shape(1, 1), 1))),
        ServiceOptions.instances(1),
        cost);
    RawTensor ids = RawTensor.int64("token_ids", shape(1, 20), LongStream.range(0, 20).toArray());
    ModelInferRequest request = OipContract.request("backbone", ids).build();
    await(stub.modelInfer(request));
    await(stub.modelInfer(request));
    assertEquals(40, cache.tokens());
    assertEquals(16, cache.warmTokens());
  }

  @Test
  void aStoppedProcessSaysNothingAndGoesOnWhereItStood() {
    var runs = new HeldRuns();
    triton.serve(FakeModel.identity("held", "FP32", 1), ServiceOptions.instances(1), runs);
    Future<ModelInferResponse> running = stub.modelInfer(row("held", 1));
    assertEquals(1, runs.awaitNext());
    await(triton.hang());
    runs.release(2);
    Future<ModelInferResponse> late = stub.modelInfer(row("held", 2));
    Future<ServerLiveResponse> live = stub.serverLive(ServerLiveRequest.getDefaultInstance());
    GrpcClient other = GrpcClient.client(vertx);
    Future<ServerLiveResponse> elsewhere =
        GRPCInferenceServiceGrpcClient.create(other, address())
            .serverLive(ServerLiveRequest.getDefaultInstance());
    // A second fake on the same loops hears both questions and answers: so much has passed.
    FakeTriton awake = await(FakeTriton.start(vertx));
    for (GrpcClient client : List.of(grpc, other)) {
      await(
          GRPCInferenceServiceGrpcClient.create(
                  client, SocketAddress.inetSocketAddress(awake.port(), "127.0.0.1"))
              .serverLive(ServerLiveRequest.getDefaultInstance()));
    }
    assertFalse(running.isComplete());
    assertFalse(late.isComplete());
    assertFalse(live.isComplete());
    assertFalse(elsewhere.isComplete());
    await(triton.resume());
    assertEquals(1, firstFloat(await(running)));
    assertEquals(2, firstFloat(await(late)));
    assertTrue(await(live).getLive());
    assertTrue(await(elsewhere).getLive());
  }

  @Test
  void aClosedFakeIsGone() {
    await(triton.close());
    assertThrows(Exception.class, () -> await(stub.modelInfer(REQUEST)));
  }

  private Future<GrpcClientRequest<ModelInferRequest, ModelInferResponse>> open() {
    return grpc.request(address(), GRPCInferenceServiceGrpcClient.ModelInfer);
  }

  private SocketAddress address() {
    return SocketAddress.inetSocketAddress(triton.port(), "127.0.0.1");
  }

  private static ModelInferRequest row(String model, float value) {
    return OipContract.rows(model, value).build();
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
