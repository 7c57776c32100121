package io.trawl.serve.source;

import org.jspecify.annotations.Nullable;

/**
 * What a space is searched with beside its own files.
 *
 * @param neighbours where exploration gets neighbours from; null for the space's own graph
 * @param hits where the engine {@code milvus} gets its lists from; null for none, and no such
 *     engine
 * @param firstHits hits that engine asks for each query vector at first; 0 derives them from the
 *     request
 * @param vectors where item vectors come from for a space that was opened without them; null where
 *     it was opened with them
 * @param lexical what finds items by words; null for none
 */
public record SpaceSources(
    @Nullable NeighbourSource neighbours,
    @Nullable HitSource hits,
    int firstHits,
    @Nullable VectorSource vectors,
    @Nullable LexicalSource lexical) {

  /** Of a space with its item vectors. */
  public SpaceSources(
      @Nullable NeighbourSource neighbours, @Nullable HitSource hits, int firstHits) {
    this(neighbours, hits, firstHits, null, null);
  }

  /** The same with what finds items by words. */
  public SpaceSources withLexical(@Nullable LexicalSource value) {
    return new SpaceSources(neighbours, hits, firstHits, vectors, value);
  }

  /** The space alone. */
  public static SpaceSources none() {
    return new SpaceSources(null, null, 0);
  }
}
