package io.trawl.app;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.app.client.RetrievalClient;
import io.trawl.app.node.TrawlConfig;
import io.trawl.domain.EngineName;
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
import java.io.IOException;
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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;

/**
 * A gateway with its worker in this JVM, two versions of the demo space, and callers that hold each
 * answer against the space that it names.
 */
final class SwitchedGateway implements AutoCloseable {

  static final Path FIRST = Path.of("..", "..").resolve(TrawlConfig.DEMO_SPACE);

  private static final int CALLERS = 8;
  private static final int K = 20;
  private static final int USERS = 4;

  /** Busy machines are slow, and an answer cut short by its deadline is another answer. */
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  /** With room for all: a busy machine refuses nobody here. */
  private static final String PORTS =
      """
      listen: {http-port: 0, grpc-port: 0, work: {start: 1024, least: 1024, most: 1024}}
      admin: {port: 0, spaces: ["%s", "%s"]}
      limits: {max-deadline: 10s}
      """;

  private final Vertx vertx = Vertx.vertx();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Path second;
  private final LocalNode node;
  private final List<RetrievalClient> clients;
  private final List<SampleUser> users = users();
  private final Map<Integer, List<Float>> firstScores = new ConcurrentHashMap<>();
  private final Map<SpaceId, AtomicInteger> answered = new ConcurrentHashMap<>();
  private boolean onSecond;

  /** A gateway that has all it needs in the space. */
  static SwitchedGateway alone(Path folder) throws Exception {
    return new SwitchedGateway("", folder);
  }

  /** A gateway with its neighbours out of a real Milvus. */
  static SwitchedGateway with(RealMilvus milvus, Path folder) throws Exception {
    return new SwitchedGateway(
        """
        search: {neighbours: milvus}
        milvus: {endpoint: "%s"}
        """
            .formatted(milvus.endpoint()),
        folder);
  }

  private SwitchedGateway(String configuration, Path folder) throws Exception {
    this.second = second(folder);
    var file =
        Files.writeString(
            folder.resolve("trawl.yaml"),
            PORTS.formatted(folder, FIRST.resolve("..")) + configuration);
    var config = TrawlConfig.read(file, Map.of()).withSpace(FIRST);
    var worker = Running.await(LocalWorker.start(vertx, second, 0, 0, 0), "the worker's start");
    this.node =
        LocalNode.start(
            vertx,
            config,
            Space.open(FIRST, Verification.CHECKSUMS),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            worker);
    var grpc = Objects.requireNonNull(node.ports().byName().get("grpc"));
    this.clients =
        List.of(
            RetrievalClient.http(vertx, uri("http"), CALLERS),
            RetrievalClient.grpc(vertx, "127.0.0.1", grpc));
    for (var user = 0; user < USERS; user++) {
      firstScores.put(user, scores(await(clients.getFirst().retrieve(request(user), DEADLINE))));
    }
  }

  /** The second version of the space: its scores are four times the first one's. */
  static Path second(Path folder) throws IOException {
    var second = folder.resolve("second");
    return Files.exists(second) ? second : SecondVersion.of(FIRST, second);
  }

  /** The space that the next switch will go to. */
  Path next() {
    return onSecond ? FIRST : second;
  }

  /** Goes over to the other space; fails where the gateway refuses. */
  void goOver() throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var body = new JsonObject().put("directory", next().toAbsolutePath().toString()).encode();
      var answer =
          client.send(
              HttpRequest.newBuilder(uri("admin").resolve("/admin/spaces/activate"))
                  .timeout(Duration.ofSeconds(120))
                  .header("content-type", "application/json")
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofString());
      assertEquals(200, answer.statusCode(), answer.body());
    }
    onSecond = !onSecond;
  }

  /** Begins to send requests from all callers, half of them over gRPC. */
  Load begin(int requests, BooleanSupplier enough) {
    return new Load(requests, enough);
  }

  /** How many answers came from each space. */
  Map<SpaceId, AtomicInteger> answered() {
    return answered;
  }

  /** Requests on their way, until there were as many as wanted and it is enough. */
  final class Load {

    private final AtomicInteger sent = new AtomicInteger();
    private final List<java.util.concurrent.Future<List<Long>>> callers = new ArrayList<>();

    private Load(int requests, BooleanSupplier enough) {
      for (var caller = 0; caller < CALLERS; caller++) {
        var client = clients.get(caller % 2);
        callers.add(threads.submit(() -> call(client, requests, enough)));
      }
    }

    private List<Long> call(RetrievalClient client, int requests, BooleanSupplier enough)
        throws Exception {
      var nanos = new ArrayList<Long>();
      for (var i = sent.getAndIncrement();
          i < requests || !enough.getAsBoolean();
          i = sent.getAndIncrement()) {
        var start = System.nanoTime();
        var answer = await(client.retrieve(request(i % USERS), DEADLINE));
        nanos.add(System.nanoTime() - start);
        hold(i % USERS, answer);
      }
      return nanos;
    }

    /**
     * Waits for the end; fails where a request failed or an answer was mixed.
     *
     * @return how long each request took, in nanoseconds, ascending
     */
    long[] end() throws Exception {
      var all = LongStream.builder();
      for (var caller : callers) {
        caller.get(300, SECONDS).forEach(all::add);
      }
      return all.build().sorted().toArray();
    }
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

  private RetrievalRequest request(int user) {
    return new RetrievalRequest(
        "r",
        users.get(user).user(),
        List.of(new ObjectiveRequest("next-item", null)),
        K,
        new RetrievalRequest.ItemChoice(null, Set.of(), true),
        users.get(user).now(),
        new EngineRequest(EngineName.EXPLORE, null, null, null, null, 7L),
        RetrievalRequest.Answering.PLAIN);
  }

  private static List<SampleUser> users() {
    try (var space = Space.open(FIRST, Verification.SIZES);
        var users = space.users()) {
      return users.limit(USERS).toList();
    }
  }

  private URI uri(String port) {
    return URI.create("http://127.0.0.1:" + node.ports().byName().get(port));
  }

  @Override
  public void close() throws Exception {
    threads.close();
    for (var client : clients) {
      await(client.close());
    }
    await(node.close());
    await(vertx.close());
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, SECONDS);
  }
}
