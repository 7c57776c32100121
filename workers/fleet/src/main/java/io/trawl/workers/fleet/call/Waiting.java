package io.trawl.workers.fleet.call;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Calls that wait for a worker with room, whose deadline is nearest first. Bounded by count and by
 * bytes. Safe for all threads; its lock is held for a look at a tree.
 *
 * @param <T> what waits
 */
final class Waiting<T> {

  /** Where one stands; no two are equal. */
  record Place(long deadline, long order, long bytes) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      // Deadlines are of a clock that may be anywhere: differences count.
      int sooner = Long.signum(deadline - other.deadline);
      return sooner != 0 ? sooner : Long.signum(order - other.order);
    }
  }

  private final int most;
  private final long mostBytes;

  @GuardedBy("this")
  private final TreeMap<Place, T> places = new TreeMap<>();

  @GuardedBy("this")
  private long bytes;

  @GuardedBy("this")
  private long order;

  Waiting(int most, long mostBytes) {
    this.most = most;
    this.mostBytes = mostBytes;
  }

  /** Lets one wait; null if there is no room for it. */
  synchronized @Nullable Place add(T waits, long deadline, long size) {
    if (places.size() >= most || bytes + size > mostBytes) {
      return null;
    }
    var place = new Place(deadline, order++, size);
    places.put(place, waits);
    bytes += size;
    return place;
  }

  /** Takes one out before its turn; false if its turn has come. */
  synchronized boolean remove(Place place) {
    if (places.remove(place) == null) {
      return false;
    }
    bytes -= place.bytes();
    return true;
  }

  /** Takes out whose turn it is; null if nobody waits. */
  synchronized @Nullable T next() {
    var first = places.pollFirstEntry();
    if (first == null) {
      return null;
    }
    bytes -= first.getKey().bytes();
    return first.getValue();
  }

  synchronized int size() {
    return places.size();
  }
}
