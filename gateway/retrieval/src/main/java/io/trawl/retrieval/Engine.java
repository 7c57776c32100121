package io.trawl.retrieval;

/**
 * A way to find the top K of a space for given query vectors. Stateless; shared by all requests.
 */
public interface Engine {

  /** The engine's name in requests, answers and metrics. */
  String name();

  /** Begins a search; nothing is scored yet. */
  Search start(SearchRequest request);
}
