package io.trawl.domain;

import java.util.Objects;

/**
 * Which space made an answer.
 *
 * @param name the space's name
 * @param version its version, a positive integer, equal to its backbone's
 */
public record SpaceId(String name, long version) {

  public SpaceId {
    Objects.requireNonNull(name, "name");
    if (version < 1) {
      throw new IllegalArgumentException("version is " + version + "; expected a positive integer");
    }
  }

  @Override
  public String toString() {
    return name + "@" + version;
  }
}
