package io.trawl.retrieval;

import java.util.List;

/** The search that has nothing to do: no query vectors or no items. */
final class Nothing implements Search {

  static boolean toDo(int items, SearchRequest request) {
    return items == 0 || request.queries().count() == 0;
  }

  @Override
  public Step advance() {
    return new Step.Finished();
  }

  @Override
  public SearchExplanation explanation() {
    return new SearchExplanation(List.of(), new int[0], new int[0], new int[0]);
  }

  @Override
  public SearchResult result() {
    return new SearchResult(new int[0], new float[0], 0, 0, 0, true);
  }
}
