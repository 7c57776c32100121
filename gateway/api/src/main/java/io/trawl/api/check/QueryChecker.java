package io.trawl.api.check;

import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Holds requests without a user against the limits, and makes the domain's query of them. Whether
 * the space knows an item or has vectors that wide is the pipeline's to say.
 */
public final class QueryChecker {

  /** Its products with item vectors, summed, stay far within single precision. */
  public static final float MAX_COMPONENT = 1e15f;

  private final ApiLimits limits;

  public QueryChecker(ApiLimits limits) {
    this.limits = limits;
  }

  public Checked<SearchQuery> check(SimilarRequest message, String requestId) {
    var fields = new CommonFields(limits);
    var id = fields.requestId(message.getRequestId(), requestId);
    fields.ids("items", message.getItemsList(), 1, limits.maxSimilarItems());
    fields.ids("unlike", message.getUnlikeList(), 0, limits.maxSimilarItems());
    fields.ids("excluded_items", message.getExcludedItemsList(), 0, limits.maxExcludedItems());
    int k = fields.k(message.hasK(), message.getK());
    var filter = fields.filter(message.hasFilter(), message.getFilter());
    var budget = fields.deadline(message.hasDeadlineMs(), message.getDeadlineMs());
    var engine = fields.engine(message.getEngine());
    var onMissing =
        fields.onMissing(message.hasOnMissing(), message.getOnMissing(), OnMissing.FAIL);
    if (!fields.bounds().violations().none()) {
      return new Checked.Wrong<>(id, fields.bounds().violations().list());
    }
    var by = new By.Likeness(message.getItemsList(), message.getUnlikeList(), onMissing);
    var excluded = new HashSet<>(message.getExcludedItemsList());
    return new Checked.Right<>(
        new SearchQuery(id, by, k, filter, excluded, engine, message.getExplain()), budget);
  }

  public Checked<SearchQuery> check(SearchRequest message, String requestId) {
    var fields = new CommonFields(limits);
    var id = fields.requestId(message.getRequestId(), requestId);
    var vectors = vectors(message, fields.bounds());
    fields.ids("excluded_items", message.getExcludedItemsList(), 0, limits.maxExcludedItems());
    int k = fields.k(message.hasK(), message.getK());
    var filter = fields.filter(message.hasFilter(), message.getFilter());
    var budget = fields.deadline(message.hasDeadlineMs(), message.getDeadlineMs());
    var engine = fields.engine(message.getEngine());
    if (!fields.bounds().violations().none()) {
      return new Checked.Wrong<>(id, fields.bounds().violations().list());
    }
    var excluded = new HashSet<>(message.getExcludedItemsList());
    return new Checked.Right<>(
        new SearchQuery(
            id, new By.Vectors(vectors), k, filter, excluded, engine, message.getExplain()),
        budget);
  }

  private List<float[]> vectors(SearchRequest message, Bounds bounds) {
    List<float[]> vectors = new ArrayList<>();
    var path = Path.ROOT.field("query_vectors");
    int count = message.getQueryVectorsCount();
    if (!bounds.size(path, count, 1, limits.maxQueryVectors(), "query vectors")) {
      return vectors;
    }
    for (int i = 0; i < count && !bounds.violations().full(); i++) {
      var values = message.getQueryVectors(i).getValuesList();
      var vector = new float[values.size()];
      for (int d = 0; d < vector.length; d++) {
        vector[d] = values.get(d);
        if (!(Math.abs(vector[d]) <= MAX_COMPONENT)) {
          bounds
              .violations()
              .add(
                  path.at(i).field("values").at(d),
                  "is " + vector[d] + "; expected a number from -1e15 to 1e15");
        }
      }
      vectors.add(vector);
    }
    return vectors;
  }
}
