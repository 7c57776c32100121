package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.TextFormat;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.BackboneOptions;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.TrawlConfig;
import io.trawl.app.triton.OutputType;
import io.trawl.app.triton.TritonBackend;
import io.trawl.app.triton.TritonOptions;
import io.trawl.app.triton.TritonRepository;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.serve.ReadinessOptions;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.protocol.DataType;
import io.trawl.workers.protocol.ModelConfig;
import io.trawl.workers.testkit.RealTriton;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A repository that Triton cannot read, or that gives other vectors, wastes somebody's night. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SpaceTritonTest {

  private static final Path SPACE = Path.of("..", "..").resolve(TrawlConfig.DEMO_SPACE);

  private final Vertx vertx = Vertx.vertx();
  private Space space;

  @BeforeAll
  void open() {
    space = Space.open(SPACE, Verification.SIZES);
  }

  @AfterAll
  void close() {
    space.close();
    Running.await(vertx.close(), "the end");
  }

  @ParameterizedTest
  @CsvSource({"PYTHON, FP32, 1e-4", "ONNXRUNTIME, FP32, 1e-4", "ONNXRUNTIME, FP16, 1e-2"})
  void ourWorkerGivesTheGoldenVectors(
      TritonBackend backend, OutputType output, double tolerance, @TempDir Path folder) {
    write(new TritonOptions(backend, output, false, 1), folder.resolve("models"));
    var worker = Running.await(LocalWorker.start(vertx, folder, 0, 0, 0), "the worker's start");
    checkGolden(worker.backbone(BackboneOptions.defaults()), tolerance);
    Running.await(worker.shutdown(), "the end");
  }

  @ParameterizedTest
  @EnumSource(OutputType.class)
  @EnabledIfSystemProperty(named = RealTriton.ASKED_FOR, matches = "true")
  void theRealTritonGivesTheGoldenVectors(OutputType output, @TempDir Path folder) {
    var models = folder.resolve("models");
    write(new TritonOptions(TritonBackend.PYTHON, output, false, 1), models);
    try (var triton = RealTriton.start(models, folder.resolve("state"))) {
      var backbone = BackboneOptions.defaults().withEndpoint("127.0.0.1:" + triton.grpcPort());
      checkGolden(backbone, output == OutputType.FP32 ? 1e-4 : 1e-2);
    }
  }

  @ParameterizedTest
  @EnumSource(TritonBackend.class)
  void theConfigurationIsWhatTritonReads(TritonBackend backend, @TempDir Path folder)
      throws IOException {
    var written = write(new TritonOptions(backend, OutputType.FP16, true, 2), folder);
    var config = config(folder);
    assertEquals(backend.label(), config.getBackend());
    assertEquals(DataType.TYPE_FP16, config.getOutput(0).getDataType());
    assertEquals(2, config.getInstanceGroup(0).getCount());
    assertTrue(config.hasDynamicBatching());
    assertTrue(config.getVersionPolicy().hasAll());
    assertEquals(2 * space.manifest().sizes().lengths().size(), config.getModelWarmupCount());
    assertEquals(
        switch (backend) {
          case PYTHON -> Set.of("config.pbtxt", "model.onnx", "model.py");
          case ONNXRUNTIME -> Set.of("config.pbtxt", "model.onnx");
          case TENSORRT -> Set.of("config.pbtxt", "model.onnx", "build-plan.sh");
        },
        written);
  }

  @Test
  void whoHasAModelOpenKeepsIt(@TempDir Path folder) throws IOException {
    var options = new TritonOptions(TritonBackend.ONNXRUNTIME, OutputType.FP32, false, 1);
    write(options, folder);
    var version = folder.resolve("urm_backbone/1");
    var config = folder.resolve("urm_backbone/config.pbtxt");
    try (var open = FileChannel.open(version.resolve("model.onnx"));
        var told = FileChannel.open(config)) {
      var size = open.size();
      Files.writeString(version.resolve("model.onnx"), "another one", StandardOpenOption.APPEND);
      assertEquals(size + 11, open.size());
      write(options, folder);
      assertEquals(size + 11, open.size());
      assertEquals(size, Files.size(version.resolve("model.onnx")));
      assertEquals(told.size(), Files.size(config));
    }
    assertEquals(
        Set.of("config.pbtxt", "1", "model.onnx"),
        Stream.concat(names(folder.resolve("urm_backbone")), names(version))
            .collect(Collectors.toSet()));
  }

  private static Stream<String> names(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList().stream();
    }
  }

  @Test
  void thePlanIsBuiltForEveryShape(@TempDir Path folder) throws IOException {
    write(new TritonOptions(TritonBackend.TENSORRT, OutputType.BF16, true, 1), folder);
    var script = folder.resolve("urm_backbone/1/build-plan.sh");
    assertTrue(Files.isExecutable(script));
    var text = Files.readString(script);
    assertTrue(text.contains("--minShapes=token_ids:1x32,attention_mask:1x32,"), text);
    assertTrue(text.contains("--maxShapes=token_ids:16x128,attention_mask:16x128,"), text);
    assertTrue(text.contains("item_embeddings:16x128x384"), text);
  }

  @Test
  void versionsStandSideBySideOnlyWhereTheyAreServedTheSameWay(@TempDir Path folder)
      throws IOException {
    var options = new TritonOptions(TritonBackend.PYTHON, OutputType.FP32, false, 1);
    write(options, folder.resolve("repository"));
    try (var second =
        Space.open(SecondVersion.of(SPACE, folder.resolve("second")), Verification.SIZES)) {
      TritonRepository.write(second, options, folder.resolve("repository"));
      assertTrue(Files.exists(folder.resolve("repository/urm_backbone/1/model.onnx")));
      assertTrue(Files.exists(folder.resolve("repository/urm_backbone/2/model.onnx")));
      var other = new TritonOptions(TritonBackend.PYTHON, OutputType.FP16, false, 1);
      var refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> TritonRepository.write(second, other, folder.resolve("repository")));
      assertTrue(String.valueOf(refused.getMessage()).contains("TYPE_FP32"), refused.toString());
    }
  }

  @Test
  void whatABackendCannotGiveIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new TritonOptions(TritonBackend.ONNXRUNTIME, OutputType.BF16, true, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> new TritonOptions(TritonBackend.TENSORRT, OutputType.FP32, false, 1));
  }

  private Set<String> write(TritonOptions options, Path repository) {
    return TritonRepository.write(space, options, repository).stream()
        .map(file -> String.valueOf(file.getFileName()))
        .collect(Collectors.toSet());
  }

  private static ModelConfig config(Path repository) throws IOException {
    var config = ModelConfig.newBuilder();
    TextFormat.getParser()
        .merge(Files.readString(repository.resolve("urm_backbone/config.pbtxt")), config);
    return config.build();
  }

  private void checkGolden(BackboneOptions backbone, double tolerance) {
    var defaults = TrawlConfig.defaults();
    var readiness =
        new ReadinessOptions(
            Duration.ofSeconds(5), Duration.ofSeconds(30), tolerance, 1, Duration.ZERO);
    var config =
        new TrawlConfig(
            SPACE,
            defaults.listen(),
            defaults.admin(),
            defaults.limits(),
            defaults.search(),
            backbone,
            defaults.milvus(),
            readiness);
    var opened = Space.open(SPACE, Verification.SIZES);
    var gateway =
        new GatewayNode(
            vertx, config, opened, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    var check = Running.await(gateway.goldenCheck(), "the workers");
    assertEquals(Optional.empty(), Running.await(check.checkModel(deadline()), "the model"));
    for (var golden : opened.goldenRequests()) {
      assertEquals(Optional.empty(), Running.await(check.check(golden, deadline()), "a request"));
    }
    Running.await(gateway.close(), "the end");
  }

  private static Deadline deadline() {
    return Deadline.after(Duration.ofSeconds(30), Ticker.system());
  }
}
