package io.trawl.app.eval;

import java.util.List;

/** Items that stand near the user's latest items in the histories of all users. */
final class CooccurrenceFloor implements Floor {

  // For items a and b, w(a, b) sums 1/distance over every pair of places in a history that hold a
  // and b and are at most WINDOW steps apart, in either order. An item b scores
  //
  //   sum over the user's last WINDOW behaviours of 1/age * w(a, b) / sqrt(popularity(b))
  //
  // where the newest behaviour has age 1, so the request itself is a place in the history. The
  // matrix w is never built: the places of an item are indexed, and their neighbourhoods are read
  // when a case asks for them.

  static final int WINDOW = 10;

  private final List<int[]> histories;
  private final double[] rootPopularity;

  /** Where the places of each item begin in {@link #places}; one more than there are items. */
  private final int[] starts;

  /** History (high half) and position in it (low half), grouped by item. */
  private final long[] places;

  CooccurrenceFloor(int items, List<int[]> histories) {
    this.histories = List.copyOf(histories);
    var counts = PopularityFloor.counts(items, histories);
    this.rootPopularity = new double[items];
    this.starts = new int[items + 1];
    for (var item = 0; item < items; item++) {
      rootPopularity[item] = Math.sqrt(counts[item]);
      starts[item + 1] = starts[item] + (int) counts[item];
    }
    this.places = new long[starts[items]];
    var next = starts.clone();
    for (var h = 0; h < histories.size(); h++) {
      var history = histories.get(h);
      for (var position = 0; position < history.length; position++) {
        places[next[history[position]]++] = (long) h << Integer.SIZE | position;
      }
    }
  }

  @Override
  public String name() {
    return "co-occurrence";
  }

  @Override
  public void score(EvalCase aCase, double[] scores) {
    var history = aCase.history();
    for (var age = 1; age <= Math.min(WINDOW, history.length); age++) {
      addNeighbourhood(history[history.length - age], 1.0 / age, scores);
    }
    for (var item = 0; item < scores.length; item++) {
      // An item without popularity stands in no history, so its score is zero already.
      if (scores[item] > 0) {
        scores[item] /= rootPopularity[item];
      }
    }
  }

  private void addNeighbourhood(int item, double weight, double[] scores) {
    for (var i = starts[item]; i < starts[item + 1]; i++) {
      var history = histories.get((int) (places[i] >>> Integer.SIZE));
      var position = (int) places[i];
      var first = Math.max(0, position - WINDOW);
      var last = Math.min(history.length - 1, position + WINDOW);
      for (var other = first; other <= last; other++) {
        if (other != position) {
          scores[history[other]] += weight / Math.abs(other - position);
        }
      }
    }
  }
}
