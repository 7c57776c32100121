package io.trawl.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Ticker;
import io.trawl.milvus.admin.ActiveCollections;
import io.trawl.milvus.admin.Pause;
import io.trawl.milvus.admin.SpaceItems;
import io.trawl.milvus.admin.SpaceLoader;
import io.trawl.milvus.admin.SpaceVerifier;
import io.trawl.milvus.admin.Watch;
import io.trawl.milvus.neighbours.IndexChoice;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.catalogue.AttributeType;
import io.trawl.space.catalogue.AttributeValue;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What it takes to load and verify a made-up catalogue into a Milvus that runs: the same classes
 * that {@code ./trawl milvus load} and {@code verify} use, and how long each of their stages took.
 */
@Command(
    name = "milvus",
    mixinStandardHelpOptions = true,
    description = "Loads and verifies a made-up catalogue, and says how long each stage took.")
final class MilvusBench implements Callable<Integer> {

  @Mixin private final MilvusAddress milvus = new MilvusAddress();
  @Mixin private final CatalogueOptions made = new CatalogueOptions();

  @Option(
      names = "--index",
      paramLabel = "KIND",
      defaultValue = "hnsw",
      description = "flat, ivf_flat, hnsw, diskann or autoindex (${DEFAULT-VALUE})")
  private String kind = "";

  @Option(
      names = "--keep",
      paramLabel = "yes|no",
      defaultValue = "no",
      description = "leave the collection there (${DEFAULT-VALUE})")
  private String keep = "";

  private static final int QUERIES = 20;

  private final PrintStream out;
  private final PrintStream err;
  private final Ticker ticker = Ticker.system();

  MilvusBench(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    var index = IndexChoice.of(IndexChoice.Kind.of(kind));
    var vertx = Vertx.vertx();
    try (var catalogue = made.open(err)) {
      var items = new MadeUp(made.seed, catalogue.items(), queries(catalogue.made()));
      var settings = MilvusOptions.administering(milvus.endpoint, "", Duration.ofMinutes(10));
      var connection = MilvusConnection.create(vertx, settings, ticker, new SimpleMeterRegistry());
      connection.start().toCompletionStage().toCompletableFuture().join();
      var collections = new MilvusCollections(connection, ticker);
      var start = ticker.nanos();
      var loaded = new SpaceLoader(collections, watch(), Pause.sleeping()).load(items, index);
      took("load, whole", start);
      var verifying = ticker.nanos();
      var verified =
          new SpaceVerifier(collections, watch()).verify(items, SpaceVerifier.Options.defaults());
      took("verify, whole", verifying);
      took("both", start);
      out.printf(
          Locale.ROOT, "%,d items, %s: recall@100 %.4f%n", loaded.rows(), index, verified.recall());
      if (!keep.equals("yes")) {
        new ActiveCollections(collections).drop(loaded.collection());
      }
      connection.close().toCompletionStage().toCompletableFuture().join();
      return 0;
    } finally {
      vertx.close();
    }
  }

  private Watch watch() {
    return new Watch() {
      @Override
      public Stage begin(String what, long total) {
        var start = ticker.nanos();
        return new Stage() {
          @Override
          public void advance(long steps) {}

          @Override
          public void close() {
            took(what, start);
          }
        };
      }

      @Override
      public void passed(String what) {
        out.println("ok      " + what);
      }
    };
  }

  private void took(String what, long startNanos) {
    out.printf(Locale.ROOT, "%-24s %7.1f s%n", what, (ticker.nanos() - startNanos) / 1e9);
  }

  /** A space for each size, so that catalogues that are kept do not meet. */
  static SpaceId id(int items) {
    return new SpaceId("bench-" + items, 1);
  }

  private static List<QueryVectors> queries(SyntheticCatalogue made) {
    return IntStream.range(0, QUERIES)
        .mapToObj(user -> made.queries(SyntheticCatalogue.Kind.FRIENDLY, user, 16))
        .toList();
  }

  private record MadeUp(int seed, ItemVectors vectors, List<QueryVectors> queries)
      implements SpaceItems {
    @Override
    public SpaceId id() {
      return MilvusBench.id(vectors.count());
    }

    @Override
    public String checksum() {
      return "made up by seed %d, %d items".formatted(seed, vectors.count());
    }

    @Override
    public List<Attribute> schema() {
      return List.of(
          new Attribute("category", AttributeType.TEXT),
          new Attribute("price", AttributeType.NUMBER));
    }

    @Override
    public String itemId(int ordinal) {
      return "item-" + ordinal;
    }

    @Override
    public Map<String, AttributeValue> attributes(int ordinal) {
      return Map.of(
          "category", new AttributeValue.Text("category " + ordinal % 100),
          "price", new AttributeValue.Number(ordinal % 10_000 / 100.0));
    }
  }
}
