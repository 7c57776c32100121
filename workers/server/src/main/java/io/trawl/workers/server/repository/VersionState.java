package io.trawl.workers.server.repository;

/** Where one version of a model stands. */
public sealed interface VersionState {

  /** The word that the repository index has for it. */
  default String word() {
    return switch (this) {
      case Loading _ -> "LOADING";
      case Ready _ -> "READY";
      case Unloading _ -> "UNLOADING";
      case Unloaded _, Unavailable _, Rejected _ -> "UNAVAILABLE";
    };
  }

  /** Why it does not answer, empty where that needs no reason. */
  default String reason() {
    return switch (this) {
      case Loading _, Ready _, Unloading _ -> "";
      case Unloaded _ -> "unloaded";
      case Unavailable(String why) -> why;
      case Rejected(String why) -> why;
    };
  }

  /** Being opened or warmed up. */
  record Loading() implements VersionState {}

  /** Answers. */
  record Ready(ServedModel model) implements VersionState {}

  /** Finishes what it has taken, takes nothing new. */
  record Unloading(ServedModel model) implements VersionState {}

  /** Gone, because it was asked to. */
  record Unloaded() implements VersionState {}

  /** Should answer and does not, and why. */
  record Unavailable(String why) implements VersionState {}

  /** Was to be added by a call, and could not be; everything else went on as before. */
  record Rejected(String why) implements VersionState {}
}
