package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.demo.DemoShow;
import io.trawl.app.node.Platform;
import io.trawl.app.node.TrawlConfig;
import io.trawl.app.terminal.Ansi;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.process.BoundedAppender;
import io.vertx.core.Vertx;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import reactor.blockhound.BlockHound;

/**
 * No event loop of the whole local node ever waits: BlockHound hears of every blocking call of the
 * JDK on such a thread, with the stack that made it. Runs in a JVM of its own.
 */
class EventLoopBlockHoundTest {

  private static final Path SPACE = Path.of("../../triton-models/spaces/demo-shop");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Vert.x ends its own pools when all else of it has ended: nobody is served any more. */
  private static final String LAST_OF_ALL =
      "io.vertx.core.impl.VertxImpl.lambda$deleteCacheDirAndShutdown";

  private static final Set<String> BLOCKED = new ConcurrentSkipListSet<>();

  @BeforeAll
  static void watch() {
    BlockHound.builder()
        .nonBlockingThreadPredicate(
            current -> current.or(thread -> thread.getName().startsWith("vert.x-eventloop-thread")))
        .blockingMethodCallback(
            method -> {
              var stack = new StringBuilder(method.toString());
              StackWalker.getInstance().forEach(frame -> stack.append("\n  ").append(frame));
              if (stack.indexOf(LAST_OF_ALL) < 0) {
                BLOCKED.add(stack.toString());
              }
            })
        // A class is read from its jar once, where it is first needed.
        .allowBlockingCallsInside("java.lang.ClassLoader", "loadClass")
        .allowBlockingCallsInside("java.lang.Class", "forName0")
        .allowBlockingCallsInside("java.lang.invoke.MethodHandleNatives", "linkCallSite")
        .allowBlockingCallsInside("java.util.ServiceLoader$LazyClassPathLookupIterator", "hasNext")
        .install();
  }

  @BeforeEach
  void clear() {
    BLOCKED.clear();
  }

