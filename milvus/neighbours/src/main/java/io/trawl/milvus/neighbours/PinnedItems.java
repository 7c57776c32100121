package io.trawl.milvus.neighbours;

import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.domain.Deadline;
import io.trawl.domain.SpaceId;
import io.trawl.domain.Ticker;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.Counterpart;
import io.trawl.serve.source.HitSource;
import io.trawl.serve.source.NeighbourSource;
import io.trawl.serve.source.SourceFailed;
import io.trawl.serve.source.VectorSource;
import io.trawl.space.Nearness;
import io.trawl.space.Space;
import io.trawl.space.catalogue.Attribute;
import io.trawl.space.manifest.Manifest.Metric;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The items of one space in Milvus, pinned: the concrete collection behind an alias, once it was
 * found to hold the items of exactly this space. From then on the alias may move or go.
 *
 * <p>A collection is this space's when it was verified against the space's checksum, and its golden
 * items (those that the golden requests find) have the space's ids and vectors, bit by bit; of a
 * space that was opened without item vectors the ids are compared. The alias is asked first, then
 * the collection named after the space's version: a gateway may start when the alias has moved on
 * already. Until one is pinned every call fails, and each may begin the next attempt, one a second.
 */
public final class PinnedItems implements Counterpart {

  private static final Logger LOG = LoggerFactory.getLogger(PinnedItems.class);

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(1);
  private static final int GOLDEN_ITEMS = 64;

  /** Milvus' own code for a collection that it does not know. */
  private static final int NO_COLLECTION = 100;

  private final MilvusConnection connection;
  private final MilvusCollections collections;
  private final SpaceId space;
  private final String checksum;
  private final List<Attribute> attributes;
  private final Metric metric;
  private final Optional<Nearness> nearness;
  private final int width;
  private final Map<Integer, Golden> golden;
  private final Set<String> names;
  private final Ticker ticker;
  private final MeterRegistry registry;
  private final AtomicBoolean attempting = new AtomicBoolean();

  private volatile @Nullable Pinned pinned;
  private volatile String why = "no collection was looked for yet";
  private volatile long lastAttemptNanos;

  private record Pinned(
      String collection, NeighbourSource neighbours, HitSource hits, VectorSource vectors) {}

  /** What is known of an item that golden requests find. */
  private record Golden(String id, Optional<float[]> vector) {
    boolean isThatOf(ItemRow row) {
      return row.id().equals(id)
          && vector.map(known -> Arrays.mismatch(row.vector(), known) < 0).orElse(true);
    }
  }

  /**
   * @param space read by {@link #neighbours} for as long as that is used; what is compared is
   *     copied
   * @param alias an alias or a collection; empty for the alias named after the space
   */
  public PinnedItems(
      MilvusConnection connection,
      Space space,
      String alias,
      Ticker ticker,
      MeterRegistry registry) {
    this.connection = connection;
    this.collections = new MilvusCollections(connection, ticker);
    this.space = space.id();
    this.checksum = space.checksum();
    this.attributes = space.manifest().attributes();
    this.metric = Nearness.metricOf(space);
    this.nearness = Nearness.of(space);
    this.width = space.manifest().sizes().vectorWidth();
    this.golden = golden(space);
    this.names = new LinkedHashSet<>();
    names.add(alias.isEmpty() ? CollectionNames.alias(this.space) : alias);
    names.add(CollectionNames.collection(this.space));
    this.ticker = ticker;
    this.registry = registry;
    this.lastAttemptNanos = ticker.nanos() - BETWEEN_ATTEMPTS.toNanos();
  }

  private static Map<Integer, Golden> golden(Space space) {
    var golden = new LinkedHashMap<Integer, Golden>();
    var vectors = space.itemVectors();
    for (var request : space.goldenRequests()) {
      for (var ordinal : request.top().ordinals()) {
        if (golden.size() == GOLDEN_ITEMS) {
          return golden;
        }
        golden.computeIfAbsent(
            ordinal,
            _ -> new Golden(space.catalogue().id(ordinal), vectors.map(all -> all.row(ordinal))));
      }
    }
    return golden;
  }

  /** The collection in use; empty until one was found. */
  public Optional<String> collection() {
    return Optional.ofNullable(pinned).map(Pinned::collection);
  }

  /** Looks for the collection and pins it, unless one is pinned. */
  @Override
  public Future<Optional<String>> disagreement(Deadline deadline) {
    return pinned == null
        ? attempt(collections.until(deadline))
        : Future.succeededFuture(Optional.empty());
  }

  public NeighbourSource neighbours() {
    return (ordinals, count, deadline, cancellation) ->
        with(items -> items.neighbours().neighbours(ordinals, count, deadline, cancellation));
  }

