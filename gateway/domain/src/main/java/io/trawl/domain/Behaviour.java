package io.trawl.domain;

import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One (item, action, time) of a user's history.
 *
 * @param itemId the item, by its outside id; it need not be known to the space
 * @param action what the user did, or null for the space's default action; it need not be known
 *     either
 * @param time when, or null where it is not known
 */
public record Behaviour(String itemId, @Nullable String action, @Nullable Instant time) {

  public Behaviour {
    Objects.requireNonNull(itemId, "itemId");
  }
}
