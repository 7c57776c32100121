package io.trawl.client;

import io.vertx.core.Future;

/** A call on its way. */
public interface Call<T> {

  /** How it ends: exactly once, on the context that made the call. */
  Future<Outcome<T>> outcome();

  /**
   * Takes the call back: it ends as {@link Outcome.Cancelled} unless it has ended, and the gateway
   * stops its work.
   */
  void cancel();
}
