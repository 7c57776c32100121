package io.trawl.domain;

import java.util.Objects;

/**
 * One thing wrong with a request.
 *
 * @param field path of the field as the caller wrote it, such as {@code objectives[0].name}; empty
 *     when the whole message is meant
 * @param why what was found and what was expected, for a person
 */
public record Violation(String field, String why) {

  public Violation {
    Objects.requireNonNull(field, "field");
    Objects.requireNonNull(why, "why");
  }
}
