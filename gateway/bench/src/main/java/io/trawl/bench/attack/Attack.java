package io.trawl.bench.attack;

import java.io.IOException;

/**
 * A deed of a bad caller.
 *
 * @param name for the command line
 * @param deed what is done, for people
 * @param bound what must hold beside what {@link AttackRun} asks of every attack, for people
 * @param wish which node it needs
 * @param quick whether it belongs to every build
 * @param run does it, and says what it found
 */
record Attack(String name, String deed, String bound, Wish wish, boolean quick, Run run) {

  /** The node that an attack needs. */
  enum Wish {
    /** Any. */
    ANY,
    /** Whose standard error is a pipe that nobody reads. */
    UNREAD_LOG,
    /** Whose space may be damaged. */
    OWN_SPACE
  }

  /** Does an attack. */
  @FunctionalInterface
  interface Run {
    void on(Target target, Findings findings) throws IOException, InterruptedException;
  }
}
