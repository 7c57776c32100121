package io.trawl.serve;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.trawl.domain.Certificate;
import io.trawl.domain.Degradation;
import io.trawl.domain.ObjectiveRetrieval;
import io.trawl.domain.Retrieval;
import io.trawl.domain.RetrievalOutcome;
import io.trawl.domain.Stage;
import io.trawl.retrieval.SearchResult;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** What the pipeline counts, with every meter made once. */
final class PipelineMetrics {

  private final Map<Stage, Timer> stages = new EnumMap<>(Stage.class);
  private final Map<Degradation.Kind, Counter> degradations = new EnumMap<>(Degradation.Kind.class);
  private final Map<Certificate, Counter> certificates = new EnumMap<>(Certificate.class);
  private final DistributionSummary itemsScored;
  private final DistributionSummary rounds;
  private final Counter behavioursSkipped;
  private final Counter vectorsFetched;
  private final Counter vectorsDropped;
  private final Counter narrowed;

  PipelineMetrics(MeterRegistry registry) {
    for (var stage : Stage.values()) {
      stages.put(
          stage,
          Timer.builder("trawl.stage")
              .description("Wall time of one stage of answered requests")
              .tag("stage", stage.label())
              .register(registry));
    }
    for (var kind : Degradation.Kind.values()) {
      degradations.put(
          kind,
          Counter.builder("trawl.degraded")
              .description("Lists answered by less than the full path")
              .tag("kind", kind.label())
              .register(registry));
    }
    for (var certificate : Certificate.values()) {
      certificates.put(
          certificate,
          Counter.builder("trawl.search.certificates")
              .description("Lists by what their engine promises, where it promises anything")
              .tag("certificate", certificate.label())
              .register(registry));
    }
    this.itemsScored =
        DistributionSummary.builder("trawl.search.items.scored")
            .description("Distinct items scored per list")
            .register(registry);
    this.rounds =
        DistributionSummary.builder("trawl.search.rounds")
            .description("Rounds finished per list")
            .register(registry);
    this.behavioursSkipped =
        Counter.builder("trawl.prompt.behaviours.skipped")
            .description("Behaviours whose item or action the space does not know")
            .register(registry);
    this.vectorsFetched =
        Counter.builder("trawl.search.vectors.fetched")
            .description("Items scored by vectors that were fetched for it")
            .register(registry);
    this.vectorsDropped =
        Counter.builder("trawl.search.vectors.dropped")
            .description("Items met and not scored, since no more vectors might be fetched")
            .register(registry);
    this.narrowed =
        Counter.builder("trawl.search.narrowed")
            .description("Lists whose exploration was made smaller to fetch no more vectors")
            .register(registry);
  }

  /** A list was made of item vectors that had to be fetched. */
  void fetched(SearchResult found, boolean searchWasNarrowed) {
    vectorsFetched.increment((double) found.itemsScored());
    vectorsDropped.increment((double) found.itemsDropped());
    narrowed.increment(searchWasNarrowed ? 1 : 0);
  }

  void ended(RetrievalOutcome outcome) {
    if (outcome instanceof RetrievalOutcome.Answered answered) {
      answered(answered.retrieval());
    }
  }

  private void answered(Retrieval retrieval) {
    retrieval
        .stageNanos()
        .forEach((stage, nanos) -> timer(stage).record(nanos, TimeUnit.NANOSECONDS));
    retrieval.lists().forEach(this::list);
  }

  private Timer timer(Stage stage) {
    return Objects.requireNonNull(stages.get(stage));
  }

  private void list(ObjectiveRetrieval list) {
    itemsScored.record((double) list.search().itemsScored());
    rounds.record(list.search().rounds());
    behavioursSkipped.increment(list.behavioursSkipped());
    var certificate = list.remarks().certificate();
    if (certificate != null) {
      Objects.requireNonNull(certificates.get(certificate)).increment();
    }
    for (var degradation : list.degradations()) {
      var counter = degradations.get(degradation.kind());
      if (counter != null) {
        counter.increment();
      }
    }
  }
}
