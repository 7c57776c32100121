package io.trawl.workers.fleet.choose;

/**
 * One that may be chosen. Its answers are asked for with every choice: they cost next to nothing.
 */
public interface Candidate {

  /** By which the ring knows it: the same name gets the same keys again. */
  String name();

  /** In which it runs, empty where nobody knows. */
  String zone();

  Load load();

  /** Whether it would take one more call at this moment. */
  boolean takes();

  /** Of a full share of calls, above 0 to 1: less for a newcomer, see {@link SlowStart}. */
  double share();

  /** What one more call would cost: the less, the better a choice. Never zero or less. */
  default double cost() {
    return load().cost() / share();
  }
}
