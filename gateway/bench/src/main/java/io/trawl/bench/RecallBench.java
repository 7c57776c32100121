package io.trawl.bench;

import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.KernelChoice;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.NeighbourTable;
import io.trawl.retrieval.QueryVectors;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.trawl.space.Verification;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code bench recall}: prints one table for each kind of users. */
@Command(
    name = "recall",
    mixinStandardHelpOptions = true,
    description = "Recall of explore against exact, for T = 1 to the rounds of the settings.")
final class RecallBench implements Callable<Integer> {

  private static final int GRAPH_SAMPLES = 20;

  @Mixin private final RecallOptions options = new RecallOptions();
  private final KernelChoice kernel;
  private final PrintStream out;
  private final PrintStream progress;

  RecallBench(PrintStream out, PrintStream progress) {
    this.kernel = Kernels.choose();
    this.out = out;
    this.progress = progress;
  }

  @Override
  public Integer call() throws IOException {
    var space = options.checked().space;
    out.println(Machine.words(kernel));
    if (space == null) {
      measureMadeUp();
    } else {
      measureSpace(space);
    }
    return 0;
  }

  private void measureMadeUp() throws IOException {
    try (var catalogue = options.open(progress)) {
      var items = catalogue.items();
      var graph = catalogue.neighbours();
      out.printf(
          "%nmade-up, %,d x %d: effective dimension %.0f, norm spread %.2f, graph of degree %d with"
              + " recall %.3f%n",
          items.count(),
          items.width(),
          SyntheticCatalogue.effectiveDimension(items),
          SyntheticCatalogue.normSpread(items),
          CachedCatalogue.DEGREE,
          NeighbourLists.recall(items, graph, GRAPH_SAMPLES));
      for (var kind : options.data()) {
        var users =
            IntStream.range(0, options.users)
                .mapToObj(user -> catalogue.made().queries(kind, user, options.queries))
                .toList();
        print(kind.word(), items, graph, users);
      }
    }
  }

  private void measureSpace(Path directory) {
    try (var space = Space.open(directory, Verification.SIZES)) {
      var neighbours = space.neighbours();
      if (neighbours.isEmpty()) {
        throw new IllegalArgumentException(
            "the space in " + directory + " has no neighbours; explore needs them");
      }
      var users = space.goldenRequests().stream().map(GoldenRequest::queryVectors).toList();
      var vectors = space.itemVectors().orElseThrow();
      out.printf("%n%s, %,d x %d%n", directory, vectors.count(), vectors.width());
      print("golden requests", vectors, neighbours.get(), users);
    }
  }

  private void print(
      String whose, ItemVectors items, NeighbourTable neighbours, List<QueryVectors> users) {
    var all =
        options.settings.isEmpty()
            ? List.of(ExploreSettings.forCatalogue(items.count()))
            : options.settings;
    out.printf(
        "%n%s, %d users, M = %d, K = %,d%n%n",
        whose, users.size(), users.getFirst().count(), options.k);
    var setup = new RecallTable.Setup(items, neighbours, kernel.kernel(), users, options.k, all);
    out.print(RecallTable.measure(setup).markdown());
  }
}
