package io.trawl.serve;

import io.trawl.domain.Span;
import io.trawl.domain.Stage;
import io.trawl.domain.Ticker;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the time of one request went. Used on the request's context only. */
final class Timeline {

  private final Ticker ticker;
  private final long startNanos;
  private final Map<Stage, Long> stageNanos = new EnumMap<>(Stage.class);
  private final @Nullable List<Span> spans;

  /**
   * @param explained whether spans are kept as well as the sum of each stage
   */
  Timeline(Ticker ticker, boolean explained) {
    this.ticker = ticker;
    this.startNanos = ticker.nanos();
    this.spans = explained ? new ArrayList<>() : null;
  }

  long now() {
    return ticker.nanos();
  }

  /** Of objectives that run side by side the slowest counts. */
  void spent(Stage stage, String objective, long fromNanos, long toNanos) {
    stageNanos.merge(stage, toNanos - fromNanos, Math::max);
    piece(stage.label(), objective, fromNanos, toNanos);
  }

  /** A part of a stage. */
  void piece(String name, String objective, long fromNanos, long toNanos) {
    if (spans != null) {
      spans.add(new Span(name, objective, fromNanos - startNanos, toNanos - fromNanos));
    }
  }

  Map<Stage, Long> stageNanos() {
    return stageNanos;
  }

  /**
   * By their start; of those that start together the longest first, so that parts follow wholes.
   */
  List<Span> spans() {
    if (spans == null) {
      return List.of();
    }
    return spans.stream()
        .sorted(
            Comparator.comparingLong(Span::startNanos)
                .thenComparing(Comparator.comparingLong(Span::nanos).reversed()))
        .toList();
  }
}
