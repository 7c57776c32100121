package io.trawl.serve;

import io.trawl.domain.Behaviour;
import io.trawl.domain.Deadline;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.Merge;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.Ticker;
import io.trawl.domain.User;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A request in words. */
public final class Asking {

  private final Ticker ticker;
  private List<ObjectiveRequest> objectives = List.of(new ObjectiveRequest("next-item", null));
  private List<Behaviour> history = List.of();
  private Set<String> excluded = Set.of();
  private boolean excludeHistory;
  private boolean explain;
  private OnMissing onMissing = OnMissing.SKIP;
  private @Nullable Merge merge;
  private @Nullable Filter filter;
  private EngineRequest engine = EngineRequest.defaults();
  private int k = 5;
  private Duration budget = Duration.ofSeconds(10);

  public Asking(Ticker ticker) {
    this.ticker = ticker;
  }

  Asking objectives(ObjectiveRequest... asked) {
    objectives = List.of(asked);
    return this;
  }

  Asking history(String... items) {
    return history(Stream.of(items).map(item -> new Behaviour(item, null, null)).toList());
  }

  Asking history(List<Behaviour> behaviours) {
    history = behaviours;
    return this;
  }

  Asking excludeHistory() {
    excludeHistory = true;
    return this;
  }

  Asking exclude(String... ids) {
    excluded = Set.of(ids);
    return this;
  }

  Asking filter(Filter asked) {
    filter = asked;
    return this;
  }

  Asking engine(String asked) {
    engine =
        new EngineRequest(
            EngineName.of(asked).orElseThrow(), null, null, null, null, engine.seed());
    return this;
  }

  /** An exploration that starts from few items and goes that far. */
  public Asking explore(int rounds, int sample, int keep) {
    engine = new EngineRequest(EngineName.EXPLORE, rounds, sample, keep, 4, engine.seed());
    return this;
  }

  Asking seed(long asked) {
    engine =
        new EngineRequest(
            engine.engine(),
            engine.rounds(),
            engine.sample(),
            engine.keep(),
            engine.neighbours(),
            asked);
    return this;
  }

  Asking k(int asked) {
    k = asked;
    return this;
  }

  Asking explained() {
    explain = true;
    return this;
  }

  Asking failOnMissing() {
    onMissing = OnMissing.FAIL;
    return this;
  }

  Asking merged(Merge.By by) {
    merge = new Merge(by);
    return this;
  }

  Asking within(Duration asked) {
    budget = asked;
    return this;
  }

  public Deadline deadline() {
    return Deadline.after(budget, ticker);
  }

  public RetrievalRequest build() {
    return new RetrievalRequest(
        "r1",
        new User("u1", Map.of(), history),
        objectives,
        k,
        new RetrievalRequest.ItemChoice(filter, excluded, excludeHistory),
        null,
        engine,
        new RetrievalRequest.Answering(explain, onMissing, merge));
  }
}
