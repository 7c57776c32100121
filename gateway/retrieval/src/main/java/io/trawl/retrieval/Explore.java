package io.trawl.retrieval;

import java.util.Objects;

/** The engine that scores a sample and then, round by round, neighbours of the best it knows. */
final class Explore implements Engine {

  private final ItemVectors items;
  private final ScoreKernel kernel;

  Explore(ItemVectors items, ScoreKernel kernel) {
    this.items = Objects.requireNonNull(items, "items");
    this.kernel = Objects.requireNonNull(kernel, "kernel");
  }

  @Override
  public String name() {
    return "explore";
  }

  @Override
  public Search start(SearchRequest request) {
    Work.check(items, request);
    return Nothing.toDo(items, request) ? new Nothing() : new Exploration(items, kernel, request);
  }
}
