package io.trawl.api.call;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;

/**
 * What the ports hold and what they have ended. As Prometheus writes them: {@code
 * trawl_memory_held_bytes}, {@code trawl_memory_max_bytes}, {@code trawl_memory_dropped_total} and
 * {@code trawl_memory_refused_total} of the budget, {@code trawl_too_slow_total} by what was,
 * {@code trawl_calls_abandoned_total} and {@code trawl_calls_refused_total}, {@code trawl_streams}
 * and {@code trawl_streams_refused_total}.
 */
public final class PortMetrics {

  private PortMetrics() {}

  public static void of(MemoryBudget budget, MeterRegistry registry) {
    Gauge.builder("trawl.memory.held", budget, MemoryBudget::held)
        .description("Bytes of requests that are not answered and of answers that are not taken")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("trawl.memory.max", budget, MemoryBudget::maxBytes)
        .description("Bytes beyond which new requests are refused")
        .baseUnit("bytes")
        .register(registry);
    Gauge.builder("trawl.streams", budget, MemoryBudget::streams)
        .description("Open streams of HTTP/2 on all ports")
        .register(registry);
    FunctionCounter.builder("trawl.memory.dropped", budget, MemoryBudget::dropped)
        .description("Half received requests and half taken answers that were ended to make room")
        .register(registry);
    FunctionCounter.builder("trawl.memory.refused", budget, MemoryBudget::refused)
        .description("Times that something found no room")
        .register(registry);
  }

  /**
   * @param port what metrics call the port
   */
  public static void of(PortWatch watch, String port, MeterRegistry registry) {
    for (var what : PortWatch.Slow.values()) {
      FunctionCounter.builder("trawl.too.slow", watch, one -> one.cut(what))
          .description("Connections and streams that were ended because they took too long")
          .tag("port", port)
          .tag("what", what.label())
          .register(registry);
    }
    FunctionCounter.builder("trawl.calls.abandoned", watch, PortWatch::abandoned)
        .description("Calls over HTTP/2 that their callers began and abandoned at once")
        .tag("port", port)
        .register(registry);
    FunctionCounter.builder("trawl.calls.refused", watch, PortWatch::refusedAsAbandoned)
        .description("Calls that were not begun, since their address had abandoned too many")
        .tag("port", port)
        .register(registry);
    FunctionCounter.builder("trawl.streams.refused", watch, PortWatch::refusedStreams)
        .description("Streams that were not begun, since their address had too many open")
        .tag("port", port)
        .register(registry);
  }
}
