package io.trawl.workers.server.run;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The waiting requests of one model, and the decision which of them run together.
 *
 * <p>The rules are those of Triton's dynamic batcher. Candidates are taken from the front, as long
 * as their shapes agree and they fit the largest batch. If their number of rows meets a preferred
 * size, the largest such prefix runs at once. Otherwise all candidates run when they cannot grow
 * any more (the next request has another shape or does not fit) or when the oldest has waited for
 * the queue delay; until then the queue says when to ask again.
 *
 * <p>A plain state machine: it has no thread, lock, clock or timer. One writer calls it, tells it
 * the time, and acts on the {@link Step} that it gets.
 *
 * @param <T> a request, compared by identity
 */
public final class BatchQueue<T> {
  /** No time at all: nothing to wait for. */
  public static final long NEVER = Long.MAX_VALUE;

  /**
   * What to do now.
   *
   * @param batch to be run together, in order; empty if none
   * @param timedOut to be refused: they waited too long
   * @param late to be refused: their callers' deadlines have passed
   * @param wakeAfterNanos when to ask again if nothing else happens, {@link #NEVER} if not needed
   */
  record Step<T>(List<T> batch, List<T> timedOut, List<T> late, long wakeAfterNanos) {}

  /**
   * What the queue must know about a request.
   *
   * @param rows at least 1
   * @param kind equal for those that may share a batch
   * @param timeoutNanos the wait that the request asks for, 0 for none
   * @param deadlineNanos remaining time of its caller, {@link #NEVER} for no deadline
   */
  public record Ticket(int rows, Object kind, long timeoutNanos, long deadlineNanos) {}

  private record Waiting<T>(
      T request, int rows, Object kind, long since, long timeoutAt, long deadlineAt) {

    long firstEvent() {
      return Math.min(timeoutAt, deadlineAt);
    }

    Waiting<T> withoutTimeout() {
      return new Waiting<>(request, rows, kind, since, NEVER, deadlineAt);
    }
  }

  private final BatchingPolicy policy;
  private final int largestPreferred;

  /** Times inside are counted from here, so that they are small and order like numbers. */
  private final long origin;

  private final ArrayDeque<Waiting<T>> onTime = new ArrayDeque<>();
  private final ArrayDeque<Waiting<T>> delayed = new ArrayDeque<>();

  /** Not later than the first timeout or deadline of anything waiting. */
  private long sweepAt = NEVER;

  BatchQueue(BatchingPolicy policy, long nowNanos) {
    this.policy = policy;
    this.origin = nowNanos;
    this.largestPreferred =
        policy.preferredRows().isEmpty() ? policy.maxBatchRows() : policy.preferredRows().getLast();
  }

  int size() {
    return onTime.size() + delayed.size();
  }

  /** Takes a request in, or returns false when the queue is full. */
  boolean offer(T request, Ticket ticket, long nowNanos) {
    if (size() >= policy.queue().maxRequests()) {
      return false;
    }
    long now = nowNanos - origin;
    long timeout = policy.queue().timeoutNanos(ticket.timeoutNanos());
    Waiting<T> waiting =
        new Waiting<>(
            request,
            ticket.rows(),
            ticket.kind(),
            now,
            timeout == 0 ? NEVER : later(now, timeout),
            later(now, ticket.deadlineNanos()));
    onTime.addLast(waiting);
    sweepAt = Math.min(sweepAt, waiting.firstEvent());
    return true;
  }

  /** Forgets a request that is no longer wanted; false if it does not wait here. */
  boolean remove(T request) {
    return onTime.removeIf(waiting -> waiting.request() == request)
        || delayed.removeIf(waiting -> waiting.request() == request);
  }

  /** Empties the queue and returns what waited, oldest first. */
  List<T> clear() {
    List<T> all = new ArrayList<>(size());
    onTime.forEach(waiting -> all.add(waiting.request()));
    delayed.forEach(waiting -> all.add(waiting.request()));
    onTime.clear();
    delayed.clear();
    sweepAt = NEVER;
    return all;
  }

