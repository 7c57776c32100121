package io.trawl.retrieval;

import io.trawl.domain.EngineName;

/** The engine that unites what an index finds for each query vector. */
final class UnionEngine implements Engine {

  private final SearchedItems items;
  private final int firstHits;

  UnionEngine(SearchedItems items, int firstHits) {
    if (firstHits < 0) {
      throw new IllegalArgumentException("firstHits is " + firstHits + "; expected 0 or more");
    }
    this.items = items;
    this.firstHits = firstHits;
  }

  @Override
  public EngineName name() {
    return EngineName.MILVUS;
  }

  @Override
  public Search start(SearchRequest request) {
    Work.check(items.count(), items.width(), request);
    return Nothing.toDo(items.count(), request)
        ? new Nothing()
        : new UnionSearch(items, request, firstHits);
  }
}
