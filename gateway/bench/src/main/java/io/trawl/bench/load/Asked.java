package io.trawl.bench.load;

import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.ObjectiveRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.User;
import io.trawl.domain.Objective;
import java.util.List;

/**
 * What all requests of a run have in common.
 *
 * @param objectives asked for, at least one
 * @param vectorWidth of the space's item vectors
 */
record Asked(UserChoice choice, List<Objective> objectives, int vectorWidth, int deadlineMillis) {

  private static final String ANY_TEXT = "gift";

  Asked {
    objectives = List.copyOf(objectives);
  }

  /** The request of a user whose turn it is. */
  RetrieveRequest retrieve(Turn turn) {
    var message =
        RetrieveRequest.newBuilder()
            .setUser(user(turn))
            .setK(choice.k())
            .setExcludeHistory(choice.excludeHistory())
            .setDeadlineMs(deadlineMillis);
    if (turn.nowSeconds() != 0) {
      message.setNow(turn.nowSeconds());
    }
    if (!choice.engine().isEmpty()) {
      message.getEngineBuilder().setEngine(choice.engine());
    }
    for (var objective : objectives) {
      message.addObjectives(objective(objective, turn));
    }
    return message.build();
  }

  private static ObjectiveRequest objective(Objective objective, Turn turn) {
    var asked = ObjectiveRequest.newBuilder().setName(objective.name());
    if (objective.text() != Objective.TextUse.NONE) {
      asked.setText(turn.texts().getOrDefault(objective.name(), ANY_TEXT));
    }
    return asked.build();
  }

  private static User user(Turn turn) {
    var message = User.newBuilder().setId(turn.user().id()).putAllProfile(turn.user().profile());
    for (var behaviour : turn.user().history()) {
      var done = Behaviour.newBuilder().setItem(behaviour.itemId());
      if (behaviour.action() != null) {
        done.setAction(behaviour.action());
      }
      if (behaviour.time() != null) {
        done.setTime(behaviour.time().getEpochSecond());
      }
      message.addHistory(done);
    }
    return message.build();
  }
}
