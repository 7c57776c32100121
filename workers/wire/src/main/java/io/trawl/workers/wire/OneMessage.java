package io.trawl.workers.wire;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Takes the answer of a unary call: one message, no more. */
public final class OneMessage implements GrpcMessages {

  private @Nullable HeapBytes message;

  @Override
  public @Nullable String take(HeapBytes next) {
    if (message != null) {
      return "more than one message in a unary answer";
    }
    message = next;
    return null;
  }

  /** What an ended call comes to: made of its message, or of the reason why it has none. */
  public <T> T read(
      GrpcOutcome ended,
      Function<HeapBytes, T> answered,
      Function<GrpcOutcome.NoAnswer, T> otherwise) {
    return switch (ended) {
      case GrpcOutcome.NoAnswer none -> otherwise.apply(none);
      case GrpcOutcome.Completed _ ->
          message == null
              ? otherwise.apply(new GrpcOutcome.Malformed("status OK without a message"))
              : answered.apply(message);
    };
  }
}
