package io.trawl.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.serve.Readiness;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Orchestrators act on these answers: a gateway that is not ready must say so, and why. */
class AdminServerTest {

  private final Vertx vertx = Vertx.vertx();
  private volatile Readiness readiness = new Readiness.Ready();
  private volatile String metrics = "trawl_requests_total 3\n";
  private final AdminServer server =
      AdminServer.create(vertx, "127.0.0.1", 0, () -> readiness, () -> scrape());

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
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
              .timeout(Gateway.PATIENCE)
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build(),
          BodyHandlers.ofString());
    }
  }
}
