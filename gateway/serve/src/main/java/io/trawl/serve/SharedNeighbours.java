package io.trawl.serve;

import io.trawl.domain.Deadline;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Neighbours for the searches of one batch: what one of them has asked for comes from memory for
 * the others, and what is on its way is waited for and not asked again. Neighbours do not depend on
 * who asks, so answers are the same with and without it.
 *
 * <p>Bounded by what the batch's searches may expand. A fetch that fails is forgotten, and fails
 * those who waited for it.
 */
final class SharedNeighbours implements NeighbourSource {

  private record Key(int ordinal, int count) {}

  private final NeighbourSource source;
  private final Deadline latest;
  private final Map<Key, Future<int[]>> rows = new HashMap<>();
  private long asked;
  private long fetched;

  /**
   * @param latest by when the last search of the batch ends: no fetch may end sooner because the
   *     search that asked first was in a hurry
   */
  SharedNeighbours(NeighbourSource source, Deadline latest) {
    this.source = source;
    this.latest = latest;
  }

  @Override
  public Future<int[][]> neighbours(int[] ordinals, int count, Deadline deadline) {
    var wanted = new ArrayList<Future<int[]>>(ordinals.length);
    var missing = new ArrayList<Integer>();
    var promises = new ArrayList<Promise<int[]>>();
    synchronized (rows) {
      asked += ordinals.length;
      for (var ordinal : ordinals) {
        var key = new Key(ordinal, count);
        var row = rows.get(key);
        if (row == null) {
          Promise<int[]> promise = Promise.promise();
          row = promise.future();
          rows.put(key, row);
          missing.add(ordinal);
          promises.add(promise);
        }
        wanted.add(row);
      }
      fetched += missing.size();
    }
    if (!missing.isEmpty()) {
      fetch(missing.stream().mapToInt(Integer::intValue).toArray(), count, promises);
    }
    return together(wanted);
  }

  private void fetch(int[] ordinals, int count, List<Promise<int[]>> promises) {
    source
        .neighbours(ordinals, count, latest)
        .onSuccess(
            lists -> {
              for (var i = 0; i < lists.length; i++) {
                promises.get(i).complete(lists[i]);
              }
            })
        .onFailure(
            failure -> {
              synchronized (rows) {
                Arrays.stream(ordinals).forEach(ordinal -> rows.remove(new Key(ordinal, count)));
              }
              promises.forEach(promise -> promise.fail(failure));
            });
  }

  private static Future<int[][]> together(List<Future<int[]>> wanted) {
    // Most are there: then no listener is added to thousands of futures.
    return wanted.stream().allMatch(Future::succeeded)
        ? Future.succeededFuture(lists(wanted))
        : Future.all(wanted).map(_ -> lists(wanted));
  }

  private static int[][] lists(List<Future<int[]>> wanted) {
    return wanted.stream().map(Future::result).toArray(int[][]::new);
  }

  /** Items whose neighbours were asked for, once per search that did. */
  long asked() {
    synchronized (rows) {
      return asked;
    }
  }

  /** Items whose neighbours were fetched. */
  long fetched() {
    synchronized (rows) {
      return fetched;
    }
  }
}
