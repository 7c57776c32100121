package io.trawl.api.check;

import io.trawl.api.v1.Engine;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.OnMissing;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields that all kinds of retrieval have, checked one way. */
public record CommonFields(ApiLimits limits, Bounds bounds) {

  /** What every JSON reader gets exactly. */
  private static final long MAX_SEED = (1L << 53) - 1;

  public CommonFields(ApiLimits limits) {
    this(limits, new Bounds(new Violations(limits.maxViolations())));
  }

  /** The message's own id, or the head's where it brings none that is fit. */
  public String requestId(String given, String fromHead) {
    if (given.isEmpty() || RequestIds.valid(given)) {
      return given.isEmpty() ? fromHead : given;
    }
    bounds.violations().add("request_id", RequestIds.whyInvalid(given));
    return fromHead;
  }

  int k(boolean given, int value) {
    int k = given ? value : limits.defaultK();
    bounds.within(Path.ROOT.field("k"), k, 1, limits.maxK());
    return k;
  }

  @Nullable Filter filter(boolean given, io.trawl.api.v1.Filter value) {
    return given ? new FilterChecker(limits, bounds).check(value, Path.ROOT.field("filter")) : null;
  }

  /** Ids of items, each fit to be one. */
  void ids(String field, List<String> ids, int least, int most) {
    var path = Path.ROOT.field(field);
    if (bounds.size(path, ids.size(), least, most, "ids")) {
      for (int i = 0; i < ids.size() && !bounds.violations().full(); i++) {
        bounds.text(path.at(i), ids.get(i), 1, limits.maxIdChars());
      }
    }
  }

  OnMissing onMissing(boolean given, String value, OnMissing otherwise) {
    if (!given) {
      return otherwise;
    }
    return switch (value) {
      case "skip" -> OnMissing.SKIP;
      case "fail" -> OnMissing.FAIL;
      default -> {
        bounds
            .violations()
            .add("on_missing", "is " + Violations.quote(value) + "; expected skip or fail");
        yield otherwise;
      }
    };
  }

  Duration deadline(boolean given, long millis) {
    long asked = given ? millis : limits.defaultDeadline().toMillis();
    bounds.within(Path.ROOT.field("deadline_ms"), asked, 0, limits.maxDeadline().toMillis());
    return Duration.ofMillis(asked);
  }

  EngineRequest engine(Engine engine) {
    var path = Path.ROOT.field("engine");
    if (engine.hasEngine()) {
      bounds.text(path.field("engine"), engine.getEngine(), 1, limits.maxIdChars());
    }
    if (engine.hasRounds()) {
      bounds.within(path.field("rounds"), engine.getRounds(), 1, limits.maxRounds());
    }
    if (engine.hasSample()) {
      bounds.within(path.field("sample"), engine.getSample(), 1, limits.maxSample());
    }
    if (engine.hasKeep()) {
      bounds.within(path.field("keep"), engine.getKeep(), 1, limits.maxKeep());
    }
    if (engine.hasNeighbours()) {
      bounds.within(path.field("neighbours"), engine.getNeighbours(), 1, limits.maxNeighbours());
    }
    if (engine.hasSeed()) {
      bounds.within(path.field("seed"), engine.getSeed(), -MAX_SEED, MAX_SEED);
    }
    return new EngineRequest(
        engine.hasEngine() ? engine.getEngine() : null,
        engine.hasRounds() ? engine.getRounds() : null,
        engine.hasSample() ? engine.getSample() : null,
        engine.hasKeep() ? engine.getKeep() : null,
        engine.hasNeighbours() ? engine.getNeighbours() : null,
        engine.hasSeed() ? engine.getSeed() : null);
  }
}
