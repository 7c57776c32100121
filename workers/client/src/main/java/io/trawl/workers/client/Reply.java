package io.trawl.workers.client;

import static java.util.Objects.requireNonNull;

/** What came of asking a server about itself. */
public sealed interface Reply<T> {

  record Answer<T>(T value) implements Reply<T> {
    public Answer {
      requireNonNull(value, "value");
    }
  }

  record NoAnswer<T>(Failure why) implements Reply<T> {
    public NoAnswer {
      requireNonNull(why, "why");
    }
  }
}
