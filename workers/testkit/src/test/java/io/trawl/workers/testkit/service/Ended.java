package io.trawl.workers.testkit.service;

/** How a call ended that nobody took back. */
public enum Ended {
  RAN,
  /** The queue had no room for it. */
  QUEUE_FULL,
  /** It waited as long as it might. */
  QUEUE_TIMEOUT,
  /** The model takes nothing new. */
  STOPPING
}
