package io.trawl.space.catalogue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Finds an item by its id: an open-addressing table of ordinals over the ids where they stand in
 * {@code items.tsv}. Costs 5 to 11 bytes an item on the heap and no object.
 */
final class IdIndex {

  private static final int EMPTY = -1;

  private final MemorySegment text;
  private final long[] lineStarts;
  private final int[] table;
  private final int mask;

  /**
   * @param lineStarts where each item's line begins; filled in before the item is added
   */
  IdIndex(MemorySegment text, long[] lineStarts, int count) {
    this.text = text;
    this.lineStarts = lineStarts;
    // At most three quarters full, so that a miss ends after a few probes.
    var slots = Long.highestOneBit(Math.max(4, (long) count * 4 / 3)) << 1;
    this.table = new int[(int) Math.min(slots, 1L << 30)];
    this.mask = table.length - 1;
    Arrays.fill(table, EMPTY);
  }

  /** Adds an item under the id in {@code bytes}; the ordinal that already has it, or -1. */
  int add(int ordinal, byte[] bytes, int from, int to) {
    var slot = slot(bytes, from, to);
    if (table[slot] == EMPTY) {
      table[slot] = ordinal;
      return EMPTY;
    }
    return table[slot];
  }

  /** The ordinal with this id, or -1. */
  int find(byte[] id) {
    return table[slot(id, 0, id.length)];
  }

  private int slot(byte[] id, int from, int to) {
    var slot = hash(id, from, to) & mask;
    while (table[slot] != EMPTY && !isAt(table[slot], id, from, to)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int ordinal, byte[] id, int from, int to) {
    var start = lineStarts[ordinal];
    var end = start + to - from;
    return end < text.byteSize()
        && text.get(ValueLayout.JAVA_BYTE, end) == '\t'
        && MemorySegment.mismatch(text, start, end, MemorySegment.ofArray(id), from, to) == -1;
  }

  /** FNV-1a over 64 bits, then folded so that the low bits depend on all of them. */
  static int hash(byte[] bytes, int from, int to) {
    var hash = 0xcbf29ce484222325L;
    for (var i = from; i < to; i++) {
      hash = (hash ^ (bytes[i] & 0xff)) * 0x100000001b3L;
    }
    hash ^= hash >>> 32;
    hash *= 0x9e3779b97f4a7c15L;
    return (int) (hash >>> 32);
  }
}
