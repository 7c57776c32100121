package io.trawl.app.eval;

import io.trawl.domain.EngineRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Locale;

/** Writes a report for a program. {@code docs/eval.md} is the schema. */
final class ReportJson {

  static final int FORMAT_VERSION = 1;

  private ReportJson() {}

  static JsonObject of(EvalReport report) {
    var objectives = new JsonArray();
    report.objectives().forEach(objective -> objectives.add(objective(objective, report.items())));
    var minimums = new JsonArray();
    report.options().minimums().forEach(minimum -> minimums.add(minimum.toString()));
    return new JsonObject()
        .put("format_version", FORMAT_VERSION)
        .put(
            "space",
            new JsonObject()
                .put("name", report.space().name())
                .put("version", report.space().version())
                .put("items", report.items())
                .put("users", report.users()))
        .put(
            "options",
            new JsonObject()
                .put("users", report.options().users())
                .put("seed", report.options().seed())
                .put("in_flight", report.options().inFlight())
                .put("deadline_ms", report.options().deadline().toMillis())
                .put("engine", engine(report.options().engine()))
                .put("minimums", minimums)
                .put("above_popularity", report.options().abovePopularity()))
        .put("objectives", objectives)
        .put("seconds", report.took().toMillis() / 1e3)
        .put("passed", report.passed())
        .put("shortfalls", new JsonArray(report.shortfalls()));
  }

  private static JsonObject engine(EngineRequest engine) {
    var name = engine.engine();
    return new JsonObject()
        .put("engine", name == null ? null : name.label())
        .put("rounds", engine.rounds())
        .put("sample", engine.sample())
        .put("keep", engine.keep())
        .put("neighbours", engine.neighbours())
        .put("seed", engine.seed());
  }

  private static JsonObject objective(ObjectiveReport objective, int items) {
    var floors = new JsonObject();
    objective.floors().forEach(floor -> floors.put(floor.name(), quality(floor.quality())));
    var legs = new JsonObject();
    objective.legs().forEach(leg -> legs.put(leg.name(), quality(leg.quality())));
    var degradations = new JsonObject();
    objective
        .degradations()
        .forEach((kind, count) -> degradations.put(kind.name().toLowerCase(Locale.ROOT), count));
    return new JsonObject()
        .put("objective", objective.objective())
        .put("title", objective.title())
        .put("quality", quality(objective.quality()))
        .put("legs", legs)
        .put("floors", floors)
        .put("engine", objective.engine())
        .put("mean_rounds", objective.cost().meanRounds())
        .put("mean_items_scored", objective.cost().meanItemsScored())
        .put("mean_share_scored", objective.cost().meanItemsScored() / Math.max(1, items))
        .put("failed", objective.lost().failed())
        .put("unsent", objective.lost().unsent())
        .put("first_failure", objective.lost().firstFailure())
        .put("degradations", degradations)
        .put("latency_p50_ms", millis(objective.cost().latencyP50()))
        .put("latency_p95_ms", millis(objective.cost().latencyP95()));
  }

  private static JsonObject quality(Quality quality) {
    var json = new JsonObject().put("users", quality.users());
    for (var metric : Metric.values()) {
      json.put(metric.label(), quality.of(metric));
    }
    return json;
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }
}
