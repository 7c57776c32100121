package io.trawl.bench;

import com.sun.management.ThreadMXBean;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.ScoreKernel;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Recall of exploration against the whole scan, and the price of both, over the same users in one
 * run.
 *
 * <p>Recall@K counts the items returned whose score reaches the K-th exact score, so that ties are
 * no miss, over K. Times are processor time of the one thread that searches, which other load on
 * the machine disturbs less than it does the clock on the wall; allocation is that thread's.
 *
 * @param rows the whole scan first, then exploration by settings and number of rounds
 */
public record RecallTable(List<Row> rows) {

  private static final int WARM_UP_ROUNDS = 3;
  private static final ExploreSettings UNUSED = new ExploreSettings(1, 1, 1, 1);

  /**
   * One engine setting over all users.
   *
   * @param engine what was run, in words
   * @param recall mean over the users
   * @param worstRecall of the users
   * @param itemsScored mean over the users
   * @param share items scored over the size of the catalogue
   * @param cpuMillisPerUser median over the users
   * @param allocatedBytes median over the users
   */
  public record Row(
      String engine,
      double recall,
      double worstRecall,
      double itemsScored,
      double share,
      double cpuMillisPerUser,
      double allocatedBytes) {}

  public RecallTable {
    rows = List.copyOf(rows);
  }

  /**
   * What is measured, and how.
   *
   * @param settings of exploration; each is run for T = 1 up to its rounds
   */
  public record Setup(
      ItemVectors items,
      NeighbourTable neighbours,
      ScoreKernel kernel,
      List<QueryVectors> users,
      int k,
      List<ExploreSettings> settings) {
    public Setup {
      Objects.requireNonNull(items, "items");
      Objects.requireNonNull(neighbours, "neighbours");
      Objects.requireNonNull(kernel, "kernel");
      settings = List.copyOf(settings);
      users = List.copyOf(users);
      if (users.isEmpty()) {
        throw new IllegalArgumentException("there are no users; expected at least 1");
      }
    }
  }

  private record Timed(SearchResult result, double cpuMillis, long allocatedBytes) {}

  private record Run(double recall, long itemsScored, double cpuMillis, long allocatedBytes) {}

  /** Runs every user through every setting; users are their own seeds. */
  public static RecallTable measure(Setup setup) {
    var exact = Engine.exact(setup.items(), setup.kernel());
    var explore = Engine.explore(setup.items(), setup.kernel());
    var searches = searches(setup.settings());
    timed(setup, exact, 0, UNUSED);
    for (var round = 0; round < WARM_UP_ROUNDS; round++) {
      for (var settings : searches) {
        timed(setup, explore, 0, settings);
      }
    }
    var exactRuns = new ArrayList<Run>();
    var exploreRuns = new ArrayList<List<Run>>();
    searches.forEach(settings -> exploreRuns.add(new ArrayList<>()));
    for (var user = 0; user < setup.users().size(); user++) {
      var truth = timed(setup, exact, user, UNUSED);
      exactRuns.add(run(truth, truth));
      for (var s = 0; s < searches.size(); s++) {
        exploreRuns.get(s).add(run(timed(setup, explore, user, searches.get(s)), truth));
      }
    }
    var rows = new ArrayList<Row>();
    rows.add(row("exact", exactRuns, setup));
    for (var s = 0; s < searches.size(); s++) {
      rows.add(row(words(searches.get(s)), exploreRuns.get(s), setup));
    }
    return new RecallTable(rows);
  }

  /** Each setting with every number of rounds up to its own. */
  private static List<ExploreSettings> searches(List<ExploreSettings> all) {
    return all.stream()
        .flatMap(
            settings ->
                IntStream.rangeClosed(1, settings.rounds())
                    .mapToObj(
                        t ->
                            new ExploreSettings(
                                t, settings.sample(), settings.keep(), settings.neighbours())))
        .toList();
  }

  private static String words(ExploreSettings settings) {
    return "%,d / %,d / %d, T = %d"
        .formatted(settings.sample(), settings.keep(), settings.neighbours(), settings.rounds());
  }

  /** As a table in Markdown. */
  public String markdown() {
    var text = new StringBuilder();
    text.append(
        "| exact, or sample / keep / neighbours | recall | worst user | items scored | of the catalogue | CPU ms per user |");
    text.append(" allocated |\n|---|---|---|---|---|---|---|\n");
    for (var row : rows) {
      text.append(
          "| %s | %.4f | %.4f | %,.0f | %.2f %% | %.1f | %,.0f KB |%n"
              .formatted(
                  row.engine,
                  row.recall,
                  row.worstRecall,
                  row.itemsScored,
                  100 * row.share,
                  row.cpuMillisPerUser,
                  row.allocatedBytes / 1024));
    }
    return text.toString();
  }

  private static Timed timed(Setup setup, Engine engine, int user, ExploreSettings settings) {
    var eligible = ItemSet.all(setup.items().count());
    var request = new SearchRequest(setup.users().get(user), setup.k(), eligible, user, settings);
    var thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var allocated = thread.getCurrentThreadAllocatedBytes();
    var start = thread.getCurrentThreadCpuTime();
    var result = engine.start(request).finish(setup.neighbours());
    var nanos = thread.getCurrentThreadCpuTime() - start;
    allocated = thread.getCurrentThreadAllocatedBytes() - allocated;
    return new Timed(result, nanos / 1e6, allocated);
  }

  private static Run run(Timed timed, Timed truth) {
    return new Run(
        recall(timed.result, truth.result),
        timed.result.itemsScored(),
        timed.cpuMillis,
        timed.allocatedBytes);
  }

  /** The share of the true best K, ties by score. */
  static double recall(SearchResult result, SearchResult truth) {
    var scores = truth.scores();
    if (scores.length == 0) {
      return 1;
    }
    var found = 0;
    while (found < result.scores().length && result.scores()[found] >= scores[scores.length - 1]) {
      found++;
    }
    return found / (double) scores.length;
  }

  private static Row row(String engine, List<Run> runs, Setup setup) {
    var scored = mean(runs, Run::itemsScored);
    return new Row(
        engine,
        mean(runs, Run::recall),
        runs.stream().mapToDouble(Run::recall).min().orElseThrow(),
        scored,
        scored / setup.items().count(),
        median(runs, Run::cpuMillis),
        median(runs, Run::allocatedBytes));
  }

  private static double mean(List<Run> runs, ToDoubleFunction<Run> of) {
    return runs.stream().mapToDouble(of).average().orElseThrow();
  }

  private static double median(List<Run> runs, ToDoubleFunction<Run> of) {
    var sorted = runs.stream().mapToDouble(of).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
