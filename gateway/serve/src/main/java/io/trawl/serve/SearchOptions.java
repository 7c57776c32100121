package io.trawl.serve;

import io.trawl.domain.EngineName;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;

/**
 * How searches are run where a request leaves the choice to the gateway.
 *
 * @param engine engine of requests that name none: {@code explore} (default; falls back to {@code
 *     exact} for a space without a neighbour graph), {@code exact} or {@code milvus} (needs Milvus
 *     to be configured). Wrong: every request pays for a full scan, or recall drops
 * @param neighbours where {@code explore} gets neighbours from: {@code space} (default), its own
 *     graph, or {@code milvus}, which then serves every round of every search
 * @param vectors where the item vectors are that scores are made of: {@code space} (default), in
 *     its file, or {@code milvus}: the file is not opened and may be missing, and a request fetches
 *     the vectors that it scores, 2,000 at most for all its objectives together. Then there is no
 *     engine {@code exact}, every answer is labelled {@code vectors_from_milvus}, and nothing is
 *     answered without Milvus; a space without a graph has its neighbours from there too
 * @param explore constants of exploration
 * @param answerReserve time before the deadline at which a search stops, so that its best list
 *     still gets out; default 3 ms. Too small: answers miss the deadline that they were cut short
 *     for
 * @param computeThreads threads that score, default the number of processors. More than processors
 *     only adds switching
 * @param computeQueue searches that may wait for a thread, default 256; what finds no room is shed
 */
public record SearchOptions(
    EngineName engine,
    Source neighbours,
    Source vectors,
    ExploreOptions explore,
    Duration answerReserve,
    int computeThreads,
    int computeQueue) {

  /** Where something comes from that a space has in its files. */
  public enum Source {
    SPACE,
    MILVUS;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public SearchOptions {
    Objects.requireNonNull(engine, "engine");
    Objects.requireNonNull(neighbours, "neighbours");
    Objects.requireNonNull(vectors, "vectors");
    Objects.requireNonNull(explore, "explore");
    if (vectors == Source.MILVUS && engine == EngineName.EXACT) {
      throw new IllegalArgumentException(
          "engine is 'exact'; expected 'explore' or 'milvus', since vectors is 'milvus'");
    }
    if (answerReserve.isNegative()) {
      throw new IllegalArgumentException(
          "answerReserve is " + answerReserve + "; expected zero or more");
    }
    atLeastOne("computeThreads", computeThreads);
    atLeastOne("computeQueue", computeQueue);
  }

  public static SearchOptions defaults() {
    return new SearchOptions(
        EngineName.EXPLORE,
        Source.SPACE,
        Source.SPACE,
        ExploreOptions.defaults(),
        Duration.ofMillis(3),
        Runtime.getRuntime().availableProcessors(),
        256);
  }

  public SearchOptions withNeighbours(Source value) {
    return new SearchOptions(
        engine, value, vectors, explore, answerReserve, computeThreads, computeQueue);
  }

  /** Whether anything of it needs Milvus. */
  public boolean needsMilvus() {
    return engine == EngineName.MILVUS || neighbours == Source.MILVUS || vectors == Source.MILVUS;
  }

  private static void atLeastOne(String key, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(key + " is " + value + "; expected at least 1");
    }
  }
}
