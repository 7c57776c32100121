package io.trawl.retrieval;

import java.util.Arrays;

/**
 * The items that a search has met. Two shapes, the smaller in bytes wins: a bitmap of one bit for
 * each item of the catalogue, or an open-addressing set of at least two ints for each item that the
 * settings allow to be met. The bitmap wins as soon as that is one item in 64 or more, so nearly
 * always up to ten million items (1.25 MB); the set keeps a small exploration of a huge catalogue
 * from paying for the catalogue.
 */
abstract sealed class Visited {

  /**
   * @param count N, the size of the catalogue
   * @param most the most items that will be added; more than {@code count} counts as that. A table
   *     has room for some more than that and refuses the next
   */
  static Visited of(int count, long most) {
    var slots = Long.highestOneBit(Math.clamp(most, 1, Math.max(1, count))) * 4L;
    var words = (count + 63L) >>> 6;
    return slots < words * 2 ? new Table((int) slots) : new Bitmap((int) words);
  }

  /** Adds an ordinal; true if it was new. */
  abstract boolean add(int ordinal);

  static final class Bitmap extends Visited {

    private final long[] words;

    private Bitmap(int words) {
      this.words = new long[words];
    }

    @Override
    boolean add(int ordinal) {
      var word = words[ordinal >>> 6];
      words[ordinal >>> 6] = word | (1L << ordinal);
      return (word & (1L << ordinal)) == 0;
    }
  }

  static final class Table extends Visited {

    private static final int FREE = -1;

    private final int[] slots;
    private final int shift;
    private int left;

    private Table(int slots) {
      this.slots = new int[slots];
      this.shift = Integer.SIZE - Integer.numberOfTrailingZeros(slots);
      this.left = slots - 1;
      Arrays.fill(this.slots, FREE);
    }

    @Override
    boolean add(int ordinal) {
      // Fibonacci hashing: neighbouring ordinals land far apart.
      var slot = (ordinal * 0x9e3779b9) >>> shift;
      while (slots[slot] != FREE) {
        if (slots[slot] == ordinal) {
          return false;
        }
        slot = (slot + 1) & (slots.length - 1);
      }
      if (left-- == 0) {
        throw new IllegalStateException(
            "more than %d items were met; expected far fewer".formatted(slots.length - 1));
      }
      slots[slot] = ordinal;
      return true;
    }
  }
}
