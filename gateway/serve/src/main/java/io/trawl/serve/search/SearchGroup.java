package io.trawl.serve.search;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

/**
 * Runs the searches of a batch together: a thread takes all that wait and steps them in turn, so
 * that a piece of the item vectors that one search has brought into the cache is there for the
 * others. While all threads of the group are busy, searches that become ready gather for the next.
 */
final class SearchGroup implements SearchTask.Scheduler {

  private final ComputePool pool;
  private final int mostThreads;
  private final Queue<SearchTask> waiting = new ArrayDeque<>();
  private int threads;

  /**
   * @param mostThreads threads of the pool that the group uses at once, at least 1
   */
  SearchGroup(ComputePool pool, int mostThreads) {
    this.pool = pool;
    this.mostThreads = mostThreads;
  }

  @Override
  public boolean schedule(SearchTask task) {
    synchronized (waiting) {
      // Offered under the lock: a thread counts only once the pool has taken it, and without room
      // for another one those that the group has take the task.
      if (threads < mostThreads && pool.offer(this::work)) {
        threads++;
      }
      return threads > 0 && waiting.add(task);
    }
  }

  private void work() {
    for (var mine = take(); !mine.isEmpty(); mine = take()) {
      while (!mine.isEmpty()) {
        mine.removeIf(task -> task.step() != SearchTask.Pace.MORE);
      }
    }
  }

  /** All that wait; a thread that gets none is no longer one of the group's. */
  private List<SearchTask> take() {
    synchronized (waiting) {
      var taken = new ArrayList<>(waiting);
      waiting.clear();
      if (taken.isEmpty()) {
        threads--;
      }
      return taken;
    }
  }
}
