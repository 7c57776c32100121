package io.trawl.workers.server;

import static io.trawl.workers.server.WorkerFixture.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.InferBatchStatistics;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.protocol.ModelStatistics;
import io.trawl.workers.protocol.ModelStatisticsRequest;
import io.trawl.workers.protocol.ModelStatisticsResponse;
import io.trawl.workers.protocol.ServerLiveRequest;
import io.trawl.workers.server.TestClient.Pending;
import io.trawl.workers.server.TestClient.Reply;
import io.trawl.workers.tensors.ProtoJson;
import io.vertx.core.json.JsonObject;
import io.vertx.grpc.common.GrpcStatus;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Counts are those of what happened; times are those of the backend, charged as Triton does. */
final class StatisticsTest {
  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private final TestHttp http = new TestHttp(fixture);

  private Reply<ModelStatisticsResponse> ask(String name, String version) {
    return fixture
        .client()
        .call(
            GRPCInferenceServiceGrpcClient.ModelStatistics,
            ModelStatisticsRequest.newBuilder().setName(name).setVersion(version).build());
  }

  private ModelStatistics gated() {
    List<ModelStatistics> all = ask("gated", "").ok().getModelStatsList();
    assertEquals(1, all.size());
    return all.getFirst();
  }

  /** One that runs alone, then three rows of two requests together. */
  private void runThree() {
    Pending<ModelInferResponse> first = fixture.client().startInfer(row(0));
    fixture.gated().awaitRun();
    var two =
        TestClient.Infer.of("gated").input("IN", "FP32", TestClient.floats(1, 2), 2, 1).build();
    List<Pending<ModelInferResponse>> together =
        List.of(fixture.client().startInfer(row(1)), fixture.client().startInfer(two));
    fixture
        .client()
        .call(GRPCInferenceServiceGrpcClient.ServerLive, ServerLiveRequest.getDefaultInstance())
        .ok();
    fixture.gated().release(2);
    Stream.concat(Stream.of(first), together.stream()).forEach(pending -> pending.await().ok());
  }

  @Test
  void everythingThatHappenedIsCounted() {
    fixture.startGated("dynamic_batching { }");
    assertEquals(0, gated().getLastInference());
    long before = System.currentTimeMillis();
    runThree();
    fixture.gated().failWith("out of luck");
    fixture.gated().release(1);
    assertEquals(GrpcStatus.INTERNAL, fixture.client().infer(row(9)).status());

    ModelStatistics stats = gated();
    assertEquals("gated", stats.getName());
    assertEquals("1", stats.getVersion());
    assertEquals(4, stats.getInferenceCount(), "rows");
    assertEquals(2, stats.getExecutionCount());
    assertTrue(stats.getLastInference() >= before);
    assertEquals(3, stats.getInferenceStats().getSuccess().getCount());
    assertTrue(stats.getInferenceStats().getSuccess().getNs() > 0);
    assertEquals(1, stats.getInferenceStats().getFail().getCount());
    assertTrue(stats.getInferenceStats().getFail().getNs() > 0);
    assertEquals(3, stats.getInferenceStats().getQueue().getCount());
    // The gated backend says 1, 2 and 3 ns; a batch's cost is charged to each of its requests.
    assertEquals(3 * 1, stats.getInferenceStats().getComputeInput().getNs());
    assertEquals(3 * 2, stats.getInferenceStats().getComputeInfer().getNs());
    assertEquals(3 * 3, stats.getInferenceStats().getComputeOutput().getNs());
    assertEquals(
        List.of(1L, 3L),
        stats.getBatchStatsList().stream().map(InferBatchStatistics::getBatchSize).toList());
    InferBatchStatistics three = stats.getBatchStats(1);
    assertEquals(1, three.getComputeInfer().getCount());
    assertEquals(2, three.getComputeInfer().getNs());
  }

  @Test
  void ofOneVersionOneModelOrAll() {
    fixture
        .repository()
        .model("add", "backend: \"onnxruntime\" max_batch_size: 4 version_policy { all { } }")
        .version("add", "add", 2)
        .model("matmul", "backend: \"onnxruntime\" max_batch_size: 4");
    fixture.start();
    assertEquals(3, ask("", "").ok().getModelStatsCount());
    assertEquals(2, ask("add", "").ok().getModelStatsCount());
    assertEquals("2", ask("add", "2").ok().getModelStats(0).getVersion());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, ask("nope", "").status());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, ask("add", "7").status());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, ask("add", "x").status());

    assertEquals(3, http.get("/v2/models/stats").json().getJsonArray("model_stats").size());
    assertEquals(2, http.get("/v2/models/add/stats").json().getJsonArray("model_stats").size());
    assertEquals(400, http.get("/v2/models/nope/stats").status());
  }

  @Test
  void httpSaysTheSame() {
    fixture.startGated("dynamic_batching { }");
    runThree();
    JsonObject stats =
        http.get("/v2/models/gated/versions/1/stats")
            .json()
            .getJsonArray("model_stats")
            .getJsonObject(0);
    assertEquals(ProtoJson.of(gated()), stats);
    assertEquals(4, stats.getInteger("inference_count"));
    assertEquals(
        3, stats.getJsonObject("inference_stats").getJsonObject("success").getInteger("count"));
  }
}
