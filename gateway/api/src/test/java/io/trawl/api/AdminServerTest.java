package io.trawl.api;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.trawl.domain.SpaceId;
import io.trawl.serve.source.WorkerTable;
import io.trawl.serve.space.Activation;
import io.trawl.serve.space.Readiness;
import io.trawl.serve.space.SpaceActivator;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortLimits;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Orchestrators act on these answers: a gateway that is not ready must say so, and why. */
class AdminServerTest {

  private final Vertx vertx = Vertx.vertx();
  private final AtomicLong now = new AtomicLong();
  private volatile Readiness readiness = new Readiness.Ready();
  private volatile String metrics = "trawl_requests_total 3\n";
  private final SpaceActivator spaces = new ScriptedSpaces();
  private volatile Activation activation =
      new Activation.Activated(
          new SpaceId("shop", 1), new SpaceId("shop", 2), 8, Duration.ofMillis(77));
  private volatile WorkerTable.Now workers = new WorkerTable.Now(List.of(), 0);
  private volatile @Nullable Future<Activation> pending;
  private final List<Path> activated = new CopyOnWriteArrayList<>();
  private final AdminServer server =
      server(
          new AdminOptions(
              "127.0.0.1",
              0,
              "127.0.0.1",
              -1,
              "",
              List.of("gateway.internal"),
              List.of("https://ops.example"),
              List.of()));

  private AdminServer server(AdminOptions options) {
    return AdminServer.create(
        vertx,
        options,
        new PortWatch(PortLimits.DEFAULT, MemoryBudget.of(0, 0, 1 << 20), now::get),
        () -> readiness,
        this::scrape,
        spaces,
        () -> workers);
  }

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
    assertFalse(get("/").body().contains("request_id"), "it has none");
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
  void showsTheWorkersAsTheyStand() throws Exception {
    workers =
        new WorkerTable.Now(
            List.of(
                new WorkerTable.Row(
                    "10.0.0.7:8001",
                    "backbone",
                    "3",
                    "a",
                    "ejected",
                    "5 calls in a row failed",
                    Duration.ofSeconds(2),
                    1,
                    16,
                    Duration.ofNanos(1_500_000),
                    0.5,
                    2)),
            7);
    assertEquals(
        "{\"workers\":[{\"endpoint\":\"10.0.0.7:8001\",\"model\":\"backbone\",\"version\":\"3\","
            + "\"zone\":\"a\",\"standing\":\"ejected\",\"why\":\"5 calls in a row failed\","
            + "\"since_millis\":2000,\"under_way\":1,\"limit\":16,\"latency_millis\":1.5,"
            + "\"share\":0.5,\"ejections\":2}],\"waiting\":7}",
        get("/admin/workers").body());
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
      return Objects.requireNonNullElseGet(pending, () -> Future.succeededFuture(activation));
    }

