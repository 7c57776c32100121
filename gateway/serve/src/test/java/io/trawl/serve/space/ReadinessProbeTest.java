package io.trawl.serve.space;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.serve.FakeBackbone;
import io.trawl.serve.ManualTicker;
import io.trawl.serve.ReadinessOptions;
import io.trawl.serve.SearchOptions;
import io.trawl.serve.SearchableSpace;
import io.trawl.serve.SharedParts;
import io.trawl.serve.search.ComputePool;
import io.trawl.serve.source.EncodeOutcome;
import io.trawl.serve.source.Uses;
import io.trawl.serve.space.GoldenCheck.Finding;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.trawl.space.TinySpace;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that cannot give the golden answers must not get traffic, and must say why. */
class ReadinessProbeTest {

  private final Vertx vertx = Vertx.vertx();
  private final ManualTicker ticker = new ManualTicker();
  private final FakeBackbone backbone = new FakeBackbone();
  private final ComputePool pool = new ComputePool(1, 8);
  private Space space;
  private SearchableSpace serving;
  private GoldenCheck check;

  @BeforeEach
  void open(@TempDir Path directory) {
    space = Space.open(TinySpace.write(directory), Verification.CHECKSUMS);
    serving = SearchableSpace.of(space, Kernels.plain());
    check =
        new GoldenCheck(
            space, serving, backbone, List.of(), parts(ReadinessOptions.defaults()), new Uses());
  }

  @AfterEach
  void close() throws Exception {
    pool.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(10, SECONDS);
    space.close();
  }

  @Test
  void theGoldenAnswerPasses() throws Exception {
    backbone.gives(golden().queryVectors());
    assertEquals(Optional.empty(), checked());
    assertEquals(golden().now(), backbone.asked.getFirst().now());
  }

  @Test
  void aQueryVectorBeyondTheToleranceIsNamed() throws Exception {
    var values = golden().queryVectors().values().clone();
    values[TinySpace.VECTOR_WIDTH + 2] += 2e-4f;
    backbone.gives(new QueryVectors(values, TinySpace.QUERY_VECTORS, TinySpace.VECTOR_WIDTH));
    assertTrue(checked().orElseThrow().contains("query vector 1 has"), checked().toString());
  }

  @Test
  void aBackboneThatFailsIsTheReason() throws Exception {
    backbone.ends(new EncodeOutcome.Failed("worker away"));
    assertTrue(checked().orElseThrow().endsWith("worker away"));
  }

  @Test
  void readyOnlyAfterTheGoldenRequestsPassed() throws Exception {
    backbone.gives(golden().queryVectors());
    try (var probe = probe()) {
      assertInstanceOf(Readiness.NotReady.class, probe.readiness());
      probe.start();
      probe.ready().toCompletionStage().toCompletableFuture().get(10, SECONDS);
      assertInstanceOf(Readiness.Ready.class, probe.readiness());
    }
  }

  @Test
  void aCheckThatThrowsIsAReasonAndTheNextOneIsMade() throws Exception {
    backbone.gives(golden().queryVectors());
    backbone.breaks = Optional.of(new AssertionError("a broken promise"));
    try (var probe = probe()) {
      probe.start();
      var warned = new CompletableFuture<Readiness>();
      vertx.setPeriodic(
          1,
          _ -> {
            if (probe.readiness() instanceof Readiness.NotReady(var why)
                && why.endsWith(") failed: a broken promise")) {
              warned.complete(probe.readiness());
            }
          });
      warned.get(10, SECONDS);
      backbone.breaks = Optional.empty();
      probe.ready().await(10, SECONDS);
    }
  }

  @Test
  void aFullWorkerKeepsAGatewayFromBecomingReady() throws Exception {
    backbone.ends(new EncodeOutcome.Overloaded("its queue"));
    try (var probe = probe()) {
      probe.start();
      until(
          () ->
              probe.readiness() instanceof Readiness.NotReady(var why)
                  && why.endsWith("the worker is full: its queue"));
    }
  }

  @Test
  void aFullWorkerTakesNoReadyGatewayOutOfService() throws Exception {
    backbone.gives(golden().queryVectors());
    try (var probe = probe()) {
      probe.start();
      probe.ready().await(10, SECONDS);
      backbone.ends(new EncodeOutcome.Overloaded("its queue"));
      var before = backbone.asked.size();
      until(() -> backbone.asked.size() > before + 2);
      assertInstanceOf(Readiness.Ready.class, probe.readiness());
      backbone.ends(new EncodeOutcome.Failed("worker away"));
      until(() -> probe.readiness() instanceof Readiness.NotReady);
    }
  }

  private static void until(BooleanSupplier holds) throws InterruptedException {
    for (int i = 0; !holds.getAsBoolean(); i++) {
      assertTrue(i < 10_000, "not within 10 s");
      Thread.sleep(1);
    }
  }

  @Test
  void anotherModelIsRefusedBeforeAnyGoldenRequest() throws Exception {
    backbone.disagreement = Optional.of("model has another M");
    assertEquals(
        Optional.of("model has another M"),
        check
            .checkModel(Deadline.after(Duration.ofSeconds(5), ticker))
            .toCompletionStage()
            .toCompletableFuture()
            .get(10, SECONDS));
  }

  private ReadinessProbe probe() {
    var options =
        new ReadinessOptions(
            Duration.ofMillis(1), Duration.ofSeconds(5), 1e-4, 1e-3, Duration.ZERO);
    return new ReadinessProbe(check, serving.soundness(), space.goldenRequests(), parts(options));
  }

  private SharedParts parts(ReadinessOptions options) {
    return new SharedParts(
        vertx,
        pool,
        SearchOptions.defaults(),
        options,
        ticker,
        () -> TinySpace.NOW,
        () -> 1,
        new SimpleMeterRegistry());
  }

  private GoldenRequest golden() {
    return space.goldenRequests().getFirst();
  }

  private Optional<String> checked() throws Exception {
    return check
        .check(golden(), Deadline.after(Duration.ofSeconds(5), ticker))
        .toCompletionStage()
        .toCompletableFuture()
        .get(10, SECONDS)
        .map(Finding::why);
  }
}
