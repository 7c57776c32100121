package io.trawl.workers.testkit;

import io.vertx.core.Future;
import io.vertx.core.Promise;

/** Something that a behaviour waits for until the test opens it. Opening twice is once. */
public final class Gate {

  private final Promise<Void> opened = Promise.promise();

  /** Lets everything through that waits, and everything that comes later. */
  public void open() {
    opened.tryComplete();
  }

  Future<Void> opened() {
    return opened.future();
  }
}
