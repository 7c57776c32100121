package io.trawl.serve.source;

import io.trawl.retrieval.QueryVectors;
import java.util.Objects;

/** How one run of the backbone ended. */
public sealed interface EncodeOutcome {

  /**
   * Query vectors, made by the space's own version of the backbone.
   *
   * @param behavioursSkipped behaviours whose item or action the space does not know
   * @param behavioursDropped oldest behaviours left out because the prompt would be too long
   * @param promptNanos time to build prompt and tensors
   * @param backboneNanos time from sending them to having the vectors
   */
  record Encoded(
      QueryVectors queries,
      int behavioursSkipped,
      int behavioursDropped,
      long promptNanos,
      long backboneNanos)
      implements EncodeOutcome {
    public Encoded {
      Objects.requireNonNull(queries, "queries");
    }
  }

  /**
   * The worker's queue is full: there is no room now.
   *
   * @param why for callers
   */
  record Overloaded(String why) implements EncodeOutcome {
    public Overloaded {
      Objects.requireNonNull(why, "why");
    }
  }

  /** The deadline passed first. */
  record Expired() implements EncodeOutcome {}

  /** The caller went away first. */
  record Cancelled() implements EncodeOutcome {}

  /**
   * No usable query vectors: the worker is away, refused, or answered against the contract.
   *
   * @param why for callers: a sentence of ours that names no address and quotes nobody
   * @param inside the same with all that is known, for the log and for operators
   */
  record Failed(String why, String inside) implements EncodeOutcome {
    public Failed {
      Objects.requireNonNull(why, "why");
      Objects.requireNonNull(inside, "inside");
    }

    public Failed(String why) {
      this(why, why);
    }
  }
}
