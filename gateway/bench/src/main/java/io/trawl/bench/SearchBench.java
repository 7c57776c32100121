package io.trawl.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.Certificate;
import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.milvus.neighbours.CollectionNames;
import io.trawl.milvus.neighbours.ItemCollection;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusHits;
import io.trawl.milvus.neighbours.MilvusNeighbours;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.Hits;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.KernelChoice;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.space.Nearness;
import io.trawl.space.manifest.Manifest.Metric;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code bench search}: the engines beside each other on the collection that {@code bench milvus
 * --keep yes} left, one caller, one user after the other, every engine in turn for each; and what
 * one search with M vectors costs beside M searches with one.
 */
@Command(
    name = "search",
    mixinStandardHelpOptions = true,
    description = "Exact, explore and milvus beside each other, after bench milvus --keep.")
final class SearchBench implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int AT_ONCE = 8;
  private static final int WARM_UP = 3;

  @Mixin private final RecallOptions options = new RecallOptions();

  @Mixin private final MilvusAddress milvus = new MilvusAddress();

  private ItemSet everything = ItemSet.none(0);
  private final KernelChoice kernel = Kernels.choose();
  private final Ticker ticker = Ticker.system();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final PrintStream out;
  private final PrintStream progress;

  SearchBench(PrintStream out, PrintStream progress) {
    this.out = out;
    this.progress = progress;
  }

  @Override
  public Integer call() throws IOException {
    everything = ItemSet.all(options.checked().catalogue.items);
    measure();
    return 0;
  }

  /** One way to search: an engine and what it is supplied by. */
  private record Way(
      String name, Engine engine, @Nullable NeighbourSource neighbours, @Nullable HitSource hits) {}

  /** One search of one user. */
  private record Run(SearchResult result, double recall, double millis, double hits) {}

  private void measure() throws IOException {
    out.println(Machine.words(kernel));
    var vertx = Vertx.vertx();
    var settings = MilvusOptions.administering(milvus.endpoint, "", PATIENCE);
    var connection = MilvusConnection.create(vertx, settings, ticker, registry);
    try (var catalogue = options.open(progress)) {
      await(connection.start());
      var name = CollectionNames.collection(MilvusBench.id(options.catalogue.items));
      var collections = new MilvusCollections(connection, ticker);
      var index = await(collections.index(name));
      if (index.isEmpty()) {
        throw new IllegalArgumentException(
            "--items is %d; expected a size that bench milvus --keep yes loaded"
                .formatted(options.catalogue.items));
      }
      await(collections.load(name));
      out.printf(
          "Milvus %s, index %s, %,d items, K = %,d%n",
          connection.capabilities().version(),
          index.get().kind(),
          options.catalogue.items,
          options.k);
      var collection = new ItemCollection(name, Map.of());
      var hits = new MilvusHits(connection, collection, registry);
      var ways = ways(catalogue, connection, collection, hits);
      for (var kind : options.data()) {
        var users =
            IntStream.range(0, options.users + WARM_UP)
                .mapToObj(user -> catalogue.made().queries(kind, user, options.queries))
                .toList();
        engines(kind.word(), ways, users);
        searches(kind.word(), hits, users);
      }
    } finally {
      await(connection.close());
      vertx.close();
    }
  }

  private List<Way> ways(
      CachedCatalogue catalogue,
      MilvusConnection connection,
      ItemCollection collection,
      HitSource hits)
      throws IOException {
    var items = catalogue.items();
    var graph = NeighbourSource.local(catalogue.neighbours());
    var stored =
        new MilvusNeighbours(connection, collection, new Nearness(items, Metric.INNER_PRODUCT));
    var explore = Engine.explore(items, kernel.kernel());
    return List.of(
        new Way("exact", Engine.exact(items, kernel.kernel()), null, null),
        new Way("explore, the space's graph", explore, graph, null),
        new Way("explore, neighbours from Milvus", explore, stored, null),
        new Way("milvus", Engine.milvus(items, kernel.kernel(), 0), null, hits),
        new Way(
            "milvus, whole lists at once",
            Engine.milvus(items, kernel.kernel(), options.k + 1),
            null,
            hits));
  }

  private void engines(String whose, List<Way> ways, List<QueryVectors> users) {
    var runs = new LinkedHashMap<Way, List<Run>>();
    ways.forEach(way -> runs.put(way, new ArrayList<>()));
    for (var user = 0; user < users.size(); user++) {
      SearchResult truth = null;
      for (var way : ways) {
        var run = search(way, users.get(user), user, truth);
        truth = truth == null ? run.result() : truth;
        if (user >= WARM_UP) {
          Objects.requireNonNull(runs.get(way)).add(run);
        }
      }
    }
    out.printf(
        "%n%s, %,d users, M = %d%n%n| engine | recall | worst user | p50 ms | p95 ms | items scored"
            + " | hits moved | certified |%n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---:"
            + " |%n",
        whose, options.users, options.queries);
    runs.forEach(
        (way, all) ->
            out.printf(
                Locale.ROOT,
                "| %s | %.4f | %.4f | %.1f | %.1f | %,.0f | %,.0f | %s |%n",
                way.name(),
                all.stream().mapToDouble(Run::recall).average().orElseThrow(),
                all.stream().mapToDouble(Run::recall).min().orElseThrow(),
                quantile(all.stream().mapToDouble(Run::millis).toArray(), 0.5),
                quantile(all.stream().mapToDouble(Run::millis).toArray(), 0.95),
                all.stream().mapToLong(run -> run.result().itemsScored()).average().orElseThrow(),
                all.stream().mapToDouble(Run::hits).average().orElseThrow(),
                way.hits() == null ? "" : certified(all)));
  }

  private static String certified(List<Run> runs) {
    var certified =
        runs.stream().filter(run -> run.result().certificate() != Certificate.NONE).count();
    return "%.0f %%".formatted(100.0 * certified / runs.size());
  }

  private Run search(Way way, QueryVectors queries, int seed, @Nullable SearchResult truth) {
    var request =
        new SearchRequest(
            queries, options.k, everything, seed, ExploreSettings.forCatalogue(everything.count()));
    var moved = moved();
    var start = ticker.nanos();
    var result = drive(way, way.engine().start(request), queries);
    var millis = (ticker.nanos() - start) / 1e6;
    return new Run(
        result,
        RecallTable.recall(result, truth == null ? result : truth),
        millis,
        moved() - moved);
  }

  private double moved() {
    var counter = registry.find("trawl.milvus.hits").counter();
    return counter == null ? 0 : counter.count();
  }

  private SearchResult drive(Way way, Search search, QueryVectors queries) {
    var deadline = Deadline.after(PATIENCE, ticker);
    for (var step = search.advance(); ; step = search.advance()) {
      switch (step) {
        case Search.Step.More _ -> {}
        case Search.Step.NeedNeighbours need ->
            search.supply(
                new Search.Answer.Neighbours(
                    await(
                        Objects.requireNonNull(way.neighbours())
                            .neighbours(
                                need.ordinals(), need.count(), deadline, new Cancellation()))));
        case Search.Step.NeedHits need ->
            search.supply(
                await(
                    hits(
                        Objects.requireNonNull(way.hits()),
                        queries.rows(need.queryVectors()),
                        need.limit())));
        case Search.Step.NeedVectors _ ->
            throw new IllegalStateException(way.engine().name().label() + " asks for what it has");
        case Search.Step.Finished _ -> {
          return search.result();
        }
      }
    }
  }

  /** One search with M vectors beside M searches. */
  private void searches(String whose, HitSource hits, List<QueryVectors> users) {
    out.printf(
        "%n%s: one search with %d vectors, or as many searches%n%n| hits of each | one search, p50"
            + " ms | %2$d, one after the other | %2$d, %3$d at once |%n| ---: | ---: | ---: | ---:"
            + " |%n",
        whose, options.queries, AT_ONCE);
    for (var limit : new int[] {Math.ceilDiv(options.k, 10), options.k}) {
      var together = new double[options.users];
      var single = new double[options.users];
      var atOnce = new double[options.users];
      for (var user = 0; user < users.size(); user++) {
        var queries = users.get(user);
        var one = millis(() -> inGroups(hits, List.of(queries), limit, 1));
        var many = millis(() -> inGroups(hits, rows(queries), limit, 1));
        var some = millis(() -> inGroups(hits, rows(queries), limit, AT_ONCE));
        if (user >= WARM_UP) {
          together[user - WARM_UP] = one;
          single[user - WARM_UP] = many;
          atOnce[user - WARM_UP] = some;
        }
      }
      out.printf(
          Locale.ROOT,
          "| %,d | %.1f | %.1f | %.1f |%n",
          limit,
          quantile(together, 0.5),
          quantile(single, 0.5),
          quantile(atOnce, 0.5));
    }
  }

  private void inGroups(HitSource hits, List<QueryVectors> searches, int limit, int atOnce) {
    for (var from = 0; from < searches.size(); from += atOnce) {
      await(
          Future.all(
              searches.subList(from, Math.min(searches.size(), from + atOnce)).stream()
                  .map(queries -> hits(hits, queries, limit))
                  .toList()));
    }
  }

  private Future<Hits> hits(HitSource source, QueryVectors queries, int limit) {
    return source.hits(
        new HitSource.Query(queries, limit, null, new int[0], everything),
        Deadline.after(PATIENCE, ticker),
        new Cancellation());
  }

  private static List<QueryVectors> rows(QueryVectors queries) {
    return IntStream.range(0, queries.count()).mapToObj(m -> queries.rows(new int[] {m})).toList();
  }

  private double millis(Runnable work) {
    var start = ticker.nanos();
    work.run();
    return (ticker.nanos() - start) / 1e6;
  }

  private static double quantile(double[] values, double share) {
    var sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * sorted.length))];
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }
}
