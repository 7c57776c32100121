package io.trawl.domain;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One objective as a request asks for it.
 *
 * @param name a template that the space was trained on, such as {@code next-item}
 * @param text the request's own text (a search query), or null where there is none; a {@linkplain
 *     #isBlank blank} one is none
 * @param weight how much it counts in a merged list, above 0
 * @param quota places of a merged list kept for it, 0 or more
 * @param leg the one leg that is to make its list, or null for all that the objective has
 */
public record ObjectiveRequest(
    String name, @Nullable String text, double weight, int quota, @Nullable Leg leg) {

  /**
   * Whether a text shows nothing: spaces of any kind, controls and characters of no width alone.
   */
  public static boolean isBlank(String text) {
    return text.codePoints()
        .allMatch(
            c ->
                Character.isWhitespace(c)
                    || Character.isSpaceChar(c)
                    || Character.isIdentifierIgnorable(c));
  }

  /** One that counts like any other and has no place kept. */
  public ObjectiveRequest(String name, @Nullable String text) {
    this(name, text, 1, 0);
  }

  /** By all the legs that it has. */
  public ObjectiveRequest(String name, @Nullable String text, double weight, int quota) {
    this(name, text, weight, quota, null);
  }

  public ObjectiveRequest {
    Objects.requireNonNull(name, "name");
    text = text == null || isBlank(text) ? null : text;
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("weight is " + weight + "; expected above 0 and finite");
    }
    if (quota < 0) {
      throw new IllegalArgumentException("quota is " + quota + "; expected 0 or more");
    }
  }
}
