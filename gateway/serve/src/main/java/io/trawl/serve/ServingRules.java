package io.trawl.serve;

import io.trawl.domain.Behaviour;
import io.trawl.domain.Filter;
import io.trawl.domain.Objective;
import io.trawl.retrieval.ItemSet;
import io.trawl.serve.ListFinder.Eligible;
import java.util.ArrayList;
import java.util.List;

/**
 * Leaves out what an objective never shows: whatever a model scores highest, a list off the beaten
 * track holds none of the most popular, and one of new categories none of those known.
 */
final class ServingRules {

  private final SearchableSpace space;

  ServingRules(SearchableSpace space) {
    this.space = space;
  }

  /** Scans a column where categories are left out: for the compute pool. */
  Eligible apply(Objective.Rules rules, List<Behaviour> history, Eligible eligible) {
    var items = eligible.items();
    var said = new ArrayList<String>();
    if (rules.tailOnly()) {
      var tail = items.and(space.tail());
      said.add("tail_only left out %,d items".formatted(items.size() - tail.size()));
      items = tail;
    }
    var category = rules.categoryOfHistory();
    if (category != null) {
      var known = space.texts(category, history);
      var others = known.isEmpty() ? items : items.and(withoutAny(category, known));
      said.add(
          "leave_out_categories_of_history left out %,d items of %,d categories"
              .formatted(items.size() - others.size(), known.size()));
      items = others;
    }
    return new Eligible(items, eligible.filter(), eligible.excluded(), String.join("; ", said));
  }

  private ItemSet withoutAny(String attribute, List<Filter.Value> values) {
    return space.matching(new Filter.Not(new Filter.In(attribute, values)));
  }
}
