package io.trawl.milvus.admin;

import io.trawl.milvus.neighbours.StoredHit;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.ItemVectors;
import io.trawl.retrieval.Kernels;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.SearchRequest;
import io.trawl.retrieval.SearchResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** What Milvus finds, beside an exact scan of the space. */
final class RecallCheck {

  private final SpaceItems items;
  private final Engine exact;
  private final int depth;

  private RecallCheck(SpaceItems items, Engine exact, int depth) {
    this.items = items;
    this.exact = exact;
    this.depth = depth;
  }

  static RecallCheck of(SpaceItems items, int k) {
    return new RecallCheck(
        items,
        Engine.exact(items.vectors(), Kernels.choose().kernel()),
        Math.min(k, items.count()));
  }

  /** K: as many as were asked for, or all items where there are fewer. */
  int depth() {
    return depth;
  }

  /** The space's own query vectors first, then item vectors. */
  List<QueryVectors> queries(int wanted, SplittableRandom random) {
    if (items.count() == 0) {
      return List.of();
    }
    var queries = new ArrayList<>(items.queries().stream().limit(wanted).toList());
    while (queries.size() < wanted) {
      var vector = items.row(random.nextInt(items.count())).vector();
      queries.add(new QueryVectors(vector, 1, vector.length));
    }
    return queries;
  }

  static List<float[]> rows(QueryVectors queries) {
    var rows = new ArrayList<float[]>(queries.count());
    for (var m = 0; m < queries.count(); m++) {
      var row = new float[queries.width()];
      System.arraycopy(queries.values(), m * row.length, row, 0, row.length);
      rows.add(row);
    }
    return rows;
  }

  /** The share of the exact top K, ties by score, among the best K of the lists found. */
  double of(QueryVectors queries, List<List<StoredHit>> found) {
    var truth = search(queries);
    if (truth.scores().length == 0) {
      return 1;
    }
    var least = truth.scores()[truth.scores().length - 1];
    var hits = merged(found).stream().filter(ordinal -> score(queries, ordinal) >= least).count();
    return (double) Math.min(hits, depth) / truth.scores().length;
  }

  private List<Integer> merged(List<List<StoredHit>> found) {
    var best = new HashMap<Integer, Float>();
    for (var list : found) {
      for (var hit : list) {
        best.merge(hit.ordinal(), hit.score(), Math::max);
      }
    }
    return best.entrySet().stream()
        .sorted(Map.Entry.<Integer, Float>comparingByValue(Comparator.reverseOrder()))
        .limit(depth)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** As the kernels do it, so that equal scores have equal bits. */
  private float score(QueryVectors queries, int ordinal) {
    var best = Float.NEGATIVE_INFINITY;
    ItemVectors vectors = items.vectors();
    for (var m = 0; m < queries.count(); m++) {
      var sum = 0f;
      for (var d = 0; d < queries.width(); d++) {
        sum = Math.fma(queries.values()[m * queries.width() + d], vectors.at(ordinal, d), sum);
      }
      best = Math.max(best, sum);
    }
    return best;
  }

  private SearchResult search(QueryVectors queries) {
    var settings = ExploreSettings.forCatalogue(items.count());
    var request = new SearchRequest(queries, depth, ItemSet.all(items.count()), 0, settings);
    return exact.start(request).finish();
  }
}
