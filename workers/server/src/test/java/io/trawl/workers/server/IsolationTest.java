package io.trawl.workers.server;

import static io.trawl.workers.server.TestClient.floats;
import static io.trawl.workers.server.TestClient.longs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.workers.protocol.GRPCInferenceServiceGrpcClient;
import io.trawl.workers.protocol.ModelInferRequest;
import io.trawl.workers.protocol.ModelInferResponse;
import io.trawl.workers.server.TestClient.Infer;
import io.trawl.workers.server.TestClient.Pending;
import io.trawl.workers.server.TestClient.Reply;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What one request does to others, to the processor and to memory, on real ONNX models. */
final class IsolationTest {
  private static final long ENDLESS = Long.MAX_VALUE;
  private static final String ONNX = "backend: \"onnxruntime\" max_batch_size: 16 ";

  @RegisterExtension private final WorkerFixture fixture = new WorkerFixture();

  private static ModelInferRequest lookup(long... ids) {
    return Infer.of("lookup").input("IDS", "INT64", longs(ids), 1, ids.length).build();
  }

  private static ModelInferRequest rounds(long times) {
    return Infer.of("rounds").input("TIMES", "INT64", longs(times), 1, 1).build();
  }

  private Reply<ModelInferResponse> rounds(long times, long timeoutMillis) {
    return fixture
        .client()
        .start(GRPCInferenceServiceGrpcClient.ModelInfer, rounds(times), timeoutMillis)
        .await();
  }

  /** Nine of one shape make a batch, and nothing else does. */
  @Test
  void anIndexOutsideOfTheTableFailsItsOwnRequest() {
    fixture
        .repository()
        .model(
            "lookup",
            ONNX
                + "dynamic_batching { preferred_batch_size: 9"
                + " max_queue_delay_microseconds: 3600000000 }");
    fixture.start();
    List<Pending<ModelInferResponse>> good = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      good.add(fixture.client().startInfer(lookup(1, 2)));
    }
    Pending<ModelInferResponse> bad = fixture.client().startInfer(lookup(1, 1_000_000_000));
    for (int i = 0; i < 4; i++) {
      good.add(fixture.client().startInfer(lookup(1, 2)));
    }

    Reply<ModelInferResponse> refused = bad.await();

