package io.trawl.workers.server;

/** Who decides which models are served; Triton's third mode, polling, is not offered. */
public enum ModelControlMode {
  /** Every model of the repository, from the start to the end. */
  NONE,
  /** Those named at the start, and then whatever is loaded and unloaded by calls. */
  EXPLICIT
}
