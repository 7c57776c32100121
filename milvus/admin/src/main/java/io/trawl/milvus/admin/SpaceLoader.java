package io.trawl.milvus.admin;

import static io.trawl.milvus.admin.Calls.await;

import io.trawl.milvus.neighbours.CollectionFacts;
import io.trawl.milvus.neighbours.IndexChoice;
import io.trawl.milvus.neighbours.IndexProgress;
import io.trawl.milvus.neighbours.ItemRow;
import io.trawl.milvus.neighbours.MilvusCollections;
import io.trawl.space.catalogue.Attribute;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the items of a space into a collection of their own.
 *
 * <p>It may be interrupted at any moment, by whatever, and begun again: a later run asks Milvus,
 * batch by batch, which are whole, and writes the others by upserts, so that what was written of
 * them is there once. What it finds is only counted; {@link SpaceVerifier} compares.
 */
public final class SpaceLoader {

  /** One on the wire while the next is made. */
  private static final int BATCHES_UNDER_WAY = 2;

  /** A batch is about this large: far below Milvus' 64 MB, and enough to make its calls few. */
  private static final int BATCH_BYTES = 4 << 20;

  private static final int MOST_ROWS = 10_000;
  private static final int ROW_OVERHEAD_BYTES = 256;
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

  /** Looks in a row that see no progress before the index is given up: ten minutes. */
  private static final int PATIENCE_LOOKS = 600;

  private final MilvusCollections collections;
  private final Watch watch;
  private final Pause pause;
  private final int mostRows;

  public SpaceLoader(MilvusCollections collections, Watch watch, Pause pause) {
    this(collections, watch, pause, MOST_ROWS);
  }

  SpaceLoader(MilvusCollections collections, Watch watch, Pause pause, int mostRows) {
    this.collections = collections;
    this.watch = watch;
    this.pause = pause;
    this.mostRows = mostRows;
  }

  /**
   * What a load did.
   *
   * @param collection its name
   * @param rows that it has now
   * @param written that this run wrote; fewer than {@code rows} where a former one had begun
   */
  public record Loaded(String collection, int rows, int written) {}

  /**
   * Loads all items, builds the index and brings the collection into memory. Blocks; not for event
   * loops.
   *
   * @throws AdminFailed if it cannot be done; a later run goes on from there
   */
  public Loaded load(SpaceItems items, IndexChoice index) {
    var name = items.collection();
    var missing = prepare(items, index);
    var written = write(items, missing);
    if (!complete(index(name), items.count())) {
      // Also where nothing was written now: a run that was interrupted has not sealed its rows.
      await(collections.flush(name));
      awaitIndex(name, items.count());
    }
    if (written > 0 && written < items.count()) {
      // It was in memory to be counted, without the index that there is now.
      await(collections.release(name));
    }
    await(collections.load(name));
    var rows = await(collections.count(name));
    if (rows != items.count()) {
      throw new AdminFailed(
          "%s has %d rows after loading; expected %d: load again"
              .formatted(name, rows, items.count()));
    }
    return new Loaded(name, items.count(), written);
  }

  /** Rows from {@code first} and below {@code end}. */
  private record Batch(int first, int end) {
    int rows() {
      return end - first;
    }
  }

  /** What is to be written, and how. */
  private record Missing(List<Batch> batches, Writer writer) {}

  @FunctionalInterface
  private interface Writer {
    Future<Void> write(String collection, List<ItemRow> rows, List<Attribute> schema);
  }

  private Missing prepare(SpaceItems items, IndexChoice index) {
    var name = items.collection();
    var batches = batches(items);
    var known = await(collections.describe(name));
    if (known.isEmpty()) {
      await(collections.create(name, SchemaScan.of(items), properties(items)));
      await(collections.createIndex(name, index));
      return new Missing(batches, collections::insert);
    }
    requireSame(items, known.get());
    var progress = await(collections.index(name));
    if (progress.isEmpty()) {
      await(collections.createIndex(name, index));
    } else {
      requireSame(name, index, progress.get());
    }
    // Only what is in memory can be counted.
    await(collections.load(name));
    return new Missing(missing(items, batches), collections::upsert);
  }

  private static Map<String, String> properties(SpaceItems items) {
    return Map.of(
        CollectionFacts.SPACE, items.id().toString(), CollectionFacts.SOURCE, items.checksum());
  }

