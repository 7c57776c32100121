package io.trawl.app.demo;

import io.trawl.domain.Behaviour;
import io.trawl.domain.Objective;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Who and what is shown: the same for the same space, and picked without a look at any answer.
 *
 * @param objectives in the space's order
 */
record Casting(List<SampleUser> users, List<Objective> objectives) {

  private static final int USERS = 3;
  private static final int OBJECTIVES = 3;

  /** So many lines of {@code users.jsonl} are looked at. */
  private static final int LOOKED_AT = 2_000;

  private static final int SHORTEST = 5;
  private static final int LONGEST = 12;

  Casting {
    users = List.copyOf(users);
    objectives = List.copyOf(objectives);
  }

  static Casting of(Space space) {
    var objectives = objectives(space.objectives());
    try (var users = space.users()) {
      return new Casting(users(users.limit(LOOKED_AT).toList(), objectives), objectives);
    }
  }

  /** The first ones, but one that asks with a text is always among them, if there is any. */
  static List<Objective> objectives(List<Objective> all) {
    var picked = new ArrayList<>(all.subList(0, Math.min(OBJECTIVES, all.size())));
    if (picked.stream().noneMatch(Casting::asksWithText)) {
      all.stream()
          .filter(Casting::asksWithText)
          .findFirst()
          .ifPresent(asking -> picked.set(picked.size() - 1, asking));
    }
    return picked;
  }

  private static boolean asksWithText(Objective objective) {
    return objective.text() != Objective.TextUse.NONE;
  }

  /** Of the users with the most telling histories some from the beginning, the middle and later. */
  static List<SampleUser> users(List<SampleUser> all, List<Objective> objectives) {
    var able = all.stream().filter(user -> canAsk(user, objectives)).toList();
    var best = able.stream().mapToInt(user -> telling(user, objectives)).max().orElse(0);
    var stage = new ArrayList<>(able);
    if (able.stream().filter(user -> telling(user, objectives) == best).count() >= USERS) {
      stage.removeIf(user -> telling(user, objectives) < best);
    } else {
      stage.sort(Comparator.comparingInt((SampleUser user) -> -telling(user, objectives)));
      return List.copyOf(stage.subList(0, Math.min(USERS, stage.size())));
    }
    var picked = new ArrayList<SampleUser>(USERS);
    for (var i = 0; i < USERS; i++) {
      picked.add(stage.get(i * stage.size() / USERS));
    }
    return picked;
  }

  /** Whether there is a text for every objective that needs one. */
  private static boolean canAsk(SampleUser user, List<Objective> objectives) {
    return objectives.stream()
        .filter(objective -> objective.text() == Objective.TextUse.REQUIRED)
        .allMatch(
            objective -> {
              var heldOut = user.heldOut().get(objective.name());
              return heldOut != null && heldOut.text() != null;
            });
  }

  /** The more objectives have held-out items and the more there is to see, the better. */
  private static int telling(SampleUser user, List<Objective> objectives) {
    var history = user.user().history();
    var heldOut = objectives.stream().filter(o -> user.heldOut().containsKey(o.name())).count();
    var items = history.stream().map(Behaviour::itemId).distinct().count();
    var actions = history.stream().map(Behaviour::action).distinct().count();
    return (int) heldOut + (items >= SHORTEST && items <= LONGEST ? 2 : 0) + (actions > 1 ? 1 : 0);
  }
}
