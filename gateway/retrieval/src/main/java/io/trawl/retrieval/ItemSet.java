package io.trawl.retrieval;

import java.util.Arrays;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which items may be returned: a bitmap, or all, less a few that are left out. Never changes, so
 * that a set {@link #without} some shares its bitmap: to leave items out costs what these are, not
 * what the catalogue is.
 */
public final class ItemSet {

  /** Null where every bit is set. */
  private final long @Nullable [] words;

  /** Ordinals that are not in the set although their bits are set, ascending. */
  private final int[] leftOut;

  private final int count;
  private final int size;

  private ItemSet(long @Nullable [] words, int[] leftOut, int count, int size) {
    this.words = words;
    this.leftOut = leftOut;
    this.count = count;
    this.size = size;
  }

  /** The set of all items of a catalogue of {@code count}; costs nothing. */
  public static ItemSet all(int count) {
    return new ItemSet(null, new int[0], count, count);
  }

  /** The empty set over a catalogue of {@code count}. */
  public static ItemSet none(int count) {
    return ofWords(new long[wordCount(count)], count);
  }

  /** The items of a catalogue of {@code count} for which {@code wanted} holds, asked in order. */
  public static ItemSet where(int count, IntPredicate wanted) {
    var words = new long[wordCount(count)];
    for (var ordinal = 0; ordinal < count; ordinal++) {
      words[ordinal >>> 6] |= (wanted.test(ordinal) ? 1L : 0L) << ordinal;
    }
    return ofWords(words, count);
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
    var size = 0;
    for (var word : words) {
      size += Long.bitCount(word);
    }
    return new ItemSet(words, new int[0], count, size);
  }

  private static int wordCount(int count) {
    return (count + 63) >>> 6;
  }

  /** The size of the catalogue, not of the set. */
  public int count() {
    return count;
  }

  /** How many items are in the set. */
  public int size() {
    return size;
  }

  public boolean contains(int ordinal) {
    if (ordinal < 0 || ordinal >= count) {
      throw new IndexOutOfBoundsException(
          "ordinal is " + ordinal + "; expected 0 to " + (count - 1));
    }
    var bits = words;
    return (bits == null || (bits[ordinal >>> 6] & (1L << ordinal)) != 0)
        && (leftOut.length == 0 || Arrays.binarySearch(leftOut, ordinal) < 0);
  }

  /**
   * Reads on: the smallest ordinals of the set that are at least {@code from}, ascending.
   *
   * @return how many they are: as many as {@code into} has room for, or all there are
   */
  public int next(int from, int[] into) {
    var found = Arrays.binarySearch(leftOut, from);
    var left = found < 0 ? -found - 1 : found;
    var read = 0;
    for (var ordinal = nextBit(from);
        ordinal >= 0 && read < into.length;
        ordinal = nextBit(ordinal + 1)) {
      if (left < leftOut.length && leftOut[left] == ordinal) {
        left++;
      } else {
        into[read++] = ordinal;
      }
    }
    return read;
  }

  private int nextBit(int from) {
    if (from >= count) {
      return -1;
    }
    var bits = words;
    if (bits == null) {
      return from;
    }
    var index = from >>> 6;
    var word = bits[index] & (-1L << from);
    while (word == 0) {
      if (++index == bits.length) {
        return -1;
      }
      word = bits[index];
    }
    return (index << 6) + Long.numberOfTrailingZeros(word);
  }

  /**
   * The set less some items.
   *
   * @param ordinals of the catalogue, in any order; those that are not in the set do no harm
   */
  public ItemSet without(int... ordinals) {
    var more = IntStream.of(ordinals).filter(this::contains);
    var all = IntStream.concat(IntStream.of(leftOut), more).sorted().distinct().toArray();
    return new ItemSet(words, all, count, size - (all.length - leftOut.length));
  }

  /** The items of both. */
  public ItemSet and(ItemSet other) {
    var mine = bitmap();
    var theirs = bitmapOf(other);
    for (var i = 0; i < mine.length; i++) {
      mine[i] &= theirs[i];
    }
    return ofWords(mine, count);
  }

  /** The items of either. */
  public ItemSet or(ItemSet other) {
    var mine = bitmap();
    var theirs = bitmapOf(other);
    for (var i = 0; i < mine.length; i++) {
      mine[i] |= theirs[i];
    }
    return ofWords(mine, count);
  }

  /** The items of the catalogue that are not in the set. */
  public ItemSet not() {
    var mine = bitmap();
    for (var i = 0; i < mine.length; i++) {
      mine[i] = ~mine[i];
    }
    return ofWords(cut(mine, count), count);
  }

  private long[] bitmapOf(ItemSet other) {
    if (other.count != count) {
      throw new IllegalArgumentException(
          "the other set is over %d items; expected %d".formatted(other.count, count));
    }
    // Only read: one that is whole as it stands need not be copied.
    var whole = other.words;
    return whole != null && other.leftOut.length == 0 ? whole : other.bitmap();
  }

  /** All of it in words of its own. */
  private long[] bitmap() {
    var bits = words == null ? new long[wordCount(count)] : words.clone();
    if (words == null) {
      Arrays.fill(bits, -1L);
    }
    for (var ordinal : leftOut) {
      bits[ordinal >>> 6] &= ~(1L << ordinal);
    }
    return cut(bits, count);
  }

  /** Without the bits beyond the catalogue. */
  private static long[] cut(long[] bits, int count) {
    if ((count & 63) != 0) {
      bits[bits.length - 1] &= (1L << count) - 1;
    }
    return bits;
  }
}
