package io.trawl.workers.fleet.replica;

/** Whether a replica is given calls, and if not, which way it went. */
public enum Standing {
  /**
   * Nothing is known to its credit: it is new, does not answer, or showed that it cannot be
   * trusted.
   */
  UNPROVEN,
  /** It has proven itself, and is given calls. */
  READY,
  /** Too many of its calls failed, were slow or got no answer; it proves itself after a while. */
  EJECTED,
  /** It says that it takes nothing new; it proves itself when it says otherwise. */
  DRAINING,
  /** It is to go for good: what it has it finishes. */
  LEAVING
}
