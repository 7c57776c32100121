package io.trawl.workers.fleet.fake;

import io.trawl.workers.client.Failure;
import io.trawl.workers.wire.Alarm;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** A call on its way between a client and a worker. It ends once; whoever is first ends it. */
final class FakeCall<T> {

  private final Promise<T> outcome = Promise.promise();
  private final Function<Failure, T> failed;
  private final long deadlineNanos;
  private final List<Set<? extends FakeCall<?>>> lists = new ArrayList<>(3);
  private Alarm.Pending alarm = () -> {};
  private Runnable takeBack = () -> {};
  private boolean over;

  FakeCall(long deadlineNanos, Function<Failure, T> failed) {
    this.deadlineNanos = deadlineNanos;
    this.failed = failed;
  }

  Future<T> outcome() {
    return outcome.future();
  }

  long deadlineNanos() {
    return deadlineNanos;
  }

  boolean over() {
    return over;
  }

  /** What is cancelled when it ends. */
  void alarm(Alarm.Pending pending) {
    alarm = pending;
  }

  /** What tells the worker that the caller left, if it ends on the caller's side. */
  void takenBackBy(Runnable action) {
    takeBack = action;
  }

  /** A list of calls under way, which it leaves when it ends. */
  void isIn(Set<? extends FakeCall<?>> list) {
    lists.add(list);
  }

  /** The worker's side ends it. */
  void end(T value) {
    if (!over) {
      over = true;
      alarm.cancel();
      lists.forEach(list -> list.remove(this));
      outcome.complete(value);
    }
  }

  void fail(Failure why) {
    end(failed.apply(why));
  }

  /** The caller's side ends it, or what is between the two: the worker sees a reset. */
  void leave(Failure why) {
    if (!over) {
      takeBack.run();
      fail(why);
    }
  }
}