  public HitSource hits() {
    return (HitSource.Query query, Deadline deadline, Cancellation cancellation) ->
        with(items -> items.hits().hits(query, deadline, cancellation));
  }

  public VectorSource vectors() {
    return (ordinals, deadline, cancellation) ->
        with(items -> items.vectors().vectors(ordinals, deadline, cancellation));
  }

  private <T> Future<T> with(Function<Pinned, Future<T>> call) {
    var items = pinned;
    if (items != null) {
      return call.apply(items).onFailure(failure -> letGo(items, failure));
    }
    if (ticker.nanos() - lastAttemptNanos >= BETWEEN_ATTEMPTS.toNanos()
        && attempting.compareAndSet(false, true)) {
      look(collections).onComplete(_ -> attempting.set(false));
    }
    return Future.failedFuture(
        new SourceFailed(
            "Milvus has no items of this space", "Milvus has no items of this space: " + why));
  }

  /** A collection that is gone may come back under the same name, with other items. */
  private void letGo(Pinned items, Throwable failure) {
    if (failure instanceof MilvusCallFailed failed
        && failed.failure() instanceof MilvusFailure.Wrong(var code, var said)
        && code == NO_COLLECTION) {
      LOG.warn("collection {} of space {} is gone: {}", items.collection(), space, said);
      pinned = null;
    }
  }

  private Future<Optional<String>> attempt(MilvusCollections within) {
    if (!attempting.compareAndSet(false, true)) {
      return Future.succeededFuture(Optional.of("its collection in Milvus is being looked for"));
    }
    return look(within).onComplete(_ -> attempting.set(false));
  }

  private Future<Optional<String>> look(MilvusCollections within) {
    lastAttemptNanos = ticker.nanos();
    Future<Optional<String>> looked = Future.succeededFuture(Optional.of(""));
    for (var name : names) {
      looked =
          looked.compose(
              wrong ->
                  wrong.isEmpty()
                      ? Future.succeededFuture(wrong)
                      : judge(within, name)
                          .map(
                              now ->
                                  now.map(
                                      text ->
                                          wrong.get().isEmpty()
                                              ? text
                                              : wrong.get() + "; " + text)));
    }
    return looked
        .otherwise(failure -> Optional.of(String.valueOf(failure.getMessage())))
        .onSuccess(this::note);
  }

  private void note(Optional<String> wrong) {
    if (wrong.isPresent() && !wrong.get().equals(why)) {
      LOG.warn("space {} has no collection in Milvus: {}", space, wrong.get());
    }
    why = wrong.orElse("");
  }

  /** What keeps a collection from being this space's; pins it when nothing does. */
  private Future<Optional<String>> judge(MilvusCollections within, String name) {
    return within
        .describe(name)
        .compose(
            found ->
                found.isEmpty()
                    ? Future.succeededFuture(Optional.of("there is no collection or alias " + name))
                    : judge(within, found.get()));
  }

  private Future<Optional<String>> judge(MilvusCollections within, CollectionFacts facts) {
    var verified = facts.checksum().orElse("");
    if (!verified.equals(checksum)) {
      return Future.succeededFuture(
          Optional.of(
              "collection %s holds %s, %s; expected one verified against checksum %.12s of %s"
                  .formatted(
                      facts.name(),
                      facts.space().orElse("nothing of Trawl's"),
                      verified.isEmpty()
                          ? "not verified"
                          : "verified against checksum %.12s".formatted(verified),
                      checksum,
                      space)));
    }
    return within
        .rows(facts.name(), List.copyOf(golden.keySet()), attributes)
        .map(
            rows -> {
              var wrong = compare(facts.name(), rows);
              if (wrong.isEmpty()) {
                pin(facts.name());
              }
              return wrong;
            });
  }

  private Optional<String> compare(String name, Map<Integer, ItemRow> rows) {
    for (var item : golden.entrySet()) {
      var row = rows.get(item.getKey());
      if (row == null || !item.getValue().isThatOf(row)) {
        return Optional.of(
            "golden item %s of collection %s is %s; expected it as the space has it"
                .formatted(item.getValue().id(), name, row == null ? "not there" : "another one"));
      }
    }
    return Optional.empty();
  }

  private void pin(String name) {
    var items = ItemCollection.of(name, attributes);
    var vectors = new MilvusVectors(connection, items, width);
    pinned =
        new Pinned(
            name,
            nearness
                .map(known -> new MilvusNeighbours(connection, items, known))
                .orElseGet(() -> new MilvusNeighbours(connection, items, metric, vectors)),
            new MilvusHits(connection, items, registry),
            vectors);
    LOG.info("space {} is searched in the Milvus collection {}", space, name);
  }
}
