package io.trawl.workers.guard;

/** How a call came to its end, as far as the called one is concerned. */
public enum Ending {
  /** It did its work; counts for it, unless it took too long. */
  SUCCEEDED,
  /** It did not, or not in time; counts against it. */
  FAILED,
  /** Nobody waits any more, or what was asked was wrong; says nothing of the called one. */
  DROPPED
}
