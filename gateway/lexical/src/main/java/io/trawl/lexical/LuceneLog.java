package io.trawl.lexical;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Lucene says of itself by the JDK's log which instructions it found: on standard error, whose
 * reader nobody may wait for.
 */
final class LuceneLog {

  /** Held, or its level is forgotten. */
  private static final Logger LOG = Logger.getLogger("org.apache.lucene");

  private LuceneLog() {}

  /** Before the first class of Lucene is used. */
  static void silence() {
    LOG.setLevel(Level.OFF);
  }
}
