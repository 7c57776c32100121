package io.trawl.api.check;

import com.google.protobuf.Message;
import io.trawl.api.v1.Engine;
import io.trawl.api.v1.GetItemRequest;
import io.trawl.api.v1.RetrieveBatchRequest;
import io.trawl.api.v1.RetrieveRequest;
import io.trawl.api.v1.SearchRequest;
import io.trawl.api.v1.SimilarRequest;
import io.trawl.domain.EngineName;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.Filter;
import io.trawl.domain.Leg;
import io.trawl.domain.Merge;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.SearchQuery;
import io.trawl.domain.SearchQuery.By;
import io.trawl.domain.User;
import io.trawl.domain.Violation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Holds a decoded request against the limits, for both protocols, and makes the domain's request of
 * it. Whether the space knows an objective, an item or an attribute is the pipeline's to say.
 */
public final class RequestChecker {

  private final ApiLimits limits;
  private final FieldRules rules;

  public RequestChecker(ApiLimits limits) {
    this.limits = limits;
    this.rules = new FieldRules(limits);
  }

  /**
   * @param requestId the request's id where the message brings none
   */
  public Checked<RetrievalRequest> check(RetrieveRequest message, String requestId) {
    int k = message.hasK() ? message.getK() : limits.counts().defaultK();
    var violations = checkFields(message);
    checkMerge(message, k, violations);
    return checked(
        message.hasFilter() ? message.getFilter() : null,
        id(message.getRequestId(), requestId),
        budget(message.hasDeadlineMs(), message.getDeadlineMs()),
        violations,
        (id, filter) ->
            new RetrievalRequest(
                id,
                user(message),
                objectives(message),
                k,
                new RetrievalRequest.ItemChoice(
                    filter,
                    new HashSet<>(message.getExcludedItemsList()),
                    message.getExcludeHistory()),
                message.hasNow() ? Instant.ofEpochSecond(message.getNow()) : null,
                engine(message.getEngine()),
                new RetrievalRequest.Answering(
                    message.getExplain(),
                    message.hasOnMissing() ? onMissing(message.getOnMissing()) : OnMissing.SKIP,
                    merge(message))));
  }

  /**
   * The batch's own bounds, and each of its requests by itself; the longest budget is the batch's.
   */
  public Checked<Batch> check(RetrieveBatchRequest message, String requestId) {
    var id = id(message.getRequestId(), requestId);
    var violations = new Violations(limits.messages().maxViolations());
    rules.checkAlone(message, violations);
    if (!violations.none()) {
      return new Checked.Wrong<>(id, violations.list());
    }
    var batch = new Batch(id, new ArrayList<>());
    var longest = Duration.ZERO;
    for (int i = 0; i < message.getRequestsCount(); i++) {
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

  public Checked<SearchQuery> check(SimilarRequest message, String requestId) {
    return checked(
        message.hasFilter() ? message.getFilter() : null,
        id(message.getRequestId(), requestId),
        budget(message.hasDeadlineMs(), message.getDeadlineMs()),
        checkFields(message),
        (id, filter) ->
            new SearchQuery(
                id,
                new By.Likeness(
                    message.getItemsList(),
                    message.getUnlikeList(),
                    message.hasOnMissing() ? onMissing(message.getOnMissing()) : OnMissing.FAIL),
                message.hasK() ? message.getK() : limits.counts().defaultK(),
                filter,
                new HashSet<>(message.getExcludedItemsList()),
                engine(message.getEngine()),
                message.getExplain()));
  }

  public Checked<SearchQuery> check(SearchRequest message, String requestId) {
    return checked(
        message.hasFilter() ? message.getFilter() : null,
        id(message.getRequestId(), requestId),
        budget(message.hasDeadlineMs(), message.getDeadlineMs()),
        checkFields(message),
        (id, filter) ->
            new SearchQuery(
                id,
                new By.Vectors(vectors(message)),
                message.hasK() ? message.getK() : limits.counts().defaultK(),
                filter,
                new HashSet<>(message.getExcludedItemsList()),
                engine(message.getEngine()),
                message.getExplain()));
  }

  /** What is wrong with an item's id as a caller gives it; empty where nothing is. */
  public List<Violation> check(GetItemRequest message) {
    return checkFields(message).list();
  }

  private Violations checkFields(Message message) {
    var violations = new Violations(limits.messages().maxViolations());
    rules.check(message, Path.ROOT, violations);
    return violations;
  }

  /** The message's own id, or the head's where it brings none that is fit. */
  private static String id(String given, String fromHead) {
    return RequestIds.valid(given) ? given : fromHead;
  }

  private Duration budget(boolean given, long millis) {
    return given ? Duration.ofMillis(millis) : limits.deadlines().defaultDeadline();
  }

  private <R> Checked<R> checked(
      io.trawl.api.v1.@Nullable Filter filter,
      String id,
      Duration budget,
      Violations violations,
      BiFunction<String, @Nullable Filter, R> request) {
    var conditions =
        filter == null
            ? null
            : new FilterChecker(limits, rules, violations).check(filter, Path.ROOT.field("filter"));
    return violations.none()
        ? new Checked.Right<>(request.apply(id, conditions), budget)
        : new Checked.Wrong<>(id, violations.list());
  }

  private static void checkMerge(RetrieveRequest message, int k, Violations violations) {
    long quotas = 0;
    var path = Path.ROOT.field("objectives");
    for (int i = 0; i < message.getObjectivesCount() && !violations.full(); i++) {
      var objective = message.getObjectives(i);
      if (objective.hasQuota()) {
        violations.within(path.at(i).field("quota"), objective.getQuota(), 0, k);
      }
      quotas += objective.getQuota();
      if (!message.hasMerge() && (objective.hasWeight() || objective.hasQuota())) {
        var field = objective.hasWeight() ? "weight" : "quota";
        violations.add(path.at(i).field(field), "is given without merge");
      }
    }
    if (quotas > Math.max(0, k)) {
      violations.add(
          path, "keep " + quotas + " places together; expected at most k, which is " + k);
    }
  }

  private static @Nullable Merge merge(RetrieveRequest message) {
    if (!message.hasMerge()) {
      return null;
    }
    var merge = message.getMerge();
    return new Merge(
        merge.hasBy() ? Merge.By.valueOf(merge.getBy().toUpperCase(Locale.ROOT)) : Merge.By.RANK);
  }

  private static OnMissing onMissing(String word) {
    return OnMissing.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static EngineRequest engine(Engine engine) {
    return new EngineRequest(
        engine.hasEngine() ? EngineName.of(engine.getEngine()).orElseThrow() : null,
        engine.hasRounds() ? engine.getRounds() : null,
        engine.hasSample() ? engine.getSample() : null,
        engine.hasKeep() ? engine.getKeep() : null,
        engine.hasNeighbours() ? engine.getNeighbours() : null,
        engine.hasSeed() ? engine.getSeed() : null);
  }

  private static List<float[]> vectors(SearchRequest message) {
    List<float[]> vectors = new ArrayList<>(message.getQueryVectorsCount());
    for (var from : message.getQueryVectorsList()) {
      var vector = new float[from.getValuesCount()];
      for (int d = 0; d < vector.length; d++) {
        vector[d] = from.getValues(d);
      }
      vectors.add(vector);
    }
    return vectors;
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
                    from.getQuota(),
                    from.hasLegs() ? Leg.valueOf(from.getLegs().toUpperCase(Locale.ROOT)) : null))
        .toList();
  }
}
