package io.trawl.workers.testkit;

/** How a call ended, as the server saw it. */
public enum SeenEnding {
  /** The server ended it, with whatever. */
  ANSWERED,
  /** The caller reset the stream: its cancellation reached the wire. */
  CANCELLED,
  /** The connection went away. */
  LOST
}
