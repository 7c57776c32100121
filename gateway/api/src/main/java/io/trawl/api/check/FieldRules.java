package io.trawl.api.check;

import static com.google.protobuf.Descriptors.FieldDescriptor.JavaType.MESSAGE;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.trawl.api.check.FieldRule.Above;
import io.trawl.api.check.FieldRule.Each;
import io.trawl.api.check.FieldRule.Id;
import io.trawl.api.check.FieldRule.OneOf;
import io.trawl.api.check.FieldRule.Printed;
import io.trawl.api.check.FieldRule.Range;
import io.trawl.api.check.FieldRule.Scalar;
import io.trawl.api.check.FieldRule.Size;
import io.trawl.api.check.FieldRule.Text;
import io.trawl.api.check.FieldRule.Texts;
import io.trawl.api.check.FieldRule.Time;
import io.trawl.api.check.FieldRule.Within;
import io.trawl.api.v1.Filter;
import io.trawl.api.v1.RetrievalProto;
import io.trawl.api.v1.User;
import io.trawl.domain.EngineName;
import io.trawl.domain.Leg;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The one table of what a request's fields may say beyond their types: requests are checked by it
 * and the OpenAPI document prints it. What hangs on several fields at once (quotas within k, how
 * deep filters nest) is the checkers', and stands in the fields' descriptions.
 */
public final class FieldRules {

  /** What every JSON reader gets exactly. */
  public static final long MAX_EXACT = (1L << 53) - 1;

  /** Its products with item vectors, summed, stay far within single precision. */
  private static final Within COMPONENT = new Within(1e15, "a number from -1e15 to 1e15");

  private static final int MAX_WEIGHT = 1_000_000;

  private final Map<FieldDescriptor, FieldRule> rules = new HashMap<>();
  private final Map<Descriptor, List<Step>> steps = new ConcurrentHashMap<>();

  public FieldRules(ApiLimits limits) {
    var name = new Text(1, limits.texts().maxIdChars());
    var optionalName = new Text(0, limits.texts().maxIdChars());
    var text = new Text(0, limits.texts().maxTextChars());
    var onMissing = new OneOf("skip", "fail");

    for (var request : List.of("RetrieveRequest", "SimilarRequest", "SearchRequest")) {
      add(request + ".k", new Range(1, limits.counts().maxK(), (long) limits.counts().defaultK()));
      add(
          request + ".excluded_items",
          new Size(0, limits.counts().maxExcludedItems(), "ids", name));
      add(
          request + ".deadline_ms",
          new Range(
              0,
              limits.deadlines().maxDeadline().toMillis(),
              limits.deadlines().defaultDeadline().toMillis()));
      add(request + ".request_id", new Id());
    }
    add("RetrieveRequest.objectives", size(1, limits.counts().maxObjectives(), "objectives"));
    add("RetrieveRequest.now", new Time());
    add("RetrieveRequest.on_missing", onMissing);
    add("ObjectiveRequest.name", name);
    add("ObjectiveRequest.text", text);
    add("ObjectiveRequest.weight", new Above(MAX_WEIGHT));
    add("ObjectiveRequest.quota", new Printed(range(0, limits.counts().maxK())));
    add("ObjectiveRequest.legs", new OneOf(Leg.DENSE.label(), Leg.LEXICAL.label()));
    add("Merge.by", new OneOf("rank", "score"));

    add("User.id", optionalName);
    add(
        "User.profile",
        new Texts(
            limits.texts().maxProfileEntries(), new Text(1, limits.texts().maxTextChars()), text));
    add("User.history", size(0, limits.counts().maxHistory(), "behaviours"));
    add("Behaviour.item", name);
    add("Behaviour.action", optionalName);
    add("Behaviour.time", new Time());

    add("RetrieveBatchRequest.requests", size(1, limits.counts().maxBatch(), "requests"));
    add("RetrieveBatchRequest.request_id", new Id());
    add("SimilarRequest.items", new Size(1, limits.counts().maxSimilarItems(), "ids", name));
    add("SimilarRequest.unlike", new Size(0, limits.counts().maxSimilarItems(), "ids", name));
    add("SimilarRequest.on_missing", onMissing);
    add("SearchRequest.query_vectors", size(1, limits.counts().maxQueryVectors(), "query vectors"));
    add("QueryVector.values", new Each(COMPONENT));
    add("GetItemRequest.id", name);

    add("Engine.engine", new OneOf(EngineName.labels()));
    add("Engine.rounds", range(1, limits.exploration().maxRounds()));
    add("Engine.sample", range(1, limits.exploration().maxSample()));
    add("Engine.keep", range(1, limits.exploration().maxKeep()));
    add("Engine.neighbours", range(1, limits.exploration().maxNeighbours()));
    add("Engine.seed", range(-MAX_EXACT, MAX_EXACT));

    var conditions = new Printed(size(1, mostInside(limits.filters()), "conditions"));
    add("Filter.all", conditions);
    add("Filter.any", conditions);
    for (var condition : List.of("Filter.Equal", "Filter.In", "Filter.Range")) {
      add(condition + ".attribute", name);
    }
    add("Filter.Equal.value", new Scalar(text));
    add(
        "Filter.In.values",
        new Size(1, limits.filters().maxFilterValues(), "values", new Scalar(text)));
    add("Filter.Range.at_least", Within.FINITE);
    add("Filter.Range.at_most", Within.FINITE);
  }

