package io.trawl.bench.attack;

import java.util.ArrayList;
import java.util.List;

/** What was seen, and which of it breaks a bound. Safe for any thread. */
final class Findings {

  private final List<String> seen = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();

  /** Something worth a word. */
  synchronized void saw(String what) {
    seen.add(what);
  }

  /**
   * A part of the bound.
   *
   * @param what was found, in words that are right whether it holds or not
   */
  synchronized void check(boolean holds, String what) {
    (holds ? seen : broken).add(what);
  }

  synchronized boolean held() {
    return broken.isEmpty();
  }

  synchronized List<String> broken() {
    return List.copyOf(broken);
  }

  synchronized List<String> seen() {
    return List.copyOf(seen);
  }
}
