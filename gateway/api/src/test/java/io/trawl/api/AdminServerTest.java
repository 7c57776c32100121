package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.SpaceId;
import io.trawl.serve.space.Activation;
import io.trawl.serve.space.Readiness;
import io.trawl.serve.space.SpaceActivator;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Orchestrators act on these answers: a gateway that is not ready must say so, and why. */
class AdminServerTest {

  private final Vertx vertx = Vertx.vertx();
  private volatile Readiness readiness = new Readiness.Ready();
  private volatile String metrics = "trawl_requests_total 3\n";
  private final SpaceActivator spaces = new ScriptedSpaces();
  private volatile Activation activation =
      new Activation.Activated(
          new SpaceId("shop", 1), new SpaceId("shop", 2), 8, Duration.ofMillis(77));
  private final List<Path> activated = new CopyOnWriteArrayList<>();
  private final AdminServer server =
      AdminServer.create(vertx, "127.0.0.1", 0, () -> readiness, () -> scrape(), spaces);

  @BeforeEach
  void start() {
    Gateway.await(server.start());
  }

  @AfterEach
  void stop() {
    Gateway.await(server.close());
    Gateway.await(vertx.close());
  }

  @Test
  void isLiveWhateverItsReadiness() throws Exception {
    readiness = new Readiness.NotReady("loading");
    assertEquals(200, get("/health/live").statusCode());
  }

  @Test
  void isReadyOnlyWhenToldSo() throws Exception {
    assertEquals("{\"status\":\"ready\"}", get("/health/ready").body());
    readiness = new Readiness.NotReady("the golden request has not passed yet");
    var answer = get("/health/ready");
    assertEquals(503, answer.statusCode());
    assertEquals(
        "{\"status\":\"not_ready\",\"why\":\"the golden request has not passed yet\"}",
        answer.body());
  }

  @Test
  void givesTheScrapeAsItIs() throws Exception {
    var answer = get("/metrics");
    assertEquals(metrics, answer.body());
    assertEquals(
        "text/plain; version=0.0.4; charset=utf-8",
        answer.headers().firstValue("content-type").orElse(""));
  }

  @Test
  void everythingElseIsAProblem() throws Exception {
    assertEquals(404, get("/v1/objectives").statusCode());
    assertEquals(404, get("/").statusCode());
    var post = send("POST", "/metrics");
    assertEquals(405, post.statusCode());
    assertEquals("GET", post.headers().firstValue("allow").orElse(""));
    assertTrue(post.body().contains("urn:trawl:problem:method_not_allowed"));
  }

  @Test
  void aBrokenRegistryIsAProblemWithoutItsInside() throws Exception {
    metrics = "";
    var answer = get("/metrics");
    assertEquals(500, answer.statusCode());
    assertFalse(answer.body().contains("secret"), answer.body());
  }

  @Test
  void tellsWhichSpaceAnswers() throws Exception {
    assertEquals(
        "{\"space\":{\"name\":\"shop\",\"version\":1},\"finishing\":3,\"activating\":true}",
        get("/admin/spaces").body());
  }

  @Test
  void activatesTheSpaceInADirectory() throws Exception {
    var answer = activate("{\"directory\": \"spaces/shop-2\"}");
    assertEquals(
        "{\"space\":{\"name\":\"shop\",\"version\":2},\"former\":{\"name\":\"shop\",\"version\":1},"
            + "\"golden_requests\":8,\"took_millis\":77}",
        answer.body());
    assertEquals(List.of(Path.of("spaces/shop-2")), activated);
  }

  @Test
  void whatIsNotActivatedIsAProblemWithItsReason() throws Exception {
    activation = new Activation.Refused("golden request 3: worker away");
    var answer = activate("{\"directory\": \"x\"}");
    assertEquals(409, answer.statusCode());
    assertTrue(answer.body().contains("golden request 3: worker away"), answer.body());
    assertTrue(answer.body().contains("urn:trawl:problem:not_activated"), answer.body());
  }

  @Test
  void aWrongActivationNamesItsField() throws Exception {
    for (var wrong :
        Map.of(
                "{}", "directory",
                "{\"directory\": \"a\\u0000b\"}", "directory",
                "{\"directory\": 7}", "directory",
                "{\"directry\": \"x\"}", "directry",
                "[]", "expected a JSON object",
                "", "the body is empty")
            .entrySet()) {
      var answer = activate(wrong.getKey());
      assertEquals(400, answer.statusCode(), wrong.getKey());
      assertTrue(answer.body().contains(wrong.getValue()), answer.body());
    }
    assertEquals(413, activate("x".repeat(70_000)).statusCode());
    assertEquals(405, get("/admin/spaces/activate").statusCode());
    assertEquals(List.of(), activated);
  }

  private final class ScriptedSpaces implements SpaceActivator {
    @Override
    public Future<Activation> activate(Path directory) {
      activated.add(directory);
      return Future.succeededFuture(activation);
    }

    @Override
    public Now now() {
      return new Now(new SpaceId("shop", 1), 3, true);
    }
  }

  private HttpResponse<String> activate(String body) throws IOException, InterruptedException {
    return send("POST", "/admin/spaces/activate", HttpRequest.BodyPublishers.ofString(body));
  }

  private String scrape() {
    if (metrics.isEmpty()) {
      throw new IllegalStateException("secret");
    }
    return metrics;
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send("GET", path);
  }

  private HttpResponse<String> send(String method, String path)
      throws IOException, InterruptedException {
    return send(method, path, HttpRequest.BodyPublishers.noBody());
  }

  private HttpResponse<String> send(String method, String path, HttpRequest.BodyPublisher body)
      throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
              .timeout(Gateway.PATIENCE)
              .method(method, body)
              .build(),
          BodyHandlers.ofString());
    }
  }
}
