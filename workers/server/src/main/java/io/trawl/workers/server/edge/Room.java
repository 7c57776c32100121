package io.trawl.workers.server.edge;

import io.trawl.workers.wire.bounds.MemoryBudget;
import io.trawl.workers.wire.bounds.PortWatch;
import io.vertx.core.http.HttpConnection;

/**
 * The memory of one request in flight beyond the bytes that its port counts: for what those unpack
 * to, and for what they become when they are read. Taken from the budget as it grows, given back at
 * the end. Of something small nothing is counted.
 */
final class Room implements AutoCloseable {
  private static final int SMALL_BYTES = 64 << 10;

  private final MemoryBudget.Share share;
  private long bytes;
  private boolean closed;

  private Room(MemoryBudget.Share share, long counted) {
    this.share = share;
    this.bytes = counted + SMALL_BYTES;
  }

  /**
   * Room for one request.
   *
   * @param counted bytes that the port holds in the budget for as long as the request is in flight
   */
  static Room of(HttpConnection connection, long counted) {
    return new Room(PortWatch.share(connection, () -> {}), counted);
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

  /** The most that could be reached at this moment. */
  synchronized long most() {
    return bytes + Math.min(share.left(), Long.MAX_VALUE - bytes);
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
