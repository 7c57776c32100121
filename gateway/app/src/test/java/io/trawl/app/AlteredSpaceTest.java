package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A whole node whose files change under it, and what its operators can ask. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AlteredSpaceTest {

  private Path folder = Path.of("");
  private Path directory = Path.of("");
  private Vertx vertx;
  private LocalNode node;
  private HttpClient http;

  @BeforeAll
  void start(@TempDir Path temporary) throws IOException {
    folder = temporary;
    directory = temporary.resolve("spaces").resolve("demo");
    DemoCopy.into(directory);
    var file =
        Files.writeString(
            temporary.resolve("trawl.yaml"),
            """
            listen: {http-port: 0, grpc-port: 0}
            admin: {port: 0, socket: "%s"}
            readiness: {interval: 20ms, checksum-interval: 20ms}
            """
                .formatted(temporary.resolve("admin")));
    var config = TrawlConfig.read(file, Map.of()).withSpace(directory);
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    vertx = Platform.vertx(registry, config.listen());
    node = LocalNode.start(vertx, config, Space.open(directory, Verification.CHECKSUMS), registry);
    http = HttpClient.newHttpClient();
  }

  @AfterAll
  void end() {
    http.close();
    Running.await(node.close(), "the end");
    Running.await(vertx.close(), "the end");
  }

  @ParameterizedTest
  @CsvSource({
    "item_vectors.npy, exact",
    "item_embeddings.npy, exact",
    "items.tsv, exact",
    "neighbours.npy, explore"
  })
  void aFileThatIsCutOffEndsRequestsTypedUntilItIsBack(String file, String engine)
      throws Exception {
    var good = retrieved(engine);
    assertEquals(200, good.statusCode(), good.body());
    var path = directory.resolve(file);
    var before = Files.readAllBytes(path);
    Files.write(path, new byte[0], StandardOpenOption.TRUNCATE_EXISTING);
    var refused = retrieved(engine);
    assertEquals(503, refused.statusCode(), refused.body());
    assertTrue(refused.body().contains("urn:trawl:problem:search_failed"), refused.body());
    assertFalse(refused.body().contains(folder.toString()), refused.body());
    var ready = asked("admin", "/health/ready");
    assertEquals(503, ready.statusCode(), ready.body());
    assertTrue(asked("admin", "/metrics").body().contains("trawl_space_faults_total"));
    Files.write(path, before, StandardOpenOption.WRITE);
    untilReady();
    assertEquals(200, retrieved(engine).statusCode());
  }

  @Test
  void overTheSocketNothingTellsWhatIsElsewhere() throws IOException {
    Files.createDirectories(folder.resolve("elsewhere"));
    var told =
        List.of(folder.resolve("elsewhere"), folder.resolve("not-there"), Path.of("/etc")).stream()
            .map(this::activated)
            .distinct()
            .toList();
    assertEquals(1, told.size(), told.toString());
    assertTrue(told.getFirst().startsWith("1 FAILED  directory is no space below"), told::toString);
  }

  private String activated(Path other) {
    var standard = System.out;
    var said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      var status =
          Main.commandLine()
              .execute(
                  "space",
                  "activate",
                  other.toString(),
                  "--admin",
                  "unix:" + folder.resolve("admin"));
      return status + " " + said.toString(StandardCharsets.UTF_8);
    } finally {
      System.setOut(standard);
    }
  }

  private HttpResponse<String> retrieved(String engine) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri("http", "/v1/retrieve"))
            .timeout(Duration.ofMinutes(1))
            .header("content-type", "application/json")
            .POST(
                BodyPublishers.ofString(
                    """
                    {"user": {"history": [{"item": "i4355"}]}, "deadline_ms": 10000,
                     "objectives": [{"name": "next-item"}], "engine": {"engine": "%s"}}\
                    """
                        .formatted(engine)))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> asked(String port, String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(port, path)).timeout(Duration.ofMinutes(1)).build(),
        BodyHandlers.ofString());
  }

  private void untilReady() throws Exception {
    var until = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    var ready = asked("admin", "/health/ready");
    while (ready.statusCode() != 200) {
      assertTrue(System.nanoTime() < until, ready.body());
      ready = asked("admin", "/health/ready");
    }
  }

  private URI uri(String port, String path) {
    return URI.create(
        "http://127.0.0.1:" + Objects.requireNonNull(node.ports().byName().get(port)) + path);
  }
}
