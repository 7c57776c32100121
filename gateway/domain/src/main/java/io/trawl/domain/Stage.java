package io.trawl.domain;

import java.util.Locale;

/** The stages of a request whose time is reported, in order. */
public enum Stage {
  /** History and objective become tokens and tensors. */
  PROMPT,
  /** The backbone turns them into query vectors, network included. */
  BACKBONE,
  /** The filter and the exclusions become the set of eligible items. */
  ELIGIBLE,
  /** The engine finds the top K, waiting for its turn on the compute pool included. */
  SEARCH;

  /** The stage's name on the wire and in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
