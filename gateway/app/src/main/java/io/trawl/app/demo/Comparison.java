package io.trawl.app.demo;

import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.RankedItem;
import io.trawl.domain.Retrieval;
import java.util.Map;
import java.util.stream.Collectors;

/** Holds answers to the same question against each other. */
final class Comparison {

  /**
   * Two runs of the backbone on the same prompt may differ in the last bits, since the worker puts
   * requests into batches as they come.
   */
  private static final float JITTER = 1e-3f;

  private Comparison() {}

  /**
   * The share of the exact list that a list holds. An item as good as the last of the exact list
   * counts, whichever of the equals the exact engine took.
   */
  static double recall(ObjectiveRetrieval list, ObjectiveRetrieval exact) {
    if (exact.items().isEmpty()) {
      return 1;
    }
    var scores = scores(exact);
    var last = exact.items().getLast().score();
    var found =
        list.items().stream()
            .filter(item -> scores.containsKey(item.id()) || item.score() >= last)
            .count();
    return Math.min(1, (double) found / exact.items().size());
  }

  /** Whether two answers say the same: equal items with equal scores, up to the last bits. */
  static boolean same(Retrieval one, Retrieval other) {
    if (!one.space().equals(other.space()) || one.lists().size() != other.lists().size()) {
      return false;
    }
    for (var i = 0; i < one.lists().size(); i++) {
      if (!same(one.lists().get(i), other.lists().get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean same(ObjectiveRetrieval one, ObjectiveRetrieval other) {
    if (!one.objective().equals(other.objective())
        || !one.search().engine().equals(other.search().engine())
        || one.search().seed() != other.search().seed()
        || one.items().size() != other.items().size()) {
      return false;
    }
    var last = other.items().isEmpty() ? 0 : other.items().getLast().score();
    var scores = scores(other);
    for (var i = 0; i < one.items().size(); i++) {
      var item = one.items().get(i);
      var elsewhere = scores.getOrDefault(item.id(), last);
      if (!close(item.score(), other.items().get(i).score()) || !close(item.score(), elsewhere)) {
        return false;
      }
    }
    return true;
  }

  private static Map<String, Float> scores(ObjectiveRetrieval list) {
    return list.items().stream().collect(Collectors.toMap(RankedItem::id, RankedItem::score));
  }

  private static boolean close(float a, float b) {
    return Math.abs(a - b) <= JITTER * Math.max(1, Math.abs(a));
  }
}
