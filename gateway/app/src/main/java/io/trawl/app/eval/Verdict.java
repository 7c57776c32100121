package io.trawl.app.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Whether a report is good enough, as sentences about what is not. */
final class Verdict {

  /**
   * How many standard errors a figure must stand above its floor. With three, a model with random
   * weights passes by luck once in several hundred tries.
   */
  private static final double STANDARD_ERRORS = 3;

  private Verdict() {}

  /** One sentence per shortfall, none where all is well. */
  static List<String> shortfalls(EvalOptions options, List<ObjectiveReport> reports) {
    var shortfalls = new ArrayList<String>();
    for (var report : reports) {
      var lost = report.lost().requests();
      if (lost > 0) {
        shortfalls.add(
            "%s: %,d requests without an answer; the first: %s"
                .formatted(report.objective(), lost, report.lost().firstFailure()));
      }
      if (report.quality().users() == 0) {
        shortfalls.add("%s: no user was counted".formatted(report.objective()));
      } else if (options.abovePopularity()) {
        abovePopularity(report, shortfalls);
      }
    }
    options.minimums().forEach(minimum -> atLeast(minimum, reports, shortfalls));
    return List.copyOf(shortfalls);
  }

  private static void atLeast(
      Minimum minimum, List<ObjectiveReport> reports, List<String> shortfalls) {
    var report = reports.stream().filter(r -> r.objective().equals(minimum.objective())).findAny();
    if (report.isEmpty()) {
      shortfalls.add("%s: a minimum is given, but it was not evaluated".formatted(minimum));
      return;
    }
    var reached = report.get().quality().of(minimum.metric());
    if (reached < minimum.value()) {
      shortfalls.add(
          String.format(
              Locale.ROOT,
              "%s: %s is %.4f; expected at least %.4f",
              minimum.objective(),
              minimum.metric().label(),
              reached,
              minimum.value()));
    }
  }

  private static void abovePopularity(ObjectiveReport report, List<String> shortfalls) {
    var popularity = report.floor(PopularityFloor.NAME).of(Metric.HR_10);
    var chance = report.floor(Chance.NAME).of(Metric.HR_10);
    var floor = Math.max(popularity, chance);
    var error = Math.sqrt(floor * (1 - floor) / report.quality().users());
    var needed = Math.min(1, floor + STANDARD_ERRORS * error);
    var reached = report.quality().of(Metric.HR_10);
    if (reached < needed) {
      shortfalls.add(
          String.format(
              Locale.ROOT,
              "%s: hr@10 is %.4f; expected at least %.4f, three standard errors above %s (%.4f)",
              report.objective(),
              reached,
              needed,
              popularity >= chance ? "popularity" : "chance",
              floor));
    }
  }
}
