package io.trawl.workers.wire.bounds;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that requests in flight hold at one time: bodies received and not yet answered, what
 * they unpack to, and answers not yet taken. In all and by connection, for all ports of a process.
 *
 * <p>In steps, as Envoy's overload manager has them: from three quarters on, what is half received
 * or waits for a reader is dropped until less is held; above the whole, what comes is refused. Both
 * meet first who holds most, by address: of the address that holds most the oldest is dropped, and
 * never anything of one that holds less than who asks; and from three quarters on, an address that
 * holds more than half of the whole is given no more while another holds anything. One that is
 * alone is given three quarters, and room for one message at least: whoever comes finds a rest. An
 * answer is always counted and never refused: its work is done.
 *
 * <p>May be used by any number of threads; one {@link Share} by one at a time.
 */
public final class MemoryBudget {

  private final long maxBytes;
  private final long maxConnectionBytes;
  private final AtomicLong held = new AtomicLong();
  private final AtomicInteger streams = new AtomicInteger();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /** Whoever has connections or holds anything. */
  private final Map<InetAddress, Source> sources = new ConcurrentHashMap<>();

  /** Of connections whose other end has no address. */
  private final Source nobody = new Source(null);

  /** Guards what may be dropped: these sources' shares, and what those being dropped still hold. */
  private final Set<Source> waiting = new HashSet<>();

  private volatile long leaving;

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
   * One connection has room for a message, and its stream, in any case.
   *
   * @param maxMessageBytes of the largest message, and of what is made of it meanwhile
   */
  public static MemoryBudget of(long maxBytes, long maxConnectionBytes, long maxMessageBytes) {
    long one = maxMessageBytes + 2 * Http2Watch.BYTES_OF_A_STREAM;
    long all = maxBytes > 0 ? maxBytes : Math.max(one, Runtime.getRuntime().maxMemory() / 8);
    long connection = maxConnectionBytes > 0 ? maxConnectionBytes : Math.max(one, all / 8);
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

  /** Streams of HTTP/2 that are open at this moment. */
  public int streams() {
    return streams.get();
  }

  /** Whether nothing new should be begun. */
  public boolean spent() {
    return held.get() >= maxBytes;
  }

  /**
   * What a new connection holds, until it is closed.
   *
   * @param address at its other end, as bounds by address tell callers apart
   */
  Account account(@Nullable InetAddress address) {
    return new Account(
        address == null
            ? nobody
            : sources.compute(
                address,
                (_, known) -> {
                  Source source = known == null ? new Source(address) : known;
                  source.users.incrementAndGet();
                  return source;
                }));
  }

  private long threeQuarters() {
    return maxBytes - maxBytes / 4;
  }

  /** Drops, but for who asks, what may be dropped while more than three quarters are held. */
  private void relieve(Share asking) {
    List<Share> victims = new ArrayList<>();
    synchronized (waiting) {
      while (held.get() - leaving > threeQuarters()) {
        Share victim = next(asking);
        if (victim == null) {
          break;
        }
        Source source = victim.account.source;
        source.forget(victim);
        victim.leavingBytes = victim.bytes.get();
        leaving += victim.leavingBytes;
        source.leaving += victim.leavingBytes;
        victims.add(victim);
      }
    }
    for (Share victim : victims) {
      dropped.increment();
      victim.drop.run();
    }
  }

  /** The oldest of who holds most, and at least as much as who asks. */
  private @Nullable Share next(Share asking) {
    Share found = null;
    long most = asking.account.source.stays();
    for (Source source : waiting) {
      if (source.stays() > most || (found == null && source.stays() == most)) {
        for (Share oldest : source.waiting) {
          if (oldest != asking) {
            found = oldest;
            most = source.stays();
            break;
          }
        }
      }
    }
    return found;
  }

  /** Whoever is at one address, with all that its connections hold. */
  private final class Source {
    private final @Nullable InetAddress address;
    private final AtomicLong bytes = new AtomicLong();

    /** Its open connections, and shares that may outlive them. */
    private final AtomicInteger users = new AtomicInteger();

    /** Of HTTP/2, open on all of its connections. */
    private final AtomicInteger streams = new AtomicInteger();

    /** Shares that may be dropped, the oldest first. */
    private final Set<Share> waiting = new LinkedHashSet<>();

    private long leaving;

    private Source(@Nullable InetAddress address) {
      this.address = address;
    }

    private long stays() {
      return bytes.get() - leaving;
    }

    /** What it may still take beside others; less than nothing where it has had enough. */
    private long left() {
      boolean alone = held.get() == bytes.get();
      return alone
          ? Math.max(threeQuarters(), maxConnectionBytes) - stays()
          : Math.max(
              maxBytes / 2 - bytes.get(),
              threeQuarters() - (held.get() - MemoryBudget.this.leaving));
    }

    private void remember(Share share) {
      waiting.add(share);
      MemoryBudget.this.waiting.add(this);
    }

    private void forget(Share share) {
      waiting.remove(share);
      if (waiting.isEmpty()) {
        MemoryBudget.this.waiting.remove(this);
      }
    }

    private void leave() {
      if (users.decrementAndGet() == 0 && address != null) {
        sources.computeIfPresent(address, (_, known) -> known.users.get() > 0 ? known : null);
      }
    }
  }

  /** What one connection holds. */
  final class Account {

    private final Source source;
    private final AtomicLong bytes = new AtomicLong();

    private Account(Source source) {
      this.source = source;
    }

    /** Its connection has gone; what it holds is given back by its shares. Once. */
    void close() {
      source.leave();
    }

    /**
     * Whether one more stream may be open of its address; to be told of the end of each that is.
     */
    boolean opensStream(int mostOfAddress) {
      if (source.streams.incrementAndGet() > mostOfAddress && source.address != null) {
        source.streams.decrementAndGet();
        return false;
      }
      streams.incrementAndGet();
      return true;
    }

    /** Once for each stream that was opened. */
    void closesStream() {
      source.streams.decrementAndGet();
      streams.decrementAndGet();
    }

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
      account.source.users.incrementAndGet();
    }

    /** Takes these bytes of something that may still be refused; false where there is no room. */
    public boolean take(long more) {
      hold(more);
      if (account.bytes.get() > maxConnectionBytes
          || held.get() > maxBytes
          || account.source.left() < 0) {
        hold(-more);
        refused.increment();
        return false;
      }
      return true;
    }

    /** How much more {@link #take} would find at this moment. */
    public long left() {
      long ofConnection = maxConnectionBytes - account.bytes.get();
      long ofAll = Math.min(maxBytes - held.get(), account.source.left());
      return Math.max(0, Math.min(ofConnection, ofAll));
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
      account.source.bytes.addAndGet(more);
      if (held.addAndGet(more) > threeQuarters() && more > 0) {
        relieve(this);
      }
    }

    /** Others cannot go on with it: it may be dropped to make room. */
    void waits() {
      synchronized (waiting) {
        if (!closed && leavingBytes == 0) {
          account.source.remember(this);
        }
      }
    }

    /** It is whole, and being worked on. */
    void goesOn() {
      synchronized (waiting) {
        account.source.forget(this);
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
        account.source.forget(this);
        leaving -= leavingBytes;
        account.source.leaving -= leavingBytes;
      }
      long given = bytes.getAndSet(0);
      account.bytes.addAndGet(-given);
      account.source.bytes.addAndGet(-given);
      held.addAndGet(-given);
      account.source.leave();
    }
  }
}
