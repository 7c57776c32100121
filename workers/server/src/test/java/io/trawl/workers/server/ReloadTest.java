package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.WorkerFixture.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.InferParameter;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryIndexResponse.ModelIndex;
import io.trawl.workers.protocol.RepositoryModelLoadRequest;
import io.trawl.workers.protocol.RepositoryModelLoadResponse;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.TestClient.Pending;
import io.trawl.workers.server.TestClient.Reply;
import io.vertx.core.Future;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Loading and unloading while calls come in: each call that was taken is answered, none is lost.
 */
final class ReloadTest {
  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private Reply<RepositoryModelLoadResponse> load(String model) {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryModelLoad,
            RepositoryModelLoadRequest.newBuilder().setModelName(model).build());
  }

  private void unload(String model) {
    fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryModelUnload,
            RepositoryModelUnloadRequest.newBuilder().setModelName(model).build())
        .ok();
  }

  private List<String> states() {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryIndex,
            RepositoryIndexRequest.getDefaultInstance())
        .ok()
        .getModelsList()
        .stream()
        .map(ModelIndex::getState)
        .toList();
  }

  /** One request that runs and one that waits behind it, with the given wait at most. */
  private List<Pending<ModelInferResponse>> occupy(float... values) {
    List<Pending<ModelInferResponse>> pending = new ArrayList<>();
    for (float value : values) {
      pending.add(fixture.client().startInfer(row(value)));
    }
    fixture.gated().awaitRun();
    awaitArrivals();
    return pending;
  }

  private void awaitArrivals() {
    fixture
        .client()
        .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
        .ok();
  }

  private static void assertAnswers(float value, Pending<ModelInferResponse> pending) {
    assertEquals(floats(value), pending.await().ok().getRawOutputContents(0));
  }

  /** What is closed in the background is closed at some time. */
  private void awaitStates(String... states) {
    List<String> wanted = List.of(states);
    while (!states().equals(wanted)) {
      Thread.onSpinWait();
    }
  }

  @Test
  void anUnloadFinishesWhatWasTaken() {
    fixture.startGatedExplicitly("");
    List<Pending<ModelInferResponse>> taken = occupy(1, 2);
    unload("gated");
    assertEquals(List.of("UNLOADING"), states());
    Reply<ModelInferResponse> late = fixture.client().infer(row(3));
    assertEquals(GrpcStatus.NOT_FOUND, late.status());
    assertEquals("Request for unknown model: 'gated' has no available versions", late.text());
    fixture.gated().release(2);
    assertAnswers(1, taken.get(0));
    assertAnswers(2, taken.get(1));
    awaitStates("UNAVAILABLE");
    assertTrue(fixture.worker().ready());
  }

  @Test
  void whatWaitsInAnUnloadStillTimesOut() {
    fixture.startGatedExplicitly(
        """
        dynamic_batching { default_queue_policy {
          default_timeout_microseconds: 3600000000 allow_timeout_override: true } }
        """);
    List<Pending<ModelInferResponse>> taken = occupy(1);
    var hasty = row(2).toBuilder();
    hasty.putParameters("timeout", InferParameter.newBuilder().setInt64Param(200_000).build());
    Pending<ModelInferResponse> waiting = fixture.client().startInfer(hasty.build());
    unload("gated");
    Reply<ModelInferResponse> waited = waiting.await();
    assertEquals(GrpcStatus.UNAVAILABLE, waited.status());
    assertEquals("Request timeout expired", waited.text());
    fixture.gated().release(1);
    assertAnswers(1, taken.get(0));
  }

  @Test
  void aReloadLetsTheOldFinishBesideTheNew() {
    fixture.startGatedExplicitly("");
    List<Pending<ModelInferResponse>> taken = occupy(1, 2);
    load("gated").ok();
    assertEquals(List.of("READY"), states());
    assertEquals(2, fixture.gated().openInstances());
    Pending<ModelInferResponse> fresh = fixture.client().startInfer(row(3));
    fixture.gated().awaitRun();
    fixture.gated().release(3);
    assertAnswers(3, fresh);
    assertAnswers(1, taken.get(0));
    assertAnswers(2, taken.get(1));
    while (fixture.gated().openInstances() > 1) {
      Thread.onSpinWait();
    }
    assertEquals(List.of("READY"), states());
  }

  @Test
  void aNewVersionAnswersBeforeTheOldOneGoes() {
    fixture.startGatedExplicitly("");
    List<Pending<ModelInferResponse>> taken = occupy(1);
    fixture.repository().text("gated/2/model.onnx", "");
    load("gated").ok();
    assertEquals(List.of("UNLOADING", "READY"), states());
    Pending<ModelInferResponse> fresh = fixture.client().startInfer(row(2));
    fixture.gated().awaitRun();
    fixture.gated().release(2);
    assertEquals("2", fresh.await().ok().getModelVersion());
    assertEquals("1", taken.getFirst().await().ok().getModelVersion());
    awaitStates("UNAVAILABLE", "READY");
  }

  @Test
  void aBrokenVersionIsThrownAwayUnderTraffic() {
    fixture.startGatedExplicitly("version_policy { all { } }");
    List<Pending<ModelInferResponse>> taken = occupy(1);
    fixture.repository().text("gated/2/model.onnx", "broken");
    assertEquals(GrpcStatus.INVALID_ARGUMENT, load("gated").status());
    assertEquals(List.of("READY", "UNAVAILABLE"), states());
    while (fixture.gated().openInstances() > 1) {
      Thread.onSpinWait();
    }
    fixture.gated().release(1);
    assertAnswers(1, taken.getFirst());
  }

  @Test
  void earlierVersionsThatHangAreBounded() {
    fixture.startGatedExplicitly("");
    for (int i = 0; i < 4; i++) {
      occupy(i);
      load("gated").ok();
    }
    occupy(4);
    Reply<?> refused = load("gated");
    assertEquals(GrpcStatus.UNAVAILABLE, refused.status());
    assertEquals(
        "failed to load 'gated', 4 earlier versions of it are still finishing their requests",
        refused.text());
    assertEquals(5, fixture.gated().openInstances());
  }

  @Test
  void aDrainWaitsForWhatIsBeingUnloaded() {
    fixture.startGatedExplicitly("");
    List<Pending<ModelInferResponse>> taken = occupy(1, 2);
    unload("gated");
    Future<Boolean> drained = fixture.worker().drain(Duration.ofSeconds(30));
    assertFalse(drained.isComplete());
    fixture.gated().release(2);
    assertTrue(await(drained));
    assertAnswers(1, taken.get(0));
    assertAnswers(2, taken.get(1));
  }

  /** Calls without a pause, one after the other on each lane, while the model is exchanged. */
  @Test
  void noCallIsLostWhileAModelIsExchanged() {
    fixture.repository().model("add", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start(options -> options.withLoadModels(List.of("add")));
    List<Lane> lanes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      lanes.add(new Lane());
    }
    List<Future<Integer>> running = lanes.stream().map(Lane::go).toList();
    for (int i = 0; i < 12; i++) {
      load("add").ok();
    }
    lanes.forEach(lane -> lane.stop = true);
    int calls = running.stream().mapToInt(TestClient::await).sum();
    assertTrue(calls > 12, "calls: " + calls);
  }

  private final class Lane {
    private volatile boolean stop;
    private int calls;

    /** The number of calls, all of which were answered. */
    Future<Integer> go() {
      if (stop) {
        return Future.succeededFuture(calls);
      }
      return fixture
          .client()
          .startLater(
              Infer.of("add")
                  .input("A", "FP32", floats(1, 1, 1, 1), 1, 4)
                  .input("B", "FP32", floats(2, 2, 2, 2), 1, 4)
                  .build())
          .compose(
              reply -> {
                assertEquals(floats(3, 3, 3, 3), reply.ok().getRawOutputContents(0));
                calls++;
                return go();
              });
    }
  }
}
