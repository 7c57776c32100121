package io.trawl.app.node;

import com.sun.management.ThreadMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.trawl.api.call.ApiOptions;
import io.trawl.workers.process.Log;
import io.trawl.workers.wire.bounds.ConnectionLimit;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.lang.management.ManagementFactory;
import java.util.EnumSet;
import java.util.function.LongSupplier;

/** The Vert.x instance of a process. Calls to workers are measured by their own client. */
public final class Platform {

  /**
   * What a caller can neither choose nor make more of. A caller may invent methods, and a series
   * stays for ever; {@code trawl_requests_total} says which call a request was.
   */
  private static final EnumSet<Label> LABELS =
      EnumSet.of(Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME, Label.EB_SIDE);

  /** Files, pipes and outgoing connections that a process needs beside those of its callers. */
  private static final int FILES_OF_OURS = 256;

  private Platform() {}

  /** What an operator wants to see of the process itself. */
  private static void watchProcess(PrometheusMeterRegistry registry) {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    drops("full", Log::droppedAsFull, registry);
    drops("rate", Log::droppedByRate, registry);
    if (ManagementFactory.getThreadMXBean() instanceof ThreadMXBean threads) {
      FunctionCounter.builder(
              "jvm.threads.allocated", threads, ThreadMXBean::getTotalThreadAllocatedBytes)
          .description("Bytes that all threads have allocated on the heap")
          .baseUnit("bytes")
          .register(registry);
    }
  }

  private static void drops(String reason, LongSupplier count, PrometheusMeterRegistry registry) {
    FunctionCounter.builder("trawl.log.dropped", count, LongSupplier::getAsLong)
        .description("Lines that the log is without: nobody read them, or too many of one kind")
        .tag("reason", reason)
        .register(registry);
  }

  /** How many files the system lets this process have open. */
  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getMaxFileDescriptorCount()
        : Integer.MAX_VALUE;
  }

  private static void watchConnections(
      PrometheusMeterRegistry registry, ConnectionLimit connections) {
    Gauge.builder("trawl.connections", connections, ConnectionLimit::open)
        .description("Connections open at this moment, of all ports")
        .register(registry);
    FunctionCounter.builder("trawl.connections.refused", connections, ConnectionLimit::refused)
        .description("Connections that found no room")
        .register(registry);
    FunctionCounter.builder("trawl.connections.silent", connections, ConnectionLimit::silent)
        .description("New connections that were closed because nothing whole came")
        .register(registry);
  }

  /**
   * @param registry for what Vert.x counts and what the process uses
   * @param listen how many connections its servers take
   */
  public static Vertx vertx(PrometheusMeterRegistry registry, ApiOptions listen) {
    watchProcess(registry);
    var limit =
        listen.bounds().connections(listen.timeouts().headTimeout(), openFiles() - FILES_OF_OURS);
    watchConnections(registry, limit);
    return Vertx.builder()
        .withTransport(limit.transport())
        .with(
            new VertxOptions()
                .setMetricsOptions(
                    new MicrometerMetricsOptions()
                        .setEnabled(true)
                        .setLabels(LABELS)
                        .addDisabledMetricsCategory(MetricsDomain.HTTP_CLIENT)))
        .withMetrics(new MicrometerMetricsFactory(registry))
        .build();
  }
}