    @Override
    public Now now() {
      return new Now(new SpaceId("shop", 1), 3, true);
    }
  }

  private HttpResponse<String> activate(String body) throws IOException, InterruptedException {
    return send("POST", "/admin/spaces/activate", HttpRequest.BodyPublishers.ofString(body));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "10.0.0.7:9091",
        "[::1]:9091",
        "localhost:9091",
        "LOCALHOST",
        "gateway.internal:80"
      })
  void addressesAndKnownNamesMayBeAskedBy(String host) {
    assertEquals(200, status(raw(server.port(), "GET /health/live", "host: " + host)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "host: rebound.example",
        "host: rebound.example:9091",
        "host: 127.0.0.1.rebound.example",
        "host: localhost.rebound.example",
        "host:",
        "host: localhost\r\nhost: rebound.example",
        "host: localhost\r\norigin: https://page.example",
        "host: localhost\r\norigin: null",
        "host: localhost\r\norigin: https://ops.example\r\norigin: https://page.example",
        "x-none: 1"
      })
  void whatAWebPageCanMakeIsRefused(String headers) {
    for (var path : List.of("/metrics", "/admin/spaces", "/nowhere")) {
      var status = status(raw(server.port(), "GET " + path, headers));
      assertTrue(status == 403 || status == 400, path + " " + status);
    }
    var posted =
        raw(
            server.port(),
            "POST /admin/spaces/activate",
            headers + "\r\ncontent-type: application/json\r\ncontent-length: 17",
            "{\"directory\":\"x\"}");
    assertTrue(Set.of(400, 403).contains(status(posted)), posted);
    assertEquals(List.of(), activated);
  }

  @Test
  void aKnownOriginMayAsk() {
    assertEquals(
        200,
        status(
            raw(
                server.port(),
                "GET /admin/spaces",
                "host: localhost\r\norigin: https://ops.example")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-none: 1",
        "content-type: text/plain",
        "content-type: application/x-www-form-urlencoded",
        "content-type: multipart/form-data; boundary=x",
        "content-type: text/plain; application/json"
      })
  void aBodyThatAFormCanSendIsRefused(String type) {
    assertEquals(
        415,
        status(
            raw(
                server.port(),
                "POST /admin/spaces/activate",
                "host: localhost\r\ncontent-length: 17\r\n" + type,
                "{\"directory\":\"x\"}")));
    assertEquals(List.of(), activated);
  }

  @Test
  void aBodyThatDoesNotComeIsCut() {
    var answer = new CompletableFuture<String>();
    vertx
        .createNetClient()
        .connect(server.port(), "127.0.0.1")
        .onSuccess(
            connection -> {
              var all = Buffer.buffer();
              connection.handler(all::appendBuffer);
              connection.closeHandler(_ -> answer.complete(all.toString()));
              connection.write(
                  "POST /admin/spaces/activate HTTP/1.1\r\nhost: localhost\r\n"
                      + "content-type: application/json\r\ncontent-length: 17\r\n\r\n{");
              vertx.setPeriodic(10, _ -> now.addAndGet(Duration.ofSeconds(1).toNanos()));
            })
        .onFailure(answer::completeExceptionally);
    assertTrue(answer.orTimeout(20, SECONDS).join().startsWith("HTTP/1.1 408"));
    assertEquals(List.of(), activated);
  }

  @Test
  void anActivationHasTheTimeThatItNeeds() throws Exception {
    Promise<Activation> open = Promise.promise();
    pending = open.future();
    var answer = new CompletableFuture<HttpResponse<String>>();
    Thread.startVirtualThread(
        () -> {
          try {
            answer.complete(activate("{\"directory\": \"x\"}"));
          } catch (IOException | InterruptedException broken) {
            answer.completeExceptionally(broken);
          }
        });
    var looks = new CompletableFuture<Void>();
    var left = new AtomicLong(40);
    vertx.setPeriodic(
        100,
        _ -> {
          now.addAndGet(Duration.ofMinutes(5).toNanos());
          if (!activated.isEmpty() && left.decrementAndGet() == 0) {
            looks.complete(null);
          }
        });
    looks.get(20, SECONDS);
    open.complete(activation);
    assertEquals(200, answer.get(20, SECONDS).statusCode());
  }

  @Test
  void healthMayHaveAPortOfItsOwn() {
    var apart =
        Gateway.await(
            server(
                    new AdminOptions(
                        "127.0.0.1", 0, "127.0.0.1", 0, "", List.of(), List.of(), List.of()))
                .start());
    var health = apart.healthPort().orElseThrow();
    assertEquals(200, status(raw(health, "GET /health/ready", "host: localhost")));
    assertEquals(200, status(raw(health, "GET /metrics", "host: localhost")));
    assertEquals(404, status(raw(health, "GET /admin/spaces", "host: localhost")));
    assertEquals(404, status(raw(apart.port(), "GET /metrics", "host: localhost")));
    assertEquals(200, status(raw(apart.port(), "GET /admin/spaces", "host: localhost")));
    Gateway.await(apart.close());
  }

  @Test
  void administrationMayBeOnASocket(@TempDir Path folder) throws Exception {
    var path = folder.resolve("admin");
    // What a process that was killed left there.
    try (var stale = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      stale.bind(UnixDomainSocketAddress.of(path));
    }
    var apart = Gateway.await(server(onSocket(path)).start());
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
    assertEquals(404, status(raw(apart.port(), "GET /admin/spaces", "host: localhost")));
    assertEquals(200, status(raw(apart.port(), "GET /health/live", "host: localhost")));
    var address = SocketAddress.domainSocketAddress(path.toString());
    assertEquals(200, status(raw(address, "GET /admin/spaces", "host: any.example", "")));
    assertEquals(
        403, status(raw(address, "GET /admin/spaces", "host: x\r\norigin: https://a.example", "")));
    var taken =
        assertThrows(
            CompletionException.class,
            () -> server(onSocket(path)).start().toCompletionStage().toCompletableFuture().join());
    assertTrue(String.valueOf(taken.getMessage()).contains("admin.socket"), taken::toString);
    Gateway.await(apart.close());
    assertFalse(Files.exists(path));
  }

  @Test
  void aSocketReplacesNoFile(@TempDir Path folder) throws Exception {
    var file = Files.writeString(folder.resolve("file"), "kept");
    var refused =
        assertThrows(
            CompletionException.class,
            () -> server(onSocket(file)).start().toCompletionStage().toCompletableFuture().join());
    assertTrue(String.valueOf(refused.getMessage()).contains("no socket"), refused::toString);
    assertEquals("kept", Files.readString(file));
  }

  private static AdminOptions onSocket(Path path) {
    return new AdminOptions(
        "127.0.0.1", 0, "127.0.0.1", -1, path.toString(), List.of(), List.of(), List.of());
  }

  private static int status(String answer) {
    return Integer.parseInt(answer.substring(9, 12));
  }

  private String raw(int port, String line, String headers) {
    return raw(port, line, headers, "");
  }

  private String raw(int port, String line, String headers, String body) {
    return raw(SocketAddress.inetSocketAddress(port, "127.0.0.1"), line, headers, body);
  }

  private String raw(SocketAddress address, String line, String headers, String body) {
    var answer = new CompletableFuture<String>();
    vertx
        .createNetClient()
        .connect(address)
        .onSuccess(
            connection -> {
              var all = Buffer.buffer();
              connection.handler(all::appendBuffer);
              connection.closeHandler(_ -> answer.complete(all.toString()));
              connection.write(
                  line + " HTTP/1.1\r\nconnection: close\r\n" + headers + "\r\n\r\n" + body);
            })
        .onFailure(answer::completeExceptionally);
    return answer.orTimeout(20, SECONDS).join();
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
              .header("content-type", "application/json")
              .method(method, body)
              .build(),
          BodyHandlers.ofString());
    }
  }
}
