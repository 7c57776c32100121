package io.trawl.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.client.RetrievalClient;
import io.trawl.app.node.GatewayNode;
import io.trawl.app.node.TrawlConfig;
import io.trawl.domain.Degradation;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SpaceId;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.testkit.RealMilvus;
import io.trawl.workers.testkit.RealTriton;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The real servers are killed, stopped and robbed under a gateway. Every request ends inside its
 * deadline: answered in full, answered with a label, or refused with a typed document; and the
 * service is whole again soon after the server is.
 */
@TestInstance(Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = RealTriton.ASKED_FOR, matches = "true")
class RealServersFaultsTest {

  private static final Path SPACE = DemoCopy.DEMO;
  private static final Duration DEADLINE = Duration.ofSeconds(1);

  /** Beyond the deadline, for a machine that does other things too. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** After the server's own recovery. */
  private static final Duration RECOVERY = Duration.ofSeconds(5);

  /** How long a fault may take to be seen. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Golden requests that two gateways are compared by; more only take longer. */
  private static final int GOLDEN = 8;

  private static final Set<String> TYPED =
      Set.of("encode_failed", "expired", "shed", "search_failed");

  /** How a request ended. */
  private enum Ended {
    WHOLE,
    WITHOUT_MILVUS,
    REFUSED
  }

  private final Vertx vertx = Vertx.vertx();
  private final HttpClient caller = HttpClient.newHttpClient();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private Path folder;
  private Path data;
  private RealTriton triton;
  private RealMilvus milvus;
  private MovingPort milvusPort;
  private MilvusStore store;
  private GatewayNode gateway;
  private URI http;
  private String item;
  private Held atRest;

  @BeforeAll
  void start(@TempDir Path here) throws Exception {
    folder = here;
    data = Files.createDirectories(folder.resolve("milvus"));
    var starting =
        CompletableFuture.supplyAsync(
            () -> RealTriton.start(SPACE.resolve("models"), folder.resolve("triton")));
    milvus = RealMilvus.start(data);
    milvusPort = new MovingPort(vertx, milvus.port());
    store = new MilvusStore("127.0.0.1:" + milvusPort.port());
    var space = Space.open(SPACE, Verification.CHECKSUMS);
    item = space.catalogue().id(0);
    store.load(space);
    store.verify(space);
    store.activate(space);
    space.close();
    triton = starting.join();
    gateway = gateway(SPACE, "space", registry);
    http = start(gateway);
    awaitEnded(Ended.WHOLE, PATIENCE);
    atRest = held();
    assertEquals(0, atRest.tickets());
    assertTrue(atRest.connections().stream().allMatch(count -> count > 0), atRest::toString);
  }

  /**
   * @param vectors where it has the item vectors from
   */
  private GatewayNode gateway(Path space, String vectors, PrometheusMeterRegistry registry)
      throws IOException {
    var configuration =
        """
        listen: {http-port: 0, grpc-port: 0, work: {start: 1024, least: 1024, most: 1024}}
        admin: {port: 0}
        limits: {max-deadline: 10s}
        search: {neighbours: milvus, vectors: %s}
        backbone: {endpoints: ["127.0.0.1:%d"]}
        milvus: {endpoint: "127.0.0.1:%d", plane: {rows: 0}}
        """
            .formatted(vectors, triton.grpcPort(), milvusPort.port());
    var file = Files.writeString(folder.resolve("trawl.yaml"), configuration);
    var config = TrawlConfig.read(file, Map.of()).withSpace(space);
    return new GatewayNode(vertx, config, config.open(space, Verification.CHECKSUMS), registry);
  }

  private static URI start(GatewayNode gateway) {
    var ports = Running.await(gateway.start(), "the gateway's start");
    Running.await(gateway.ready(), "readiness");
    return URI.create("http://127.0.0.1:" + ports.byName().get("http"));
  }

  @AfterAll
  void stop() {
    Running.await(gateway.close(), "the end");
    store.close();
    triton.close();
    milvus.close();
    caller.close();
    Running.await(vertx.close(), "the end");
  }

  @BeforeEach
  void isWhole() throws Exception {
    awaitEnded(Ended.WHOLE, PATIENCE);
  }

  @AfterEach
  void nothingStays() {
    atRest.noMore(vertx, this::held, PATIENCE);
  }

  private Held held() {
    return Held.of(registry, triton.grpcPort(), milvusPort.port());
  }

  @Test
  void aStoppedMilvusIsDoneWithoutUntilItGoesOn() throws Exception {
    signal(milvus.process(), "STOP");
    try {
      onlyLabelled(Ended.WITHOUT_MILVUS);
    } finally {
      signal(milvus.process(), "CONT");
    }
    awaitEnded(Ended.WHOLE, RECOVERY);
  }

