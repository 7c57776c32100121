package io.trawl.serve.space;

import io.trawl.domain.SpaceId;
import java.time.Duration;
import java.util.Objects;

/** How an attempt to serve another space ended. */
public sealed interface Activation {

  /**
   * Requests are answered by the new space from now on; those begun before end in the old one.
   *
   * @param goldenRequests how many passed through worker and engine before
   * @param took from the question to the switch
   */
  record Activated(SpaceId from, SpaceId to, int goldenRequests, Duration took)
      implements Activation {
    public Activated {
      Objects.requireNonNull(from, "from");
      Objects.requireNonNull(to, "to");
      Objects.requireNonNull(took, "took");
    }
  }

  /** Something disagrees; nothing has changed. */
  record Refused(String why) implements Activation {
    public Refused {
      Objects.requireNonNull(why, "why");
    }
  }

  /** One at a time; nothing has changed. */
  record Busy(String why) implements Activation {
    public Busy {
      Objects.requireNonNull(why, "why");
    }
  }
}
