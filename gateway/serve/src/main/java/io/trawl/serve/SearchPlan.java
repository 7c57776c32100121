package io.trawl.serve;

import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Violation;
import io.trawl.retrieval.Engine;
import io.trawl.retrieval.ExploreSettings;
import io.vertx.core.Future;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** What a request's own wishes and the gateway's settings come to. */
sealed interface SearchPlan {

  /** Goes on where it is accepted; fails with {@link FirstEnding#ended} where it is refused. */
  default Future<RetrievalOutcome> then(Function<Accepted, Future<RetrievalOutcome>> next) {
    return switch (this) {
      case Refused(var violations) -> FirstEnding.ended(new RetrievalOutcome.Invalid(violations));
      case Accepted accepted -> next.apply(accepted);
    };
  }

  /** The request is wrong for this space or outside the gateway's bounds. */
  record Refused(List<Violation> violations) implements SearchPlan {
    public Refused {
      violations = List.copyOf(violations);
    }
  }

  /**
   * How each of its searches is run; its seed goes into the answer.
   *
   * @param engineNamed whether the request itself chose the engine
   * @param mostRead items whose vectors each of them may read
   * @param narrowed whether {@code settings} were made smaller for that
   */
  record Accepted(
      Engine engine,
      boolean engineNamed,
      Measure measure,
      ExploreSettings settings,
      long seed,
      int mostRead,
      boolean narrowed)
      implements SearchPlan {
    public Accepted {
      Objects.requireNonNull(engine, "engine");
      Objects.requireNonNull(measure, "measure");
      Objects.requireNonNull(settings, "settings");
    }
  }
}
