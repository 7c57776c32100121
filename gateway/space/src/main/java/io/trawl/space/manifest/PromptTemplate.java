package io.trawl.space.manifest;

import io.trawl.domain.Objective;
import java.util.List;
import java.util.Objects;

/**
 * How the prompt of an objective is written.
 *
 * @param parts the template of the manifest, cut at its placeholders
 */
public record PromptTemplate(Objective objective, List<Part> parts) {

  public PromptTemplate {
    Objects.requireNonNull(objective, "objective");
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
