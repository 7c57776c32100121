package io.trawl.domain;

import java.util.Objects;

/**
 * How the lists of several objectives become one.
 *
 * @param by what an item is worth in the merged list
 */
public record Merge(By by) {

  public Merge {
    Objects.requireNonNull(by, "by");
  }

  /** What an item is worth. */
  public enum By {
    /**
     * The sum over the lists that hold it of weight / (60 + place), the place counted from 1. This
     * is reciprocal rank fusion (Cormack, Clarke and Buettcher, SIGIR 2009), which asks nothing of
     * the scales of the scores.
     */
    RANK,
    /** The highest of weight x score: for objectives whose scores mean the same. */
    SCORE
  }
}
