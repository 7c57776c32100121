package io.trawl.workers.testkit.service;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptsTest {

  private static final int ITEM = 9;

  @Test
  void paddingIsNoPartOfAPrompt() {
    List<long[]> prompts = read(2, longs(0, 1, 2, 3, 4, 5), longs(0, 1, 1, 1, 1, 1), floats());
    assertEquals(2, prompts.size());
    assertArrayEquals(new long[] {1, 2}, prompts.get(0));
    assertArrayEquals(new long[] {3, 4, 5}, prompts.get(1));
  }

  @Test
  void withoutAMaskAllIsThePrompt() {
    assertArrayEquals(
        new long[] {1, 2}, read(1, longs(1, 2), ByteBuffer.allocate(0), floats()).getFirst());
  }

  @Test
  void itemsOfOneTokenAreToldApartByTheirEmbeddings() {
    ByteBuffer ids = longs(1, ITEM, ITEM, ITEM);
    ByteBuffer mask = longs(1, 1, 1, 1);
    long[] prompt = read(1, ids, mask, floats(0, 0, 3, 4, 4, 3, 3, 4)).getFirst();
    assertEquals(1, prompt[0]);
    assertNotEquals(ITEM, prompt[1]);
    assertNotEquals(prompt[1], prompt[2]);
    assertEquals(prompt[1], prompt[3]);
  }

  @Test
  void aCallOfNoPromptHasEmptyOnes() {
    assertArrayEquals(new long[0], Prompts.of(1, _ -> ByteBuffer.allocate(0)).getFirst());
  }

  private static List<long[]> read(int rows, ByteBuffer ids, ByteBuffer mask, ByteBuffer items) {
    Map<String, ByteBuffer> raw =
        Map.of("token_ids", ids, "attention_mask", mask, "item_embeddings", items);
    return Prompts.of(rows, name -> raw.getOrDefault(name, ByteBuffer.allocate(0)));
  }

  private static ByteBuffer longs(long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return bytes;
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }
}
