package io.trawl.domain;

import java.util.Locale;
import java.util.Objects;

/**
 * What an answer leaves out.
 *
 * @param kind what was left out, for counting
 * @param detail the same for a person, with numbers
 */
public record Degradation(Kind kind, String detail) {

  public Degradation {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(detail, "detail");
  }

  /** Each kind is labelled in the answer and counted. */
  public enum Kind {
    /** The deadline ended the search before its last round or before the end of the scan. */
    SEARCH_CUT_SHORT,
    /** Fewer than k eligible items were found. */
    FEWER_THAN_K,
    /** The prompt was longer than the space accepts: the oldest behaviours were left out. */
    HISTORY_TRUNCATED,
    /**
     * Milvus was asked and gave nothing: the space's own graph served, or what was found before.
     */
    WITHOUT_MILVUS,
    /** The gateway holds no item vectors: those that it scored were fetched, and were bounded. */
    VECTORS_FROM_MILVUS,
    /**
     * The words of the request's text were looked for in vain: the list is the dense leg's alone.
     */
    WITHOUT_LEXICAL,
    /** The backbone was not trained on the objective: how good its lists are is not known. */
    EXTRAPOLATED;

    /** The kind's name on the wire and in metrics. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
