package io.trawl.domain;

import java.util.Locale;
import java.util.Objects;

/**
 * An objective that a space was trained on.
 *
 * @param name what requests call it, such as {@code next-item}
 * @param title the same for a person
 * @param text whether a request brings its own text
 */
public record Objective(String name, String title, TextUse text) {

  public Objective {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(text, "text");
  }

  /** Whether a request for an objective brings its own text, such as a search query. */
  public enum TextUse {
    NONE,
    OPTIONAL,
    REQUIRED;

    /** Whether a request brings the text that this use wants: the one place that decides it. */
    public boolean suits(ObjectiveRequest request) {
      return switch (this) {
        case NONE -> request.text() == null;
        case OPTIONAL -> true;
        case REQUIRED -> request.text() != null;
      };
    }

    /** The use's name in manifests and on the wire. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
