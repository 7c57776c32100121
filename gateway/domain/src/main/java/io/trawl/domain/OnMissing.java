package io.trawl.domain;

/** What becomes of items and actions in a request that the space does not know. */
public enum OnMissing {
  /** They are left out, and the answer says so. */
  SKIP,
  /** The request is refused, with their places. */
  FAIL
}
