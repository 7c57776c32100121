package io.trawl.retrieval;

import java.util.Objects;

/** The engine that unites what an index finds for each query vector. */
final class Union implements Engine {

  private final ItemVectors items;
  private final ScoreKernel kernel;
  private final int firstHits;

  Union(ItemVectors items, ScoreKernel kernel, int firstHits) {
    if (firstHits < 0) {
      throw new IllegalArgumentException("firstHits is " + firstHits + "; expected 0 or more");
    }
    this.items = Objects.requireNonNull(items, "items");
    this.kernel = Objects.requireNonNull(kernel, "kernel");
    this.firstHits = firstHits;
  }

  @Override
  public String name() {
    return "milvus";
  }

  @Override
  public Search start(SearchRequest request) {
    Work.check(items, request);
    return Nothing.toDo(items, request)
        ? new Nothing()
        : new UnionSearch(items, kernel, request, firstHits);
  }
}