  /**
   * Moves on: drops who waited too long and, if an instance of the model is free, decides on a
   * batch.
   */
  Step<T> step(long nowNanos, boolean instanceFree) {
    long now = nowNanos - origin;
    List<T> timedOut = new ArrayList<>(0);
    List<T> late = new ArrayList<>(0);
    if (now >= sweepAt) {
      sweep(now, timedOut, late);
    }
    List<T> batch = List.of();
    long askAgainAt = NEVER;
    if (instanceFree && size() > 0) {
      Prefix prefix = prefix(now);
      batch = take(prefix.requests());
      askAgainAt = prefix.askAgainAt();
    }
    if (size() == 0) {
      sweepAt = NEVER;
    }
    long wakeAt = Math.min(sweepAt, askAgainAt);
    return new Step<>(batch, timedOut, late, wakeAt == NEVER ? NEVER : Math.max(0, wakeAt - now));
  }

  private void sweep(long now, List<T> timedOut, List<T> late) {
    boolean delays = policy.queue().delayExpired();
    List<Waiting<T>> toDelay = new ArrayList<>(0);
    for (Iterator<Waiting<T>> each = onTime.iterator(); each.hasNext(); ) {
      Waiting<T> waiting = each.next();
      if (now >= waiting.deadlineAt()) {
        each.remove();
        late.add(waiting.request());
      } else if (now >= waiting.timeoutAt()) {
        each.remove();
        if (delays) {
          toDelay.add(waiting.withoutTimeout());
        } else {
          timedOut.add(waiting.request());
        }
      }
    }
    for (Iterator<Waiting<T>> each = delayed.iterator(); each.hasNext(); ) {
      Waiting<T> waiting = each.next();
      if (now >= waiting.deadlineAt()) {
        each.remove();
        late.add(waiting.request());
      }
    }
    delayed.addAll(toDelay);
    sweepAt = NEVER;
    onTime.forEach(waiting -> sweepAt = Math.min(sweepAt, waiting.firstEvent()));
    delayed.forEach(waiting -> sweepAt = Math.min(sweepAt, waiting.firstEvent()));
  }

  /** How many requests from the front run now, or when to look again. */
  private record Prefix(int requests, long askAgainAt) {}

  private Prefix prefix(long now) {
    if (!policy.dynamic()) {
      return new Prefix(1, NEVER);
    }
    int count = 0;
    int rows = 0;
    int preferredCount = 0;
    boolean complete = false;
    Waiting<T> first = front();
    // The delay is counted from the oldest candidate, which need not be the first: one that was
    // delayed stands behind younger ones.
    long oldest = first.since();
    for (Iterator<Waiting<T>> each = inOrder(); each.hasNext(); ) {
      Waiting<T> next = each.next();
      int grown = rows + next.rows();
      if (count > 0) {
        if (grown > largestPreferred && preferredCount == 0) {
          preferredCount = count;
        }
        if (grown > policy.maxBatchRows() || !next.kind().equals(first.kind())) {
          complete = true;
          break;
        }
      }
      rows = grown;
      count++;
      oldest = Math.min(oldest, next.since());
      if (policy.preferredRows().contains(rows)) {
        preferredCount = count;
      }
      if (rows >= policy.maxBatchRows()) {
        complete = true;
        break;
      }
    }
    long delayEndsAt = later(oldest, policy.maxDelayNanos());
    boolean delayExceeded = now >= delayEndsAt;
    if (preferredCount > 0 && (policy.maxDelayNanos() == 0 || !delayExceeded)) {
      return new Prefix(preferredCount, NEVER);
    }
    if (complete || delayExceeded) {
      return new Prefix(count, NEVER);
    }
    return new Prefix(0, delayEndsAt);
  }

  private Waiting<T> front() {
    return onTime.isEmpty() ? delayed.getFirst() : onTime.getFirst();
  }

  private Iterator<Waiting<T>> inOrder() {
    Iterator<Waiting<T>> first = onTime.iterator();
    Iterator<Waiting<T>> then = delayed.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return first.hasNext() || then.hasNext();
      }

      @Override
      public Waiting<T> next() {
        return first.hasNext() ? first.next() : then.next();
      }
    };
  }

  private List<T> take(int requests) {
    List<T> taken = new ArrayList<>(requests);
    for (int i = 0; i < requests; i++) {
      taken.add((onTime.isEmpty() ? delayed : onTime).removeFirst().request());
    }
    return taken;
  }

  static long later(long now, long delayNanos) {
    return delayNanos >= NEVER - now ? NEVER : now + delayNanos;
  }
}