  /** A condition that holds others counts too, and every one in it comes down to a comparison. */
  private static int mostInside(ApiLimits.Filters limits) {
    return Math.max(1, Math.min(limits.maxFilterConditions() - 1, limits.maxFilterComparisons()));
  }

  private static FieldRule range(long least, long most) {
    return new Range(least, most, null);
  }

  private static FieldRule size(int least, int most, String what) {
    return new Size(least, most, what, null);
  }

  private void add(String name, FieldRule rule) {
    int end = name.lastIndexOf('.');
    Descriptor message = null;
    for (var part : name.substring(0, end).split("\\.", -1)) {
      message =
          message == null
              ? RetrievalProto.getDescriptor().findMessageTypeByName(part)
              : message.findNestedTypeByName(part);
    }
    var field = message == null ? null : message.findFieldByName(name.substring(end + 1));
    if (field == null) {
      throw new IllegalStateException(name + " is no field of the API");
    }
    rules.put(field, rule);
  }

  /** Checks every field of a message and of those in it, filters excepted. */
  boolean check(Message message, Path path, Violations violations) {
    boolean good = true;
    for (var step : steps.computeIfAbsent(message.getDescriptorForType(), this::steps)) {
      if (!isAbsent(message, step) && !violations.full()) {
        var at = path.field(step.field().getName());
        good &=
            check(message, step, at, violations)
                && (!step.inside() || inside(message.getField(step.field()), at, violations));
      }
    }
    return good;
  }

  /** Checks the fields of a message alone, not those of messages in it. */
  void checkAlone(Message message, Violations violations) {
    for (var step : steps.computeIfAbsent(message.getDescriptorForType(), this::steps)) {
      if (!isAbsent(message, step)) {
        check(message, step, Path.ROOT.field(step.field().getName()), violations);
      }
    }
  }

  private static boolean check(Message message, Step step, Path path, Violations violations) {
    var rule = step.rule();
    if (rule == null) {
      return true;
    }
    var value =
        step.field().isMapField()
            ? ((User) message).getProfileMap()
            : message.getField(step.field());
    return rule.check(value, path, violations);
  }

  private static boolean isAbsent(Message message, Step step) {
    var field = step.field();
    return field.hasPresence() && !message.hasField(field) && !step.required();
  }

  private boolean inside(Object value, Path path, Violations violations) {
    if (value instanceof Message message) {
      return check(message, path, violations);
    }
    boolean good = true;
    var list = (List<?>) value;
    for (int i = 0; i < list.size() && !violations.full(); i++) {
      good &= check((Message) list.get(i), path.at(i), violations);
    }
    return good;
  }

  /**
   * What is to be looked at of a field.
   *
   * @param inside whether its messages have fields of their own to check
   * @param required whether a message without it is refused
   */
  private record Step(
      FieldDescriptor field, @Nullable FieldRule rule, boolean inside, boolean required) {}

  private List<Step> steps(Descriptor message) {
    return message.getFields().stream()
        .map(field -> new Step(field, rules.get(field), isInside(field), isRequired(field)))
        .filter(step -> step.rule() != null || step.inside())
        .toList();
  }

  private static boolean isInside(FieldDescriptor field) {
    return field.getJavaType() == MESSAGE
        && !field.isMapField()
        && field.getMessageType().getFile().equals(RetrievalProto.getDescriptor())
        && !field.getMessageType().equals(Filter.getDescriptor());
  }

  /** Adds what is known to a field's schema that was made from its descriptor. */
  public void print(FieldDescriptor field, JsonObject schema) {
    var rule = rules.get(field);
    if (rule != null) {
      rule.print(schema);
    }
  }

  /** Adds what is known to the schema of a message that callers send. */
  public void print(Descriptor message, JsonObject schema) {
    if (message.equals(Filter.getDescriptor())) {
      schema.put("minProperties", 1).put("maxProperties", 1);
      return;
    }
    var required =
        message.getFields().stream()
            .filter(this::isRequired)
            .map(FieldDescriptor::getName)
            .toList();
    if (!required.isEmpty()) {
      schema.put("required", new JsonArray(required));
    }
    if (message.equals(Filter.Range.getDescriptor())) {
      schema.put("anyOf", new JsonArray().add(having("at_least")).add(having("at_most")));
    }
  }

  /** A schema of what has these fields. */
  public static JsonObject having(String... fields) {
    return new JsonObject().put("required", new JsonArray(List.of(fields)));
  }

  private boolean isRequired(FieldDescriptor field) {
    var rule = rules.get(field);
    return rule != null
        && rule.isNeeded()
        && (!field.hasPresence() || field.getJavaType() == MESSAGE);
  }
}
