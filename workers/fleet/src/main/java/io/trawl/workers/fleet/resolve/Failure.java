package io.trawl.workers.fleet.resolve;

import java.util.Locale;

/** Why a resolver could not learn where the workers are. */
public enum Failure {
  /** Nobody answered in time. */
  TIMEOUT,
  /** The question could not be brought to anybody. */
  UNREACHABLE,
  /** The answer is that there is none: an error of the server, a right that is missing. */
  REFUSED,
  /** There is nobody of that name. */
  EMPTY,
  /** The answer was cut, and the whole of it was not to be had. */
  TRUNCATED,
  /** The answer cannot be read. */
  MALFORMED;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
