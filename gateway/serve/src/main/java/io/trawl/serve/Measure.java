package io.trawl.serve;

/** What makes an item's score: the highest of these with one of the query vectors. */
public enum Measure {
  /** The inner product, as the backbone was trained. */
  PRODUCT,
  /** The cosine, as neighbours are meant. */
  COSINE
}
