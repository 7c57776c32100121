package io.trawl.app.eval;

import io.trawl.domain.Objective;
import io.trawl.space.HeldOut;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * The users of a space and what they are asked.
 *
 * @param items N
 * @param histories every user's behaviours as ordinals, oldest first; the floors count these
 * @param cases by objective, in the order asked for
 */
record EvalSet(int items, List<int[]> histories, Map<Objective, List<EvalCase>> cases) {

  /**
   * Reads the whole of {@code users.jsonl}.
   *
   * @throws IllegalArgumentException with a sentence for a person, if an objective is unknown
   */
  static EvalSet of(Space space, EvalOptions options) {
    var cases = new LinkedHashMap<Objective, List<EvalCase>>();
    objectives(space, options.objectives()).forEach(o -> cases.put(o, new ArrayList<>()));
    var histories = new ArrayList<int[]>();
    try (var users = space.users()) {
      users.forEach(
          user -> {
            var history = history(space, user);
            histories.add(history);
            cases.forEach(
                (objective, list) -> {
                  var heldOut = user.heldOut().get(objective.name());
                  if (heldOut != null) {
                    list.add(aCase(space, objective, user, history, heldOut));
                  }
                });
          });
    }
    cases.replaceAll((_, all) -> drawn(all, options.users(), options.seed()));
    return new EvalSet(space.catalogue().count(), histories, cases);
  }

  /** Those named; without names those that the space was trained on. */
  static List<Objective> objectives(Space space, List<String> names) {
    return names.isEmpty()
        ? space.objectives().stream().filter(one -> !one.extrapolated()).toList()
        : names.stream().distinct().map(name -> objective(space, name)).toList();
  }

  private static Objective objective(Space space, String name) {
    return space
        .objective(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "space %s has no objective '%s'; it has %s"
                        .formatted(
                            space.id(),
                            name,
                            String.join(
                                ", ", space.objectives().stream().map(Objective::name).toList()))));
  }

  private static int[] history(Space space, SampleUser user) {
    return user.user().history().stream()
        .mapToInt(behaviour -> space.catalogue().ordinal(behaviour.itemId()))
        .filter(ordinal -> ordinal >= 0)
        .toArray();
  }

  private static EvalCase aCase(
      Space space, Objective objective, SampleUser user, int[] history, HeldOut heldOut) {
    var truth = heldOut.items().stream().mapToInt(id -> space.catalogue().ordinal(id)).toArray();
    return new EvalCase(user, objective.name(), history, heldOut.text(), truth);
  }

  /** At most {@code wanted} of the cases (0: all), drawn by the seed, in their own order. */
  static <T> List<T> drawn(List<T> all, int wanted, long seed) {
    if (wanted == 0 || wanted >= all.size()) {
      return List.copyOf(all);
    }
    var random = new SplittableRandom(seed);
    var drawn = new ArrayList<T>(wanted);
    for (var i = 0; drawn.size() < wanted; i++) {
      if (random.nextInt(all.size() - i) < wanted - drawn.size()) {
        drawn.add(all.get(i));
      }
    }
    return drawn;
  }
}
