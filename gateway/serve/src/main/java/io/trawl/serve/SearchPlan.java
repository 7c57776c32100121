package io.trawl.serve;

import io.trawl.domain.Violation;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.trawl.retrieval.ItemSet;
import io.trawl.retrieval.QueryVectors;
import io.trawl.retrieval.Search;
import io.trawl.retrieval.SearchRequest;
import java.util.List;
import java.util.Objects;

/** What a request's own wishes and the gateway's settings come to. */
sealed interface SearchPlan {

  /** The request is wrong for this space or outside the gateway's bounds. */
  record Refused(List<Violation> violations) implements SearchPlan {
    public Refused {
      violations = List.copyOf(violations);
    }
  }

  /** How each of its searches is run; its seed goes into the answer. */
  record Accepted(Engine engine, ExploreSettings settings, long seed) implements SearchPlan {
    public Accepted {
      Objects.requireNonNull(engine, "engine");
      Objects.requireNonNull(settings, "settings");
    }

    Search start(QueryVectors queries, int k, ItemSet eligible) {
      return engine.start(new SearchRequest(queries, k, eligible, seed, settings));
    }
  }
}
