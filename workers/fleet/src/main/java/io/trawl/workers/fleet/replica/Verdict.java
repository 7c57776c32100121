package io.trawl.workers.fleet.replica;

import io.trawl.workers.client.Failure;
import io.trawl.workers.client.InferOutcome;
import io.trawl.workers.client.Inferred;
import io.trawl.workers.guard.Ending;
import org.jspecify.annotations.Nullable;

/**
 * What an outcome says of the replica that gave it.
 *
 * @param ending to its breaker
 * @param counts whether its time counts as it is, as a failure's, or not at all
 * @param repeat whether the call may go elsewhere
 * @param trouble whether it is a sign that too much is under way there
 * @param leaves the standing that it is evidence of, null if of none
 */
public record Verdict(
    Ending ending, Counts counts, Repeat repeat, boolean trouble, @Nullable Standing leaves) {

  /** How the time of a call counts. */
  public enum Counts {
    /** As it was. */
    TIME,
    /** As a slow one: who fails at once must look no better than who takes long. */
    SLOW,
    /** As it was, if it was longer than is usual; else not: nobody waited for the end. */
    AT_LEAST,
    /** Not: it was not run. */
    NOTHING
  }

  /** Whether a call may be made once more elsewhere. */
  public enum Repeat {
    /** It was not run: whoever takes it is the first. */
    NEVER_RAN,
    /** It may have been run, and running it twice does no harm but costs. */
    SAFE,
    /** It would end the same way, or nobody waits. */
    NO
  }

  /** The table. An inference changes nothing at its server, so that repeating one is safe. */
  public static Verdict of(InferOutcome outcome) {
    return switch (outcome) {
      case Inferred _ -> new Verdict(Ending.SUCCEEDED, Counts.TIME, Repeat.NO, false, null);
      case Failure.InvalidRequest _, Failure.TooLarge _ ->
          new Verdict(Ending.DROPPED, Counts.SLOW, Repeat.NO, false, null);
      case Failure.NotFound _ ->
          new Verdict(Ending.DROPPED, Counts.NOTHING, Repeat.NEVER_RAN, false, Standing.UNPROVEN);
      case Failure.QueueFull _ ->
          new Verdict(Ending.DROPPED, Counts.SLOW, Repeat.NEVER_RAN, true, null);
      case Failure.QueueTimeout _ -> new Verdict(Ending.FAILED, Counts.SLOW, Repeat.NO, true, null);
      case Failure.Stopping _ ->
          new Verdict(Ending.DROPPED, Counts.NOTHING, Repeat.NEVER_RAN, false, Standing.DRAINING);
      case Failure.DeadlineExceeded _ ->
          new Verdict(Ending.FAILED, Counts.AT_LEAST, Repeat.NO, true, null);
      case Failure.Cancelled _ ->
          new Verdict(Ending.DROPPED, Counts.AT_LEAST, Repeat.NO, false, null);
      case Failure.Unreachable _, Failure.Malformed _, Failure.Failed _ ->
          new Verdict(Ending.FAILED, Counts.SLOW, Repeat.SAFE, false, null);
    };
  }
}
