package io.trawl.api.codec;

import com.google.protobuf.Message;
import io.trawl.domain.Violation;
import java.util.List;

/** What became of a request's bytes. */
public sealed interface Decoded<M extends Message> {

  /** A message; its values are not checked yet. */
  record Legible<M extends Message>(M message) implements Decoded<M> {}

  /** No message, and why. */
  record Illegible<M extends Message>(List<Violation> violations) implements Decoded<M> {
    public Illegible {
      violations = List.copyOf(violations);
    }
  }
}
