package io.trawl.space;

import io.trawl.domain.Behaviour;
import io.trawl.domain.User;
import io.trawl.retrieval.ItemVectors;
import io.trawl.space.manifest.PromptTemplate;
import io.trawl.space.manifest.PromptTemplate.Part;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a person wants to know of a space beside its manifest. Making one reads all sample users.
 *
 * @param users sample users
 * @param historyLengths behaviours per user
 * @param heldOutUsers by objective, the users that can be evaluated
 * @param vectorNorms lengths of item vectors, of at most {@value #SAMPLED_VECTORS} of them; zeros
 *     for a space without
 * @param prompts by objective, the prompt of a sample user in words: titles stand in brackets where
 *     the backbone reads an item embedding
 */
public record SpaceSummary(
    int users,
    Quantiles historyLengths,
    Map<String, Integer> heldOutUsers,
    Quantiles vectorNorms,
    Map<String, String> prompts) {

  static final int SAMPLED_VECTORS = 100_000;

  /** As many of a history's behaviours as an example shows. */
  private static final int SHOWN_BEHAVIOURS = 3;

  public SpaceSummary {
    Objects.requireNonNull(historyLengths, "historyLengths");
    Objects.requireNonNull(vectorNorms, "vectorNorms");
    heldOutUsers = Collections.unmodifiableMap(new LinkedHashMap<>(heldOutUsers));
    prompts = Collections.unmodifiableMap(new LinkedHashMap<>(prompts));
  }

  public static SpaceSummary of(Space space) {
    var lengths = DoubleStream.builder();
    var heldOut = new LinkedHashMap<String, Integer>();
    var prompts = new LinkedHashMap<String, String>();
    space.objectives().forEach(objective -> heldOut.put(objective.name(), 0));
    try (var users = space.users()) {
      users.forEach(
          user -> {
            lengths.add(user.user().history().size());
            user.heldOut().keySet().forEach(name -> heldOut.merge(name, 1, Integer::sum));
            for (var template : space.manifest().prompts().templates()) {
              var name = template.objective().name();
              var held = user.heldOut().get(name);
              if (held != null && user.user().history().size() >= SHOWN_BEHAVIOURS) {
                prompts.computeIfAbsent(name, _ -> prompt(space, template, user, held.text()));
              }
            }
          });
    }
    var histories = lengths.build().toArray();
    return new SpaceSummary(
        histories.length,
        Quantiles.of(histories),
        heldOut,
        Quantiles.of(space.itemVectors().map(SpaceSummary::norms).orElse(new double[0])),
        prompts);
  }

  private static double[] norms(ItemVectors vectors) {
    var step = 1 + (vectors.count() - 1) / SAMPLED_VECTORS;
    return IntStream.iterate(0, ordinal -> ordinal < vectors.count(), ordinal -> ordinal + step)
        .mapToDouble(
            ordinal ->
                Math.sqrt(
                    IntStream.range(0, vectors.width())
                        .mapToDouble(h -> vectors.at(ordinal, h))
                        .map(number -> number * number)
                        .sum()))
        .toArray();
  }

  private static String prompt(
      Space space, PromptTemplate template, SampleUser user, @Nullable String text) {
    return template.parts().stream()
        .map(
            part ->
                switch (part) {
                  case Part.Literal(var literal) -> literal;
                  case Part.Profile _ -> profile(space, user.user());
                  case Part.History _ -> history(space, user.user().history(), user.now());
                  case Part.Text _ -> text == null ? "" : text;
                })
        .collect(Collectors.joining());
  }

  private static String profile(Space space, User user) {
    return space.manifest().prompts().grammar().profile().keys().stream()
        .filter(user.profile()::containsKey)
        .map(key -> key + ": " + user.profile().get(key))
        .collect(Collectors.joining("; "));
  }

  private static String history(Space space, List<Behaviour> history, @Nullable Instant now) {
    var shown =
        history.stream()
            .skip(Math.max(0, history.size() - SHOWN_BEHAVIOURS))
            .map(behaviour -> behaviour(space, behaviour, now))
            .collect(Collectors.joining());
    return history.size() > SHOWN_BEHAVIOURS ? "…" + shown : shown;
  }

  private static String behaviour(Space space, Behaviour behaviour, @Nullable Instant now) {
    var ordinal = space.catalogue().ordinal(behaviour.itemId());
    var grammar = space.manifest().prompts().grammar().history();
    if (ordinal < 0 || !grammar.knows(behaviour.action())) {
      return "";
    }
    var time = grammar.timeIndex(behaviour.time(), now);
    return (time < 0 ? "" : grammar.times().get(time).text())
        + grammar.actions().get(grammar.action(behaviour.action()))
        + "["
        + space.catalogue().title(ordinal)
        + "]";
  }
}
