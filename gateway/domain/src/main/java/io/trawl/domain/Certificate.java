package io.trawl.domain;

import java.util.Locale;

/** What an engine that unites lists of an index promises of its list. */
public enum Certificate {
  /** Nothing: an item may be missing because a list of the index was not read deep enough. */
  NONE,
  /** The lists were deep enough; the index is approximate and may have missed an item itself. */
  DEPTH,
  /** These are the true best: the lists were deep enough, and the index scans. */
  EXACT;

  /** Its name on the wire and in metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
