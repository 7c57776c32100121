package io.trawl.api;

import com.google.protobuf.Message;
import io.trawl.domain.Violation;
import java.util.List;

/** What became of a request's bytes. */
sealed interface Decoded<M extends Message> {

  /** A message; its values are not checked yet. */
  record Readable<M extends Message>(M message) implements Decoded<M> {}

  /** No message, and why. */
  record Unreadable<M extends Message>(List<Violation> violations) implements Decoded<M> {
    public Unreadable {
      violations = List.copyOf(violations);
    }
  }
}
