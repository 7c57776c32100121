package io.trawl.workers.client;

import io.vertx.core.Future;

/** An inference under way. */
public interface InferHandle {

  /**
   * The outcome; never fails. It completes once, on the context from which the call was made, by
   * the end of the budget at the latest.
   */
  Future<InferOutcome> outcome();

  /**
   * Takes the call back: the outcome becomes {@link Failure.Cancelled} and the stream is reset, so
   * that the server drops what it has not started. May be called from any thread, any number of
   * times; after the outcome it does nothing.
   */
  void cancel();
}
