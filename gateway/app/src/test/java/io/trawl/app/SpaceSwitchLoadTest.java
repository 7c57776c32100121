package io.trawl.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.client.RetrievalClient;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SpaceId;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.trawl.workers.testkit.RealMilvus;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Spaces are switched in the middle of the day. The second version's scores are four times the
 * first one's: an answer made of both would show.
 */
class SpaceSwitchLoadTest {

  private static final Path FIRST = Path.of("..", "..").resolve(TrawlConfig.DEMO_SPACE);
  private static final int REQUESTS = 2_000;
  private static final int SWITCHES = 5;
  private static final int CALLERS = 8;
  private static final int K = 20;
  private static final int USERS = 4;

  /** Busy machines are slow, and an answer cut short by its deadline is another answer. */
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private static final String CONFIGURATION =
      """
      listen: {http-port: 0, grpc-port: 0}
      admin: {port: 0}
      limits: {max-deadline: 10s}
      """;

  private final Vertx vertx = Vertx.vertx();
  private final Map<Integer, List<Float>> firstScores = new ConcurrentHashMap<>();
  private final Map<SpaceId, AtomicInteger> answered = new ConcurrentHashMap<>();

  @Test
  void noRequestFailsAndNoneIsMixed(@TempDir Path folder) throws Exception {
    var second = SecondVersion.of(FIRST, folder.resolve("second"));
    switchUnderLoad(second, CONFIGURATION, folder, _ -> {});
  }

  /** The same with the neighbours out of the real Milvus, whose alias moves before each switch. */
  @Test
  @EnabledIfSystemProperty(named = "trawl.servers", matches = "true")
  void neitherFailsWithMilvusAndItsAlias(@TempDir Path folder) throws Exception {
    var second = SecondVersion.of(FIRST, folder.resolve("second"));
    try (var store = new MilvusStore(RealMilvus.shared().endpoint());
        var one = Space.open(FIRST, Verification.SIZES);
        var two = Space.open(second, Verification.SIZES)) {
      store.load(one);
      store.load(two);
      store.verify(one);
      store.activate(one);
      var configuration =
          CONFIGURATION
              + """
                search: {neighbours: milvus}
                milvus: {endpoint: "%s"}
                """
                  .formatted(RealMilvus.shared().endpoint());
      switchUnderLoad(
          second,
          configuration,
          folder,
          next -> {
            if (!store.verified(two)) {
              store.verify(two);
            }
            store.activate(next.equals(second) ? two : one);
          });
    }
  }

  private void switchUnderLoad(
      Path second, String configuration, Path folder, Consumer<Path> beforeSwitch)
      throws Exception {
    var file = Files.writeString(folder.resolve("trawl.yaml"), configuration);
    var config = TrawlConfig.read(file, Map.of()).withSpace(FIRST);
    var worker = Running.await(LocalWorker.start(vertx, second, 0, 0, 0), "the worker's start");
    var node =
        LocalNode.start(
            vertx,
            config,
            Space.open(FIRST, Verification.CHECKSUMS),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            worker);
    var ports = node.ports().byName();
    var http = RetrievalClient.http(vertx, uri(ports, "http"), CALLERS);
    var grpc = RetrievalClient.grpc(vertx, "127.0.0.1", Objects.requireNonNull(ports.get("grpc")));
    var users = users();
    for (var user = 0; user < USERS; user++) {
      firstScores.put(user, scores(await(http.retrieve(request(users, user), DEADLINE))));
    }

    var sent = new AtomicInteger();
    var switched = new AtomicBoolean();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var running = new ArrayList<java.util.concurrent.Future<?>>();
      for (var caller = 0; caller < CALLERS; caller++) {
        var client = caller % 2 == 0 ? http : grpc;
        running.add(
            callers.submit(
                () -> {
                  for (var i = sent.getAndIncrement();
                      i < REQUESTS || !switched.get();
                      i = sent.getAndIncrement()) {
                    hold(i % USERS, await(client.retrieve(request(users, i % USERS), DEADLINE)));
                  }
                  return null;
                }));
      }
      for (var i = 0; i < SWITCHES; i++) {
        var next = i % 2 == 0 ? second : FIRST;
        beforeSwitch.accept(next);
        activate(uri(ports, "admin"), next);
      }
      switched.set(true);
      for (var caller : running) {
        caller.get(120, SECONDS);
      }
    }
    assertTrue(answered.values().stream().mapToInt(AtomicInteger::get).sum() >= REQUESTS);
    assertEquals(2, answered.size(), answered.toString());

    await(http.close());
    await(grpc.close());
    await(node.close());
    await(vertx.close());
  }

  /** Each score must be that of the space that the answer names. */
  private void hold(int user, Retrieval answer) {
    var list = answer.lists().getFirst();
    assertEquals(List.of(), list.degradations(), list.degradations()::toString);
    var factor = answer.space().version() == 1 ? 1 : SecondVersion.SCORE_FACTOR;
    var expected = Objects.requireNonNull(firstScores.get(user));
    var scores = scores(answer);
    assertEquals(expected.size(), scores.size());
    for (var rank = 0; rank < scores.size(); rank++) {
      var wanted = factor * expected.get(rank);
      // The worker's batches change the last bits.
      assertEquals(wanted, scores.get(rank), 1e-3f * Math.abs(wanted), answer.space()::toString);
    }
    answered.computeIfAbsent(answer.space(), _ -> new AtomicInteger()).incrementAndGet();
  }

  private static List<Float> scores(Retrieval answer) {
    return answer.lists().getFirst().items().stream().map(RankedItem::score).toList();
  }

  private static RetrievalRequest request(List<SampleUser> users, int user) {
    return new RetrievalRequest(
        "r",
        users.get(user).user(),
        List.of(new ObjectiveRequest("next-item", null)),
        K,
        null,
        Set.of(),
        true,
        users.get(user).now(),
        new EngineRequest("explore", null, null, null, null, 7L));
  }

  private static List<SampleUser> users() {
    try (var space = Space.open(FIRST, Verification.SIZES);
        var users = space.users()) {
      return users.limit(USERS).toList();
    }
  }

  private static void activate(URI admin, Path space) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var body = new JsonObject().put("directory", space.toAbsolutePath().toString()).encode();
      var answer =
          client.send(
              HttpRequest.newBuilder(admin.resolve("/admin/spaces/activate"))
                  .timeout(Duration.ofSeconds(120))
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
    }
  }

  private static URI uri(Map<String, Integer> ports, String name) {
    return URI.create("http://127.0.0.1:" + ports.get(name));
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, SECONDS);
  }
}
