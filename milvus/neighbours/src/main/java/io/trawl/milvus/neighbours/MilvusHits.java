package io.trawl.milvus.neighbours;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.milvus.v2.client.MilvusClientV2;
import io.milvus.v2.service.vector.request.data.BaseVector;
import io.milvus.v2.service.vector.request.data.FloatVec;
import io.milvus.v2.service.vector.response.SearchResp;
import io.trawl.domain.Deadline;
import io.trawl.retrieval.Hits;
import io.trawl.serve.source.Cancellation;
import io.trawl.serve.source.HitSource;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The lists of the engine {@code milvus}: one search with as many vectors as there are query
 * vectors.
 *
 * <p>Filter and exclusions go with it as far as their text is understood and short enough. Of what
 * stays behind the hits are thrown away here; so more are asked for, by the share of the items that
 * are eligible, and more again where that was too few. What is missing all the same the bounds say.
 */
public final class MilvusHits implements HitSource {

  /** Exclusions that are worth their text. */
  private static final int MOST_EXCLUDED = 1_000;

  /** A list is random in what a filter takes away: this much more than its share. */
  private static final double MARGIN = 1.25;

  /**
   * How many times as many are asked for where that was too few after all: what may not be an
   * answer is often what is nearest, such as the categories that a history is full of.
   */
  private static final int DEEPER = 4;

  private static final int MOST_CALLS = 4;

  private final MilvusConnection connection;
  private final ItemCollection items;
  private final ItemSearch search;
  private final Counter moved;

  public MilvusHits(MilvusConnection connection, ItemCollection items, MeterRegistry registry) {
    this.connection = connection;
    this.items = items;
    this.search = new ItemSearch(items, connection);
    this.moved =
        Counter.builder("trawl.milvus.hits")
            .description("Hits that came from Milvus for the engine milvus")
            .register(registry);
  }

  @Override
  public Future<Hits> hits(Query query, Deadline deadline, Cancellation cancellation) {
    return connection.call("hits", deadline, cancellation, client -> hits(client, query));
  }

  private Hits hits(MilvusClientV2 client, Query query) {
    var filter = query.filter();
    var expression = filter == null ? null : FilterText.of(filter, items);
    var excluded = query.excluded().length <= MOST_EXCLUDED ? excluded(query.excluded()) : null;
    var all =
        (expression == null || expression.exact())
            && (excluded != null || query.excluded().length == 0);
    var limit = Math.min(ItemSearch.MOST, all ? query.limit() : more(query));
    var text = FilterText.together(expression == null ? null : expression.text(), excluded);
    for (var calls = 1; ; calls++) {
      var lists = search.byVectors(client, vectors(query), limit, text);
      moved.increment(lists.stream().mapToInt(List::size).sum());
      var hits = hits(lists, limit, query, search.index(client).exact());
      if (calls == MOST_CALLS || limit == ItemSearch.MOST || !thinned(hits, query)) {
        return hits;
      }
      limit = Math.min(ItemSearch.MOST, DEEPER * limit);
    }
  }

  /** Whether more was there than came, and too little of what came may be an answer. */
  private static boolean thinned(Hits hits, Query query) {
    return IntStream.range(0, hits.bounds().length)
        .anyMatch(
            q ->
                hits.ordinals()[q].length < query.limit()
                    && hits.bounds()[q] != Float.NEGATIVE_INFINITY);
  }

  private static @Nullable String excluded(int[] ordinals) {
    return ordinals.length == 0
        ? null
        : ItemFields.ORDINAL
            + " not in ["
            + IntStream.of(ordinals).mapToObj(Integer::toString).collect(Collectors.joining(", "))
            + "]";
  }

  /** How many to ask for so that the wanted number is likely to be eligible. */
  private static int more(Query query) {
    var eligible = Math.max(1, query.eligible().size());
    var share = (double) query.eligible().count() / eligible;
    return (int) Math.min(ItemSearch.MOST, Math.ceil(query.limit() * share * MARGIN));
  }

  private static List<BaseVector> vectors(Query query) {
    var width = query.queries().width();
    var vectors = new ArrayList<BaseVector>();
    for (var q = 0; q < query.queries().count(); q++) {
      vectors.add(
          new FloatVec(Arrays.copyOfRange(query.queries().values(), q * width, (q + 1) * width)));
    }
    return vectors;
  }

  /**
   * No longer than what was asked for: what the server was not told, or asked more for, stays here.
   */
  private static Hits hits(
      List<List<SearchResp.SearchResult>> lists, int limit, Query query, boolean exact) {
    if (lists.size() != query.queries().count()) {
      throw new IllegalStateException(
          "%d lists came; expected %d".formatted(lists.size(), query.queries().count()));
    }
    var ordinals = new int[lists.size()][];
    var bounds = new float[lists.size()];
    for (var q = 0; q < ordinals.length; q++) {
      var list = lists.get(q);
      var kept = new int[Math.min(list.size(), query.limit())];
      var count = 0;
      bounds[q] = list.size() < limit ? Float.NEGATIVE_INFINITY : list.getLast().getScore();
      for (var hit : list) {
        var ordinal = ItemSearch.ordinal(hit);
        if (query.eligible().contains(ordinal)) {
          if (count == kept.length) {
            bounds[q] = hit.getScore();
            break;
          }
          kept[count++] = ordinal;
        }
      }
      ordinals[q] = Arrays.copyOf(kept, count);
    }
    return new Hits(ordinals, bounds, exact);
  }
}
