package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.await;
import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.WorkerFixture.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelReadyRequest;
import io.trawl.workers.protocol.RepositoryIndexRequest;
import io.trawl.workers.protocol.RepositoryIndexResponse.ModelIndex;
import io.trawl.workers.protocol.RepositoryModelUnloadRequest;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A run that does not end, whatever it is told: who gets to know, and what goes on. */
final class StuckRunTest {
  private static final String REASON =
      "1 of 1 instances run and do not end although they were told to";

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final BlockingQueue<String> halts = new LinkedBlockingQueue<>();

  @BeforeEach
  void holdOn() {
    fixture.gated().disobey();
  }

  private void start(boolean exitIfStuck) {
    fixture.startGated(
        options ->
            options
                .withLoadModels(List.of("gated"))
                .withRuns(
                    new WorkerOptions.Runs(
                        Duration.ofMillis(50), Duration.ofMillis(50), exitIfStuck, 64, 0)),
        halts::add);
  }

  private void getStuck() {
    var reply = fixture.client().infer(row(1));
    assertEquals(GrpcStatus.DEADLINE_EXCEEDED, reply.status());
    assertEquals(
        "model 'gated/1' ran for longer than 50 ms, the most that a run may take", reply.text());
    spinUntil(() -> !fixture.worker().ready());
  }

  private static void spinUntil(BooleanSupplier holds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!holds.getAsBoolean()) {
      assertTrue(System.nanoTime() < end, "hangs");
      Thread.onSpinWait();
    }
  }

  private ModelIndex index() {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryIndex,
            RepositoryIndexRequest.getDefaultInstance())
        .ok()
        .getModels(0);
  }

  private boolean modelReady() {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.ModelReady,
            ModelReadyRequest.newBuilder().setName("gated").build())
        .ok()
        .getReady();
  }

  @Test
  void itsModelIsNotReadyUntilItEndsAfterAll() {
    start(false);
    getStuck();

    assertFalse(modelReady());
    assertEquals("UNAVAILABLE", index().getState());
    assertEquals(REASON, index().getReason());
    assertEquals(REASON, fixture.worker().failures().get("gated/1"));
    var refused = fixture.client().infer(row(2));
    assertEquals(GrpcStatus.NOT_FOUND, refused.status());
    assertEquals(
        "Request for unknown model: 'gated' has no available versions: " + REASON, refused.text());
    String page = fixture.metrics();
    assertTrue(page.contains("trawl_worker_stuck_runs{model=\"gated\",version=\"1\"} 1\n"), page);

    fixture.gated().release(2);
    spinUntil(fixture.worker()::ready);
    assertTrue(modelReady());
    assertEquals(floats(2), fixture.client().infer(row(2)).ok().getRawOutputContents(0));
    assertTrue(halts.isEmpty());
  }

  @Test
  void theProcessEndsWhereItIsTo() throws InterruptedException {
    start(true);
    getStuck();
    String line = halts.poll(60, TimeUnit.SECONDS);
    assertTrue(
        line != null && line.startsWith("model 'gated/1': a run does not end, "),
        String.valueOf(line));
    assertTrue(halts.isEmpty());
  }

  @Test
  void itHoldsNoUnloadUp() {
    start(false);
    getStuck();
    fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.RepositoryModelUnload,
            RepositoryModelUnloadRequest.newBuilder().setModelName("gated").build())
        .ok();
    spinUntil(() -> index().getReason().equals("unloaded"));
    await(fixture.worker().drain(Duration.ofHours(1)));
  }

  /** The other models are loaded, and what could not be warmed up says why. */
  @Test
  void anEndlessWarmUpKeepsItsOwnModelAlone() {
    fixture
        .repository()
        .config(
            "gated",
            GatedBackend.config(
                """
                model_warmup { name: "w" batch_size: 1
                  inputs { key: "IN" value: { data_type: TYPE_FP32 dims: 1 zero_data: true } } }
                """))
        .text("gated/1/model.onnx", "")
        .config("later", GatedBackend.config(""))
        .text("later/1/model.onnx", "");
    fixture.startGatedAsIs(
        options ->
            options.withRuns(
                new WorkerOptions.Runs(Duration.ofMillis(50), Duration.ofMillis(50), true, 64, 0)),
        halts::add);
    assertEquals(
        "model_warmup 'w' of model 'gated' takes longer than 50 ms, the most of one run, and does"
            + " not end although it was told to: its thread is lost",
        fixture.worker().failures().get("gated/1"));
    assertEquals(1, fixture.worker().failures().size());
    fixture.gated().release(2);
    assertEquals(
        GrpcStatus.OK,
        fixture.client().infer(row(1).toBuilder().setModelName("later").build()).status());
    assertTrue(halts.isEmpty());
  }
}
