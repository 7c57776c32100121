package io.trawl.app.demo;

import io.trawl.domain.Objective;
import io.trawl.space.SampleUser;
import io.trawl.space.Space;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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

  Casting {
    users = List.copyOf(users);
    objectives = List.copyOf(objectives);
  }

  static Casting of(Space space) {
    var objectives = objectives(space.objectives());
    try (var users = space.users()) {
      return new Casting(users(users.limit(LOOKED_AT), objectives), objectives);
    }
  }

  /**
   * The first ones that the space was trained on, but one that asks with a text is always among
   * them, if there is any.
   */
  static List<Objective> objectives(List<Objective> ofSpace) {
    var all = ofSpace.stream().filter(one -> !one.extrapolated()).toList();
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

  /** The first ones with a history who can ask for all objectives: the data's seed decided who. */
  static List<SampleUser> users(Stream<SampleUser> all, List<Objective> objectives) {
    return all.filter(user -> !user.user().history().isEmpty() && canAsk(user, objectives))
        .limit(USERS)
        .toList();
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
}
