package io.trawl.api;

import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.Engine;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.User;
import io.trawl.domain.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds a decoded request against the limits, for both protocols, and makes the domain's request of
 * it. Whether the space knows an objective or an attribute is the pipeline's to say.
 */
final class RequestChecker {

  /** The end of the year 9999; milliseconds given for seconds lie far beyond. */
  private static final long MAX_TIME_S = 253_402_300_799L;

  /** What every JSON reader gets exactly. */
  private static final long MAX_SEED = (1L << 53) - 1;

  private final ApiLimits limits;

  RequestChecker(ApiLimits limits) {
    this.limits = limits;
  }

  /**
   * @param requestId the request's id where the message brings none
   */
  Checked check(RetrieveRequest message, String requestId) {
    var bounds = new Bounds(new Violations(limits.maxViolations()));
    checkRequestId(message, bounds);
    checkUser(message, bounds);
    checkObjectives(message, bounds);
    int k = message.hasK() ? message.getK() : limits.defaultK();
    bounds.within(Path.ROOT.field("k"), k, 1, limits.maxK());
    checkExcludedItems(message, bounds);
    checkEngine(message.getEngine(), bounds);
    long deadlineMillis =
        message.hasDeadlineMs() ? message.getDeadlineMs() : limits.defaultDeadline().toMillis();
    bounds.within(
        Path.ROOT.field("deadline_ms"), deadlineMillis, 0, limits.maxDeadline().toMillis());
    if (message.hasNow()) {
      checkTime(message.getNow(), Path.ROOT.field("now"), bounds);
    }
    var filter =
        message.hasFilter()
            ? new FilterChecker(limits, bounds)
                .check(message.getFilter(), Path.ROOT.field("filter"))
            : null;
    if (!bounds.violations().none()) {
      return new Checked.Wrong(bounds.violations().list());
    }
    var request =
        new RetrievalRequest(
            message.getRequestId().isEmpty() ? requestId : message.getRequestId(),
            user(message),
            objectives(message),
            k,
            filter,
            new HashSet<>(message.getExcludedItemsList()),
            message.getExcludeHistory(),
            message.hasNow() ? Instant.ofEpochSecond(message.getNow()) : null,
            engine(message.getEngine()));
    return new Checked.Right(request, Duration.ofMillis(deadlineMillis));
  }

  /** What is wrong with an item's id as a caller gives it, or null. */
  @Nullable Violation itemId(String id) {
    var bounds = new Bounds(new Violations(1));
    bounds.text(Path.ROOT.field("id"), id, 1, limits.maxIdChars());
    return bounds.violations().none() ? null : bounds.violations().list().getFirst();
  }

  private static void checkRequestId(RetrieveRequest message, Bounds bounds) {
    var id = message.getRequestId();
    if (!id.isEmpty() && !RequestIds.valid(id)) {
      bounds.violations().add("request_id", RequestIds.whyInvalid(id));
    }
  }

  private void checkUser(RetrieveRequest message, Bounds bounds) {
    var path = Path.ROOT.field("user");
    var user = message.getUser();
    bounds.text(path.field("id"), user.getId(), 0, limits.maxIdChars());
    var profile = path.field("profile");
    if (bounds.size(profile, user.getProfileCount(), 0, limits.maxProfileEntries(), "entries")) {
      user.getProfileMap()
          .forEach(
              (key, value) -> {
                bounds.text(profile.key(key), key, 1, limits.maxTextChars());
                bounds.text(profile.key(key), value, 0, limits.maxTextChars());
              });
    }
    var history = path.field("history");
    if (bounds.size(history, user.getHistoryCount(), 0, limits.maxHistory(), "behaviours")) {
      for (int i = 0; i < user.getHistoryCount() && !bounds.violations().full(); i++) {
        checkBehaviour(user.getHistory(i), history.at(i), bounds);
      }
    }
  }

  private void checkBehaviour(Behaviour behaviour, Path path, Bounds bounds) {
    bounds.text(path.field("item"), behaviour.getItem(), 1, limits.maxIdChars());
    bounds.text(path.field("action"), behaviour.getAction(), 0, limits.maxIdChars());
    if (behaviour.hasTime()) {
      checkTime(behaviour.getTime(), path.field("time"), bounds);
    }
  }

