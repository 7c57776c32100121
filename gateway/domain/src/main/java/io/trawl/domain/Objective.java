package io.trawl.domain;

import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An objective that a space can be asked for.
 *
 * @param name what requests call it, such as {@code next-item}
 * @param title the same for a person
 * @param text whether a request brings its own text
 * @param rules which items its lists hold, and how they are made
 * @param extrapolated whether the backbone never saw what its prompts say of it: an operator added
 *     it to what the space was trained on
 */
public record Objective(
    String name, String title, TextUse text, Rules rules, boolean extrapolated) {

  public Objective {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(title, "title");
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(rules, "rules");
  }

  /** One that the space was trained on. */
  public Objective(String name, String title, TextUse text, Rules rules) {
    this(name, title, text, rules, false);
  }

  /** The same without rules. */
  public Objective(String name, String title, TextUse text) {
    this(name, title, text, Rules.NONE);
  }

  /**
   * What holds for every list of an objective, whoever asks.
   *
   * @param tailOnly whether it holds items of the tail alone
   * @param categoryOfHistory the attribute whose values in the history no item of it has; null for
   *     none
   * @param lexical whether it is fused of what query vectors find and what the text's words find
   * @param lexicalWeight how much a place among what words find counts, of what query vectors find
   *     1
   */
  public record Rules(
      boolean tailOnly, @Nullable String categoryOfHistory, boolean lexical, double lexicalWeight) {

    public static final Rules NONE = new Rules(false, null, false);

    /** Both legs count alike. */
    public Rules(boolean tailOnly, @Nullable String categoryOfHistory, boolean lexical) {
      this(tailOnly, categoryOfHistory, lexical, 1);
    }

    public Rules {
      if (!(lexicalWeight > 0) || Double.isInfinite(lexicalWeight)) {
        throw new IllegalArgumentException(
            "lexicalWeight is " + lexicalWeight + "; expected above 0 and finite");
      }
    }

    /** Whether they leave no item out. */
    public boolean leaveAll() {
      return !tailOnly && categoryOfHistory == null;
    }
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
