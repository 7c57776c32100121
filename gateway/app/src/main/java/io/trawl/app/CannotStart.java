package io.trawl.app;

import org.jspecify.annotations.Nullable;

/** Something outside keeps a verb from starting; the message is for a person. */
final class CannotStart extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CannotStart(String message) {
    super(message);
  }

  /** What a refused value says of itself. */
  CannotStart(IllegalArgumentException refusal) {
    super(sentence(refusal));
  }

  static String sentence(@Nullable Throwable thrown) {
    return thrown == null || thrown.getMessage() == null
        ? String.valueOf(thrown)
        : thrown.getMessage();
  }
}
