package io.trawl.bench;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Ticker;
import io.trawl.milvus.admin.Activation;
import io.trawl.milvus.admin.AdminFailed;
import io.trawl.milvus.admin.Pause;
import io.trawl.milvus.admin.SpaceItems;
import io.trawl.milvus.admin.SpaceLoader;
import io.trawl.milvus.admin.SpaceVerifier;
import io.trawl.milvus.admin.Watch;
import io.trawl.milvus.neighbours.IndexChoice;
import io.trawl.milvus.neighbours.MilvusCallFailed;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.milvus.neighbours.MilvusConnection;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.QueryVectors;
import io.trawl.space.Attribute;
import io.trawl.space.AttributeType;
import io.trawl.space.AttributeValue;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;

/**
 * What it takes to load and verify a made-up catalogue into a Milvus that runs: the same classes
 * that {@code ./trawl milvus load} and {@code verify} use, and how long each of their stages took.
 */
final class MilvusBench {

  private static final String USAGE =
      """
      bench milvus: load and verify a made-up catalogue, and say how long each stage took
        --milvus HOST:PORT  where it answers (TRAWL_MILVUS, or 127.0.0.1:19530)
        --items N           items of 128 numbers and two attributes (1000000)
        --index KIND        flat, ivf_flat, hnsw, diskann or autoindex (hnsw)
        --keep yes|no       leave the collection there (no)
        --cache DIR         where the made-up catalogue is kept (target/bench)
      """;

  private static final int SEED = 7;
  private static final int QUERIES = 20;

  private final PrintStream out;
  private final PrintStream err;
  private final Ticker ticker = Ticker.system();

  private MilvusBench(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  private record Options(String endpoint, int items, IndexChoice index, boolean keep, Path cache) {
    Options {
      if (items < 2) {
        throw new IllegalArgumentException("--items is " + items + "; expected at least 2");
      }
    }

    private Options with(String name, String value) {
      return switch (name) {
        case "--milvus" -> new Options(value, items, index, keep, cache);
        case "--items" -> new Options(endpoint, Integer.parseInt(value), index, keep, cache);
        case "--index" ->
            new Options(endpoint, items, IndexChoice.of(IndexChoice.Kind.of(value)), keep, cache);
        case "--keep" -> new Options(endpoint, items, index, value.equals("yes"), cache);
        case "--cache" -> new Options(endpoint, items, index, keep, Path.of(value));
        default -> throw new IllegalArgumentException(RecallOptions.unknown(name, USAGE));
      };
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    try {
      var options =
          new Options(
              Optional.ofNullable(System.getenv("TRAWL_MILVUS")).orElse("127.0.0.1:19530"),
              1_000_000,
              IndexChoice.of(IndexChoice.Kind.HNSW),
              false,
              Path.of("target/bench"));
      for (var i = 0; i < args.length; i += 2) {
        if (args[i].equals("--help")) {
          out.print(USAGE);
          return 0;
        }
        if (i + 1 == args.length) {
          throw new IllegalArgumentException(args[i] + " needs a value");
        }
        options = options.with(args[i], args[i + 1]);
      }
      return new MilvusBench(out, err).measure(options);
    } catch (IllegalArgumentException | AdminFailed wrong) {
      err.println("bench milvus: " + wrong.getMessage());
      return 2;
    } catch (IOException failed) {
      err.println("bench milvus: " + failed.getMessage());
      return 1;
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof MilvusCallFailed known) {
        err.println("bench milvus: " + known.getMessage());
        return 1;
      }
      throw failed;
    }
  }

  private int measure(Options options) throws IOException {
    var vertx = Vertx.vertx();
    try (var catalogue = new CachedCatalogue(options.items(), SEED, options.cache(), err)) {
      var items = new MadeUp(catalogue.items(), queries(catalogue.made()));
      var settings = MilvusOptions.administering(options.endpoint(), "", Duration.ofMinutes(10));
      var connection = MilvusConnection.create(vertx, settings, ticker, new SimpleMeterRegistry());
      connection.start().toCompletionStage().toCompletableFuture().join();
      var collections = new MilvusCollections(connection, ticker);
      var start = ticker.nanos();
      var loaded =
          new SpaceLoader(collections, watch(), Pause.sleeping()).load(items, options.index());
      took("load, whole", start);
      var verifying = ticker.nanos();
      var verified =
          new SpaceVerifier(collections, watch()).verify(items, SpaceVerifier.Options.defaults());
      took("verify, whole", verifying);
      took("both", start);
      out.printf(
          Locale.ROOT,
          "%,d items, %s: recall@100 %.4f%n",
          loaded.rows(),
          options.index(),
          verified.recall());
      if (!options.keep()) {
        new Activation(collections).drop(loaded.collection());
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

  private record MadeUp(ItemVectors vectors, List<QueryVectors> queries) implements SpaceItems {
    @Override
    public SpaceId id() {
      return MilvusBench.id(vectors.count());
    }

    @Override
    public String checksum() {
      return "made up by seed %d, %d items".formatted(SEED, vectors.count());
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
