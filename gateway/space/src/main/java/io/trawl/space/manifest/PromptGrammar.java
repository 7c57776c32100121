package io.trawl.space.manifest;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How a request is written for the backbone.
 *
 * @param pad the special token that fills a sequence up on the left
 * @param item the special token at whose position an item embedding enters
 */
public record PromptGrammar(String pad, String item, Profile profile, Text text, History history) {

  public PromptGrammar {
    Objects.requireNonNull(pad, "pad");
    Objects.requireNonNull(item, "item");
    Objects.requireNonNull(profile, "profile");
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(history, "history");
  }

  /**
   * @param keys the keys of a user's profile that are written, in this order
   * @param maxTokens what is written is cut to this many tokens
   */
  public record Profile(List<String> keys, int maxTokens) {
    public Profile {
      keys = List.copyOf(keys);
    }
  }

  /**
   * @param maxTokens the request's own text is cut to this many tokens
   */
  public record Text(int maxTokens) {}

  /**
   * @param maxBehaviours the newest behaviours of known items and actions that are written
   * @param defaultAction what a behaviour without action counts as
   * @param actions text by action, in the manifest's order; an empty text writes nothing
   * @param times text by age, youngest first, the last one without bound; empty if times are not
   *     written
   */
  public record History(
      int maxBehaviours, String defaultAction, Map<String, String> actions, List<TimeText> times) {
    public History {
      Objects.requireNonNull(defaultAction, "defaultAction");
      actions = Collections.unmodifiableMap(new LinkedHashMap<>(actions));
      times = List.copyOf(times);
    }

    /** The action of a behaviour, known or not: the default one where none is given. */
    public String action(@Nullable String given) {
      return given == null ? defaultAction : given;
    }

    /** Whether behaviours with this action are written; all others are skipped. */
    public boolean knows(@Nullable String action) {
      return actions.containsKey(action(action));
    }

    /**
     * Which of {@link #times} stands for a behaviour's time; -1 where none does.
     *
     * @param now the request time
     */
    public int timeIndex(@Nullable Instant time, @Nullable Instant now) {
      if (time == null || now == null || times.isEmpty()) {
        return -1;
      }
      var age = Math.max(0, now.getEpochSecond() - time.getEpochSecond());
      for (var i = 0; i < times.size(); i++) {
        var bound = times.get(i).maxAgeSeconds();
        if (bound == null || age <= bound) {
          return i;
        }
      }
      throw new IllegalStateException("the last time has no bound");
    }
  }

  /**
   * @param maxAgeSeconds the greatest age that this text stands for; null for any
   */
  public record TimeText(@Nullable Long maxAgeSeconds, String text) {
    public TimeText {
      Objects.requireNonNull(text, "text");
    }
  }
}
