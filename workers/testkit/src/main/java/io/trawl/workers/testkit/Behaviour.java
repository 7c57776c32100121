package io.trawl.workers.testkit;

/** What the fake does with one inference. */
@FunctionalInterface
interface Behaviour {

  void play(Exchange exchange);
}
