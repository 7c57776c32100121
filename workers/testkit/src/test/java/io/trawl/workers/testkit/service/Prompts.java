package io.trawl.workers.testkit.service;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The prompts of a backbone's call, as a prefix cache knows them: what is masked is left out, since
 * padding is no part of a prompt, and an item is told from others by its embedding, since all have
 * one token.
 */
public final class Prompts {

  private static final String TOKEN_IDS = "token_ids";
  private static final String ATTENTION_MASK = "attention_mask";
  private static final String ITEM_EMBEDDINGS = "item_embeddings";

  private Prompts() {}

  /**
   * One for each row.
   *
   * @param raw the raw contents of an input by its name, empty where there is none
   */
  public static List<long[]> of(int rows, Function<String, ByteBuffer> raw) {
    LongBuffer ids = littleEndian(raw, TOKEN_IDS).asLongBuffer();
    LongBuffer mask = littleEndian(raw, ATTENTION_MASK).asLongBuffer();
    ByteBuffer items = littleEndian(raw, ITEM_EMBEDDINGS);
    int length = ids.remaining() / rows;
    int itemBytes = items.remaining() / Math.max(1, ids.remaining());
    List<long[]> prompts = new ArrayList<>(rows);
    for (int row = 0; row < rows; row++) {
      long[] prompt = new long[length];
      int tokens = 0;
      for (int i = row * length; i < (row + 1) * length; i++) {
        if (!mask.hasRemaining() || mask.get(i) != 0) {
          prompt[tokens++] = token(ids.get(i), items, i * itemBytes, itemBytes);
        }
      }
      prompts.add(Arrays.copyOf(prompt, tokens));
    }
    return prompts;
  }

  private static long token(long id, ByteBuffer items, int at, int bytes) {
    long token = id;
    for (int i = at; i < at + bytes; i += Float.BYTES) {
      int bits = items.getInt(i);
      // Where there is no item, all are zero.
      token = bits == 0 ? token : Hash.of(token, ((long) (i - at) << Integer.SIZE) ^ bits);
    }
    return token;
  }

  private static ByteBuffer littleEndian(Function<String, ByteBuffer> raw, String name) {
    return raw.apply(name).slice().order(ByteOrder.LITTLE_ENDIAN);
  }
}
