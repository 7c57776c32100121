package io.trawl.milvus.admin;

import static io.trawl.milvus.admin.Calls.await;

import io.trawl.milvus.neighbours.CollectionFacts;
import io.trawl.milvus.neighbours.MilvusCollections;
import java.io.Serial;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Compares a collection with the space that it should hold: how many rows, a sample of them bit by
 * bit, and what it finds beside what there is to be found. What passes all of it bears the space's
 * checksum from then on, and only that may become active.
 */
public final class SpaceVerifier {

  private static final int SAMPLE_BATCH = 500;

  private final MilvusCollections collections;
  private final Watch watch;

  public SpaceVerifier(MilvusCollections collections, Watch watch) {
    this.collections = collections;
    this.watch = watch;
  }

  /**
   * How closely to look.
   *
   * @param sample rows compared bit by bit; default 1,000
   * @param searches searches compared with an exact scan; default 100
   * @param k items wanted of each; default 100
   * @param minRecall the least mean recall that passes; default 0.95
   * @param search search parameters of the index, as Milvus names them; empty, the default, for
   *     those by which a gateway asks for a list twice as long
   * @param seed what the sample and the searches are drawn by
   */
  public record Options(
      int sample, int searches, int k, double minRecall, Map<String, Integer> search, long seed) {
    public Options {
      atLeastOne("sample", sample);
      atLeastOne("searches", searches);
      atLeastOne("k", k);
      if (k > 16_384) {
        throw new IllegalArgumentException("k is " + k + "; expected at most 16384, Milvus' bound");
      }
      if (!(minRecall >= 0 && minRecall <= 1)) {
        throw new IllegalArgumentException("min-recall is " + minRecall + "; expected 0 to 1");
      }
      search = Map.copyOf(search);
    }

    public static Options defaults() {
      return new Options(1_000, 100, 100, 0.95, Map.of(), 1);
    }

    private static void atLeastOne(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " is " + value + "; expected at least 1");
      }
    }
  }

  /**
   * What was found.
   *
   * @param recall mean over the searches
   */
  public record Verified(String collection, int rows, double recall, String checksum) {}

  /**
   * Verifies, and writes the outcome into the collection. Blocks; not for event loops.
   *
   * @throws AdminFailed with the first thing that is wrong. What is found to differ from the space
   *     counts as not verified from then on; a collection of other items, or one that could not be
   *     looked at, stays what it was
   */
  public Verified verify(SpaceItems items, Options options) {
    var name = items.collection();
    var facts =
        await(collections.describe(name))
            .orElseThrow(
                () ->
                    new AdminFailed("collection %s does not exist; load it first".formatted(name)));
    identity(items, facts);
    try {
      width(items, facts);
      count(items, name);
      sample(items, name, options);
      var recall = recall(items, name, options);
      await(collections.write(name, Map.of(CollectionFacts.VERIFIED, items.checksum())));
      watch.passed("checksum %s written".formatted(Checksums.brief(items.checksum())));
      return new Verified(name, items.count(), recall, items.checksum());
    } catch (Differs wrong) {
      if (facts.checksum().isPresent()) {
        await(collections.write(name, Map.of(CollectionFacts.VERIFIED, "")));
      }
      throw new AdminFailed(String.valueOf(wrong.getMessage()));
    }
  }

  /** The collection was looked at, and is not the space. */
  private static final class Differs extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;

    Differs(String message) {
      super(message);
    }
  }

  private static void identity(SpaceItems items, CollectionFacts facts) {
    var space = facts.space().orElse("nothing of Trawl's");
    if (!space.equals(items.id().toString())) {
      throw new AdminFailed(
          "collection %s holds %s; expected %s".formatted(facts.name(), space, items.id()));
    }
    var source = facts.source().orElse("");
    if (!source.equals(items.checksum())) {
      throw new AdminFailed(
          "collection %s was loaded from other files of %s (checksum %s; expected %s)"
              .formatted(
                  facts.name(), space, Checksums.brief(source), Checksums.brief(items.checksum())));
    }
  }

  private static void width(SpaceItems items, CollectionFacts facts) {
    if (facts.width() != items.vectors().width()) {
      throw new Differs(
          "collection %s has vectors of %d numbers; expected %d"
              .formatted(facts.name(), facts.width(), items.vectors().width()));
    }
  }

  private void count(SpaceItems items, String name) {
    var rows = await(collections.count(name));
    if (rows != items.count()) {
      throw new Differs(
          "collection %s has %d rows; expected %d: load it again"
              .formatted(name, rows, items.count()));
    }
    watch.passed("%,d rows".formatted(rows));
  }

  private void sample(SpaceItems items, String name, Options options) {
    var ordinals = draw(items.count(), options.sample(), new SplittableRandom(options.seed()));
    try (var stage = watch.begin("comparing rows", ordinals.size())) {
      for (var first = 0; first < ordinals.size(); first += SAMPLE_BATCH) {
        var asked = ordinals.subList(first, Math.min(ordinals.size(), first + SAMPLE_BATCH));
        var rows = await(collections.rows(name, asked, items.schema()));
        for (var ordinal : asked) {
          compare(
              items,
              name,
              ordinal,
              rows.containsKey(ordinal) && items.row(ordinal).equals(rows.get(ordinal)));
        }
        stage.advance(asked.size());
      }
    }
    watch.passed("%,d sampled rows are the space's bit by bit".formatted(ordinals.size()));
  }

  private static void compare(SpaceItems items, String name, int ordinal, boolean same) {
    if (!same) {
      throw new Differs(
          "collection %s has another row than the space for item %s (ordinal %d); drop it and load again"
              .formatted(name, items.itemId(ordinal), ordinal));
    }
  }

  /** The first, the last and others between, each once. */
  private static List<Integer> draw(int count, int wanted, SplittableRandom random) {
    if (wanted >= count) {
      return IntStream.range(0, count).boxed().toList();
    }
    var drawn = new LinkedHashSet<>(List.of(0, count - 1));
    while (drawn.size() < wanted) {
      drawn.add(random.nextInt(count));
    }
    return new ArrayList<>(drawn).subList(0, wanted);
  }

  private double recall(SpaceItems items, String name, Options options) {
    var recall = RecallCheck.of(items, options.k());
    var queries = recall.queries(options.searches(), new SplittableRandom(options.seed() + 1));
    var parameters =
        options.search().isEmpty() ? searching(name, recall.depth()) : options.search();
    var sum = 0.0;
    try (var stage = watch.begin("comparing searches", queries.size())) {
      for (var query : queries) {
        var found =
            await(collections.search(name, RecallCheck.rows(query), recall.depth(), parameters));
        sum += recall.of(query, found);
        stage.advance(1);
      }
    }
    var mean = queries.isEmpty() ? 1 : sum / queries.size();
    var words = "recall@%d of %d searches is %.4f".formatted(recall.depth(), queries.size(), mean);
    if (mean < options.minRecall()) {
      throw new Differs(
          "%s; expected at least %.4f: search deeper or build a better index"
              .formatted(words, options.minRecall()));
    }
    watch.passed(words);
    return mean;
  }

  /**
   * As a gateway asks for a list twice as long: its answers unite the lists of many query vectors,
   * so that it can do with less of each.
   */
  private Map<String, Integer> searching(String name, int limit) {
    return await(collections.index(name))
        .orElseThrow(() -> new Differs("collection %s has no index; load it again".formatted(name)))
        .searching(2 * limit);
  }
}
