package io.trawl.api.call;

import com.google.protobuf.Message;
import io.trawl.domain.Violation;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a call ends, before it is written in a protocol. */
public sealed interface CallReply {

  String requestId();

  CallEnding ending();

  /** A message of the API. */
  record Answer(String requestId, Message message) implements CallReply {
    @Override
    public CallEnding ending() {
      return CallEnding.ANSWERED;
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
      CallEnding ending,
      String detail,
      List<Violation> violations,
      @Nullable Duration retryAfter)
      implements CallReply {

    /** Clients refuse headers that are too long together, many beyond 8 KiB. */
    private static final int MAX_TEXT_CHARS = 1024;

    public Refusal {
      violations = List.copyOf(violations);
    }

    public static Refusal of(String requestId, CallEnding ending, String detail) {
      return new Refusal(requestId, ending, detail, List.of(), null);
    }

    public static Refusal invalid(String requestId, List<Violation> violations) {
      return new Refusal(requestId, CallEnding.INVALID, summary(violations), violations, null);
    }

    static Refusal shed(String requestId, String why, Duration retryAfter) {
      return new Refusal(requestId, CallEnding.SHED, why, List.of(), retryAfter);
    }

    /** Title and detail on one line, short enough for a header. */
    public String text() {
      var text = detail.isEmpty() ? ending.title() : ending.title() + ": " + detail;
      if (text.length() <= MAX_TEXT_CHARS) {
        return text;
      }
      // Never half of a surrogate pair at the end.
      int half = Character.isHighSurrogate(text.charAt(MAX_TEXT_CHARS - 1)) ? 1 : 0;
      return text.substring(0, MAX_TEXT_CHARS - half);
    }

    private static String summary(List<Violation> violations) {
      var first = violations.getFirst();
      var text = first.field().isEmpty() ? first.why() : first.field() + ": " + first.why();
      int more = violations.size() - 1;
      return more == 0 ? text : text + " (and " + more + " more)";
    }
  }
}
