package io.trawl.space.manifest;

import io.trawl.domain.Objective;
import java.util.List;
import java.util.Objects;

/**
 * How the prompt of an objective is written.
 *
 * @param template as in the manifest
 * @param parts the template cut at its placeholders
 */
public record PromptTemplate(Objective objective, String template, List<Part> parts) {

  public PromptTemplate {
    Objects.requireNonNull(objective, "objective");
    Objects.requireNonNull(template, "template");
    parts = List.copyOf(parts);
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
