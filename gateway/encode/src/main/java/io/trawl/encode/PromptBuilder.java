package io.trawl.encode;

import io.trawl.domain.Behaviour;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.User;
import io.trawl.space.GoldenRequest;
import io.trawl.space.Space;
import io.trawl.space.catalogue.Catalogue;
import io.trawl.space.manifest.Manifest;
import io.trawl.space.manifest.PromptGrammar;
import io.trawl.space.source.SpaceRefused;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes requests as prompts, by the grammar of one space ({@code docs/space-format.md}, "The
 * prompt"). Literals and the grammar's own texts are encoded once, when it is made; a request
 * encodes the profile and the text that it brings. Immutable, deterministic, and safe for use by
 * all threads until it is closed.
 */
public final class PromptBuilder implements AutoCloseable {

  private static final long[] NOTHING = new long[0];

  private final Tokenizer tokenizer;
  private final Catalogue catalogue;
  private final PromptGrammar grammar;
  private final int[] lengths;
  private final Map<String, PromptPieces> pieces;
  private final Map<String, long[]> actions;
  private final List<long[]> times;
  private final long pad;
  private final long item;

  /** What no user may write. */
  private final Set<Long> reserved;

  /**
   * A builder with the space's own tokenizer, which it closes when it is closed.
   *
   * @throws SpaceRefused if the tokenizer cannot be loaded or the grammar does not fit it
   */
  public static PromptBuilder of(Space space) {
    return of(space, space.manifest());
  }

  /**
   * The same by what the space's manifest is to say.
   *
   * @throws SpaceRefused if the tokenizer cannot be loaded or the grammar does not fit it
   */
  public static PromptBuilder of(Space space, Manifest manifest) {
    var tokenizer = Tokenizer.load(space.tokenizer());
    try {
      return new PromptBuilder(manifest, space.catalogue(), tokenizer);
    } catch (RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  private PromptBuilder(Manifest manifest, Catalogue catalogue, Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.catalogue = catalogue;
    this.grammar = manifest.prompts().grammar();
    this.lengths = manifest.sizes().lengths().stream().mapToInt(Integer::intValue).toArray();
    this.pieces =
        manifest.prompts().templates().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    template -> template.objective().name(),
                    template -> PromptPieces.of(template, tokenizer)));
    pieces.values().forEach(template -> template.checkRoom(grammar, lengths[lengths.length - 1]));
    this.actions = encoded(grammar.history().actions(), tokenizer);
    this.times =
        grammar.history().times().stream().map(time -> tokenizer.encode(time.text())).toList();
    this.pad = single("pad", grammar.pad(), tokenizer);
    this.item = single("item", grammar.item(), tokenizer);
    this.reserved = new HashSet<>(tokenizer.specials());
    Collections.addAll(reserved, pad, item);
  }

  private static Map<String, long[]> encoded(Map<String, String> texts, Tokenizer tokenizer) {
    var ids = new LinkedHashMap<String, long[]>();
    texts.forEach((name, text) -> ids.put(name, tokenizer.encode(text)));
    return Map.copyOf(ids);
  }

  private static long single(String key, String text, Tokenizer tokenizer) {
    var ids = tokenizer.encode(text);
    if (ids.length != 1) {
      throw new SpaceRefused(
          "tokenizer.json",
          "writes prompt.%s, %s, as %d tokens".formatted(key, text, ids.length),
          "one, which only a special token of the tokenizer gives");
    }
    return ids[0];
  }

  /**
   * Writes a request. Behaviours of unknown items or with unknown actions are skipped, the oldest
   * that do not fit are dropped, and both are counted.
   *
   * @param now the request time, or null, which writes no ages
   * @throws IllegalArgumentException if the space lacks the objective, or the request brings a text
   *     that the objective does not take or lacks one that it needs: the edge refuses such requests
   */
  public Prompt build(ObjectiveRequest objective, User user, @Nullable Instant now) {
    var template = template(objective);
    var profile = written(profile(user.profile()), grammar.profile().maxTokens());
    var text =
        objective.text() == null ? NOTHING : written(objective.text(), grammar.text().maxTokens());
    var fixed = template.tokens(profile, text);
    var history = newest(user.history(), now, lengths[lengths.length - 1] - fixed);
    var length = paddedLength(fixed + history.tokens);

    var ids = new long[length];
    var start = length - fixed - history.tokens;
    Arrays.fill(ids, 0, start, pad);
    var at = PromptPieces.write(template.head(), profile, text, ids, start);
    var positions = new int[history.count];
    var ordinals = new int[history.count];
    for (var i = 0; i < history.count; i++) {
      // Kept newest first, written oldest first.
      var kept = history.count - 1 - i;
      at = copy(history.times[kept], ids, at);
      at = copy(history.actions[kept], ids, at);
      positions[i] = at;
      ordinals[i] = history.ordinals[kept];
      ids[at++] = item;
    }
    PromptPieces.write(template.rear(), profile, text, ids, at);
    var mask = new long[length];
    Arrays.fill(mask, start, length, 1);
    return new Prompt(ids, mask, positions, ordinals, history.skipped, history.dropped);
  }

  private static int copy(long[] from, long[] to, int at) {
    System.arraycopy(from, 0, to, at, from.length);
    return at + from.length;
  }

  private PromptPieces template(ObjectiveRequest request) {
    var template = pieces.get(request.name());
    if (template == null) {
      throw new IllegalArgumentException(
          "objective is %s; expected one of %s".formatted(request.name(), pieces.keySet()));
    }
    var use = template.objective().text();
    if (!use.suits(request)) {
      throw new IllegalArgumentException(
          "objective %s has %s text; expected %s"
              .formatted(request.name(), request.text() == null ? "no" : "a", use.label()));
    }
    return template;
  }

  private String profile(Map<String, String> profile) {
    return grammar.profile().keys().stream()
        .filter(profile::containsKey)
        .map(key -> key + ": " + profile.get(key))
        .collect(Collectors.joining("; "));
  }

  /**
   * The ids of what a user wrote. What is a special token even in neutral text is taken out, by its
   * id: a tokenizer may bring tokens of any look, and find them in a text that it normalised.
   */
  private long[] written(String text, int maxTokens) {
    return Arrays.stream(tokenizer.encode(NeutralText.of(text)))
        .filter(id -> !reserved.contains(id))
        .limit(maxTokens)
        .toArray();
  }

  /**
   * Whether a text is read as it stands and as words alone: neutral already, of at least one token,
   * none of them special.
   */
  public boolean isPlain(String text) {
    var ids = tokenizer.encode(text);
    return NeutralText.of(text).equals(text)
        && ids.length > 0
        && Arrays.stream(ids).noneMatch(reserved::contains);
  }

  private int paddedLength(int tokens) {
    for (var length : lengths) {
      if (tokens <= length) {
        return length;
      }
    }
    throw new IllegalStateException(tokens + " tokens do not fit; the room was checked");
  }

  /** The newest behaviours of known items and actions for which there is room, newest first. */
  private Kept newest(List<Behaviour> history, @Nullable Instant now, int room) {
    var kept = new Kept(Math.min(history.size(), grammar.history().maxBehaviours()));
    var full = false;
    for (var behaviour : history.reversed()) {
      var ordinal = catalogue.ordinal(behaviour.itemId());
      var action = actions.get(grammar.history().action(behaviour.action()));
      if (ordinal < 0 || action == null) {
        kept.skipped++;
        continue;
      }
      var time = time(behaviour.time(), now);
      // Once one is dropped all older ones are, even those that would fit in its place.
      full |=
          kept.count == kept.ordinals.length
              || kept.tokens + time.length + action.length + 1 > room;
      if (full) {
        kept.dropped++;
      } else {
        kept.add(ordinal, time, action);
      }
    }
    return kept;
  }

  private long[] time(@Nullable Instant time, @Nullable Instant now) {
    var index = grammar.history().timeIndex(time, now);
    return index < 0 ? NOTHING : times.get(index);
  }

  /** In what the prompt of a golden request differs from the golden one; empty when in nothing. */
  public Optional<String> disagreement(GoldenRequest golden) {
    var prompt = build(golden.objective(), golden.user(), golden.now());
    return difference("token_ids", golden.tokens().ids(), prompt.tokenIds())
        .or(
            () ->
                difference(
                    "attention_mask", golden.tokens().attentionMask(), prompt.attentionMask()))
        .or(
            () ->
                difference(
                    "positions of item_positions",
                    longs(golden.tokens().itemPositions()),
                    longs(prompt.itemPositions())))
        .or(
            () ->
                difference(
                    "ordinals of item_positions",
                    longs(golden.tokens().itemOrdinals()),
                    longs(prompt.itemOrdinals())))
        .map(
            difference ->
                "golden request %d (%s): %s"
                    .formatted(golden.line(), golden.objective().name(), difference));
  }

  private static Optional<String> difference(String what, long[] expected, long[] found) {
    var at = Arrays.mismatch(expected, found);
    if (at < 0) {
      return Optional.empty();
    }
    return Optional.of(
        at < expected.length && at < found.length
            ? "%s has %d at %d; expected %d".formatted(what, found[at], at, expected[at])
            : "%s has %d numbers; expected %d".formatted(what, found.length, expected.length));
  }

  private static long[] longs(int[] numbers) {
    return Arrays.stream(numbers).asLongStream().toArray();
  }

  /** Frees the native tokenizer. */
  @Override
  public void close() {
    tokenizer.close();
  }

  /** Behaviours on their way into one prompt, newest first. */
  private static final class Kept {

    final int[] ordinals;
    final long[][] times;
    final long[][] actions;
    int count;
    int tokens;
    int skipped;
    int dropped;

    Kept(int most) {
      this.ordinals = new int[most];
      this.times = new long[most][];
      this.actions = new long[most][];
    }

    void add(int ordinal, long[] time, long[] action) {
      ordinals[count] = ordinal;
      times[count] = time;
      actions[count] = action;
      count++;
      tokens += time.length + action.length + 1;
    }
  }
}
