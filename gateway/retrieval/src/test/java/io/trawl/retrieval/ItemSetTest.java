package io.trawl.retrieval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ItemSetTest {

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, 65, 128, 130})
  void holdsAllOrNone(int count) {
    var items = ItemSet.all(count);
    assertEquals(count, items.size());
    items.flip();
    assertEquals(0, items.size());
    items.flip();
    assertEquals(count, items.size());
  }

  @Test
  void takesABitmap() {
    var items = ItemSet.ofWords(new long[] {1L << 63, 0b101}, 67);
    assertEquals(3, items.size());
    assertTrue(items.contains(63));
    assertTrue(items.contains(64));
    assertFalse(items.contains(65));
    assertTrue(items.contains(66));
  }

  @Test
  void refusesABitmapOfAnotherSize() {
    assertThrows(IllegalArgumentException.class, () -> ItemSet.ofWords(new long[2], 64));
    assertThrows(IllegalArgumentException.class, () -> ItemSet.ofWords(new long[1], 65));
    assertThrows(IllegalArgumentException.class, () -> ItemSet.ofWords(new long[] {2}, 1));
  }
}
