package io.trawl.retrieval;

import java.util.Arrays;

/**
 * A set of ordinals as a bitmap: which items may be returned. Built by one thread, then only read.
 */
public final class ItemSet {

  private final long[] words;
  private final int count;

  private ItemSet(long[] words, int count) {
    this.words = words;
    this.count = count;
  }

  /** The set of all items of a catalogue of {@code count}. */
  public static ItemSet all(int count) {
    var words = new long[wordCount(count)];
    Arrays.fill(words, -1L);
    if ((count & 63) != 0) {
      words[words.length - 1] = (1L << count) - 1;
    }
    return new ItemSet(words, count);
  }

  /** The empty set over a catalogue of {@code count}. */
  public static ItemSet none(int count) {
    return new ItemSet(new long[wordCount(count)], count);
  }

  /**
   * The set with the given bitmap, for whoever fills 64 items at a time: ordinal {@code o} is bit
   * {@code o & 63} of word {@code o >>> 6}, and bits from {@code count} on are zero. The array
   * belongs to the set from then on.
   */
  public static ItemSet ofWords(long[] words, int count) {
    if (words.length != wordCount(count)) {
      throw new IllegalArgumentException(
          "%d words; expected %d for %d items".formatted(words.length, wordCount(count), count));
    }
    if ((count & 63) != 0 && words[words.length - 1] >>> count != 0) {
      throw new IllegalArgumentException("bits beyond " + count + " items are set; expected zero");
    }
    return new ItemSet(words, count);
  }

  private static int wordCount(int count) {
    return (count + 63) >>> 6;
  }

  /** The size of the catalogue, not of the set. */
  public int count() {
    return count;
  }

  public boolean contains(int ordinal) {
    return (words[ordinal >>> 6] & (1L << ordinal)) != 0;
  }

  /** The smallest ordinal of the set that is at least {@code from}, or -1 if there is none. */
  public int next(int from) {
    if (from >= count) {
      return -1;
    }
    var index = from >>> 6;
    var word = words[index] & (-1L << from);
    while (word == 0) {
      if (++index == words.length) {
        return -1;
      }
      word = words[index];
    }
    return (index << 6) + Long.numberOfTrailingZeros(word);
  }

  public void add(int ordinal) {
    words[checked(ordinal) >>> 6] |= 1L << ordinal;
  }

  public void remove(int ordinal) {
    words[checked(ordinal) >>> 6] &= ~(1L << ordinal);
  }

  private int checked(int ordinal) {
    if (ordinal < 0 || ordinal >= count) {
      throw new IndexOutOfBoundsException(
          "ordinal is " + ordinal + "; expected 0 to " + (count - 1));
    }
    return ordinal;
  }

  public void and(ItemSet other) {
    checkSameCatalogue(other);
    for (var i = 0; i < words.length; i++) {
      words[i] &= other.words[i];
    }
  }

  public void or(ItemSet other) {
    checkSameCatalogue(other);
    for (var i = 0; i < words.length; i++) {
      words[i] |= other.words[i];
    }
  }

  private void checkSameCatalogue(ItemSet other) {
    if (other.count != count) {
      throw new IllegalArgumentException(
          "the other set is over %d items; expected %d".formatted(other.count, count));
    }
  }

  /** Turns this set into its complement. */
  public void flip() {
    for (var i = 0; i < words.length; i++) {
      words[i] = ~words[i];
    }
    if ((count & 63) != 0) {
      words[words.length - 1] &= (1L << count) - 1;
    }
  }

  /** How many items are in the set. */
  public int size() {
    var size = 0;
    for (var word : words) {
      size += Long.bitCount(word);
    }
    return size;
  }
}
