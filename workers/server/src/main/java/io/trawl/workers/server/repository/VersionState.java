package io.trawl.workers.server.repository;

/** Where one version of a model stands. */
public sealed interface VersionState {

  /** The word that the repository index has for it. */
  default String word() {
    return switch (this) {
      case Loading _ -> "LOADING";
      case Ready ready -> ready.answers() ? "READY" : "UNAVAILABLE";
      case Unloading _ -> "UNLOADING";
      case Unloaded _, Unavailable _, Rejected _ -> "UNAVAILABLE";
    };
  }

  /** Why it does not answer, empty where that needs no reason. */
  default String reason() {
    return switch (this) {
      case Loading _, Unloading _ -> "";
      case Ready ready -> ready.answers() ? "" : ready.model().scheduler().stuckReason();
      case Unloaded _ -> "unloaded";
      case Unavailable(String why) -> why;
      case Rejected(String why) -> why;
    };
  }

  /** Being opened or warmed up. */
  record Loading() implements VersionState {}

  /** Answers, as long as one of its instances comes back from what it runs. */
  record Ready(ServedModel model) implements VersionState {
    boolean answers() {
      return !model.scheduler().isStuck();
    }
  }

  /** Finishes what it has taken, takes nothing new. */
  record Unloading(ServedModel model) implements VersionState {}

  /** Gone, because it was asked to. */
  record Unloaded() implements VersionState {}

  /** Should answer and does not, and why. */
  record Unavailable(String why) implements VersionState {}

  /** Was to be added by a call, and could not be; everything else went on as before. */
  record Rejected(String why) implements VersionState {}
}
