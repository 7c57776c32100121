package io.trawl.workers.server.edge;

import io.trawl.workers.server.run.BatchQueue;
import io.trawl.workers.server.run.CallFailure;
import io.trawl.workers.server.run.RequestException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.WorkerExecutor;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where requests are unpacked and read that take a while: beside the event loops, and on few
 * threads, so that whoever sends many of them leaves processors to the others. One for all ports of
 * a process. Addresses take turns; so many of one may wait, and so many of all. Where all may wait
 * that can, an address of which fewer wait than of another takes the place of the latest of that
 * which has most. What nobody waits for any more is not read.
 */
public final class Reading {
  static final int MOST_WAITING = 1024;

  /** A stream has no more than one of them. */
  static final int MOST_WAITING_OF_SOURCE = 128;

  private static final String NAME = "trawl-worker-reading";

  private final Executor threads;
  private final int parallel;
  private final LongAdder refused = new LongAdder();
  private final LongAdder dropped = new LongAdder();

  /** By source; whose turn is next comes first. */
  private final Map<String, ArrayDeque<Read<?>>> waiting = new LinkedHashMap<>();

  private int waits;
  private int running;

  public Reading(Vertx vertx) {
    this(vertx, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  private Reading(Vertx vertx, int threads) {
    this(besides(vertx.createSharedWorkerExecutor(NAME, threads)), threads);
  }

  /**
   * @param parallel how many reads it is given at a time
   */
  Reading(Executor threads, int parallel) {
    this.threads = threads;
    this.parallel = parallel;
  }

  private static Executor besides(WorkerExecutor threads) {
    return task -> {
      var _ =
          threads.executeBlocking(
              () -> {
                task.run();
                return null;
              },
              false);
    };
  }

  /**
   * Reads when a thread is free and the source has its turn.
   *
   * @param context where the result arrives, and where this is called
   * @throws RequestException if too many wait
   */
  <T> Read<T> read(
      String source,
      Context context,
      Callable<T> reading,
      Consumer<? super T> done,
      Consumer<Throwable> failed) {
    Read<T> read = new Read<>(source, context, reading, done, failed);
    boolean begins;
    Read<?> loser = null;
    synchronized (waiting) {
      begins = running < parallel;
      if (begins) {
        running++;
      } else {
        loser = await(read);
      }
    }
    if (begins) {
      threads.execute(() -> run(read));
    } else if (loser != null) {
      loser.displaced();
    }
    return read;
  }

  /** Has it wait; returns what loses its place for that. */
  private @Nullable Read<?> await(Read<?> read) {
    ArrayDeque<Read<?>> ofSource = waiting.get(read.source);
    int has = ofSource == null ? 0 : ofSource.size();
    Read<?> loser = null;
    if (has < MOST_WAITING_OF_SOURCE && waits >= MOST_WAITING) {
      loser = pollLatestOfMost(has);
    }
    if (has >= MOST_WAITING_OF_SOURCE || waits >= MOST_WAITING) {
      refused.increment();
      throw noRoom(has, waits);
    }
    waiting.computeIfAbsent(read.source, _ -> new ArrayDeque<>()).add(read);
    waits++;
    return loser;
  }

  /** Of whichever source has most, and would have no fewer than the one who asks has then. */
  private @Nullable Read<?> pollLatestOfMost(int has) {
    ArrayDeque<Read<?>> most = null;
    for (ArrayDeque<Read<?>> each : waiting.values()) {
      if (each.size() > (most == null ? has + 1 : most.size())) {
        most = each;
      }
    }
    if (most == null) {
      return null;
    }
    waits--;
    return most.removeLast();
  }

  private static RequestException noRoom(int has, int waits) {
    return new CallFailure(
            CallFailure.Code.RESOURCE_EXHAUSTED,
            CallFailure.Reason.OTHER,
            "%d packed or large requests of this address wait to be read, and %d in all;"
                    .formatted(has, waits)
                + " expected fewer than %d and %d".formatted(MOST_WAITING_OF_SOURCE, MOST_WAITING))
        .asException();
  }

  private void run(Read<?> read) {
    try {
      read.run();
    } finally {
      Read<?> next = next();
      if (next != null) {
        threads.execute(() -> run(next));
      }
    }
  }

  private @Nullable Read<?> next() {
    synchronized (waiting) {
      Map.Entry<String, ArrayDeque<Read<?>>> turn = pollTurn();
      if (turn == null) {
        running--;
        return null;
      }
      Read<?> next = turn.getValue().remove();
      if (!turn.getValue().isEmpty()) {
        waiting.put(turn.getKey(), turn.getValue());
      }
      waits--;
      return next;
    }
  }

  private Map.@Nullable Entry<String, ArrayDeque<Read<?>>> pollTurn() {
    var turns = waiting.entrySet().iterator();
    if (!turns.hasNext()) {
      return null;
    }
    var first = turns.next();
    Map.Entry<String, ArrayDeque<Read<?>>> turn = Map.entry(first.getKey(), first.getValue());
    turns.remove();
    return turn;
  }

  /** Requests that wait to be read. */
  int waiting() {
    synchronized (waiting) {
      return waits;
    }
  }

  /** Requests that were refused since too many waited. */
  long refused() {
    return refused.sum();
  }

  /** Requests that were not read, since their callers left or their deadlines passed. */
  long dropped() {
    return dropped.sum();
  }

  /** One request on its way through; used on its context. */
  final class Read<T> {
    private final String source;
    private final Context context;
    private final Callable<T> reading;
    private final Consumer<? super T> done;
    private final Consumer<Throwable> failed;
    private @Nullable Runnable cancelTimer;

    private Read(
        String source,
        Context context,
        Callable<T> reading,
        Consumer<? super T> done,
        Consumer<Throwable> failed) {
      this.source = source;
      this.context = context;
      this.reading = reading;
      this.done = done;
      this.failed = failed;
    }

    private void run() {
      try {
        T result = reading.call();
        end(() -> done.accept(result));
      } catch (Exception | Error failure) {
        end(() -> failed.accept(failure));
      }
    }

    /** Another waits in its place. */
    private void displaced() {
      refused.increment();
      var failure = noRoom(MOST_WAITING_OF_SOURCE, MOST_WAITING);
      end(() -> failed.accept(failure));
    }

    private void end(Runnable then) {
      context.runOnContext(
          _ -> {
            stopTimer();
            then.run();
          });
    }

    /**
     * Whether it still waited: then it is never read, and nobody hears of it. If not, its result
     * arrives all the same.
     */
    boolean drop() {
      synchronized (waiting) {
        ArrayDeque<Read<?>> ofSource = waiting.get(source);
        if (ofSource == null || !ofSource.remove(this)) {
          return false;
        }
        if (ofSource.isEmpty()) {
          waiting.remove(source);
        }
        waits--;
      }
      dropped.increment();
      stopTimer();
      return true;
    }

    /** Says once that it has taken too long, unless it has ended by then. */
    void within(long nanos, Runnable late) {
      if (nanos != BatchQueue.NEVER) {
        Vertx vertx = context.owner();
        long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos + 999_999));
        long timer = vertx.setTimer(millis, _ -> late.run());
        cancelTimer = () -> vertx.cancelTimer(timer);
      }
    }

    private void stopTimer() {
      if (cancelTimer != null) {
        cancelTimer.run();
        cancelTimer = null;
      }
    }
  }
}
