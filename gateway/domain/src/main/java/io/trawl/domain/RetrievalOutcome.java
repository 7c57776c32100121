package io.trawl.domain;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * How a request ended. The edges take it apart with a switch without default; one table there maps
 * each outcome to its status.
 */
public sealed interface RetrievalOutcome {

  /** Ranked items, complete or labelled with what was left out. */
  record Answered(Retrieval retrieval) implements RetrievalOutcome {
    public Answered {
      Objects.requireNonNull(retrieval, "retrieval");
    }
  }

  /** The request is wrong and stays wrong when sent again. */
  record Invalid(List<Violation> violations) implements RetrievalOutcome {
    public Invalid {
      violations = List.copyOf(violations);
      if (violations.isEmpty()) {
        throw new IllegalArgumentException("violations is empty; expected at least one");
      }
    }

    public static Invalid of(String field, String why) {
      return new Invalid(List.of(new Violation(field, why)));
    }
  }

  /** There is no room now; asking again after the given time may work. */
  record Shed(String why, Duration retryAfter) implements RetrievalOutcome {
    public Shed {
      Objects.requireNonNull(why, "why");
      Objects.requireNonNull(retryAfter, "retryAfter");
    }
  }

  /** The deadline passed before there was any list to give. */
  record Expired(String during) implements RetrievalOutcome {
    public Expired {
      Objects.requireNonNull(during, "during");
    }
  }

  /** The caller went away; nobody reads this. */
  record Cancelled() implements RetrievalOutcome {}

  /** The backbone could not be reached or gave no usable query vectors. */
  record EncodeFailed(String why) implements RetrievalOutcome {
    public EncodeFailed {
      Objects.requireNonNull(why, "why");
    }
  }

  /** The search could not be made: what it needs from outside did not come. */
  record SearchFailed(String why) implements RetrievalOutcome {
    public SearchFailed {
      Objects.requireNonNull(why, "why");
    }
  }

  /** A broken promise of ours, logged under the request's id; nothing of it goes outside. */
  record Failed() implements RetrievalOutcome {}
}
