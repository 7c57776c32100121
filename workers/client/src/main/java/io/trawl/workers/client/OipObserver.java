package io.trawl.workers.client;

import io.micrometer.core.instrument.MeterRegistry;

/**
 * Told of every finished inference, on the thread that finished it. One that throws is silenced and
 * logged once; it cannot hurt the call.
 */
@FunctionalInterface
public interface OipObserver {

  /**
   * @param endpoint the worker that was asked
   * @param model the model's name
   * @param outcome how it ended
   * @param elapsedNanos from the call to its outcome
   */
  void inferred(Endpoint endpoint, String model, InferOutcome outcome, long elapsedNanos);

  /** The way to a worker is closed: what is kept of it may go. */
  default void closed(Endpoint endpoint) {}

  /** Watches nothing. */
  static OipObserver none() {
    return (_, _, _, _) -> {};
  }

  /**
   * A timer {@code trawl.worker.infer} with the tags {@code endpoint}, {@code model} and {@code
   * outcome} (the outcome's type in kebab case).
   */
  static OipObserver micrometer(MeterRegistry registry) {
    return new MicrometerObserver(registry);
  }
}
