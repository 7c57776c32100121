package io.trawl.workers.wire.bounds;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The bytes that requests in flight hold at one time: bodies received and not yet answered, what
 * they unpack to, and answers not yet taken. In all and by connection, for all ports of a process.
 *
 * <p>In steps, as Envoy's overload manager has them: from three quarters on, what is half received
 * or waits for a reader is dropped, the oldest first, until less is held; above the whole, what
 * comes is refused. An answer is always counted and never refused: its work is done.
 *
 * <p>May be used by any number of threads; one {@link Share} by one at a time.
 */
public final class MemoryBudget {

  private final long maxBytes;
  private final long maxConnectionBytes;
  private final AtomicLong held = new AtomicLong();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /** Shares that may be dropped, the oldest first, and what those being dropped still hold. */
  private final Set<Share> waiting = new LinkedHashSet<>();

  private long leaving;

  /**
   * @param maxBytes of everything in flight
   * @param maxConnectionBytes of one connection
   */
  public MemoryBudget(long maxBytes, long maxConnectionBytes) {
    if (maxConnectionBytes < 1 || maxBytes < maxConnectionBytes) {
      throw new IllegalArgumentException(
          "%d bytes in all and %d by connection; expected at least as many in all, and one"
              .formatted(maxBytes, maxConnectionBytes));
    }
    this.maxBytes = maxBytes;
    this.maxConnectionBytes = maxConnectionBytes;
  }

  /**
   * A budget of these bounds, where 0 stands for an eighth: of the heap, and of what all may hold.
   * One connection has room for a message in any case.
   *
   * @param maxMessageBytes of the largest message, and of what is made of it meanwhile
   */
  public static MemoryBudget of(long maxBytes, long maxConnectionBytes, long maxMessageBytes) {
    long all =
        maxBytes > 0 ? maxBytes : Math.max(maxMessageBytes, Runtime.getRuntime().maxMemory() / 8);
    long connection =
        maxConnectionBytes > 0 ? maxConnectionBytes : Math.max(maxMessageBytes, all / 8);
    return new MemoryBudget(Math.max(all, connection), connection);
  }

  /** Bytes held at this moment. */
  public long held() {
    return held.get();
  }

  /** The bound of {@link #held}, which answers alone may pass. */
  public long maxBytes() {
    return maxBytes;
  }

  /** How many requests and answers were dropped, half received or half taken, to make room. */
  public long dropped() {
    return dropped.sum();
  }

  /** How often something found no room. */
  public long refused() {
    return refused.sum();
  }

  /** Whether nothing new should be begun. */
  public boolean spent() {
    return held.get() >= maxBytes;
  }

  Account account() {
    return new Account();
  }

  /** Drops what has waited longest, but for who asks, while more than three quarters are held. */
  private void relieve(Share asking) {
    List<Share> victims = new ArrayList<>();
    synchronized (waiting) {
      var oldest = waiting.iterator();
      while (held.get() - leaving > maxBytes - maxBytes / 4 && oldest.hasNext()) {
        Share victim = oldest.next();
        if (victim == asking) {
          continue;
        }
        oldest.remove();
        victim.leavingBytes = victim.bytes.get();
        leaving += victim.leavingBytes;
        victims.add(victim);
      }
    }
    for (Share victim : victims) {
      dropped.increment();
      victim.drop.run();
    }
  }

  /** What one connection holds. */
  final class Account {

    private final AtomicLong bytes = new AtomicLong();

    private Account() {}

    /** Whether its connection should be given nothing more to do. */
    boolean spent() {
      return bytes.get() >= maxConnectionBytes || MemoryBudget.this.spent();
    }

    /**
     * A share that holds nothing yet.
     *
     * @param drop ends what holds the share, on whatever thread; the share is closed later
     */
    Share share(Runnable drop) {
      return new Share(this, drop);
    }
  }

  /** What one request, or one answer, holds; given back whole and once by {@link #close}. */
  public final class Share implements AutoCloseable {

    private final Account account;
    private final Runnable drop;
    private final AtomicLong bytes = new AtomicLong();
    private long leavingBytes;
    private boolean closed;

    private Share(Account account, Runnable drop) {
      this.account = account;
      this.drop = drop;
    }

    /** Takes these bytes of something that may still be refused; false where there is no room. */
    public boolean take(long more) {
      hold(more);
      if (account.bytes.get() > maxConnectionBytes || held.get() > maxBytes) {
        hold(-more);
        refused.increment();
        return false;
      }
      return true;
    }

    /** How much more {@link #take} would find at this moment. */
    public long left() {
      return Math.max(0, Math.min(maxConnectionBytes - account.bytes.get(), maxBytes - held.get()));
    }

    /** How much {@link #take} would find if nothing were held. */
    public long ever() {
      return Math.min(maxConnectionBytes, maxBytes);
    }

    /** Counts what asked for more than was left, without having taken anything. */
    public void refuse() {
      refused.increment();
    }

    /** Takes these bytes, room or not. */
    public void hold(long more) {
      if (closed) {
        return;
      }
      bytes.addAndGet(more);
      account.bytes.addAndGet(more);
      if (held.addAndGet(more) > maxBytes - maxBytes / 4 && more > 0) {
        relieve(this);
      }
    }

    /** Others cannot go on with it: it may be dropped to make room. */
    void waits() {
      synchronized (waiting) {
        if (!closed && leavingBytes == 0) {
          waiting.add(this);
        }
      }
    }

    /** It is whole, and being worked on. */
    void goesOn() {
      synchronized (waiting) {
        waiting.remove(this);
      }
    }

    /** Idempotent. */
    @Override
    public void close() {
      synchronized (waiting) {
        if (closed) {
          return;
        }
        closed = true;
        waiting.remove(this);
        leaving -= leavingBytes;
      }
      long given = bytes.getAndSet(0);
      account.bytes.addAndGet(-given);
      held.addAndGet(-given);
    }
  }
}
