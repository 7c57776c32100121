package io.trawl.workers.tensors;

import io.vertx.core.json.Json;
import org.jspecify.annotations.Nullable;

/** What a caller sent, as it is shown in a message: of bounded length, on one line. */
public final class Quoted {
  private static final int MOST_CHARACTERS = 60;

  private Quoted() {}

  /** A text in quotes. */
  public static String of(String text) {
    return of(text, MOST_CHARACTERS);
  }

  /** A text in quotes, shortened, without control characters and halves of surrogate pairs. */
  public static String of(String text, int mostCharacters) {
    StringBuilder clean = new StringBuilder("\"");
    int at = 0;
    while (at < text.length()) {
      int character = text.codePointAt(at);
      int next = at + Character.charCount(character);
      if (next > mostCharacters) {
        break;
      }
      clean.appendCodePoint(isShown(character) ? character : '?');
      at = next;
    }
    return clean.append(at < text.length() ? "…\"" : "\"").toString();
  }

  private static boolean isShown(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /** A value of JSON as it was written: text in quotes, everything else bare. */
  public static String value(@Nullable Object json) {
    if (json instanceof String text) {
      return of(text);
    }
    String bare = json instanceof Number || json == null ? String.valueOf(json) : Json.encode(json);
    String shown = of(bare);
    return shown.substring(1, shown.length() - 1);
  }
}
