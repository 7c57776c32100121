package io.trawl.bench;

import io.trawl.app.client.RetrievalClient;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Stage;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What one request costs a running gateway: time per stage as the answers report it, time as the
 * caller sees it, and the bytes that the gateway's process allocated, from its own metrics. One
 * request at a time, so that nothing waits for anything but itself.
 */
@Command(
    name = "requests",
    mixinStandardHelpOptions = true,
    description = "What one request costs a running gateway.")
final class RequestBench implements Callable<Integer> {

  private static final Pattern ALLOCATED =
      Pattern.compile("^jvm_threads_allocated_bytes_total ([0-9.E+]+)$", Pattern.MULTILINE);
  private static final Pattern HEAP =
      Pattern.compile(
          "^jvm_memory_used_bytes\\{area=\"heap\"[^}]*\\} ([0-9.E+]+)$", Pattern.MULTILINE);
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final long SEED = 7;

  @Option(
      names = "--space",
      paramLabel = "DIR",
      defaultValue = "triton-models/spaces/demo-shop",
      description = "the space that it serves (${DEFAULT-VALUE})")
  private Path directory = Path.of("");

  @Option(
      names = "--http",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:8080",
      description = "its HTTP port (${DEFAULT-VALUE})")
  private URI http = URI.create("");

  @Option(
      names = "--admin",
      paramLabel = "URL",
      defaultValue = "http://127.0.0.1:9091",
      description = "its admin port (${DEFAULT-VALUE})")
  private URI admin = URI.create("");

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "2000",
      description = "requests measured, after as many to warm up (${DEFAULT-VALUE})")
  private int count;

  @Option(
      names = "--k",
      paramLabel = "K",
      defaultValue = "100",
      description = "items asked for (${DEFAULT-VALUE})")
  private int k;

  private List<SampleUser> users = List.of();
  private final PrintStream out;

  RequestBench(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call()
      throws IOException, ExecutionException, TimeoutException, InterruptedException {
    if (count < 1 || k < 1) {
      throw new IllegalArgumentException("--count and --k are at least 1");
    }
    try (var space = Space.open(directory, Verification.SIZES);
        var sample = space.users()) {
      users = sample.limit(count).toList();
      measure(space, space.objectives().getFirst().name());
      return 0;
    }
  }

  private void measure(Space space, String objective)
      throws IOException, ExecutionException, TimeoutException, InterruptedException {
    var vertx = Vertx.vertx();
    var client = RetrievalClient.http(vertx, http, 1);
    try {
      out.printf(
          "%,d requests, one at a time; space %s, objective %s, k %d; %s%n%n",
          count, space.id(), objective, k, Machine.processor());
      for (var engine : List.of(EngineName.EXPLORE, EngineName.EXACT)) {
        for (var i = 0; i < count; i++) {
          ask(client, objective, engine, i);
        }
        measure(client, objective, engine);
      }
    } finally {
      client.close();
      vertx.close();
    }
  }

  private void measure(RetrievalClient client, String objective, EngineName engine)
      throws IOException, ExecutionException, TimeoutException, InterruptedException {
    var wall = new long[count];
    Map<Stage, long[]> stages = new EnumMap<>(Stage.class);
    for (var stage : Stage.values()) {
      stages.put(stage, new long[count]);
    }
    var scored = 0L;
    var before = metric(ALLOCATED);
    for (var i = 0; i < count; i++) {
      var start = System.nanoTime();
      var answer = ask(client, objective, engine, i);
      wall[i] = System.nanoTime() - start;
      for (var stage : Stage.values()) {
        Objects.requireNonNull(stages.get(stage))[i] = answer.stageNanos().getOrDefault(stage, 0L);
      }
      scored += answer.lists().getFirst().search().itemsScored();
    }
    var allocated = (metric(ALLOCATED) - before) / count;
    out.printf("| %s | p50 ms | p99 ms |%n| --- | --- | --- |%n", engine.label());
    stages.forEach((stage, nanos) -> row(stage.label(), nanos));
    row("caller", wall);
    out.printf(
        "%nitems scored %,d; allocated by the gateway %,.0f bytes a request; its heap in use %,.0f"
            + " MiB%n%n",
        scored / count, allocated, metric(HEAP) / (1 << 20));
  }

  private void row(String name, long[] nanos) {
    var sorted = nanos.clone();
    Arrays.sort(sorted);
    out.printf(
        "| %s | %.3f | %.3f |%n",
        name, sorted[sorted.length / 2] / 1e6, sorted[sorted.length * 99 / 100] / 1e6);
  }

  private Retrieval ask(RetrievalClient client, String objective, EngineName engine, int number)
      throws ExecutionException, TimeoutException, InterruptedException {
    var user = users.get(number % users.size());
    var request =
        new RetrievalRequest(
            "bench-" + number,
            user.user(),
            List.of(new ObjectiveRequest(objective, null)),
            k,
            new RetrievalRequest.ItemChoice(null, Set.of(), true),
            user.now(),
            new EngineRequest(engine, null, null, null, null, SEED),
            RetrievalRequest.Answering.PLAIN);
    return client
        .retrieve(request, DEADLINE)
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  /** The sum of a metric over its labels. */
  private double metric(Pattern pattern) throws IOException, InterruptedException {
    try (var scraper = HttpClient.newHttpClient()) {
      var page =
          scraper.send(
              HttpRequest.newBuilder(admin.resolve("/metrics")).build(), BodyHandlers.ofString());
      return pattern
          .matcher(page.body())
          .results()
          .mapToDouble(match -> Double.parseDouble(match.group(1)))
          .sum();
    }
  }
}
