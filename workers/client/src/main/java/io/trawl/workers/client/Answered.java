package io.trawl.workers.client;

/** How a call ended on the wire, before anybody looked into the message. */
sealed interface Answered {

  /** Status OK and one message. */
  record Message(HeapBytes bytes) implements Answered {}

  record None(Failure why) implements Answered {}
}
