package io.trawl.api;

import com.google.protobuf.Message;
import io.trawl.domain.Violation;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a call ends, before it is written in a protocol. */
sealed interface Reply {

  String requestId();

  Ending ending();

  /** A message of the API. */
  record Answer(String requestId, Message message) implements Reply {
    @Override
    public Ending ending() {
      return Ending.ANSWERED;
    }
  }

  /**
   * Anything else.
   *
   * @param detail what happened, for a person; may be empty
   * @param violations what is wrong with which field; empty unless the request is invalid
   * @param retryAfter when asking again may work, or null where that says nothing
   */
  record Refusal(
      String requestId,
      Ending ending,
      String detail,
      List<Violation> violations,
      @Nullable Duration retryAfter)
      implements Reply {

    public Refusal {
      violations = List.copyOf(violations);
    }

    static Refusal of(String requestId, Ending ending, String detail) {
      return new Refusal(requestId, ending, detail, List.of(), null);
    }

    static Refusal invalid(String requestId, List<Violation> violations) {
      return new Refusal(requestId, Ending.INVALID, summary(violations), violations, null);
    }

    static Refusal shed(String requestId, String why, Duration retryAfter) {
      return new Refusal(requestId, Ending.SHED, why, List.of(), retryAfter);
    }

    private static String summary(List<Violation> violations) {
      var first = violations.getFirst();
      var text = first.field().isEmpty() ? first.why() : first.field() + ": " + first.why();
      int more = violations.size() - 1;
      return more == 0 ? text : text + " (and " + more + " more)";
    }
  }
}
