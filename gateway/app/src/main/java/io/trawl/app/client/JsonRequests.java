package io.trawl.app.client;

import io.trawl.domain.Behaviour;
import io.trawl.domain.EngineRequest;
import io.trawl.domain.ObjectiveRequest;
import io.trawl.domain.OnMissing;
import io.trawl.domain.RetrievalRequest;
import io.trawl.domain.User;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Writes requests as the body of {@code POST /v1/retrieve}. */
final class JsonRequests {

  private JsonRequests() {}

  static JsonObject body(RetrievalRequest request, Duration deadline) {
    if (request.filter() != null) {
      throw new IllegalArgumentException("filter is given; expected none, this client writes none");
    }
    var body =
        new JsonObject()
            .put("request_id", request.id())
            .put("user", user(request.user()))
            .put("objectives", array(request.objectives(), JsonRequests::objective))
            .put("k", request.k())
            .put("exclude_history", request.excludeHistory())
            .put("deadline_ms", deadline.toMillis())
            .put("engine", engine(request.engine()));
    if (request.explain()) {
      body.put("explain", true);
    }
    if (request.onMissing() == OnMissing.FAIL) {
      body.put("on_missing", "fail");
    }
    var merge = request.merge();
    if (merge != null) {
      body.put("merge", new JsonObject().put("by", merge.by().name().toLowerCase(Locale.ROOT)));
    }
    if (!request.excludedItems().isEmpty()) {
      body.put("excluded_items", new JsonArray(request.excludedItems().stream().sorted().toList()));
    }
    var now = request.now();
    return now == null ? body : body.put("now", now.getEpochSecond());
  }

  private static JsonObject user(User user) {
    var profile = new JsonObject();
    user.profile().forEach(profile::put);
    return new JsonObject()
        .put("id", user.id())
        .put("profile", profile)
        .put("history", array(user.history(), JsonRequests::behaviour));
  }

  private static JsonObject behaviour(Behaviour behaviour) {
    var json = new JsonObject().put("item", behaviour.itemId());
    putGiven(json, "action", behaviour.action());
    var time = behaviour.time();
    putGiven(json, "time", time == null ? null : time.getEpochSecond());
    return json;
  }

  private static JsonObject objective(ObjectiveRequest objective) {
    var json = new JsonObject().put("name", objective.name());
    putGiven(json, "text", objective.text());
    putGiven(json, "weight", objective.weight() == 1 ? null : objective.weight());
    putGiven(json, "quota", objective.quota() == 0 ? null : objective.quota());
    return json;
  }

  private static JsonObject engine(EngineRequest engine) {
    var json = new JsonObject();
    var name = engine.engine();
    putGiven(json, "engine", name == null ? null : name.label());
    putGiven(json, "rounds", engine.rounds());
    putGiven(json, "sample", engine.sample());
    putGiven(json, "keep", engine.keep());
    putGiven(json, "neighbours", engine.neighbours());
    putGiven(json, "seed", engine.seed());
    return json;
  }

  private static void putGiven(JsonObject json, String name, @Nullable Object value) {
    if (value != null) {
      json.put(name, value);
    }
  }

  private static <T> JsonArray array(Iterable<T> values, Function<T, JsonObject> write) {
    var array = new JsonArray();
    values.forEach(value -> array.add(write.apply(value)));
    return array;
  }
}
