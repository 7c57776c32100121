package io.trawl.app.eval;

import io.trawl.domain.Degradation;
import io.trawl.domain.Objective;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What came out for one objective.
 *
 * @param asked the objective
 * @param quality of the gateway's answers, over the users that got one
 * @param legs the same cases by each leg alone; empty for an objective with one
 * @param floors the same cases without a model
 * @param engine which engine answered, after its own word; several joined by {@code +}
 * @param degradations answers by what they left out
 */
public record ObjectiveReport(
    Objective asked,
    Quality quality,
    List<FloorQuality> legs,
    List<FloorQuality> floors,
    String engine,
    Cost cost,
    Lost lost,
    Map<Degradation.Kind, Long> degradations) {

  public ObjectiveReport {
    Objects.requireNonNull(asked, "asked");
    Objects.requireNonNull(quality, "quality");
    Objects.requireNonNull(cost, "cost");
    Objects.requireNonNull(lost, "lost");
    legs = List.copyOf(legs);
    floors = List.copyOf(floors);
    degradations = Map.copyOf(degradations);
  }

  /** Its name. */
  public String objective() {
    return asked.name();
  }

  /** The same for a person. */
  public String title() {
    return asked.title();
  }

  /**
   * What the answers took.
   *
   * @param meanRounds rounds per request
   * @param meanItemsScored items scored per request
   * @param latencyP50 half of the answers took no longer, with all requests in flight
   * @param latencyP95 95 % of the answers took no longer
   */
  public record Cost(
      double meanRounds, double meanItemsScored, Duration latencyP50, Duration latencyP95) {}

  /**
   * Requests without a usable answer.
   *
   * @param failed those that were sent
   * @param unsent those given up because too many failed in a row
   * @param firstFailure why the first one failed, or null where none did
   */
  public record Lost(long failed, long unsent, @Nullable String firstFailure) {

    long requests() {
      return failed + unsent;
    }
  }

  /** What a floor reached; all zero where it was not counted. */
  Quality floor(String name) {
    return floors.stream()
        .filter(floor -> floor.name().equals(name))
        .map(FloorQuality::quality)
        .findFirst()
        .orElse(new Quality.Sum().mean());
  }
}
