package io.trawl.workers.guard;

import java.io.Serial;

/** What a guarded future fails with when the call was not made. Carries no stack. */
public final class RefusedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient Refusal refusal;

  RefusedException(String guard, Refusal refusal) {
    super(text(guard, refusal), null, false, false);
    this.refusal = refusal;
  }

  public Refusal refusal() {
    return refusal;
  }

  private static String text(String guard, Refusal refusal) {
    return switch (refusal) {
      case Refusal.Full(var concurrency) ->
          "%s: %d calls are under way, which is all that may".formatted(guard, concurrency);
      case Refusal.Open(var retryAfter) ->
          "%s: calls failed lately; worth trying again in %d ms"
              .formatted(guard, retryAfter.toMillis());
    };
  }
}
