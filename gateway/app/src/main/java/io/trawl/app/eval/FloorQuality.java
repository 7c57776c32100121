package io.trawl.app.eval;

import java.util.Objects;

/** What a floor reached. */
public record FloorQuality(String name, Quality quality) {

  public FloorQuality {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(quality, "quality");
  }
}
