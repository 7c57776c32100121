package io.trawl.domain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One objective as a request asks for it.
 *
 * @param name a template that the space was trained on, such as {@code next-item}
 * @param text the request's own text (a search query), or null where there is none
 */
public record ObjectiveRequest(String name, @Nullable String text) {

  public ObjectiveRequest {
    Objects.requireNonNull(name, "name");
  }
}
