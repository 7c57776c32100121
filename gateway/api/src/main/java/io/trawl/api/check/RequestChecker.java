package io.trawl.api.check;

import io.trawl.api.v1.Behaviour;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.domain.Merge;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RequestBounds;
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
public final class RequestChecker {

  private static final int MAX_WEIGHT = 1_000_000;

  private final ApiLimits limits;

  public RequestChecker(ApiLimits limits) {
    this.limits = limits;
  }

  /**
   * @param requestId the request's id where the message brings none
   */
  public Checked<RetrievalRequest> check(RetrieveRequest message, String requestId) {
    var fields = new CommonFields(limits);
    var bounds = fields.bounds();
    var id = fields.requestId(message.getRequestId(), requestId);
    checkUser(message, bounds);
    checkObjectives(message, bounds);
    int k = fields.k(message.hasK(), message.getK());
    fields.ids("excluded_items", message.getExcludedItemsList(), 0, limits.maxExcludedItems());
    var engine = fields.engine(message.getEngine());
    var budget = fields.deadline(message.hasDeadlineMs(), message.getDeadlineMs());
    if (message.hasNow()) {
      checkTime(message.getNow(), Path.ROOT.field("now"), bounds);
    }
    var filter = fields.filter(message.hasFilter(), message.getFilter());
    var onMissing =
        fields.onMissing(message.hasOnMissing(), message.getOnMissing(), OnMissing.SKIP);
    var merge = merge(message, k, bounds);
    if (!bounds.violations().none()) {
      return new Checked.Wrong<>(id, bounds.violations().list());
    }
    var request =
        new RetrievalRequest(
            id,
            user(message),
            objectives(message),
            k,
            filter,
            new HashSet<>(message.getExcludedItemsList()),
            message.getExcludeHistory(),
            message.hasNow() ? Instant.ofEpochSecond(message.getNow()) : null,
            engine,
            message.getExplain(),
            onMissing,
            merge);
    return new Checked.Right<>(request, budget);
  }

  /**
   * The batch's own bounds, and each of its requests by itself; the longest budget is the batch's.
   */
  public Checked<Batch> check(RetrieveBatchRequest message, String requestId) {
    var fields = new CommonFields(limits);
    var id = fields.requestId(message.getRequestId(), requestId);
    int count = message.getRequestsCount();
    fields.bounds().size(Path.ROOT.field("requests"), count, 1, limits.maxBatch(), "requests");
    if (!fields.bounds().violations().none()) {
      return new Checked.Wrong<>(id, fields.bounds().violations().list());
    }
    var batch = new Batch(id, new ArrayList<>(count));
    var longest = Duration.ZERO;
    for (int i = 0; i < count; i++) {
      var one = check(message.getRequests(i), batch.idOf(i));
      batch.requests().add(one);
      if (one instanceof Checked.Right<RetrievalRequest>(_, var budget)
          && budget.compareTo(longest) > 0) {
        longest = budget;
      }
    }
    return new Checked.Right<>(batch, longest);
  }

  /** Several requests, each right or wrong on its own. */
  public record Batch(String id, List<Checked<RetrievalRequest>> requests) {

    /** The id of a request that brings none. */
    public String idOf(int request) {
      return id + "/" + request;
    }
  }

  private static @Nullable Merge merge(RetrieveRequest message, int k, Bounds bounds) {
    long quotas = 0;
    var path = Path.ROOT.field("objectives");
    for (int i = 0; i < message.getObjectivesCount() && !bounds.violations().full(); i++) {
      var objective = message.getObjectives(i);
      if (objective.hasWeight()) {
        checkWeight(objective.getWeight(), path.at(i).field("weight"), bounds);
      }
      if (objective.hasQuota()) {
        bounds.within(path.at(i).field("quota"), objective.getQuota(), 0, k);
      }
      quotas += objective.getQuota();
      if (!message.hasMerge() && (objective.hasWeight() || objective.hasQuota())) {
        var field = objective.hasWeight() ? "weight" : "quota";
        bounds.violations().add(path.at(i).field(field), "is given without merge");
      }
    }
    if (quotas > Math.max(0, k)) {
      bounds
          .violations()
          .add(path, "keep " + quotas + " places together; expected at most k, which is " + k);
    }
    if (!message.hasMerge()) {
      return null;
    }
    var by = message.getMerge().hasBy() ? message.getMerge().getBy() : "rank";
    return switch (by) {
      case "rank" -> new Merge(Merge.By.RANK);
      case "score" -> new Merge(Merge.By.SCORE);
      default -> {
        bounds
            .violations()
            .add("merge.by", "is " + Violations.quote(by) + "; expected rank or score");
        yield null;
      }
    };
  }

  private static void checkWeight(double weight, Path path, Bounds bounds) {
    if (!(weight > 0) || weight > MAX_WEIGHT) {
      bounds.violations().add(path, "is " + weight + "; expected above 0, at most " + MAX_WEIGHT);
    }
  }

  /** What is wrong with an item's id as a caller gives it, or null. */
  public @Nullable Violation itemId(String id) {
    var bounds = new Bounds(new Violations(1));
    bounds.text(Path.ROOT.field("id"), id, 1, limits.maxIdChars());
    return bounds.violations().none() ? null : bounds.violations().list().getFirst();
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
    if (!RequestBounds.isTime(seconds)) {
      bounds
          .violations()
          .add(
              path, RequestBounds.foundTime(seconds) + "; expected " + RequestBounds.EXPECTED_TIME);
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
        .map(
            from ->
                new ObjectiveRequest(
                    from.getName(),
                    from.hasText() ? from.getText() : null,
                    from.hasWeight() ? from.getWeight() : 1,
                    from.getQuota()))
        .toList();
  }
}
