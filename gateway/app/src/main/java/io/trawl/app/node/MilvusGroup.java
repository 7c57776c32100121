package io.trawl.app.node;

import io.trawl.app.config.Inline;
import io.trawl.milvus.neighbours.MilvusOptions;
import io.trawl.serve.source.PlaneOptions;

/**
 * Where Milvus is and how it is used.
 *
 * @param options where it is and how it is called; without an endpoint, the default, there is none.
 *     Where the alias or collection that they name does not hold the space's own items, the
 *     collection that {@code ./trawl milvus load} named after the space's version is taken; no
 *     other ever is
 * @param firstHits hits that the engine {@code milvus} asks for each query vector at first; 0, the
 *     default, derives them from k and M. Few: second calls; many: waste
 * @param plane how neighbours are kept and fetched for all requests together
 */
public record MilvusGroup(@Inline MilvusOptions options, int firstHits, PlaneOptions plane) {

  public MilvusGroup {
    if (firstHits < 0) {
      throw new IllegalArgumentException("firstHits is " + firstHits + "; expected 0 or more");
    }
  }

  static MilvusGroup defaults() {
    return new MilvusGroup(MilvusOptions.defaults().withEndpoint(""), 0, PlaneOptions.defaults());
  }

  MilvusGroup withEndpoint(String value) {
    return new MilvusGroup(options.withEndpoint(value), firstHits, plane);
  }

  /** Whether there is a Milvus. */
  public boolean configured() {
    return !options.endpoint().isEmpty();
  }
}
