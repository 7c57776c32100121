package io.trawl.retrieval;

import io.trawl.domain.EngineName;

/** The engine that scores a sample and then, round by round, neighbours of the best it knows. */
final class ExploreEngine implements Engine {

  private final SearchedItems items;

  ExploreEngine(SearchedItems items) {
    this.items = items;
  }

  @Override
  public EngineName name() {
    return EngineName.EXPLORE;
  }

  @Override
  public Search start(SearchRequest request) {
    Work.check(items.count(), items.width(), request);
    return Nothing.toDo(items.count(), request) ? new Nothing() : new ExploreSearch(items, request);
  }
}
