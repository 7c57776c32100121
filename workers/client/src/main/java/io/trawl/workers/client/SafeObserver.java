package io.trawl.workers.client;

import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one wrapper at which an observer's exception ends. */
final class SafeObserver implements OipObserver {

  private static final Logger LOG = LoggerFactory.getLogger(SafeObserver.class);

  private final OipObserver inner;
  private final AtomicBoolean complained = new AtomicBoolean();

  SafeObserver(OipObserver inner) {
    this.inner = inner;
  }

  @Override
  public void inferred(Endpoint endpoint, String model, InferOutcome outcome, long elapsedNanos) {
    safely(() -> inner.inferred(endpoint, model, outcome, elapsedNanos));
  }

  @Override
  public void closed(Endpoint endpoint) {
    safely(() -> inner.closed(endpoint));
  }

  private void safely(Runnable told) {
    try {
      told.run();
    } catch (RuntimeException broken) {
      if (complained.compareAndSet(false, true)) {
        LOG.warn("An observer of worker calls failed; further failures stay silent", broken);
      }
    }
  }
}
