package io.trawl.app.eval;

import io.trawl.app.terminal.Ansi;
import io.trawl.domain.SpaceId;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * What an evaluation found.
 *
 * @param space the space that was evaluated
 * @param items N
 * @param users users of {@code users.jsonl}, whose histories the floors are counted from
 * @param options what was asked for
 * @param objectives one per objective, in the order asked for
 * @param took the whole evaluation, floors included
 */
public record EvalReport(
    SpaceId space,
    int items,
    long users,
    EvalOptions options,
    List<ObjectiveReport> objectives,
    Duration took) {

  public EvalReport {
    Objects.requireNonNull(space, "space");
    Objects.requireNonNull(options, "options");
    Objects.requireNonNull(took, "took");
    objectives = List.copyOf(objectives);
  }

  /**
   * What is not as it should be, one sentence each: failed requests, minimums that were missed,
   * objectives that are not above popularity where that was asked for. Empty for a pass.
   */
  public List<String> shortfalls() {
    return Verdict.shortfalls(options, objectives);
  }

  /** Whether everything was answered and every minimum reached. */
  public boolean passed() {
    return shortfalls().isEmpty();
  }

  /** For a person, in lines of at most 100 columns. */
  public String text(Ansi ansi) {
    return ReportText.of(this, ansi);
  }

  /** For a program, as {@code docs/eval.md} describes it. */
  public JsonObject json() {
    return ReportJson.of(this);
  }
}
