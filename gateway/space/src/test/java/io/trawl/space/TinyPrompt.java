package io.trawl.space;

import io.trawl.domain.Behaviour;
import io.trawl.domain.User;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request to the tiny space becomes, by the letter of the format and with no thought of
 * speed: the plain twin that golden requests and the prompt builder's tests are made with.
 *
 * @param tokenIds padded on the left
 * @param attentionMask 0 at padding
 * @param positions pairs of position and ordinal
 * @param skipped behaviours whose item or action the space does not know
 * @param dropped behaviours that did not fit, or were older than the newest that stay
 */
public record TinyPrompt(
    List<Long> tokenIds,
    List<Long> attentionMask,
    List<List<Integer>> positions,
    int skipped,
    int dropped) {

  private record Token(long id, int ordinal) {}

  /** Writes a request for an objective of the tiny space as it stands by default. */
  public static TinyPrompt of(
      String objective, @Nullable String text, User user, @Nullable Instant now) {
    var known = user.history().stream().filter(TinyPrompt::known).toList();
    var skipped = user.history().size() - known.size();
    for (var kept = Math.min(known.size(), TinySpace.MAX_BEHAVIOURS); ; kept--) {
      var newest = known.subList(known.size() - kept, known.size());
      var tokens = tokens(objective, text, user, newest, now);
      for (var length : TinySpace.LENGTHS) {
        if (tokens.size() <= length) {
          return padded(tokens, length, skipped, known.size() - kept);
        }
      }
    }
  }

  private static boolean known(Behaviour behaviour) {
    var action = behaviour.action();
    return TinySpace.ordinal(behaviour.itemId()) >= 0
        && (action == null || List.of("purchase", "click").contains(action));
  }

  private static List<Token> tokens(
      String objective,
      @Nullable String text,
      User user,
      List<Behaviour> history,
      @Nullable Instant now) {
    var tokens = new ArrayList<Token>();
    add(tokens, "<|user|>");
    tokens.addAll(userText(profile(user), 16));
    add(tokens, "<|history|>");
    for (var behaviour : history) {
      if (behaviour.time() != null && now != null) {
        var age = Math.max(0, Duration.between(behaviour.time(), now).toSeconds());
        add(tokens, age <= 86_400 ? "<|day|>" : age <= 604_800 ? "<|week|>" : "<|older|>");
      }
      if ("click".equals(behaviour.action())) {
        add(tokens, "<|click|>");
      }
      tokens.add(
          new Token(
              TinyTokenizer.SPECIAL.indexOf("<|item|>"), TinySpace.ordinal(behaviour.itemId())));
    }
    add(tokens, "<|objective|>" + (objective.equals("next-item") ? "next item" : "search: "));
    if (!objective.equals("next-item") && text != null) {
      tokens.addAll(userText(text, 16));
    }
    return tokens;
  }

  private static String profile(User user) {
    var written = new ArrayList<String>();
    for (var key : List.of("region", "age")) {
      if (user.profile().containsKey(key)) {
        written.add(key + ": " + user.profile().get(key));
      }
    }
    return String.join("; ", written);
  }

  private static List<Token> userText(String text, int max) {
    var neutral =
        text.replaceAll("[\\x00-\\x20\\x7f-\\xa0]+", " ")
            .replaceAll("^ | $", "")
            .replace("<|", "< |")
            .replace("|>", "| >");
    return TinyTokenizer.encode(neutral).stream().limit(max).map(id -> new Token(id, -1)).toList();
  }

  private static void add(List<Token> tokens, String text) {
    TinyTokenizer.encode(text).forEach(id -> tokens.add(new Token(id, -1)));
  }

  private static TinyPrompt padded(List<Token> tokens, int length, int skipped, int dropped) {
    var ids = new ArrayList<Long>();
    var mask = new ArrayList<Long>();
    var positions = new ArrayList<List<Integer>>();
    for (var i = 0; i < length; i++) {
      var at = i - (length - tokens.size());
      ids.add(at < 0 ? 0 : tokens.get(at).id());
      mask.add(at < 0 ? 0L : 1L);
      if (at >= 0 && tokens.get(at).ordinal() >= 0) {
        positions.add(List.of(i, tokens.get(at).ordinal()));
      }
    }
    return new TinyPrompt(ids, mask, positions, skipped, dropped);
  }
}
