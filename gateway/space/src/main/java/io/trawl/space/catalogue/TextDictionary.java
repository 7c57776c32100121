package io.trawl.space.catalogue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The distinct texts of an attribute, numbered in the order they came: their bytes in one pool, and
 * an open-addressing table over it, so that an attribute with a value per item costs no object per
 * item either.
 */
final class TextDictionary {

  private static final int EMPTY = -1;
  private static final int MAX_POOL_BYTES = Integer.MAX_VALUE - 8;

  private byte[] pool = new byte[256];
  private int[] ends = new int[16];
  private int[] table = filled(32);
  private int size;

  /** The number of a text, which is added if it is new; -1 when the pool is full. */
  int add(String text) {
    var bytes = text.getBytes(StandardCharsets.UTF_8);
    var slot = slot(bytes);
    if (table[slot] != EMPTY) {
      return table[slot];
    }
    var start = start(size);
    if (bytes.length > MAX_POOL_BYTES - start) {
      return -1;
    }
    if (bytes.length > pool.length - start) {
      pool = Arrays.copyOf(pool, grown(pool.length, start + bytes.length));
    }
    if (size == ends.length) {
      ends = Arrays.copyOf(ends, grown(size, size + 1));
    }
    System.arraycopy(bytes, 0, pool, start, bytes.length);
    ends[size] = start + bytes.length;
    table[slot] = size++;
    if (size > table.length / 4 * 3) {
      rehash();
    }
    return size - 1;
  }

  /** The number of a text, or -1 where no item has it. */
  int find(String text) {
    return table[slot(text.getBytes(StandardCharsets.UTF_8))];
  }

  String text(int number) {
    var start = start(number);
    return new String(pool, start, ends[number] - start, StandardCharsets.UTF_8);
  }

  int size() {
    return size;
  }

  private int start(int number) {
    return number == 0 ? 0 : ends[number - 1];
  }

  private int slot(byte[] bytes) {
    var mask = table.length - 1;
    var slot = IdIndex.hash(bytes, 0, bytes.length) & mask;
    while (table[slot] != EMPTY && !isAt(table[slot], bytes)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private boolean isAt(int number, byte[] bytes) {
    return Arrays.equals(pool, start(number), ends[number], bytes, 0, bytes.length);
  }

  private void rehash() {
    table = filled(2 * table.length);
    var mask = table.length - 1;
    for (var number = 0; number < size; number++) {
      var slot = IdIndex.hash(pool, start(number), ends[number]) & mask;
      while (table[slot] != EMPTY) {
        slot = (slot + 1) & mask;
      }
      table[slot] = number;
    }
  }

  private static int grown(int now, int needed) {
    return (int) Math.min(MAX_POOL_BYTES, Math.max(2L * now, needed));
  }

  private static int[] filled(int length) {
    var table = new int[length];
    Arrays.fill(table, EMPTY);
    return table;
  }
}
