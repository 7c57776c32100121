package io.trawl.workers.server;

/** Where one version of a model stands. */
sealed interface VersionState {

  /** Being opened or warmed up. */
  record Loading() implements VersionState {}

  /** Answers. */
  record Ready(ServedModel model) implements VersionState {}

  /** Finishes what it has taken, takes nothing new. */
  record Unloading(ServedModel model) implements VersionState {}

  /** Gone, because it was asked to. */
  record Unloaded() implements VersionState {}

  /** Should answer and does not, and why. */
  record Unavailable(String reason) implements VersionState {}

  /** Was to be added to versions that answer, and could not be; they went on answering. */
  record Rejected(String reason) implements VersionState {}
}
