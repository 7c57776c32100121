package io.trawl.app.eval;

import io.trawl.domain.EngineRequest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What is evaluated, and what must come out.
 *
 * @param users at most this many users per objective, drawn by the seed; 0 for all
 * @param objectives names; empty for all of the space
 * @param engine how the gateway is asked to search
 * @param seed which users are drawn
 * @param inFlight requests at a time
 * @param deadline what each request is given; generous, since quality is measured and not speed
 * @param minimums figures that must be reached
 * @param abovePopularity whether every objective must be clearly above popularity and above chance
 */
public record EvalOptions(
    int users,
    List<String> objectives,
    EngineRequest engine,
    long seed,
    int inFlight,
    Duration deadline,
    List<Minimum> minimums,
    boolean abovePopularity) {

  public EvalOptions {
    objectives = List.copyOf(objectives);
    minimums = List.copyOf(minimums);
    Objects.requireNonNull(engine, "engine");
    if (users < 0) {
      throw new IllegalArgumentException("users is " + users + "; expected at least 0 (all)");
    }
    if (inFlight < 1 || inFlight > 1024) {
      throw new IllegalArgumentException("in flight is " + inFlight + "; expected 1 to 1024");
    }
    if (deadline.compareTo(Duration.ofMillis(1)) < 0) {
      throw new IllegalArgumentException("deadline is " + deadline + "; expected at least 1 ms");
    }
  }
}
