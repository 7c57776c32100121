package io.trawl.domain;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Whom the items are for.
 *
 * @param id the application's name for the user; empty for an anonymous one
 * @param profile what is known of the user as text by key; a space reads the keys its grammar names
 * @param history what the user did, oldest first
 */
public record User(String id, Map<String, String> profile, List<Behaviour> history) {

  public User {
    Objects.requireNonNull(id, "id");
    profile = Map.copyOf(profile);
    history = List.copyOf(history);
  }
}
