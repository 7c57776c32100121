package io.trawl.app.eval;

import io.trawl.app.client.RetrievalClient;
import io.trawl.app.terminal.Progress;
import io.trawl.domain.Leg;
import io.trawl.domain.Objective;
import io.trawl.domain.Ticker;
import io.trawl.space.Space;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Evaluates a running gateway against the held-out items of the space that it serves. */
public final class Evaluation {

  private final Vertx vertx;
  private final RetrievalClient client;
  private final Space space;
  private final EvalOptions options;
  private final Progress progress;
  private final Ticker ticker;

  /**
   * @param base scheme, host and port of the gateway's public HTTP edge
   * @param space the space that the gateway serves; stays open until the evaluation has run
   */
  public Evaluation(
      Vertx vertx, URI base, Space space, EvalOptions options, Progress progress, Ticker ticker) {
    this.vertx = vertx;
    this.client = RetrievalClient.http(vertx, base, options.inFlight());
    this.space = space;
    this.options = options;
    this.progress = progress;
    this.ticker = ticker;
  }

  /**
   * What would be measured.
   *
   * @throws IllegalArgumentException with a sentence for a person, if an objective is unknown
   */
  public static List<Objective> objectives(Space space, EvalOptions options) {
    return EvalSet.objectives(space, options.objectives());
  }

  /**
   * Counts the floors, then sends every case to the gateway. Once.
   *
   * @return the report; fails only where nothing could be evaluated, with a sentence for a person
   */
  public Future<EvalReport> run() {
    var startNanos = ticker.nanos();
    return vertx
        .executeBlocking(
            () -> {
              var set = EvalSet.of(space, options);
              return new Prepared(set, floors(set));
            })
        .compose(
            prepared ->
                asked(prepared)
                    .map(
                        objectives ->
                            new EvalReport(
                                space.id(),
                                prepared.set.items(),
                                prepared.set.histories().size(),
                                options,
                                objectives,
                                Duration.ofNanos(ticker.nanos() - startNanos))))
        .eventually(client::close);
  }

  private Map<String, List<FloorQuality>> floors(EvalSet set) {
    var popularity = new PopularityFloor(set.items(), set.histories());
    var cooccurrence = new CooccurrenceFloor(set.items(), set.histories());
    var asksWithText =
        set.cases().values().stream().flatMap(List::stream).anyMatch(c -> c.text() != null);
    var floors = new ArrayList<Floor>(List.of(popularity, cooccurrence));
    if (asksWithText) {
      floors.add(new Bm25Floor(Bm25Floor.texts(space.catalogue())));
    }
    var total =
        set.cases().values().stream()
            .mapToLong(cases -> floors.stream().mapToLong(floor -> count(floor, cases)).sum())
            .sum();
    var qualities = new LinkedHashMap<String, List<FloorQuality>>();
    try (var task = progress.begin("floors", total)) {
      set.cases()
          .forEach(
              (objective, cases) -> {
                var measured =
                    floors.stream()
                        .filter(floor -> count(floor, cases) > 0)
                        .map(floor -> quality(floor, cases, set.items(), task));
                var chance = new FloorQuality(Chance.NAME, Chance.of(set.items(), cases));
                qualities.put(
                    objective.name(),
                    Stream.of(Oracle.of(cases).stream(), measured, Stream.of(chance))
                        .flatMap(each -> each)
                        .toList());
              });
    }
    return qualities;
  }

  private static long count(Floor floor, List<EvalCase> cases) {
    return cases.stream().filter(floor::ranks).count();
  }

  private static FloorQuality quality(
      Floor floor, List<EvalCase> cases, int items, Progress.Task task) {
    var sum = new Quality.Sum();
    var scores = new double[items];
    for (var aCase : cases) {
      if (floor.ranks(aCase)) {
        Arrays.fill(scores, 0);
        floor.score(aCase, scores);
        sum.add(Ranks.of(scores, aCase.truth(), aCase.history()));
        task.advance(1, "");
      }
    }
    return new FloorQuality(floor.name(), sum.mean());
  }

  /** One objective after the other, so that their times and failures stay apart. */
  private Future<List<ObjectiveReport>> asked(Prepared prepared) {
    Future<List<ObjectiveReport>> reports = Future.succeededFuture(new ArrayList<>());
    for (var objective : prepared.set.cases().keySet()) {
      reports =
          reports.compose(
              done ->
                  asked(prepared, objective)
                      .map(
                          report -> {
                            done.add(report);
                            return done;
                          }));
    }
    return reports;
  }

  /** As everybody asks, then each leg alone where there are two. */
  private Future<ObjectiveReport> asked(Prepared prepared, Objective objective) {
    var tally = new Tally(space.catalogue());
    var legs = new EnumMap<Leg, Tally>(Leg.class);
    var over = asked(prepared, objective, null, tally);
    for (var leg : objective.rules().lexical() ? Leg.values() : new Leg[0]) {
      var alone = new Tally(space.catalogue());
      legs.put(leg, alone);
      over = over.compose(_ -> asked(prepared, objective, leg, alone));
    }
    return over.map(
        _ ->
            tally.report(
                objective, legs, prepared.floors.getOrDefault(objective.name(), List.of())));
  }

  private Future<Void> asked(
      Prepared prepared, Objective objective, @Nullable Leg leg, Tally tally) {
    return new ClosedLoop(client, tally, options, depth(prepared.set), leg, ticker, progress)
        .run(vertx, objective.name(), prepared.set.cases().getOrDefault(objective, List.of()));
  }

  private static int depth(EvalSet set) {
    return Math.min(Quality.DEPTH, set.items());
  }

  private record Prepared(EvalSet set, Map<String, List<FloorQuality>> floors) {}
}