    assertEquals(GrpcStatus.INVALID_ARGUMENT, refused.status());
    assertEquals(
        "the model cannot run on these inputs: index 1000000000 is not within -10 to 9, at an"
            + " operator Gather",
        refused.text());
    for (Pending<ModelInferResponse> each : good) {
      assertEquals(floats(2, 3, 4, 5), each.await().ok().getRawOutputContents(0));
    }
    String page = fixture.metrics();
    assertTrue(
        page.contains("trawl_worker_reruns_total{model=\"lookup\",version=\"1\"} 6\n"), page);
    assertTrue(
        page.contains("nv_inference_request_success{model=\"lookup\",version=\"1\"} 8\n"), page);
    assertTrue(page.contains("nv_inference_count{model=\"lookup\",version=\"1\"} 8\n"), page);
  }

  @Test
  void overHttpItIsABadRequest() {
    fixture.repository().model("lookup", ONNX);
    fixture.start();
    var answer =
        new TestHttp(fixture)
            .post(
                "/v2/models/lookup/infer",
                "{\"inputs\":[{\"name\":\"IDS\",\"datatype\":\"INT64\",\"shape\":[1,1],\"data\":[-11]}]}");
    assertEquals(400, answer.status());
  }

  @Test
  void aRunEndsWithTheDeadlineOfItsCaller() {
    fixture.repository().model("rounds", ONNX);
    fixture.start();

    assertEquals(GrpcStatus.DEADLINE_EXCEEDED, rounds(ENDLESS, 200).status());

    assertEquals(longs(3), fixture.client().infer(rounds(3)).ok().getRawOutputContents(0));
    String page = fixture.metrics();
    assertTrue(
        page.contains("trawl_worker_runs_stopped_total{model=\"rounds\",version=\"1\"} 1\n"), page);
  }

  @Test
  void aRunEndsWhenItsCallerLeaves() {
    fixture.repository().model("rounds", ONNX);
    fixture.start();
    Pending<ModelInferResponse> endless = fixture.client().startInfer(rounds(ENDLESS));
    endless.request().cancel();
    assertEquals(longs(3), fixture.client().infer(rounds(3)).ok().getRawOutputContents(0));
  }

  @Test
  void whatALargeRunTookIsGivenBack() {
    fixture
        .repository()
        .model(
            "pairs",
            ONNX + "parameters { key: \"trawl.max_dim.IN\" value: { string_value: \"16000\" } }");
    fixture.start();
    fixture.client().infer(pairs(8)).ok();
    long before = residentBytes();

    // 16,000 squared numbers: 1 GB.
    fixture.client().infer(pairs(16_000)).ok();

    long grown = residentBytes() - before;
    assertTrue(grown < 512L << 20, "the process has grown by " + (grown >> 20) + " MiB");
  }

  @Test
  void lengthsBeyondTheLimitAreRefusedBeforeTheyRun() {
    fixture.repository().model("pairs", ONNX);
    var usual = WorkerOptions.Runs.DEFAULT;
    fixture.start(
        options ->
            options.withRuns(
                new WorkerOptions.Runs(usual.timeout(), usual.stopTimeout(), false, 8192, 0)));
    Reply<ModelInferResponse> refused = fixture.client().infer(pairs(14_000));
    assertEquals(GrpcStatus.INVALID_ARGUMENT, refused.status());
    assertEquals(
        "input 'IN' for model 'pairs' has shape [1,14000], but this worker takes at most 8192 in a"
            + " dimension that the model leaves open",
        refused.text());
  }

  /** Products of 400,000 numbers take 640 GB. */
  @Test
  void whatNeedsMoreMemoryThanRunsHaveFailsAlone() {
    fixture
        .repository()
        .model(
            "pairs",
            ONNX
                + "dynamic_batching { preferred_batch_size: 2"
                + " max_queue_delay_microseconds: 3600000000 } "
                + WorkerFixture.LONG);
    fixture.start();
    Pending<ModelInferResponse> one = fixture.client().startInfer(pairs(400_000));
    Pending<ModelInferResponse> other = fixture.client().startInfer(pairs(400_000));
    for (Pending<ModelInferResponse> each : List.of(one, other)) {
      Reply<ModelInferResponse> refused = each.await();
      assertEquals(GrpcStatus.RESOURCE_EXHAUSTED, refused.status());
      assertTrue(
          refused
              .text()
              .matches(
                  "the model needs more memory for this than is left of the \\d+ bytes of all"
                      + " runs"),
          refused.text());
    }
  }

  @Test
  void anAnswerThatTheHeapDoesNotHoldIsRefused() {
    fixture.repository().model("zeros", ONNX);
    fixture.start();
    long most = Runtime.getRuntime().maxMemory() / 4;
    Reply<ModelInferResponse> refused =
        fixture
            .client()
            .infer(Infer.of("zeros").input("SIZE", "INT64", longs(most / 4 + 1), 1, 1).build());
    assertEquals(GrpcStatus.INVALID_ARGUMENT, refused.status());
    assertTrue(
        refused
            .text()
            .endsWith(" bytes of this, more than the " + most + " that this worker takes"),
        refused.text());
    assertEquals(
        floats(0),
        fixture
            .client()
            .infer(Infer.of("zeros").input("SIZE", "INT64", longs(1), 1, 1).build())
            .ok()
            .getRawOutputContents(0));
  }

  private static ModelInferRequest pairs(int length) {
    return Infer.of("pairs").input("IN", "FP32", floats(new float[length]), 1, length).build();
  }

  private static long residentBytes() {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
