package io.trawl.serve.source;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the uses of a thing that must not be closed under its users. Each is a {@link Lease}, so
 * that none is ended twice or for another. Safe for use by several threads.
 */
public final class Uses {

  private static final Logger LOG = LoggerFactory.getLogger(Uses.class);

  private final Promise<Void> unused = Promise.promise();
  private int count;
  private boolean closed;

  /** A use, until its lease is closed; empty when no new ones are taken. */
  public synchronized Optional<Lease> begin() {
    if (closed) {
      return Optional.empty();
    }
    count++;
    return Optional.of(new Lease());
  }

  /** Counts work as a use of its own until it is over, whoever still waits for it by then. */
  public <T> Future<T> until(Supplier<Future<T>> work) {
    return begin()
        .map(lease -> lease.during(work))
        .orElseGet(() -> Future.failedFuture(new IllegalStateException("closed")));
  }

  /** The same inside of a use that lasts: it may go on after that one has ended. */
  public <T> Future<T> within(Supplier<Future<T>> work) {
    Lease lease;
    synchronized (this) {
      if (count == 0) {
        throw new IllegalStateException("no use lasts");
      }
      count++;
      lease = new Lease();
    }
    return lease.during(work);
  }

  public synchronized int count() {
    return count;
  }

  /** Takes no new uses; completes when the last one has ended. */
  public Future<Void> close() {
    boolean none;
    synchronized (this) {
      none = !closed && count == 0;
      closed = true;
    }
    if (none) {
      unused.complete();
    }
    return unused.future();
  }

  private void end() {
    boolean last;
    synchronized (this) {
      count--;
      last = closed && count == 0;
    }
    if (last) {
      unused.complete();
    }
  }

  /** One use. */
  public final class Lease implements AutoCloseable {

    private final AtomicBoolean over = new AtomicBoolean();

    private Lease() {}

    /**
     * Gives the lease up when the work is over, at once where it does not even begin.
     *
     * @return fails with what the work throws
     */
    public <T> Future<T> during(Supplier<Future<T>> work) {
      return begun(work).onComplete(_ -> close());
    }

    /**
     * @throws IllegalStateException at a second time: the use has been ended
     */
    @Override
    public void close() {
      if (!over.compareAndSet(false, true)) {
        throw new IllegalStateException("the use has ended before");
      }
      end();
    }
  }

  /** Work that throws at once is work that fails. */
  public static <T> Future<T> begun(Supplier<Future<T>> work) {
    try {
      return work.get();
    } catch (RuntimeException | Error broken) {
      LOG.debug("work failed at once", broken);
      return Future.failedFuture(broken);
    }
  }
}
