package io.trawl.space;

import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * An objective that the space's backbone was trained on.
 *
 * @param name its name in requests
 * @param title the same for a person
 * @param template how its prompt is written, as in the manifest
 * @param parts the template cut at its placeholders
 * @param text whether a request brings its own text
 */
public record Objective(
    String name, String title, String template, List<Part> parts, TextUse text) {

  public Objective {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(template, "template");
    Objects.requireNonNull(text, "text");
    parts = List.copyOf(parts);
  }

  /** Whether a request brings its own text, such as a search query. */
  public enum TextUse {
    NONE,
    OPTIONAL,
    REQUIRED;

    /** The name in {@code manifest.json}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A piece of a template. */
  public sealed interface Part {

    /** Text that is written as it stands. */
    record Literal(String text) implements Part {
      public Literal {
        Objects.requireNonNull(text, "text");
      }
    }

    /** {@code {profile}}. */
    record Profile() implements Part {}

    /** {@code {history}}. */
    record History() implements Part {}

    /** {@code {text}}. */
    record Text() implements Part {}
  }
}
