package io.trawl.bench;

import io.trawl.app.client.RetrievalClient;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * What one request costs a running gateway: time per stage as the answers report it, time as the
 * caller sees it, and the bytes that the gateway's process allocated, from its own metrics. One
 * request at a time, so that nothing waits for anything but itself.
 */
final class RequestBench {

  private static final Pattern ALLOCATED =
      Pattern.compile("^jvm_threads_allocated_bytes_total ([0-9.E+]+)$", Pattern.MULTILINE);
  private static final Pattern HEAP =
      Pattern.compile(
          "^jvm_memory_used_bytes\\{area=\"heap\"[^}]*\\} ([0-9.E+]+)$", Pattern.MULTILINE);
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final long SEED = 7;

  private final URI http;
  private final URI admin;
  private final List<SampleUser> users;
  private final int count;
  private final int k;
  private final PrintStream out;

  private RequestBench(
      URI http, URI admin, List<SampleUser> users, int count, int k, PrintStream out) {
    this.http = http;
    this.admin = admin;
    this.users = users;
    this.count = count;
    this.k = k;
    this.out = out;
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    if (List.of(args).contains("--help")) {
      out.print(RequestOptions.USAGE);
      return 0;
    }
    var options = RequestOptions.parse(args, err);
    if (options.isEmpty()) {
      return 2;
    }
    var asked = options.get();
    try (var space = Space.open(Path.of(asked.space()), Verification.SIZES);
        var users = space.users()) {
      var objective = space.objectives().getFirst().name();
      var bench =
          new RequestBench(
              URI.create(asked.http()),
              URI.create(asked.admin()),
              users.limit(asked.count()).toList(),
              asked.count(),
              asked.k(),
              out);
      bench.measure(space, objective);
      return 0;
    } catch (IOException | ExecutionException | TimeoutException failed) {
      err.println("bench requests: " + failed.getMessage());
      return 1;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return 1;
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
      for (var engine : List.of("explore", "exact")) {
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

  private void measure(RetrievalClient client, String objective, String engine)
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
      scored += answer.lists().getFirst().itemsScored();
    }
    var allocated = (metric(ALLOCATED) - before) / count;
    out.printf("| %s | p50 ms | p99 ms |%n| --- | --- | --- |%n", engine);
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

  private Retrieval ask(RetrievalClient client, String objective, String engine, int number)
      throws ExecutionException, TimeoutException, InterruptedException {
    var user = users.get(number % users.size());
    var request =
        new RetrievalRequest(
            "bench-" + number,
            user.user(),
            List.of(new ObjectiveRequest(objective, null)),
            k,
            null,
            Set.of(),
            true,
            user.now(),
            new EngineRequest(engine, null, null, null, null, SEED));
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
