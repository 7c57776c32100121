package io.trawl.serve;

import io.trawl.domain.SpaceId;
import java.util.Objects;

/**
 * What one space says. A gateway may go over to another space between two questions; what comes in
 * one of these comes from one.
 */
public record OfSpace<T>(SpaceId space, T value) {
  public OfSpace {
    Objects.requireNonNull(space, "space");
    Objects.requireNonNull(value, "value");
  }
}