  private static void requireSame(SpaceItems items, CollectionFacts known) {
    var space = known.space().orElse("nothing of Trawl's");
    if (!space.equals(items.id().toString())) {
      throw new AdminFailed(
          "collection %s holds %s; expected %s: drop it or rename the space"
              .formatted(known.name(), space, items.id()));
    }
    var source = known.source().orElse("");
    if (!source.equals(items.checksum())) {
      throw new AdminFailed(
          "collection %s was loaded from other files of %s (checksum %s, these have %s); drop it, or give these another version"
              .formatted(
                  known.name(), space, Checksums.brief(source), Checksums.brief(items.checksum())));
    }
  }

  private static void requireSame(String name, IndexChoice index, IndexProgress progress) {
    if (!progress.kind().equals(index.kind().name())) {
      throw new AdminFailed(
          "index is %s; expected %s, which collection %s has: drop it to build another"
              .formatted(index.kind(), progress.kind(), name));
    }
  }

  private List<Batch> batches(SpaceItems items) {
    var rowBytes = ROW_OVERHEAD_BYTES + items.vectors().width() * Float.BYTES;
    var rows = Math.clamp(BATCH_BYTES / rowBytes, 1, mostRows);
    var batches = new ArrayList<Batch>();
    for (var first = 0; first < items.count(); first += rows) {
      batches.add(new Batch(first, Math.min(items.count(), first + rows)));
    }
    return batches;
  }

  private List<Batch> missing(SpaceItems items, List<Batch> batches) {
    var name = items.collection();
    if (await(collections.count(name)) == items.count()) {
      return List.of();
    }
    var missing = new ArrayList<Batch>();
    try (var stage = watch.begin("finding what is there", items.count())) {
      for (var batch : batches) {
        if (await(collections.count(name, batch.first(), batch.end())) != batch.rows()) {
          missing.add(batch);
        }
        stage.advance(batch.rows());
      }
    }
    return missing;
  }

  private int write(SpaceItems items, Missing missing) {
    var total = missing.batches().stream().mapToInt(Batch::rows).sum();
    if (total == 0) {
      return 0;
    }
    var underWay = new ArrayDeque<Future<Integer>>();
    try (var stage = watch.begin("writing items", total)) {
      for (var batch : missing.batches()) {
        if (underWay.size() == BATCHES_UNDER_WAY) {
          stage.advance(await(underWay.removeFirst()));
        }
        var rows = new ArrayList<ItemRow>(batch.rows());
        for (var ordinal = batch.first(); ordinal < batch.end(); ordinal++) {
          rows.add(items.row(ordinal));
        }
        underWay.add(
            missing.writer().write(items.collection(), rows, items.schema()).map(batch.rows()));
      }
      for (var written : underWay) {
        stage.advance(await(written));
      }
    }
    return total;
  }

  /** Its state says finished too early; its rows do not. */
  private void awaitIndex(String name, int rows) {
    var seen = 0L;
    var quiet = 0;
    try (var stage = watch.begin("building the index", rows)) {
      for (var progress = index(name); !complete(progress, rows); progress = index(name)) {
        var now = Math.min(rows, progress.indexedRows());
        quiet = now > seen ? 0 : quiet + 1;
        if (now > seen) {
          stage.advance(now - seen);
          seen = now;
        }
        if (!progress.failed().isEmpty()) {
          throw new AdminFailed("the index over %s failed: %s".formatted(name, progress.failed()));
        }
        if (quiet > PATIENCE_LOOKS) {
          throw new AdminFailed(
              "the index over collection %s stands at %d of %d rows since %d s; load again to go on waiting, or drop it and choose another index where Milvus' log says that it cannot build this one"
                  .formatted(name, now, rows, PATIENCE_LOOKS));
        }
        pause.take(BETWEEN_LOOKS);
      }
      stage.advance(rows - seen);
    }
  }

  private IndexProgress index(String name) {
    Optional<IndexProgress> progress = await(collections.index(name));
    return progress.orElseThrow(
        () -> new AdminFailed("collection %s lost its index; load again".formatted(name)));
  }

  private static boolean complete(IndexProgress progress, int rows) {
    return progress.indexedRows() >= rows && progress.pendingRows() == 0;
  }
}
