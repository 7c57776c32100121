package io.trawl.workers.fleet.replica;

import io.trawl.workers.client.Failure;
import io.trawl.workers.client.OipClient;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * What a model on a worker has to show before it is given calls: that a server says it is ready
 * proves little. As a rule a golden request, whose answer is known.
 */
@FunctionalInterface
public interface Proof {

  /** What came of it. */
  sealed interface Shown {

    /** It does what it should. */
    record Agrees() implements Shown {}

    /**
     * It does not.
     *
     * @param why for a person to read
     */
    record Differs(String why) implements Shown {}

    /** It was asked, and did not say. */
    record NoAnswer(Failure failure) implements Shown {}
  }

  /**
   * Asks a worker.
   *
   * @param budget within which the future completes; one that fails counts as no answer
   */
  Future<Shown> ask(OipClient worker, Duration budget);
}
