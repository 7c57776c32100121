package io.trawl.workers.testkit.service;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PrefixCacheTest {

  @Test
  void fullBlocksOfACommonBeginningAreWarm() {
    var cache = new PrefixCache(100);
    assertEquals(0, cache.take(prompt(0, 40)));
    assertEquals(32, cache.warm(prompt(0, 40)));
    assertEquals(32, cache.take(joined(prompt(0, 40), prompt(900, 8))));
    assertEquals(48, cache.warm(joined(prompt(0, 40), prompt(900, 8))));
    assertEquals(16, cache.warm(joined(prompt(0, 31), prompt(900, 8))));
    assertEquals(2, cache.prompts());
    assertEquals(88, cache.tokens());
    assertEquals(32, cache.warmTokens());
  }

  @Test
  void aBlockIsOfNoUseBehindOtherBlocks() {
    var cache = new PrefixCache(100);
    cache.take(joined(prompt(0, 16), prompt(500, 16)));
    assertEquals(0, cache.warm(joined(prompt(1, 16), prompt(500, 16))));
    assertEquals(0, cache.warm(prompt(500, 16)));
  }

  @Test
  void whatWasUsedLongestAgoGoesFirstAndItsEndBeforeItsBeginning() {
    var cache = new PrefixCache(4);
    cache.take(prompt(0, 32));
    cache.take(prompt(1_000, 32));
    cache.take(prompt(0, 32));
    cache.take(prompt(2_000, 16));
    assertEquals(4, cache.size());
    assertEquals(32, cache.warm(prompt(0, 32)));
    assertEquals(16, cache.warm(prompt(1_000, 32)));
    assertEquals(16, cache.warm(prompt(2_000, 16)));
  }

  @Test
  void ofAPromptThatDoesNotFitTheBeginningStays() {
    var cache = new PrefixCache(2);
    cache.take(prompt(0, 64));
    assertEquals(32, cache.warm(prompt(0, 64)));
  }

  /** Performance.md's formula: (P + O S) / (O (P + S)), of which blocks take a little. */
  @Test
  void fiveObjectivesOfOneUserCostWhatTheFormulaSays() {
    int shared = 1_504;
    int own = 150;
    var cache = new PrefixCache(1_000);
    for (int objective = 0; objective < 5; objective++) {
      cache.take(joined(prompt(0, shared), prompt(100_000L * (objective + 1), own)));
    }
    long cold = cache.tokens() - cache.warmTokens();
    assertEquals(shared + 5L * own, cold);
    assertEquals(0.272, (double) cold / cache.tokens(), 0.001);
  }

  @Test
  void theCostCountsColdTokensAndQueryTokens() {
    var cache = new PrefixCache(100);
    ServiceTime time = ServiceTime.ofTokens(new TokenCost(1_000, 10, 2, 128), cache);
    assertEquals(1_000 + 40 * 10 + 128 * 2, time.nanos(List.of(Work.ofPrompt(prompt(0, 40)))));
    assertEquals(
        1_000 + (8 + 40) * 10 + 2 * 128 * 2,
        time.nanos(List.of(Work.ofPrompt(prompt(0, 40)), Work.ofPrompt(prompt(700, 40)))));
  }

  private static long[] prompt(long from, int tokens) {
    return LongStream.range(from, from + tokens).toArray();
  }

  private static long[] joined(long[]... parts) {
    return Arrays.stream(parts).flatMapToLong(Arrays::stream).toArray();
  }
}
