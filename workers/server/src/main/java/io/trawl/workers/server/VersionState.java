package io.trawl.workers.server;

/** Where one version of a model stands. */
sealed interface VersionState {

  /** Being opened or warmed up. */
  record Loading() implements VersionState {}

  /** Answers. */
  record Ready(ServedModel model) implements VersionState {}

  /** Does not answer, and why. */
  record Unavailable(String reason) implements VersionState {}
}