  @Test
  void wouldHearOfAnEventLoopThatSleeps() {
    onEventLoop(
        () -> {
          try {
            Thread.sleep(1);
          } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
          }
        });
    assertTrue(BLOCKED.stream().anyMatch(call -> call.contains("sleep")), BLOCKED::toString);
  }

  @Test
  void wouldHearOfALineThatIsWrittenAtOnce(@TempDir Path folder) throws IOException {
    var logger = ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger("written.at.once");
    var encoder = new PatternLayoutEncoder();
    encoder.setContext(logger.getLoggerContext());
    encoder.setPattern("%msg%n");
    encoder.start();
    var atOnce = new OutputStreamAppender<ILoggingEvent>();
    atOnce.setContext(logger.getLoggerContext());
    atOnce.setEncoder(encoder);
    // Whatever stands in for standard error here: that is a file as well.
    atOnce.setOutputStream(new FileOutputStream(folder.resolve("log").toFile()));
    atOnce.start();
    logger.setAdditive(false);
    logger.addAppender(atOnce);
    onEventLoop(() -> logger.info("a line that its reader holds up"));
    atOnce.stop();
    assertTrue(BLOCKED.stream().anyMatch(call -> call.contains("write")), BLOCKED::toString);
  }

  /** In the configuration that gateway and worker have. */
  @Test
  void noEventLoopWaitsForTheLog() {
    var root = ((LoggerContext) LoggerFactory.getILoggerFactory()).getLogger("ROOT");
    for (var each = root.iteratorForAppenders(); each.hasNext(); ) {
      assertInstanceOf(BoundedAppender.class, each.next());
    }
    var logger = LoggerFactory.getLogger("io.trawl.api");
    assertTrue(logger.isInfoEnabled());
    onEventLoop(
        () -> {
          for (int i = 0; i < 1_000; i++) {
            logger.info("a line that is one of many: {}", i);
          }
          logger.error("a line with a stack", new IllegalStateException("why"));
        });
    assertEquals(Set.of(), BLOCKED);
  }

  private static void onEventLoop(Runnable work) {
    var vertx = Vertx.vertx();
    vertx.runOnContext(_ -> work.run());
    Running.await(vertx.close(), "the end");
  }

  @Test
  void noEventLoopOfTheNodeWaits() throws IOException, InterruptedException {
    var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    var config = TrawlConfig.defaults().withSpace(SPACE).withPorts(0, 0, 0);
    var vertx = Platform.vertx(registry, config.listen());
    try (var space = Space.open(SPACE, Verification.SIZES)) {
      var node = LocalNode.start(vertx, config, space, registry);
      use(vertx, node, space);
      Running.await(node.close(), "the end");
      Running.await(vertx.close(), "the end");
    }
    assertEquals(Set.of(), BLOCKED);
  }

  /** Every call of the API over both protocols, good and bad, and what operators and probes ask. */
  private static void use(Vertx vertx, LocalNode node, Space space)
      throws IOException, InterruptedException {
    var ports = node.ports().byName();
    var http = URI.create("http://127.0.0.1:" + ports.get("http"));
    var grpc = Objects.requireNonNull(ports.get("grpc"));
    var shown = new StringBuilder();
    Running.await(
        new DemoShow(vertx, http, grpc, space, Ansi.plain(), Ticker.system()).run(shown::append),
        PATIENCE,
        "the show");
    assertFalse(shown.isEmpty());

    var item = space.catalogue().id(0);
    var user = "\"user\": {\"history\": [{\"item\": \"%s\"}]}".formatted(item);
    var next = "\"objectives\": [{\"name\": \"next-item\"}]";
    var good = "{%s, %s, \"explain\": true}".formatted(user, next);
    var vector = "[0.5" + ", 0.25".repeat(space.manifest().sizes().vectorWidth() - 1) + "]";
    try (var caller = HttpClient.newHttpClient()) {
      var asked = new Asked(caller);
      asked.posts(200, http, "/v1/retrieve", good);
      asked.posts(200, http, "/v1/retrieve:stream", good);
      var search = "{\"name\": \"text-search\", \"text\": \"blue lamp\"%s}";
      asked.posts(
          200,
          http,
          "/v1/retrieve",
          "{%s, \"objectives\": [%s, %s], \"explain\": true}"
              .formatted(user, search.formatted(""), search.formatted(", \"legs\": \"lexical\"")));
      asked.posts(
          200, http, "/v1/retrieve:batch", "{\"requests\": [%s, %s, {}]}".formatted(good, good));
      asked.posts(
          200,
          http,
          "/v1/retrieve",
          "{%s, %s, \"filter\": {\"range\": {\"attribute\": \"price\", \"at_most\": 50}}}"
              .formatted(user, next));
      asked.posts(200, http, "/v1/similar", "{\"items\": [\"%s\"]}".formatted(item));
      asked.posts(
          200, http, "/v1/search", "{\"query_vectors\": [{\"values\": %s}]}".formatted(vector));
      asked.posts(400, http, "/v1/retrieve", "{\"k\": \"ten\"}");
      asked.posts(400, http, "/v1/search", "{");
      asked.posts(504, http, "/v1/retrieve", "{%s, \"deadline_ms\": 0}".formatted(next));
      asked.gets(200, http, "/v1/objectives");
      asked.gets(200, http, "/v1/items/" + item);
      asked.gets(404, http, "/v1/items/nope");
      asked.gets(404, http, "/nowhere");
      asked.gets(200, http, "/openapi.json");
      asked.gets(200, http, "/v2/models/trawl");
      var admin = URI.create("http://127.0.0.1:" + ports.get("admin"));
      asked.gets(200, admin, "/health/ready");
      asked.gets(200, admin, "/metrics");
      var worker = URI.create("http://127.0.0.1:" + ports.get("worker-http"));
      asked.gets(200, worker, "/v2/models/urm_backbone/stats");
      asked.gets(200, worker, "/v2/models/urm_backbone/config");
      asked.posts(200, worker, "/v2/repository/index", "{}");
      asked.posts(400, worker, "/v2/models/urm_backbone/infer", "{\"inputs\": []}");
      asked.gets(200, URI.create("http://127.0.0.1:" + ports.get("worker-metrics")), "/metrics");
    }
  }

  /** Asks over HTTP and holds the answer to its status. */
  private record Asked(HttpClient caller) {

    void gets(int status, URI base, String path) throws IOException, InterruptedException {
      sends(status, HttpRequest.newBuilder(base.resolve(path)).GET());
    }

    void posts(int status, URI base, String path, String body)
        throws IOException, InterruptedException {
      sends(
          status,
          HttpRequest.newBuilder(base.resolve(path))
              .header("content-type", "application/json")
              .POST(BodyPublishers.ofString(body)));
    }

    private void sends(int status, HttpRequest.Builder request)
        throws IOException, InterruptedException {
      var answer = caller.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString());
      assertEquals(status, answer.statusCode(), answer.uri() + ": " + answer.body());
    }
  }
}
