package io.trawl.space;

/** How much of a space is read before it is trusted. */
public enum Verification {
  /**
   * The manifest, the sizes of all files, the headers of the arrays and every line of {@code
   * items.tsv} and {@code golden.jsonl}.
   */
  SIZES,
  /**
   * Besides, the SHA-256 of every file and every number of every array: reads the whole space once.
   */
  CHECKSUMS
}