  private static void checkTime(long seconds, Path path, Bounds bounds) {
    if (seconds < 0 || seconds > MAX_TIME_S) {
      bounds
          .violations()
          .add(path, "is " + seconds + "; expected whole seconds since 1970, 0 to " + MAX_TIME_S);
    }
  }

  private void checkObjectives(RetrieveRequest message, Bounds bounds) {
    var path = Path.ROOT.field("objectives");
    if (!bounds.size(path, message.getObjectivesCount(), 1, limits.maxObjectives(), "objectives")) {
      return;
    }
    for (int i = 0; i < message.getObjectivesCount(); i++) {
      var objective = message.getObjectives(i);
      bounds.text(path.at(i).field("name"), objective.getName(), 1, limits.maxIdChars());
      bounds.text(path.at(i).field("text"), objective.getText(), 0, limits.maxTextChars());
    }
  }

  private void checkExcludedItems(RetrieveRequest message, Bounds bounds) {
    var path = Path.ROOT.field("excluded_items");
    int count = message.getExcludedItemsCount();
    if (bounds.size(path, count, 0, limits.maxExcludedItems(), "ids")) {
      for (int i = 0; i < count && !bounds.violations().full(); i++) {
        bounds.text(path.at(i), message.getExcludedItems(i), 1, limits.maxIdChars());
      }
    }
  }

  private void checkEngine(Engine engine, Bounds bounds) {
    var path = Path.ROOT.field("engine");
    if (engine.hasEngine()) {
      bounds.text(path.field("engine"), engine.getEngine(), 1, limits.maxIdChars());
    }
    if (engine.hasRounds()) {
      bounds.within(path.field("rounds"), engine.getRounds(), 1, limits.maxRounds());
    }
    if (engine.hasSample()) {
      bounds.within(path.field("sample"), engine.getSample(), 1, limits.maxSample());
    }
    if (engine.hasKeep()) {
      bounds.within(path.field("keep"), engine.getKeep(), 1, limits.maxKeep());
    }
    if (engine.hasNeighbours()) {
      bounds.within(path.field("neighbours"), engine.getNeighbours(), 1, limits.maxNeighbours());
    }
    if (engine.hasSeed()) {
      bounds.within(path.field("seed"), engine.getSeed(), -MAX_SEED, MAX_SEED);
    }
  }

  private static User user(RetrieveRequest message) {
    var user = message.getUser();
    List<io.trawl.domain.Behaviour> history = new ArrayList<>(user.getHistoryCount());
    for (var behaviour : user.getHistoryList()) {
      history.add(
          new io.trawl.domain.Behaviour(
              behaviour.getItem(),
              behaviour.getAction().isEmpty() ? null : behaviour.getAction(),
              behaviour.hasTime() ? Instant.ofEpochSecond(behaviour.getTime()) : null));
    }
    return new User(user.getId(), user.getProfileMap(), history);
  }

  private static List<ObjectiveRequest> objectives(RetrieveRequest message) {
    return message.getObjectivesList().stream()
        .map(from -> new ObjectiveRequest(from.getName(), from.hasText() ? from.getText() : null))
        .toList();
  }

  private static EngineRequest engine(Engine from) {
    return new EngineRequest(
        from.hasEngine() ? from.getEngine() : null,
        from.hasRounds() ? from.getRounds() : null,
        from.hasSample() ? from.getSample() : null,
        from.hasKeep() ? from.getKeep() : null,
        from.hasNeighbours() ? from.getNeighbours() : null,
        from.hasSeed() ? from.getSeed() : null);
  }

  /** What came of it. */
  sealed interface Checked {

    /** The domain's request, and how long it may take from its arrival. */
    record Right(RetrievalRequest request, Duration budget) implements Checked {}

    record Wrong(List<Violation> violations) implements Checked {
      public Wrong {
        violations = List.copyOf(violations);
      }
    }
  }
}
