package io.trawl.bench;

import io.trawl.domain.Deadline;
import io.trawl.domain.Ticker;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.KernelChoice;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchRequest;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.NeighbourPlane;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.PlaneOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code bench neighbours}: how many items' neighbours a source outside is asked for with and
 * without the plane in front of it. Users come by Zipf(1.0), one after the other, so what is saved
 * is the cache's doing alone; requests at once would share more. How many requests in a row score
 * one sample is what {@code search.explore.sample-period} makes of the traffic.
 */
@Command(
    name = "neighbours",
    mixinStandardHelpOptions = true,
    description = "What the plane saves a source of neighbours.")
final class NeighbourBench implements Callable<Integer> {

  private static final int REQUESTS = 1_000;
  private static final int[] OF_ONE_SAMPLE = {1, 100, 2 * REQUESTS};
  private static final double[] SHARES = {0.01, 0.02, 0.05, 0.1};

  @Mixin private final RecallOptions options = new RecallOptions();
  private final KernelChoice kernel = Kernels.choose();
  private final PrintStream out;
  private final PrintStream progress;

  NeighbourBench(PrintStream out, PrintStream progress) {
    this.out = out;
    this.progress = progress;
  }

  @Override
  public Integer call() throws IOException {
    out.println(Machine.words(kernel));
    try (var catalogue = options.open(progress)) {
      var graph = catalogue.neighbours();
      for (var kind : options.data()) {
        out.printf(
            "%n%s, %,d items, %,d users by Zipf(1.0), M = %d, K = %,d, %,d requests to warm up and"
                + " %,d counted%n%n| requests of one sample | items kept | asked | asked of the"
                + " source | saved |%n| ---: | ---: | ---: | ---: | ---: |%n",
            kind.word(),
            catalogue.items().count(),
            options.users,
            options.queries,
            options.k,
            REQUESTS,
            REQUESTS);
        for (var shared : OF_ONE_SAMPLE) {
          var asked = requests(catalogue, graph, kind, shared);
          for (var share : SHARES) {
            print(shared, graph, asked, (int) (share * catalogue.items().count()));
          }
        }
      }
    }
    return 0;
  }

  private void print(
      int shared, NeighbourTable graph, List<Search.Step.NeedNeighbours> asked, int rows) {
    var vertx = Vertx.vertx();
    try (var plane =
        new NeighbourPlane(
            vertx, NeighbourSource.local(graph), new PlaneOptions(rows, 512, 2), Ticker.system())) {
      var half = asked.size() / 2;
      ask(plane, asked.subList(0, half));
      var items = plane.asked();
      var fetched = plane.fetched();
      ask(plane, asked.subList(half, asked.size()));
      items = plane.asked() - items;
      fetched = plane.fetched() - fetched;
      out.printf(
          "| %,d | %,d | %,d | %,d | %.1f x |%n",
          shared, rows, items, fetched, (double) items / fetched);
    } finally {
      vertx.close();
    }
  }

  private static void ask(NeighbourPlane plane, List<Search.Step.NeedNeighbours> asked) {
    var deadline = Deadline.after(Duration.ofDays(1), Ticker.system());
    for (var need : asked) {
      plane.neighbours(need.ordinals(), need.count(), deadline, new Cancellation());
    }
  }

  /** What all requests ask for, in order; it is the same whoever gives it. */
  private List<Search.Step.NeedNeighbours> requests(
      CachedCatalogue catalogue, NeighbourTable graph, SyntheticCatalogue.Kind kind, int shared) {
    var items = catalogue.items();
    var engine = Engine.explore(items, kernel.kernel());
    var random = new Random(options.catalogue.seed);
    var ranks = zipf(options.users);
    var asked = new ArrayList<Search.Step.NeedNeighbours>();
    for (var request = 0; request < 2 * REQUESTS; request++) {
      var place = Arrays.binarySearch(ranks, random.nextDouble());
      var user = Math.min(ranks.length - 1, place < 0 ? -place - 1 : place);
      var search =
          engine.start(
              new SearchRequest(
                  catalogue.made().queries(kind, user, options.queries),
                  options.k,
                  ItemSet.all(items.count()),
                  request / shared,
                  ExploreSettings.forCatalogue(items.count())));
      var step = search.advance();
      while (!(step instanceof Search.Step.Finished)) {
        if (step instanceof Search.Step.NeedNeighbours need) {
          asked.add(need);
          search.supply(new Search.Answer.Neighbours(graph.lists(need.ordinals(), need.count())));
        }
        step = search.advance();
      }
    }
    return asked;
  }

  /** The shares of all users up to each one, whose share is by one over its rank. */
  private static double[] zipf(int users) {
    var upTo = new double[users];
    var sum = 0.0;
    for (var user = 0; user < users; user++) {
      sum += 1.0 / (user + 1);
      upTo[user] = sum;
    }
    for (var user = 0; user < users; user++) {
      upTo[user] /= sum;
    }
    return upTo;
  }
}