  /** A copy of the space without its largest file is enough, and answers with the same bits. */
  @Test
  void aGatewayWithoutItemVectorsFetchesThemOutOfMilvus() throws Exception {
    var space = withoutVectors(folder.resolve("small"));
    var small = gateway(space, "milvus", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    var there = start(small);
    var whole = RetrievalClient.http(vertx, http, 1);
    var other = RetrievalClient.http(vertx, there, 1);
    try (var opened = Space.openWithoutVectors(space, Verification.SIZES)) {
      for (var engine :
          List.of(
              new EngineRequest(EngineName.EXPLORE, 4, 500, 15, 32, 7L),
              new EngineRequest(EngineName.MILVUS, null, null, null, null, null))) {
        for (var golden : opened.goldenRequests().subList(0, GOLDEN)) {
          var request = request(golden, engine);
          var list = list(other, request);
          assertEquals(list(whole, request).items(), list.items());
          var labels = list.degradations().stream().map(Degradation::kind).toList();
          assertTrue(labels.contains(Degradation.Kind.VECTORS_FROM_MILVUS), labels::toString);
          assertFalse(labels.contains(Degradation.Kind.WITHOUT_MILVUS), labels::toString);
        }
      }
      signal(milvus.process(), "STOP");
      assertEquals(Ended.REFUSED, ask(there));
    } finally {
      signal(milvus.process(), "CONT");
      Running.await(whole.close(), "the end");
      Running.await(other.close(), "the end");
      Running.await(small.close(), "the end");
    }
  }

  private static Path withoutVectors(Path into) throws IOException {
    DemoCopy.into(into, file -> !file.endsWith("item_vectors.npy"));
    return into;
  }

  private static RetrievalRequest request(GoldenRequest golden, EngineRequest engine) {
    return new RetrievalRequest(
        "r",
        golden.user(),
        List.of(golden.objective()),
        GoldenRequest.TOP,
        RetrievalRequest.ItemChoice.ALL,
        golden.now(),
        engine,
        RetrievalRequest.Answering.PLAIN);
  }

  private static ObjectiveRetrieval list(RetrievalClient client, RetrievalRequest request) {
    return Running.await(client.retrieve(request, Duration.ofSeconds(10)), "an answer")
        .lists()
        .getFirst();
  }

  @Test
  void aKilledMilvusIsDoneWithoutUntilItAnswersAgain() throws Exception {
    milvus.process().destroyForcibly();
    onlyLabelled(Ended.WITHOUT_MILVUS);
    milvus.close();
    milvus = RealMilvus.start(data);
    milvusPort.moveTo(milvus.port());
    awaitEnded(Ended.WHOLE, RECOVERY);
  }

  @Test
  void theAliasMayGo() throws Exception {
    var alias = CollectionNames.alias(new SpaceId("demo-shop", 1));
    Running.await(store.collections().dropAlias(alias), "the alias");
    for (var i = 0; i < 10; i++) {
      // One may be late for other reasons; all would be, were it the alias.
      awaitEnded(Ended.WHOLE, RECOVERY);
    }
  }

  @Test
  void aStoppedTritonCostsRequestsTheirDeadlineAndNoMore() throws Exception {
    signal(triton.process(), "STOP");
    try {
      onlyLabelled(Ended.REFUSED);
    } finally {
      signal(triton.process(), "CONT");
    }
    awaitEnded(Ended.WHOLE, RECOVERY);
  }

  @Test
  void aKilledTritonIsSaidToBeAwayAndTheNextOneIsUsed() throws Exception {
    triton.process().destroyForcibly();
    onlyLabelled(Ended.REFUSED);
    triton = triton.restart();
    awaitEnded(Ended.WHOLE, RECOVERY);
  }

  @Test
  void aModelThatIsUnloadedIsMissedUntilItIsBack() throws Exception {
    model("unload");
    onlyLabelled(Ended.REFUSED);
    model("load");
    awaitEnded(Ended.WHOLE, RECOVERY);
  }

  /** Asks until the fault shows, and then a few times more. */
  private void onlyLabelled(Ended expected) throws Exception {
    awaitEnded(expected, PATIENCE);
    for (var i = 0; i < 5; i++) {
      assertEquals(expected, ask());
    }
  }

  private void awaitEnded(Ended expected, Duration atMost) throws Exception {
    var end = System.nanoTime() + atMost.toNanos();
    for (var ended = ask(); ended != expected; ended = ask()) {
      assertTrue(System.nanoTime() < end, "still " + ended + " after " + atMost);
    }
  }

  /** One request; fails where it was late, or ended in any other way than it should. */
  private Ended ask() throws Exception {
    return ask(http);
  }

  private Ended ask(URI there) throws Exception {
    var start = System.nanoTime();
    var answer =
        caller.send(
            HttpRequest.newBuilder(there.resolve("/v1/retrieve"))
                .timeout(Duration.ofSeconds(30))
                .header("content-type", "application/json")
                .POST(
                    BodyPublishers.ofString(
                        """
                        {"user": {"history": [{"item": "%s"}]}, "objectives": [{"name": "next-item"}],
                         "k": 10, "deadline_ms": %d}\
                        """
                            .formatted(item, DEADLINE.toMillis())))
                .build(),
            BodyHandlers.ofString());
    var took = Duration.ofNanos(System.nanoTime() - start);
    assertTrue(took.compareTo(DEADLINE.plus(GRACE)) < 0, () -> took + ": " + answer.body());
    var document = new JsonObject(answer.body());
    if (answer.statusCode() != 200) {
      var type = document.getString("type").replace("urn:trawl:problem:", "");
      assertTrue(TYPED.contains(type), answer.body());
      return Ended.REFUSED;
    }
    var list = document.getJsonArray("lists").getJsonObject(0);
    assertEquals(10, list.getJsonArray("items").size());
    var labels = list.getJsonArray("degradations");
    if (labels.isEmpty()) {
      return Ended.WHOLE;
    }
    assertEquals("without_milvus", labels.getJsonObject(0).getString("kind"), answer.body());
    return Ended.WITHOUT_MILVUS;
  }

  private void model(String verb) throws Exception {
    var answer =
        caller.send(
            HttpRequest.newBuilder(
                    URI.create(
                        "http://127.0.0.1:%d/v2/repository/models/urm_backbone/%s"
                            .formatted(triton.httpPort(), verb)))
                .POST(BodyPublishers.ofString("{}"))
                .build(),
            BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
  }

  private static void signal(ProcessHandle process, String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertEquals(0, kill.waitFor());
  }
}
