package io.trawl.workers.testkit;

/** What the fake does with one inference. */
@FunctionalInterface
interface InferBehaviour {

  void play(Exchange exchange);
}
