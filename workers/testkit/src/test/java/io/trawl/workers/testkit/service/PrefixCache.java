package io.trawl.workers.testkit.service;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which beginnings of prompts a worker still holds, as vLLM keeps them: in blocks of 16 tokens,
 * each known by a hash of its tokens and of all before it, so that a block is of use only behind
 * the blocks that it was computed behind. What was used longest ago goes first, and of one prompt
 * its end before its beginning. A last block that is not full is never kept.
 */
public final class PrefixCache {

  public static final int BLOCK_TOKENS = 16;

  private final Map<Long, Boolean> blocks;
  private long prompts;
  private long tokens;
  private long warmTokens;

  /** An empty one. */
  public PrefixCache(int capacityBlocks) {
    if (capacityBlocks < 1) {
      throw new IllegalArgumentException(
          "capacityBlocks: " + capacityBlocks + " (expected 1 or more)");
    }
    this.blocks = new Blocks(capacityBlocks);
  }

  /** How many tokens at the beginning of a prompt are held. Changes and counts nothing. */
  public int warm(long... prompt) {
    return held(hashes(prompt));
  }

  /** The same of a prompt that runs now: it is counted, and held from here on. */
  public int take(long... prompt) {
    long[] hashes = hashes(prompt);
    int warm = held(hashes);
    // The last used is the last to go: a beginning serves more prompts than an end.
    for (int i = hashes.length - 1; i >= 0; i--) {
      blocks.put(hashes[i], true);
    }
    prompts++;
    tokens += prompt.length;
    warmTokens += warm;
    return warm;
  }

  /** Prompts that ran. */
  public long prompts() {
    return prompts;
  }

  /** Tokens of the prompts that ran. */
  public long tokens() {
    return tokens;
  }

  /** Those of them that were held. */
  public long warmTokens() {
    return warmTokens;
  }

  /** Blocks that are held. */
  public int size() {
    return blocks.size();
  }

  private int held(long[] hashes) {
    int held = 0;
    while (held < hashes.length && blocks.containsKey(hashes[held])) {
      held++;
    }
    return held * BLOCK_TOKENS;
  }

  private static long[] hashes(long[] prompt) {
    long[] hashes = new long[prompt.length / BLOCK_TOKENS];
    long hash = 0;
    for (int i = 0; i < hashes.length * BLOCK_TOKENS; i++) {
      hash = Hash.of(hash, prompt[i]);
      if ((i + 1) % BLOCK_TOKENS == 0) {
        hashes[i / BLOCK_TOKENS] = hash;
      }
    }
    return hashes;
  }

  /** In the order of their last use. */
  private static final class Blocks extends LinkedHashMap<Long, Boolean> {

    private static final long serialVersionUID = 1;

    private final int capacity;

    Blocks(int capacity) {
      super(16, 0.75f, true);
      this.capacity = capacity;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) {
      return size() > capacity;
    }
  }
}
