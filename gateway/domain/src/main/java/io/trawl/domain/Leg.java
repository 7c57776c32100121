package io.trawl.domain;

import java.util.Locale;

/** What finds items for a list that is fused of two. */
public enum Leg {
  /** Query vectors, by inner products. */
  DENSE,
  /** The words of the request's text. */
  LEXICAL;

  /** Its name on the wire. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
