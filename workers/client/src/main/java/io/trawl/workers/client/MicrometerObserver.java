package io.trawl.workers.client;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;

/** Timers by endpoint, model and outcome; looked up once per combination. */
final class MicrometerObserver implements OipObserver {

  private final MeterRegistry registry;
  private final ConcurrentMap<Key, Timer> timers = new ConcurrentHashMap<>();

  MicrometerObserver(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void inferred(Endpoint endpoint, String model, InferOutcome outcome, long elapsedNanos) {
    timers
        .computeIfAbsent(new Key(endpoint, model, outcome.getClass()), this::timer)
        .record(elapsedNanos, TimeUnit.NANOSECONDS);
  }

  /** Workers come and go, and meters with them: else they would add up for ever. */
  @Override
  public void closed(Endpoint endpoint) {
    timers
        .entrySet()
        .removeIf(
            entry -> {
              boolean ofIt = entry.getKey().endpoint().equals(endpoint);
              if (ofIt) {
                registry.remove(entry.getValue());
              }
              return ofIt;
            });
  }

  private Timer timer(Key key) {
    return Timer.builder("trawl.worker.infer")
        .description("Inference calls to workers, from the call to its outcome")
        .tag("endpoint", key.endpoint().toString())
        .tag("model", key.model())
        .tag("outcome", kebab(key.outcome().getSimpleName()))
        .register(registry);
  }

  static String kebab(String camel) {
    return camel.replaceAll("(?<=[a-z])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  private record Key(Endpoint endpoint, String model, Class<?> outcome) {}
}
