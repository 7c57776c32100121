package io.trawl.domain;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * "The best k items by these query vectors": a retrieval without a backbone.
 *
 * @param id the request's id, in the answer and in every log line about it
 * @param by where the query vectors come from
 * @param k items wanted, at least 1
 * @param filter which items may be returned, or null for all
 * @param excludedItems outside ids that must not be returned; unknown ones are harmless
 * @param explain whether the answer says why each item is there and where the time went
 */
public record SearchQuery(
    String id,
    By by,
    int k,
    @Nullable Filter filter,
    Set<String> excludedItems,
    EngineRequest engine,
    boolean explain) {

  public SearchQuery {
    Objects.requireNonNull(id, "id");
    Objects.requireNonNull(by, "by");
    Objects.requireNonNull(engine, "engine");
    excludedItems = Set.copyOf(excludedItems);
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + "; expected at least 1");
    }
  }

  /** Outside ids of the items that must not be returned, whatever the filter says. */
  public Set<String> notReturned() {
    var ids = new HashSet<>(excludedItems);
    if (by instanceof By.Likeness(var items, var unlike, _)) {
      ids.addAll(items);
      ids.addAll(unlike);
    }
    return ids;
  }

  /** Where query vectors come from when no backbone makes them. */
  public sealed interface By {

    /**
     * The caller brings them; the score is the highest inner product with one of them.
     *
     * @param vectors rows of finite numbers, each to be as wide as the space's item vectors
     */
    record Vectors(List<float[]> vectors) implements By {
      public Vectors {
        vectors = List.copyOf(vectors);
      }
    }

    /**
     * Items like some and unlike others; the score is the highest cosine with one of the query
     * vectors, which are the item vectors of {@code items}, each less the mean of those of {@code
     * unlike}.
     *
     * @param items outside ids, none of which is returned
     * @param unlike outside ids, none of which is returned
     */
    record Likeness(List<String> items, List<String> unlike, OnMissing onMissing) implements By {
      public Likeness {
        items = List.copyOf(items);
        unlike = List.copyOf(unlike);
        Objects.requireNonNull(onMissing, "onMissing");
      }
    }
  }
}
