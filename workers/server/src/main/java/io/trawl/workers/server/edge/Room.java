package io.trawl.workers.server.edge;

import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.http.HttpConnection;

/**
 * The memory of one request in flight beyond the bytes that its port counts: for what those unpack
 * to, and for what they become when they are read. Taken from the budget as it grows, given back
 * when what was asked has ended: a caller that leaves gives nothing back, since what he asked stays
 * until then.
 */
public final class Room implements AutoCloseable {
  /** What a message may take beside its bytes where these stay what they are, as in raw tensors. */
  public static final int BESIDE_A_MESSAGE = 128 << 10;

  /** What a request takes that brings nothing, and is never refused for. */
  private static final int BASE_BYTES = 1 << 10;

  private static final int SMALL_BYTES = 64 << 10;

  private final MemoryBudget.Share share;
  private final long free;
  private long countedByPort;
  private long bytes;
  private boolean closed;

  private Room(MemoryBudget.Share share, long counted, long free) {
    this.share = share;
    this.countedByPort = counted;
    this.free = free;
    this.bytes = counted + free;
    share.hold(BASE_BYTES);
  }

  /**
   * Room for one request.
   *
   * @param counted bytes that the port holds in the budget for as long as the request is in flight
   */
  static Room of(HttpConnection connection, long counted) {
    return new Room(PortWatch.share(connection, () -> {}), counted, 0);
  }

  /** The same for a request that is answered at once: where it stays small nothing is taken. */
  static Room ofSmall(HttpConnection connection, long counted) {
    return new Room(PortWatch.share(connection, () -> {}), counted, SMALL_BYTES);
  }

  /**
   * Room for one message of many, whose bytes are counted here.
   *
   * @param bytes which its port has counted until now
   */
  static Room ofMessage(HttpConnection connection, long bytes) {
    Room room = new Room(PortWatch.share(connection, () -> {}), bytes, 0);
    room.abandoned();
    return room;
  }

  /** Whether the request may be as large as this in all; what it takes is the largest asked for. */
  synchronized boolean reach(long whole) {
    if (whole <= bytes) {
      return true;
    }
    if (closed || !share.take(whole - bytes)) {
      return false;
    }
    bytes = whole;
    return true;
  }

  /** Gives back what was reached and is not needed any more, now that this is known. */
  synchronized void settle(long whole) {
    long needed = Math.max(whole, countedByPort + free);
    if (!closed && needed < bytes) {
      share.hold(needed - bytes);
      bytes = needed;
    }
  }

  /** The caller has left: his port counts the bytes no more, but they are there until the end. */
  synchronized void abandoned() {
    share.hold(countedByPort);
    countedByPort = 0;
  }

  /** The most that could be reached at this moment. */
  synchronized long most() {
    return bytes + Math.min(share.left(), Long.MAX_VALUE - bytes);
  }

  /** The most that could be reached if nobody else were there. */
  long ever() {
    return share.ever();
  }

  /** Counts a request that needs more than it could reach. */
  void refused() {
    share.refuse();
  }

  /** Idempotent. */
  @Override
  public synchronized void close() {
    closed = true;
    share.close();
  }
}
