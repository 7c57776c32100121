package io.trawl.workers.wire;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Places for what lasts as long as its caller likes: so many in all, and so many of one caller.
 * Where all are taken, who has fewer than another takes the oldest place of whoever has most.
 *
 * <p>May be used by any number of threads.
 */
final class Places {
  private final int most;
  private final int mostOfCaller;
  private final Map<String, Set<Place>> taken = new HashMap<>();
  private int count;

  Places(int most, int mostOfCaller) {
    this.most = most;
    this.mostOfCaller = mostOfCaller;
  }

  /** One place, taken until it is left or given to another. */
  final class Place {
    private final String caller;
    private final Runnable dropped;

    private Place(String caller, Runnable dropped) {
      this.caller = caller;
      this.dropped = dropped;
    }

    /** Idempotent. */
    void leave() {
      synchronized (taken) {
        remove(this);
      }
    }
  }

  /**
   * Takes a place; null where there is none for this caller.
   *
   * @param dropped told, on whatever thread, that another has it now
   */
  @Nullable Place take(String caller, Runnable dropped) {
    var place = new Place(caller, dropped);
    Place loser = null;
    synchronized (taken) {
      int own = taken.getOrDefault(caller, Set.of()).size();
      if (own >= mostOfCaller) {
        return null;
      }
      if (count >= most) {
        loser = oldestOfMost(own);
        if (loser == null) {
          return null;
        }
        remove(loser);
      }
      taken.computeIfAbsent(caller, _ -> new LinkedHashSet<>()).add(place);
      count++;
    }
    if (loser != null) {
      loser.dropped.run();
    }
    return place;
  }

  /** Of whoever has most, and more than this. */
  private @Nullable Place oldestOfMost(int than) {
    Place found = null;
    int size = than;
    for (Set<Place> places : taken.values()) {
      if (places.size() > size) {
        size = places.size();
        found = places.iterator().next();
      }
    }
    return found;
  }

  private void remove(Place place) {
    Set<Place> own = taken.get(place.caller);
    if (own != null && own.remove(place)) {
      count--;
      if (own.isEmpty()) {
        taken.remove(place.caller);
      }
    }
  }
}
